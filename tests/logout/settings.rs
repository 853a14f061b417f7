//! The settings of the receiver.

use poem_resource_server::service::BuildError;
use poem_resource_server::service::internal::{Config, Sources};
use reqwest::Method;

use crate::answer::Answer;
use crate::org::{OPERATOR, Org, PATH, ada};
use crate::world::World;

fn problems(settings: &[(&'static str, &str)]) -> Vec<String> {
    let mut sources = Sources::default();
    for (key, value) in settings {
        sources.flags.push(("a test", key, (*value).to_owned()));
    }
    match Config::load(&sources) {
        Ok(_) => Vec::new(),
        Err(error) => error.problems().iter().map(ToString::to_string).collect(),
    }
}

#[tokio::test]
async fn without_the_setting_there_is_no_receiver() {
    let world = World::start().await;

    let request = world.request(Method::POST, PATH).body("{}");

    assert_eq!(Answer::to(request).await.status, 404);
}

#[test]
fn each_setting_is_checked() {
    let org = ("logout.issuer", "https://example.okta.com");
    let on = ("logout.enabled", "true");
    #[rustfmt::skip] // A row a line.
    let rows: [(&str, &[(&'static str, &str)], Option<&str>); 8] = [
        ("an org", &[on, org], None),
        ("no issuer", &[on], Some("`logout.issuer` must be set")),
        ("plain http", &[on, ("logout.issuer", "http://id.example")], Some("`logout.issuer` must be https")),
        ("keys by plain http", &[on, org, ("logout.jwks_uri", "http://id.example/keys")], Some("`logout.jwks_uri` must be https")),
        ("no claims", &[on, org, ("logout.email_claims", "")], Some("`logout.email_claims` must name a claim")),
        ("a short lifetime", &[on, org, ("logout.max_token_lifetime", "1s")], Some("`logout.max_token_lifetime` is too short")),
        ("a long lifetime", &[on, org, ("logout.max_token_lifetime", "721h")], Some("`logout.max_token_lifetime` is too long")),
        ("a placeholder", &[on, ("logout.issuer", "https://{yourOktaDomain}")], Some("`logout.issuer` must be filled in")),
    ];
    for (row, settings, expected) in rows {
        let found = problems(settings);

        match expected {
            None => assert_eq!(found, [""; 0], "{row}"),
            Some(expected) => assert!(
                found.len() == 1 && found[0].contains(expected),
                "{row}: {found:?}"
            ),
        }
    }
}

#[tokio::test]
async fn a_sign_out_must_concern_an_issuer() {
    let org = Org::alone().await;
    let url = org.issuer();
    for (names, is_refused) in [("", true), ("default,other", true), ("default", false)] {
        let settings = [
            ("logout.enabled", "true"),
            ("logout.issuer", url.as_str()),
            ("logout.issuers", names),
        ];
        if is_refused {
            let error = World::refused(&settings).await;
            assert!(matches!(error, BuildError::Logout { .. }), "{error}");
            assert!(error.to_string().contains("`default`"), "{error}");
        } else {
            World::with(&settings).await;
        }
    }
}

#[tokio::test]
async fn a_token_is_used_once_also_across_a_reload() {
    let org = Org::start().await;
    let url = org.issuer.issuer();
    assert_eq!(org.sign_out("1", &ada()).await.status, 204);

    let same: [(&'static str, &str); 4] = [
        ("logout.enabled", "true"),
        ("logout.issuer", &url),
        ("logout.issuers", "default"),
        ("denylist.token", OPERATOR),
    ];
    org.world.reload(&same).await.unwrap();

    assert_eq!(org.sign_out("1", &ada()).await.status, 401);
    assert_eq!(org.sign_out("2", &ada()).await.status, 204);
}
