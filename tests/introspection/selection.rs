//! Which of several issuers is asked about an opaque token.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use poem_resource_server::clock::Clock;
use poem_resource_server::issuer::{Fetch, FetchPolicy};
use poem_resource_server::token::{Audience, Validation};
use poem_resource_server::verifier::RemoteIssuer;

use crate::issuer::{Answer, Issuer};
use crate::world::{KEY, World, ok, opaque, refused};

#[tokio::test]
async fn the_prefix_selects_the_issuer_and_no_other_is_asked() {
    let world = World::start().await;
    let partners = Issuer::start(&[&KEY]).await;
    partners.answer(Answer::Json(partners.active(world.now())));
    let audience = Audience::parse("api://default").unwrap();
    let clock: Arc<dyn Clock> = Arc::new(world.clock.clone());
    let remote = RemoteIssuer::new("partners", Validation::new(partners.url(), audience))
        .with_introspection(opaque().with_prefix("partner_"))
        .with_clock(clock);
    let trusted = remote.start(Fetch::new(&FetchPolicy::default()).unwrap());
    let trusted = trusted.unwrap();
    let keys = trusted.remote_keys().unwrap();
    keys.first_attempt().await.unwrap();
    world.issuers.add(trusted).unwrap();
    let issuer = async |token: &str| {
        let verdict = world.verifier.verify(token).await;
        verdict.map(|claims| claims.issuer().to_owned()).unwrap()
    };

    assert_eq!(issuer("partner_token_0123456789").await, partners.url());
    assert_eq!((world.issuer.calls(), partners.calls()), (0, 1));
    let of_first = issuer("another_token_0123456789").await;
    assert_eq!(of_first, world.issuer.url());
    assert_eq!((world.issuer.calls(), partners.calls()), (1, 1));
}

#[tokio::test]
async fn a_token_with_the_header_of_a_jwt_is_refused_without_a_call() {
    let world = World::start().await;
    let jws = |header: &str| {
        let encoded = |text: &str| URL_SAFE_NO_PAD.encode(text);
        format!("{}.{}.c2lnbmF0dXJl", encoded(header), encoded("{}"))
    };

    for (row, header, expected, calls) in [
        (
            "two alg members",
            r#"{"alg":"none","alg":"RS256"}"#,
            refused("malformed_header"),
            0,
        ),
        ("no JSON", "not JSON at all", ok(), 1),
    ] {
        let verdict = world.verdict(&jws(header)).await;

        assert_eq!(verdict, expected, "{row}");
        assert_eq!(world.issuer.calls(), calls, "{row}");
    }
}
