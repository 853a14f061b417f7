//! Okta's Universal Logout: the token is signed by the org, and the body names the user.

use std::time::Duration;

use poem_resource_server::dev::User;
use serde_json::json;

use crate::org::{OPERATOR, Org, ada, admitted, reason, revoked};

#[tokio::test]
async fn a_user_who_is_signed_out_is_refused_at_once_and_a_new_token_is_accepted() {
    let org = Org::start().await;
    let (of_ada, of_bob) = (org.token_for(User::ADA), org.token_for(User::BOB));
    assert_eq!(org.whoami(&of_ada).await, admitted(), "it is remembered");

    let answer = org.sign_out("1", &ada()).await;

    assert_eq!((answer.status, &*answer.body), (204, ""));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(org.whoami(&of_ada).await, revoked());
    assert_eq!(org.whoami(&of_bob).await, admitted());
    // A token of the same second may be older than the sign-out.
    assert_eq!(org.whoami(&org.token_for(User::ADA)).await, revoked());
    org.world.clock.advance(Duration::from_secs(1));
    assert_eq!(org.whoami(&org.token_for(User::ADA)).await, admitted());
    assert_eq!(org.whoami(&of_ada).await, revoked());
}

#[tokio::test]
async fn a_user_is_found_by_each_format_of_a_subject_identifier_and_no_other_user_is() {
    let org = Org::start().await;
    let api = org.world.issuer.issuer();
    let own = org.issuer.issuer();
    let rows = [
        (
            "an address in another case",
            json!({ "format": "email", "email": "ADA@Example.COM" }),
        ),
        (
            "the subject at the API's issuer",
            json!({ "format": "iss_sub", "iss": api, "sub": User::ADA.login }),
        ),
        (
            "the id at the org",
            json!({ "format": "iss_sub", "iss": own, "sub": User::ADA.id }),
        ),
        (
            "the subject at the org",
            json!({ "format": "iss_sub", "iss": own, "sub": User::ADA.login }),
        ),
    ];
    for (row, subject) in rows {
        let (of_ada, of_bob) = (org.token_for(User::ADA), org.token_for(User::BOB));
        assert_eq!(org.whoami(&of_ada).await, admitted(), "{row}");

        let answer = org.sign_out(row, &subject).await;

        assert_eq!(answer.status, 204, "{row}: {}", answer.body);
        assert_eq!(org.whoami(&of_ada).await, revoked(), "{row}");
        assert_eq!(org.whoami(&of_bob).await, admitted(), "{row}");
        org.world.clock.advance(Duration::from_secs(1));
    }
}

#[tokio::test]
async fn an_address_is_searched_in_the_claims_of_the_setting_alone() {
    for (claims, expected) in [
        ("email,sub", revoked()),
        ("upn", revoked()),
        ("sub", admitted()),
    ] {
        let org = Org::with(&[("logout.email_claims", claims)]).await;
        let token = org.world.token().claim("sub", "00u1");
        let token = match claims {
            "upn" => token.claim("upn", json!(["x@example.com", "Ada@example.com"])),
            _ => token.claim("email", "Ada@example.com"),
        };
        let token = org.world.sign(&token);

        let answer = org.sign_out("1", &ada()).await;

        assert_eq!(answer.status, 204, "{claims}");
        assert_eq!(org.whoami(&token).await, expected, "{claims}");
    }
}

#[tokio::test]
async fn a_sign_out_applies_for_the_longest_lifetime_of_a_token() {
    let org = Org::with(&[("logout.max_token_lifetime", "1h")]).await;
    let token = org.world.issuer.token_for_user(User::ADA, &[]);
    let token = org.world.sign(&token.claim("exp", org.now() + 86_400));
    org.sign_out("1", &ada()).await;

    org.world.clock.advance(Duration::from_secs(3600));
    assert_eq!(org.whoami(&token).await, revoked());
    org.world.clock.advance(Duration::from_secs(600));

    assert_eq!(org.whoami(&token).await, admitted());
}

#[tokio::test]
async fn a_token_signs_a_user_out_once() {
    let org = Org::start().await;
    assert_eq!(org.sign_out("1", &ada()).await.status, 204);

    let again = org.sign_out("1", &ada()).await;
    let twin = org.sign_out("2", &ada()).await;

    assert_eq!(reason(&again), (401, json!("logout_repeated")));
    assert_eq!(twin.status, 204);
}

#[tokio::test]
async fn a_sign_out_that_cannot_take_effect_is_answered_with_422() {
    let org = Org::with(&[("denylist.max_entries", "1")]).await;
    assert_eq!(org.sign_out("1", &ada()).await.status, 204);

    let other = json!({ "format": "email", "email": "bob@example.com" });
    let answer = org.sign_out("2", &other).await;

    assert_eq!(reason(&answer), (422, json!("denylist_full")));
    assert_eq!(org.whoami(&org.token_for(User::BOB)).await, admitted());
    let metrics = org.world.admin("/metrics").await.body;
    for line in [
        "{result=\"done\"} 1",
        "{result=\"refused\"} 0",
        "{result=\"failed\"} 1",
    ] {
        assert!(metrics.contains(&format!("logouts_total{line}")), "{line}");
    }
    // There is no alarm while nobody can sign users out.
    let without = crate::world::World::with(&[("denylist.token", OPERATOR)]).await;
    assert!(
        !without
            .admin("/metrics")
            .await
            .body
            .contains("logouts_total{")
    );
}
