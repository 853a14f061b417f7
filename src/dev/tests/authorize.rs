use std::time::Duration;

use poem::http::StatusCode;
use serde_json::json;
use url::Url;

use super::{Answer, World, decode};
use crate::dev::User;

/// RFC 7636 appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const REDIRECT_URI: &str = "http://127.0.0.1:3000/docs/oauth2-redirect.html";
pub(super) const REQUEST: &str = "/v1/authorize?response_type=code&client_id=dev-spa\
    &redirect_uri=http%3A%2F%2F127.0.0.1%3A3000%2Fdocs%2Foauth2-redirect.html\
    &scope=openid+profile:read&state=a%26b&nonce=n-1\
    &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256";

#[tokio::test]
async fn a_user_signs_in_and_the_code_buys_tokens_about_them() {
    let world = World::start().await;

    let code = sign_in_as(&world, "ada").await;
    let answer = world.post("/v1/token", &exchange(&code)).await;

    assert_eq!(answer.status, StatusCode::OK);
    let body = answer.json();
    assert_eq!(body["scope"], "openid profile:read");
    let (_, access) = decode(body["access_token"].as_str().unwrap());
    assert_eq!(access["sub"], "ada@example.com");
    assert_eq!(access["uid"], User::ADA.id);
    assert_eq!(access["cid"], "dev-spa");
    assert_eq!(access["scp"], json!(["openid", "profile:read"]));
    let (_, identity) = decode(body["id_token"].as_str().unwrap());
    assert_eq!(identity["aud"], "dev-spa");
    assert_eq!(identity["nonce"], "n-1");
}

#[tokio::test]
async fn without_openid_there_is_no_id_token() {
    let world = World::start().await;
    let page = world.get(&REQUEST.replace("openid+", "")).await;

    let code = code_of(&answer(&world, &page, "user=bob").await);
    let body = world.post("/v1/token", &exchange(&code)).await.json();

    assert_eq!(body["scope"], "profile:read");
    assert_eq!(body.get("id_token"), None);
}

#[tokio::test]
async fn a_public_client_may_use_the_header_with_an_empty_secret() {
    let world = World::start().await;
    let (one, two) = (
        sign_in_as(&world, "ada").await,
        sign_in_as(&world, "ada").await,
    );
    let send = |code: &str, secret| {
        let request = world.form("/v1/token", &exchange(code));
        Answer::read(request.basic_auth("dev-spa", Some(secret)))
    };

    assert_eq!(send(&one, "").await.status, StatusCode::OK);
    let guess = send(&two, "guess").await;
    assert_eq!(guess.refusal(), (401, "invalid_client".to_owned()));
}

#[tokio::test]
async fn the_page_cannot_be_framed_scripted_or_sent_elsewhere() {
    let world = World::start().await;

    let page = world.get(REQUEST).await;

    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(page.header("x-frame-options"), "DENY");
    assert_eq!(page.header("cache-control"), "no-store");
    assert_eq!(page.header("access-control-allow-origin"), "");
    let policy = page.header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'; img-src data:; style-src 'sha256-"));
    assert!(policy.contains("form-action 'self' http://127.0.0.1:3000;"));
    let scopes = "<li>openid</li>\
        <li>profile:read <span class=\"note\">Read the caller&#39;s profile.</span></li>";
    assert!(page.text.contains(scopes), "{}", page.text);
}

#[tokio::test]
async fn a_user_may_decline() {
    let world = World::start().await;
    let page = world.get(REQUEST).await;

    let declined = answer(&world, &page, "cancel=yes").await;

    assert_eq!(
        parameter(&declined, "error").as_deref(),
        Some("access_denied")
    );
    assert_eq!(parameter(&declined, "state").as_deref(), Some("a&b"));
}

#[tokio::test]
async fn a_page_is_answered_once_and_in_time() {
    let world = World::start().await;
    let (one, two) = (world.get(REQUEST).await, world.get(REQUEST).await);

    let first = answer(&world, &one, "user=ada").await;
    let again = answer(&world, &one, "user=ada").await;
    world.clock.advance(Duration::from_secs(600));
    let late = answer(&world, &two, "user=ada").await;

    assert_eq!(first.status, StatusCode::SEE_OTHER);
    for refused in [again, late] {
        assert_eq!(refused.status, StatusCode::BAD_REQUEST);
        assert!(refused.text.contains("This page has expired"));
    }
}

#[tokio::test]
async fn nothing_is_sent_to_a_uri_that_is_not_registered_for_the_client() {
    let world = World::start().await;
    let table = [
        ("no client", REQUEST.replace("client_id=dev-spa", "")),
        ("unknown client", REQUEST.replace("dev-spa", "nobody")),
        (
            "client without users",
            REQUEST.replace("dev-spa", "dev-client"),
        ),
        ("no redirect URI", REQUEST.replace("redirect_uri", "x")),
        (
            "longer path",
            REQUEST.replace("redirect.html", "redirect.html%2F"),
        ),
        ("other port", REQUEST.replace("3000", "3001")),
        ("repeated parameter", format!("{REQUEST}&client_id=dev-spa")),
        ("too long", format!("{REQUEST}&x={}", "x".repeat(16 * 1024))),
    ];

    for (row, request) in table {
        let answer = world.get(&request).await;

        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{row}");
        assert_eq!(answer.header("location"), "", "{row}");
        assert_eq!(answer.header("x-frame-options"), "DENY", "{row}");
        assert!(answer.text.contains("<h2>What to do</h2><ul><li>"), "{row}");
    }
}

#[tokio::test]
async fn the_page_of_a_refused_request_names_the_fault_and_the_fix() {
    let world = World::start().await;

    let client = world.get(&REQUEST.replace("dev-spa", "0oa1<b>")).await;
    let uri = world.get(&REQUEST.replace("3000", "3999")).await;

    let found = "<p>The request has: <code>0oa1&lt;b&gt;</code></p>";
    assert!(client.text.contains(found), "{}", client.text);
    assert!(client.text.contains("Enter the client ID dev-spa"));
    let found = "<code>http://127.0.0.1:3999/docs/oauth2-redirect.html</code>";
    assert!(uri.text.contains(found), "{}", uri.text);
    assert!(uri.text.contains(REDIRECT_URI), "{}", uri.text);
    assert!(uri.text.contains("set http.public_url"), "{}", uri.text);
}

#[tokio::test]
async fn other_mistakes_are_sent_to_the_client() {
    let world = World::start().await;
    let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    let table = [
        (
            "no response type",
            ("response_type=code", ""),
            "invalid_request",
        ),
        ("implicit", ("=code", "=token"), "unsupported_response_type"),
        (
            "fragment",
            ("state=", "response_mode=fragment&state="),
            "invalid_request",
        ),
        (
            "no prompt",
            ("state=", "prompt=none&state="),
            "login_required",
        ),
        ("no PKCE", ("code_challenge=", "x="), "invalid_request"),
        ("plain PKCE", ("S256", "plain"), "invalid_request"),
        ("short challenge", (challenge, "abc"), "invalid_request"),
        ("no scope", ("scope=", "x="), "invalid_scope"),
        ("unknown scope", ("openid", "Everything"), "invalid_scope"),
    ];

    for (row, (from, to), error) in table {
        let answer = world.get(&REQUEST.replace(from, to)).await;

        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{row}");
        assert!(answer.header("location").starts_with(REDIRECT_URI), "{row}");
        assert_eq!(parameter(&answer, "error").as_deref(), Some(error), "{row}");
        assert_eq!(parameter(&answer, "state").as_deref(), Some("a&b"), "{row}");
    }
}

#[tokio::test]
async fn a_code_is_worth_nothing_in_other_hands() {
    let world = World::start().await;
    let table = [
        ("wrong verifier", (VERIFIER, "guess"), "invalid_grant"),
        ("no verifier", ("code_verifier", "x"), "invalid_request"),
        (
            "other redirect URI",
            ("127.0.0.1", "localhost"),
            "invalid_grant",
        ),
        ("no redirect URI", ("redirect_uri", "x"), "invalid_grant"),
        ("no code", ("&code=", "&x="), "invalid_request"),
        ("unknown code", ("&code=", "&code=x"), "invalid_grant"),
    ];

    for (row, (from, to), error) in table {
        let good = exchange(&sign_in_as(&world, "ada").await);
        let answer = world.post("/v1/token", &good.replace(from, to)).await;

        assert_eq!(answer.refusal(), (400, error.to_owned()), "{row}");
    }
}

#[tokio::test]
async fn a_code_is_good_once_and_for_a_minute() {
    let world = World::start().await;
    let one = exchange(&sign_in_as(&world, "ada").await);
    let two = exchange(&sign_in_as(&world, "ada").await);

    world.clock.advance(Duration::from_secs(59));
    let first = world.post("/v1/token", &one).await;
    let again = world.post("/v1/token", &one).await;
    world.clock.advance(Duration::from_secs(1));
    let late = world.post("/v1/token", &two).await;

    assert_eq!(first.status, StatusCode::OK);
    assert_eq!(again.refusal(), (400, "invalid_grant".to_owned()));
    assert_eq!(late.refusal(), (400, "invalid_grant".to_owned()));
}

async fn sign_in_as(world: &World, user: &str) -> String {
    let page = world.get(REQUEST).await;
    code_of(&answer(world, &page, &format!("user={user}")).await)
}

/// Presses a button on the sign-in page.
pub(super) async fn answer(world: &World, page: &Answer, button: &str) -> Answer {
    let (_, rest) = page.text.split_once("name=\"request\" value=\"").unwrap();
    let (handle, _) = rest.split_once('"').unwrap();
    let form = format!("request={handle}&{button}");
    world.post("/v1/authorize", &form).await
}

pub(super) fn code_of(answer: &Answer) -> String {
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(parameter(answer, "state").as_deref(), Some("a&b"));
    parameter(answer, "code").unwrap()
}

/// A parameter of the redirect to the client.
pub(super) fn parameter(answer: &Answer, name: &str) -> Option<String> {
    let location = Url::parse(answer.header("location")).unwrap();
    let mut pairs = location.query_pairs();
    pairs.find_map(|(key, value)| (key == name).then(|| value.into_owned()))
}

pub(super) fn exchange(code: &str) -> String {
    format!(
        "grant_type=authorization_code&code={code}&redirect_uri={REDIRECT_URI}\
         &client_id=dev-spa&code_verifier={VERIFIER}"
    )
}
