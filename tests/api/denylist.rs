//! Tokens are revoked by a file and by operators, and stop at once.

mod files;

use std::time::{Duration, SystemTime};

use poem_resource_server::clock::Clock;
use poem_resource_server::service::ReloadError;
use poem_resource_server::token::MAX_LEEWAY;
use reqwest::Method;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::world::World;

const OPERATOR: &str = "0123456789abcdef0123456789abcdef";

/// With an operators' token and these settings.
async fn world(settings: &[(&'static str, &str)]) -> World {
    World::with(&[settings, &[("denylist.token", OPERATOR)]].concat()).await
}

fn now(world: &World) -> u64 {
    let since = world.clock.now().duration_since(SystemTime::UNIX_EPOCH);
    since.unwrap().as_secs()
}

/// A denial of an hour.
fn denial(world: &World, names: &Value) -> Value {
    let mut denial = names.clone();
    denial["exp"] = json!(now(world) + 3600);
    denial
}

async fn change(world: &World, method: Method, denial: &Value) -> Answer {
    let request = world
        .admin_request(method, "/denylist")
        .bearer_auth(OPERATOR);
    Answer::to(request.body(denial.to_string())).await
}

async fn entries(world: &World) -> u64 {
    world.admin("/denylist").await.json()["entries"]
        .as_u64()
        .unwrap()
}

#[tokio::test]
async fn a_remembered_token_that_an_operator_denies_is_refused_immediately() {
    let world = world(&[]).await;
    let revoked = world.sign(&world.token().claim("jti", "revoked"));
    let twin = world.sign(&world.token().claim("jti", "twin"));
    let denial = denial(&world, &json!({ "jti": "revoked" }));
    assert_eq!(world.whoami(&revoked).await.status, 200);

    let answer = change(&world, Method::POST, &denial).await;

    assert_eq!(answer.status, 204);
    let refusal = world.whoami(&revoked).await;
    assert_eq!(refusal.status, 401);
    assert_eq!(refusal.json()["reason"], "revoked");
    assert!(
        refusal
            .header("www-authenticate")
            .unwrap()
            .contains("error=\"invalid_token\"")
    );
    assert_eq!(world.whoami(&twin).await.status, 200);
    assert_eq!(entries(&world).await, 1);
    // Taken back, it is good again.
    assert_eq!(change(&world, Method::DELETE, &denial).await.status, 204);
    assert_eq!(world.whoami(&revoked).await.status, 200);
    let again = change(&world, Method::DELETE, &denial).await;
    assert_eq!(
        (again.status, again.json()["reason"].clone()),
        (404, json!("no_such_denial"))
    );
}

#[tokio::test]
async fn a_denial_is_forgotten_with_its_time() {
    let world = world(&[]).await;
    let denial = json!({ "sub": "svc", "exp": now(&world) + 60 });
    let token = world.sign(&world.token().claim("sub", "svc"));
    change(&world, Method::POST, &denial).await;
    assert_eq!(world.whoami(&token).await.status, 401);

    // A token is accepted for a while after its end, and so is its denial.
    world.clock.advance(Duration::from_secs(59) + MAX_LEEWAY);
    assert_eq!(world.whoami(&token).await.status, 401);
    world.clock.advance(Duration::from_secs(1));

    assert_eq!(world.whoami(&token).await.status, 200);
}

#[tokio::test]
async fn a_denial_with_the_end_of_its_token_denies_all_of_it() {
    let world = world(&[]).await;
    let exp = now(&world) + 100;
    let token = world.sign(&world.token().claim("jti", "1").claim("exp", exp));
    let twin = world.sign(&world.token().claim("jti", "2").claim("exp", exp));
    change(&world, Method::POST, &json!({ "jti": "1", "exp": exp })).await;

    world.clock.advance(Duration::from_secs(159));

    assert_eq!(world.whoami(&twin).await.status, 200, "by the leeway");
    assert_eq!(world.whoami(&token).await.json()["reason"], "revoked");
}

#[tokio::test]
async fn without_an_operators_token_no_port_can_change_the_list() {
    let world = World::with(&[("admin.listen", "unix:/run/nowhere/admin.sock")]).await;
    let body = denial(&world, &json!({ "jti": "1" })).to_string();

    let request = world.admin_request(Method::POST, "/denylist").body(body);

    assert_eq!(Answer::to(request).await.status, 403);
    assert_eq!(entries(&world).await, 0);
}

#[tokio::test]
async fn a_replica_waits_for_the_denials_of_the_others_before_it_is_ready() {
    // Nobody listens there.
    let nowhere = ("denylist.redis_url", "redis://127.0.0.1:1");
    let waits = (503, "the denylist is not read yet\n");
    let ready = (200, "ready\n");
    for (wait_for_list, later) in [("true", waits), ("false", ready)] {
        let settings = [nowhere, ("denylist.wait_for_list", wait_for_list)];
        let world = World::with(&settings).await;

        let at_first = world.get("/readyz").await;
        world.clock.advance(Duration::from_secs(600));
        let after_ten_minutes = world.get("/readyz").await;

        assert_eq!((at_first.status, &*at_first.body), waits, "{wait_for_list}");
        let found = (after_ten_minutes.status, &*after_ten_minutes.body);
        assert_eq!(found, later, "{wait_for_list}");
    }
}

#[tokio::test]
async fn only_operators_change_the_list() {
    let world = world(&[]).await;
    let closed = World::start().await;
    let body = denial(&world, &json!({ "jti": "1" })).to_string();
    let caller = world.sign(&world.token());
    let long = format!("{OPERATOR}0");
    for (name, token) in [
        ("nobody", None),
        ("a caller", Some(caller.as_str())),
        ("a shorter token", Some(&OPERATOR[1..])),
        ("a longer token", Some(&long)),
    ] {
        for method in [Method::POST, Method::DELETE] {
            let mut request = world.admin_request(method, "/denylist").body(body.clone());
            if let Some(token) = token {
                request = request.bearer_auth(token);
            }

            let answer = Answer::to(request).await;

            assert_eq!(answer.status, 401, "{name}");
            assert_eq!(answer.json()["reason"], "not_admitted", "{name}");
            assert_eq!(
                answer.header("www-authenticate"),
                Some("Bearer realm=\"admin\""),
                "{name}"
            );
        }
    }
    let request = closed
        .admin_request(Method::POST, "/denylist")
        .bearer_auth(OPERATOR);
    assert_eq!(Answer::to(request.body(body)).await.status, 403);
    assert_eq!(entries(&world).await, 0);
    // The listener for callers does not have it.
    assert_eq!(world.get("/denylist").await.status, 404);
}

#[tokio::test]
async fn a_malformed_denial_is_refused_with_one_sentence() {
    let world = world(&[]).await;
    let now = now(&world);
    let month = 31 * 24 * 3600;
    for (name, body) in [
        ("nothing", String::new()),
        ("no JSON", "{".to_owned()),
        ("everything", json!({ "exp": now + 60 }).to_string()),
        (
            "an unknown member",
            json!({ "jti": "secret-1", "exp": now + 60, "x": 1 }).to_string(),
        ),
        (
            "one that has ended",
            json!({ "jti": "secret-1", "exp": now }).to_string(),
        ),
        (
            "one without an end in sight",
            json!({ "jti": "secret-1", "exp": now + month + 1 }).to_string(),
        ),
        (
            "a long one",
            json!({ "jti": "1", "exp": now + 60, "x": "x".repeat(20_000) }).to_string(),
        ),
    ] {
        let request = world
            .admin_request(Method::POST, "/denylist")
            .bearer_auth(OPERATOR);

        let answer = Answer::to(request.body(body)).await;

        assert_eq!(answer.status, 400, "{name}");
        assert_eq!(answer.json()["reason"], "not_a_denial", "{name}");
        assert!(!answer.body.contains("secret-1"), "{name}");
    }
    let longest = json!({ "jti": "1", "exp": now + month });
    assert_eq!(change(&world, Method::POST, &longest).await.status, 204);
}

#[tokio::test]
async fn a_full_list_is_reported_and_other_methods_are_refused() {
    let world = world(&[("denylist.max_entries", "1")]).await;
    let [one, two] = ["1", "2"].map(|id| denial(&world, &json!({ "jti": id })));
    assert_eq!(change(&world, Method::POST, &one).await.status, 204);
    // What is denied already needs no room.
    assert_eq!(change(&world, Method::POST, &one).await.status, 204);

    let full = change(&world, Method::POST, &two).await;
    let put = change(&world, Method::PUT, &two).await;

    assert_eq!(
        (full.status, full.json()["reason"].clone()),
        (507, json!("denylist_full"))
    );
    assert_eq!(
        (put.status, put.header("allow")),
        (405, Some("GET, HEAD, POST, DELETE"))
    );
}

#[tokio::test]
async fn a_secret_of_the_list_changes_only_with_a_restart() {
    let world = world(&[]).await;

    let changed = world
        .reload(&[("denylist.token", "another-0123456789abcdef01234567")])
        .await;

    let Err(ReloadError::NeedsRestart { keys, .. }) = changed else {
        panic!("{changed:?}");
    };
    assert_eq!(keys, ["denylist.token"]);
    world.reload(&[("denylist.token", OPERATOR)]).await.unwrap();
}

#[tokio::test]
async fn without_redis_a_strict_list_refuses_every_token_and_no_open_call() {
    // Nobody listens there.
    let settings = [
        ("denylist.redis_url", "redis://127.0.0.1:1"),
        ("denylist.on_failure", "refuse"),
    ];
    let strict = World::with(&settings).await;
    let lenient = World::with(&settings[..1]).await;

    let refused = strict.whoami(&strict.sign(&strict.token())).await;

    assert_eq!(
        (refused.status, refused.json()["reason"].clone()),
        (503, json!("denylist_stale"))
    );
    assert_eq!(refused.header("retry-after"), Some("5"));
    assert_eq!(strict.get("/api/hello").await.status, 200);
    assert_eq!(
        lenient.whoami(&lenient.sign(&lenient.token())).await.status,
        200
    );
    assert!(lenient.admin("/denylist").await.json()["age_secs"].is_number());
}
