//! Who may call what, by setting: enforced, challenged and documented alike.

use serde_json::{Value, json};

use crate::answer::Answer;
use crate::world::World;

/// What the document says that an operation requires.
async fn security(world: &World, path: &str) -> Value {
    let document = world.get("/openapi.json").await.json();
    document["paths"][path]["get"]["security"].clone()
}

fn scope_challenge(world: &World, scope: &str) -> String {
    world.challenge(&format!(
        ", error=\"insufficient_scope\", error_description=\"The access token lacks a scope \
         that this operation requires.\", scope=\"{scope}\""
    ))
}

#[tokio::test]
async fn by_default_what_declares_security_is_protected() {
    let world = World::start().await;

    assert_eq!(world.get("/api/hello").await.status, 200);
    assert_eq!(world.get("/api/whoami").await.status, 401);
    assert_eq!(security(&world, "/api/hello").await, json!([]));
    assert_eq!(
        security(&world, "/api/whoami").await[0],
        json!({ "BearerAuth": [] })
    );
}

#[tokio::test]
async fn in_mode_all_everything_is_protected_but_the_anonymous() {
    for (name, anonymous, hello) in [
        ("hello", "hello", 200),
        ("any case", "HELLO", 200),
        ("nothing", "", 401),
    ] {
        let settings = [("access.mode", "all"), ("access.anonymous", anonymous)];
        let world = World::with(&settings).await;
        let token = world.sign(&world.token());

        assert_eq!(world.get("/api/hello").await.status, hello, "{name}");
        assert_eq!(world.get("/api/whoami").await.status, 401, "{name}");
        assert_eq!(
            world.get_with("/api/hello", &token).await.status,
            200,
            "{name}"
        );
        let is_open = security(&world, "/api/hello").await == json!([]);
        assert_eq!(is_open, hello == 200, "{name}");
        if hello == 401 {
            let refused = world.get_with("/api/hello", "a.b.c").await;
            refused.assert_refused(name, 401, "bad_base64", Some(&world.invalid_token()));
        }
    }
}

#[tokio::test]
async fn a_scope_by_setting_is_required_and_named() {
    let world = World::with(&[("access.operations.whoami.scopes", "admin reports:read")]).await;
    let token = |scopes: Value| world.sign(&world.token().claim("scp", scopes));
    let challenge = scope_challenge(&world, "admin reports:read");

    for (name, scopes) in [
        ("none", json!([])),
        ("one of two", json!(["admin"])),
        ("another case", json!(["Admin", "reports:read"])),
        (
            "one within another",
            json!(["administrator", "reports:read"]),
        ),
    ] {
        let refused = world.whoami(&token(scopes)).await;
        refused.assert_refused(name, 403, "insufficient_scope", Some(&challenge));
    }

    let accepted = world
        .whoami(&token(json!(["x", "reports:read", "admin"])))
        .await;
    assert_eq!(accepted.status, 200);
    let document = world.get("/openapi.json").await.json();
    let whoami = &document["paths"]["/api/whoami"]["get"];
    assert_eq!(
        whoami["security"],
        json!([
            { "BearerAuth": [] },
            { "DPoPAuth": [] },
            { "SignIn": ["admin", "reports:read"] },
            { "ClientCredentials": ["admin", "reports:read"] },
        ])
    );
    assert!(
        whoami["responses"]["403"]["description"]
            .as_str()
            .unwrap()
            .contains("admin")
    );
    let resource = world
        .get("/.well-known/oauth-protected-resource")
        .await
        .json();
    assert_eq!(
        resource["scopes_supported"],
        json!(["admin", "reports:read"])
    );
}

#[tokio::test]
async fn a_scope_by_setting_protects_what_the_code_leaves_open() {
    let world = World::with(&[("access.operations.HELLO.scopes", "greet")]).await;

    let refused = world.get("/api/hello").await;
    refused.assert_refused(
        "none",
        401,
        "missing_credentials",
        Some(&world.challenge("")),
    );
    let refused = world
        .get_with("/api/hello", &world.sign(&world.token()))
        .await;
    let challenge = scope_challenge(&world, "greet");
    refused.assert_refused("lacking", 403, "insufficient_scope", Some(&challenge));

    let token = world.sign(&world.token().claim("scp", json!(["greet"])));
    assert_eq!(world.get_with("/api/hello", &token).await.status, 200);
    assert_ne!(security(&world, "/api/hello").await, json!([]));
}

#[tokio::test]
async fn an_empty_list_of_scopes_changes_nothing() {
    let world = World::with(&[("access.operations.hello.scopes", "")]).await;

    assert_eq!(world.get("/api/hello").await.status, 200);
    assert_eq!(security(&world, "/api/hello").await, json!([]));
}

#[tokio::test]
async fn a_claim_by_setting_must_equal_or_hold_one_of_the_values() {
    let file = tempfile("[access.operations.whoami]\nclaims.groups = [\"admins\", \"7\"]\n");
    let world = World::with_file(file.path()).await;
    let challenge = world.challenge(
        ", error=\"insufficient_scope\", error_description=\"The access token lacks a claim \
         value that this operation requires.\"",
    );
    let call = |groups: Value| {
        let token = world.sign(&world.token().claim("groups", groups));
        let world = &world;
        async move { world.whoami(&token).await }
    };

    for (name, groups) in [
        ("another", json!("users")),
        ("another case", json!("Admins")),
        ("others", json!(["users", "guests"])),
        ("none", json!([])),
        ("null", Value::Null),
        ("an object", json!({ "admins": true })),
        ("an array in an array", json!([["admins"]])),
    ] {
        let refused: Answer = call(groups).await;
        refused.assert_refused(name, 403, "claim_not_accepted", Some(&challenge));
    }
    let refused = world.whoami(&world.sign(&world.token())).await;
    refused.assert_refused("absent", 403, "claim_not_accepted", Some(&challenge));

    for groups in [
        json!("admins"),
        json!(["users", "admins"]),
        json!(7),
        json!(["7"]),
    ] {
        assert_eq!(call(groups.clone()).await.status, 200, "{groups}");
    }
}

#[tokio::test]
async fn a_requirement_of_an_area_applies_and_leaves_the_anonymous_open() {
    for (setting, refused, accepted, status, reason) in [
        (
            "access.all.clients",
            "other",
            "other, dev-client",
            403,
            "client_not_accepted",
        ),
        (
            "access.paths./api/whoami.scopes",
            "admin",
            "profile:read",
            403,
            "insufficient_scope",
        ),
        (
            "access.tags.CALLER.any_of_scopes",
            "admin x, owner",
            "admin x, profile:read",
            403,
            "insufficient_scope",
        ),
        (
            "access.operations.whoami.max_age",
            "1m",
            "1h",
            401,
            "insufficient_user_authentication",
        ),
    ] {
        for (value, expected) in [(refused, reason), (accepted, "")] {
            let world = World::with(&[(setting, value)]).await;
            let token = world.token();
            let issued_at = token.claims()["iat"].as_u64().unwrap();
            let token = token.claim("auth_time", issued_at - 300);
            let token = token.claim("scp", json!(["profile:read"]));

            let answer = world.whoami(&world.sign(&token)).await;

            let due = if expected.is_empty() { 200 } else { status };
            assert_eq!(answer.status, due, "{setting} {value}");
            if !expected.is_empty() {
                assert_eq!(answer.json()["reason"], expected, "{setting}");
            }
            assert_eq!(world.get("/api/hello").await.status, 200, "{setting}");
        }
    }
}

#[tokio::test]
async fn settings_that_cannot_be_meant_are_refused_with_what_to_do() {
    for (settings, message) in [
        (
            &[("access.operations.whoam.scopes", "x")][..],
            "`access.operations` names the operation `whoam`, which does not exist; there are: \
             hello, whoami",
        ),
        (
            &[("access.mode", "all"), ("access.anonymous", "helo")],
            "`access.anonymous` names the operation `helo`, which does not exist; there are: \
             hello, whoami",
        ),
        (
            &[("access.mode", "all"), ("access.anonymous", "whoami")],
            "`access.anonymous` names the operation `whoami`, which requires credentials by its \
             declaration in the code; remove it from one of them",
        ),
        (
            &[
                ("access.mode", "all"),
                ("access.operations.hello.scopes", "x"),
            ],
            "`access.anonymous` names the operation `hello`, which requires credentials by \
             `access.operations`; remove it from one of them",
        ),
        (
            &[("access.mode", "all"), ("access.tags.HELLO.scopes", "x")],
            "`access.anonymous` names the operation `hello`, which requires credentials by \
             `access.tags`; remove it from one of them",
        ),
        (
            &[
                ("access.mode", "all"),
                ("access.paths./api/hello.scopes", "x"),
            ],
            "`access.anonymous` names the operation `hello`, which requires credentials by \
             `access.paths`; remove it from one of them",
        ),
    ] {
        let error = World::refused(settings).await;
        assert_eq!(error.to_string(), message);
    }
}

/// A file of settings, gone at the end.
pub fn tempfile(text: &str) -> TempFile {
    let name = format!(
        "poem-resource-server-{}-{}.toml",
        std::process::id(),
        fastrand::u64(..)
    );
    let path = std::env::temp_dir().join(name);
    std::fs::write(&path, text).unwrap();
    TempFile(path)
}

pub struct TempFile(std::path::PathBuf);

impl TempFile {
    pub fn path(&self) -> &std::path::Path {
        &self.0
    }
}

impl Drop for TempFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
