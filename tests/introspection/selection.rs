//! Which of several issuers is asked about an opaque token.

use std::sync::Arc;

use poem_resource_server::clock::Clock;
use poem_resource_server::issuer::{Fetch, FetchPolicy};
use poem_resource_server::token::{Audience, Validation};
use poem_resource_server::verifier::RemoteIssuer;

use crate::issuer::{Answer, Issuer};
use crate::world::{KEY, World, opaque};

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
