//! A walk over operations that take the credentials of another scheme.

use poem::Request;
use poem::http::Method;
use poem_openapi::auth::ApiKey;
use poem_openapi::payload::PlainText;
use poem_openapi::{OpenApi, SecurityScheme};
use poem_resource_server::Application;
use poem_resource_server::guard::BearerAuth;
use poem_resource_server::testing::Issuer;

use crate::calls::{small, start, try_start};

#[derive(SecurityScheme)]
#[oai(ty = "api_key", key_name = "X-Key", key_in = "header")]
struct Key(ApiKey);

#[derive(SecurityScheme)]
enum CallerOrKey {
    Caller(BearerAuth),
    Key(Key),
}

struct Keys;

#[OpenApi]
#[allow(clippy::unused_async)]
impl Keys {
    #[oai(path = "/key", method = "get", operation_id = "key")]
    async fn key(&self, key: Key) -> PlainText<String> {
        PlainText(key.0.key)
    }

    #[oai(path = "/either", method = "get", operation_id = "either")]
    async fn either(&self, who: CallerOrKey) -> PlainText<String> {
        PlainText(match who {
            CallerOrKey::Caller(caller) => caller.subject().to_owned(),
            CallerOrKey::Key(key) => key.0.key,
        })
    }

    #[oai(path = "/both", method = "get", operation_id = "both")]
    async fn both(&self, _key: Key, caller: BearerAuth) -> PlainText<String> {
        PlainText(caller.subject().to_owned())
    }
}

#[tokio::test]
async fn a_walk_over_an_application_is_one_line() {
    let hosted = start(small(), &[]).await;

    let report = hosted.walk().run().await;

    report.assert_clean();
    assert!(report.calls() > 20 && report.notes().is_empty(), "{report}");
}

#[tokio::test]
async fn what_another_scheme_decides_is_left_out_with_a_note() {
    let hosted = start(Application::new("Keys", "1").api(|_| Keys), &[]).await;

    let report = hosted.walk().run().await;

    report.assert_clean();
    let either = "either: takes `Key` too, so a good token was not tried; `Walk::with_example` can \
                  send both";
    assert_eq!(
        report.notes(),
        [
            either.to_owned(),
            either.replace("either", "both"),
            "key: left out, because `security` names `Key`, no scheme of bearer tokens".to_owned(),
        ]
    );
    assert!(report.calls() > 20, "{report}");
}

#[tokio::test]
async fn an_example_brings_the_other_credentials() {
    let issuer = Issuer::new();
    let keys = Application::new("Keys", "1").api(|_| Keys);
    let hosted = try_start(keys, &[], &issuer).await.unwrap();
    let with_key = |path: &'static str| {
        move || {
            let request = Request::builder().method(Method::GET).uri_str(path);
            request.header("x-key", "k").finish()
        }
    };

    let walk = hosted.walk();
    let walk = walk.with_example("either", with_key("/either"));
    let report = walk.with_example("both", with_key("/both")).run().await;

    report.assert_clean();
    assert_eq!(report.notes().len(), 1, "{report}");
}
