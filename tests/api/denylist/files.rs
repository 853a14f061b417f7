//! `denylist.file`.

use std::path::Path;

use poem_resource_server::dev::Behaviour;
use poem_resource_server::service::{BuildError, DenylistError, ReloadError};
use reqwest::Method;
use serde_json::json;

use super::{OPERATOR, change, denial, entries};
use crate::access::tempfile;
use crate::world::World;

#[tokio::test]
async fn the_denials_of_the_file_apply_even_if_the_rest_of_the_reload_fails() {
    let file = tempfile("[]");
    let path = file.path().to_str().unwrap().to_owned();
    let settings = [("denylist.file", path.as_str())];
    let world = World::with(&settings).await;
    let token = world.sign(&world.token().claim("jti", "1"));
    assert_eq!(world.whoami(&token).await.status, 200);
    let denial = denial(&world, &json!({ "jti": "1" }));
    std::fs::write(&path, json!([denial]).to_string()).unwrap();
    (world.issuer).set_behaviour(Behaviour::KeySet("no key set".to_owned()));

    let refused = world.reload(&settings).await;

    assert!(matches!(refused, Err(ReloadError::Keys(_))), "{refused:?}");
    assert_eq!(world.whoami(&token).await.json()["reason"], "revoked");
    // To take a denial back is no emergency, and waits for a reload that succeeds.
    std::fs::write(&path, "[]").unwrap();
    assert!(world.reload(&settings).await.is_err());
    assert_eq!(world.whoami(&token).await.status, 401);
    world.issuer.set_behaviour(Behaviour::Normal);
    world.reload(&settings).await.unwrap();
    assert_eq!(world.whoami(&token).await.status, 200);
}

#[tokio::test]
async fn a_file_denies_and_is_read_again_all_or_nothing() {
    let file = tempfile("[]");
    let path = file.path().to_str().unwrap().to_owned();
    let settings = [
        ("denylist.file", path.as_str()),
        ("denylist.token", OPERATOR),
    ];
    let world = World::with(&settings).await;
    let token = world.sign(&world.token().claim("jti", "1"));
    let other = denial(&world, &json!({ "jti": "2" }));
    change(&world, Method::POST, &other).await;
    let write = |text: &str| std::fs::write(Path::new(&path), text).unwrap();

    write(&json!([denial(&world, &json!({ "jti": "1" }))]).to_string());
    world.reload(&settings).await.unwrap();
    assert_eq!(world.whoami(&token).await.status, 401);
    write("[{}]");
    let refused = world.reload(&settings).await;
    let reason = matches!(
        refused,
        Err(ReloadError::Build(BuildError::Denylist(
            DenylistError::Content { .. }
        )))
    );
    assert!(reason, "{refused:?}");
    assert_eq!(world.whoami(&token).await.status, 401);
    write("[]");
    world.reload(&settings).await.unwrap();

    assert_eq!(world.whoami(&token).await.status, 200);
    // What operators said is not the file's to take back.
    assert_eq!(entries(&world).await, 1);
}

#[tokio::test]
async fn a_file_that_cannot_be_used_stops_the_start() {
    let file = tempfile("{}");
    let path = file.path().to_str().unwrap();

    let missing = World::refused(&[("denylist.file", "/nowhere/denials.json")]).await;
    let wrong = World::refused(&[("denylist.file", path)]).await;

    assert!(
        matches!(missing, BuildError::Denylist(DenylistError::File { .. })),
        "{missing:?}"
    );
    assert!(
        matches!(wrong, BuildError::Denylist(DenylistError::Content { .. })),
        "{wrong:?}"
    );
    assert!(missing.to_string().contains("/nowhere/denials.json"));
}
