//! An issuer with a name of its own in the settings, and with rules of its own.

use poem_resource_server::dev::{CLIENT_ID, CLIENT_SECRET, SCOPE};
use poem_resource_server::doctor::Doctor;

use super::{assert_found, client, dev_issuer, doctor, rules};

#[tokio::test]
async fn the_findings_on_a_named_issuer_name_its_own_settings() {
    let issuer = dev_issuer().await;
    let named = |name: &str| Doctor {
        name: name.to_owned(),
        client: Some(client(CLIENT_SECRET, &[SCOPE])),
        rules: rules(&issuer.issuer(), "api://another"),
        ..doctor(&issuer.issuer())
    };

    let default = assert_found("default", &named("default").examine().await, &["accepted"]);
    let partners = assert_found(
        "partners",
        &named("partners").examine().await,
        &["accepted"],
    );

    assert!(default.contains("`issuer.audience`"), "{default}");
    assert!(
        partners.contains("`issuers.partners.audiences`"),
        "{partners}"
    );
    assert!(!partners.contains("`issuer.audience`"), "{partners}");
}

#[tokio::test]
async fn a_token_is_judged_by_the_rules_of_its_issuer() {
    let issuer = dev_issuer().await;
    let of_client = |clients: &str| Doctor {
        client: Some(client(CLIENT_SECRET, &[SCOPE])),
        rules: rules(&issuer.issuer(), "api://default").with_clients([clients]),
        ..doctor(&issuer.issuer())
    };

    let other = assert_found("other", &of_client("other").examine().await, &["accepted"]);
    assert_found("own", &of_client(CLIENT_ID).examine().await, &[]);

    assert!(other.starts_with("client_not_accepted"), "{other}");
}
