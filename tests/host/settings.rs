//! The application's own table of the settings.

use poem_resource_server::Application;
use serde::{Deserialize, Serialize};

use crate::calls::{refusal, small};

#[derive(Deserialize, Serialize)]
struct Settings {
    #[serde(default)]
    limit: u8,
    #[serde(default)]
    discount: Percent,
}

#[derive(Default, Deserialize, Serialize)]
#[serde(try_from = "u8")]
struct Percent(u8);

impl TryFrom<u8> for Percent {
    type Error = &'static str;

    fn try_from(number: u8) -> Result<Self, Self::Error> {
        match number {
            0..=100 => Ok(Self(number)),
            _ => Err("must be from 0 to 100"),
        }
    }
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
        ("a good percentage", "app.discount", "100", None),
        (
            "a percentage that its type refuses",
            "app.discount",
            "101",
            Some("`app.discount` must be from 0 to 100 (the test): found \"101\""),
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
