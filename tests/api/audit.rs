//! Each decision on a token in one line, with nobody's name and nobody's token.

use aws_lc_rs::hmac;
use reqwest::Method;
use serde_json::Value;

use crate::access::{TempFile, tempfile};
use crate::answer::Answer;
use crate::captured::Lines;
use crate::world::World;

const SALT: &str = "0123456789abcdef0123456789abcdef";

/// `printf '%s %s' ISSUER dev-client | openssl dgst -sha256 -hmac "$(cat SALT_FILE)"`
fn hash(world: &World) -> String {
    let salt = hmac::Key::new(hmac::HMAC_SHA256, SALT.as_bytes());
    let caller = format!("{} dev-client", world.issuer.issuer());
    let bytes = hmac::sign(&salt, caller.as_bytes());
    (bytes.as_ref().iter()).fold(String::new(), |text, byte| format!("{text}{byte:02x}"))
}

async fn audited(settings: &[(&'static str, &str)]) -> (World, TempFile) {
    let file = tempfile(&format!("{SALT}\n"));
    let mut settings = settings.to_vec();
    settings.push(("audit.salt_file", file.path().to_str().unwrap()));
    (World::with(&settings).await, file)
}

/// The fields of a line that say who calls.
const WHO: [&str; 4] = ["issuer", "client_id", "subject", "token_id"];

fn assert_line(line: &Value, outcome: &str, reason: &str) {
    assert_eq!(line["operation"], "whoami", "{line}");
    assert_eq!(line["outcome"], outcome, "{line}");
    assert_eq!(line["reason"], reason, "{line}");
}

#[tokio::test]
async fn an_admitted_caller_is_audited_by_client_hash_and_token_id() {
    let (world, _salt) = audited(&[]).await;
    let token = world.sign(&world.token().claim("jti", "AT.1"));
    let (lines, _guard) = Lines::capture();

    let first = world.whoami(&token).await;
    world.whoami(&token).await;

    let logged = lines.with_target("audit");
    assert_eq!(logged.len(), 2, "a remembered token is logged again");
    for line in &logged {
        assert_line(line, "allowed", "ok");
        assert_eq!(line["issuer"], world.issuer.issuer(), "{line}");
        assert_eq!(line["client_id"], "dev-client", "{line}");
        assert_eq!(line["subject"], hash(&world), "{line}");
        assert_eq!(line["token_id"], "AT.1", "{line}");
    }
    assert_eq!(
        logged[0]["request_id"].as_str(),
        first.header("x-request-id"),
        "{logged:?}"
    );
}

#[tokio::test]
async fn a_refusal_is_audited_with_the_reason_and_names_the_caller_only_if_the_token_is_valid() {
    let (world, _salt) = audited(&[("access.operations.whoami.scopes", "admin")]).await;
    let lacking = world.sign(&world.token().claim("jti", "AT.1"));
    let foreign = world.sign(&world.token().claim("aud", "api://other"));
    let expired = world.sign(&world.token().claim("exp", 1));
    let forged = format!("{}AAAA", &lacking[..lacking.len() - 4]);
    let (lines, _guard) = Lines::capture();

    for token in [&*lacking, &foreign, &expired, &forged, "a.b.c"] {
        world.whoami(token).await;
    }
    world.get("/api/whoami").await;

    let logged = lines.with_target("audit");
    let reasons = [
        "insufficient_scope",
        "wrong_audience",
        "expired",
        "bad_signature",
        "bad_base64",
        "missing_credentials",
    ];
    assert_eq!(logged.len(), reasons.len(), "{logged:#?}");
    for (line, reason) in logged.iter().zip(reasons) {
        assert_line(line, "refused", reason);
        let is_good = reason == "insufficient_scope";
        for field in WHO {
            assert_eq!(line.get(field).is_some(), is_good, "{field} in {line}");
        }
    }
    assert_eq!(logged[0]["subject"], hash(&world));
}

#[tokio::test]
async fn a_caller_above_its_limit_is_named() {
    let (world, _salt) = audited(&[("rate.calls", "1/1m")]).await;
    let token = world.sign(&world.token());
    let (lines, _guard) = Lines::capture();

    world.whoami(&token).await;
    world.whoami(&token).await;

    let logged = lines.with_target("audit");
    assert_line(&logged[0], "allowed", "ok");
    assert_line(&logged[1], "refused", "too_many_requests");
    assert_eq!(logged[1]["subject"], hash(&world));
}

#[tokio::test]
async fn a_call_without_a_token_is_not_audited_and_without_a_salt_no_call_is() {
    let (world, _salt) = audited(&[]).await;
    let silent = World::start().await;
    let (lines, _guard) = Lines::capture();

    world.get("/api/hello").await;
    world.get("/nothing").await;
    Answer::to(world.request(Method::POST, "/api/whoami")).await;
    silent.whoami(&silent.sign(&silent.token())).await;

    assert_eq!(lines.with_target("audit"), Vec::<Value>::new());
    assert!(lines.with_target("access").len() >= 4);
}

#[tokio::test]
async fn claims_of_any_length_make_a_line_of_bounded_length() {
    let (world, _salt) = audited(&[]).await;
    let long = "\u{e9}".repeat(1000);
    let token = world.token().claim("jti", &*long).claim("cid", "x\ny");
    let token = world.sign(&token.claim("sub", &*long));
    let (lines, _guard) = Lines::capture();

    assert_eq!(world.whoami(&token).await.status, 200);

    let logged = lines.with_target("audit");
    assert_eq!(logged[0]["token_id"].as_str().unwrap().chars().count(), 256);
    assert_eq!(logged[0]["client_id"], "x\ny");
    assert_eq!(logged[0]["subject"].as_str().unwrap().len(), 64);
}

#[tokio::test]
async fn a_salt_that_cannot_be_used_is_an_error_that_names_the_setting_and_the_fix() {
    let short = tempfile("0123456789abcde\n");
    let long = tempfile(&"x".repeat(1025));
    for (file, fault) in [
        ("/nowhere/salt", "cannot be read; name a file"),
        (
            short.path().to_str().unwrap(),
            "contains 15 bytes, and must contain",
        ),
        (
            long.path().to_str().unwrap(),
            "contains 1025 bytes, and must contain",
        ),
    ] {
        let error = World::refused(&[("audit.salt_file", file)]).await;

        let text = error.to_string();
        assert!(text.starts_with(&format!("`audit.salt_file`: {file}")));
        assert!(text.contains(fault), "{text}");
    }
    for enough in ["0123456789abcdef\r\n".to_owned(), "x".repeat(1024)] {
        let file = tempfile(&enough);
        World::with(&[("audit.salt_file", file.path().to_str().unwrap())]).await;
    }
}

#[tokio::test]
async fn a_reload_begins_ends_and_refuses_to_spoil_the_audit_log() {
    let (world, salt) = audited(&[]).await;
    let token = world.sign(&world.token());
    let path = salt.path().to_str().unwrap().to_owned();
    let (lines, _guard) = Lines::capture();

    world.reload(&[]).await.unwrap();
    world.whoami(&token).await;
    assert_eq!(lines.with_target("audit").len(), 0);

    world.reload(&[("audit.salt_file", &path)]).await.unwrap();
    world.whoami(&token).await;
    assert_eq!(lines.with_target("audit").len(), 1);

    let bad = [("audit.salt_file", "/nowhere/salt")];
    world.reload(&bad).await.unwrap_err();
    world.whoami(&token).await;
    let logged = lines.with_target("audit");
    assert_eq!(logged.len(), 2);
    assert_eq!(logged[1]["subject"], hash(&world));
}
