//! The application's own table of the settings.

use poem_resource_server::Application;
use serde::{Deserialize, Serialize};

use crate::calls::{refusal, small};

#[derive(Deserialize, Serialize)]
struct Settings {
    #[serde(default)]
    limit: u8,
}

fn with_settings() -> Application<Settings> {
    Application::new("Set", "1").settings()
}

#[tokio::test]
async fn a_setting_of_the_application_is_read_or_refused() {
    for (name, key, value, problem) in [
        ("good", "app.limit", "7", None),
        (
            "an unknown key",
            "app.limits",
            "7",
            Some("`app.limits` is not a setting"),
        ),
        (
            "no number",
            "app.limit",
            "many",
            Some("`app.limit` must be"),
        ),
        (
            "a number too large",
            "app.limit",
            "256",
            Some("`app.limit` must be"),
        ),
    ] {
        let error = refusal(with_settings(), &[(key, value)]).await;

        match problem {
            None => assert_eq!(error, None, "{name}"),
            Some(problem) => {
                let error = error.unwrap();
                assert!(error.contains(problem), "{name}: {error}");
                assert!(
                    error.starts_with("the settings of the test are wrong"),
                    "{error}"
                );
            }
        }
    }
}

#[tokio::test]
async fn an_application_without_settings_takes_none() {
    let error = refusal(small(), &[("app.limit", "7")]).await.unwrap();

    assert!(error.contains("`app.limit` is not a setting"), "{error}");
}
