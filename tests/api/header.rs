//! The `Authorization` header: one, of one form, and nowhere else.

use reqwest::Method;

use crate::answer::{Answer, DETAIL};
use crate::world::World;

#[tokio::test]
async fn a_broken_header_is_400_and_its_sound_twin_is_read() {
    let world = World::start().await;
    let token = world.sign(&world.token());
    let parameters = ", error=\"invalid_request\", error_description=\"DETAIL\"";
    let challenge = world.challenge(&parameters.replace("DETAIL", DETAIL));
    let field = |value: &str| format!("Authorization: {value}\r\n").into_bytes();
    let bearer = format!("Bearer {token}");
    let non_ascii = [b"Authorization: Bearer ", token.as_bytes(), b"\xc3\xa9\r\n"].concat();
    let repeated = "repeated_authorization";
    let malformed = "malformed_authorization";
    for (name, reason, fields) in [
        (
            "two of them",
            repeated,
            [field(&bearer), field(&bearer)].concat(),
        ),
        (
            "two schemes",
            repeated,
            [field(&bearer), field("Basic YTpi")].concat(),
        ),
        (
            "two, the first of another scheme",
            repeated,
            [field("Basic YTpi"), field(&bearer)].concat(),
        ),
        (
            "a pair joined by a comma",
            malformed,
            field(&format!("{bearer}, {bearer}")),
        ),
        ("a space within", malformed, field(&format!("{bearer} x"))),
        (
            "a tab before the token",
            malformed,
            field(&format!("Bearer\t{token}")),
        ),
        (
            "a tab among spaces",
            malformed,
            field(&format!("Bearer \t{token}")),
        ),
        ("no token", malformed, field("Bearer")),
        ("quotes", malformed, field(&format!("Bearer \"{token}\""))),
        ("padding alone", malformed, field("Bearer ==")),
        ("padding within", malformed, field("Bearer a=b")),
        ("a parameter", malformed, field("Bearer token=x;y")),
        ("no ASCII", malformed, non_ascii),
    ] {
        let answer = world.raw_whoami(&fields).await;
        answer.assert_refused(name, 400, reason, Some(&challenge));
    }
    for (name, value) in [
        ("as it should be", bearer.clone()),
        ("in lower case", format!("bearer {token}")),
        ("in upper case", format!("BEARER {token}")),
        ("several spaces", format!("Bearer    {token}")),
    ] {
        let answer = world.raw_whoami(&field(&value)).await;
        assert_eq!(answer.status, 200, "{name}: {}", answer.body);
    }
}

#[tokio::test]
async fn another_scheme_is_challenged_as_if_there_were_no_credentials() {
    let world = World::start().await;
    let challenge = world.challenge("");
    let token = world.sign(&world.token());
    for value in [
        "Basic YTpi",
        "DPoP2 x",
        "Bearers x",
        "BearerX",
        "",
        "Bearer-x",
    ] {
        let fields = format!("Authorization: {value}\r\n");
        let answer = world.raw_whoami(fields.as_bytes()).await;
        answer.assert_refused(value, 401, "missing_credentials", Some(&challenge));
    }
    let fields = format!("Authorization: Bearer {token}\r\n");
    assert_eq!(world.raw_whoami(fields.as_bytes()).await.status, 200);
}

#[tokio::test]
async fn a_token_without_a_scheme_is_challenged_and_the_sentence_names_the_scheme() {
    let world = World::start().await;
    let token = world.sign(&world.token());
    let field = |value: &str| format!("Authorization: {value}\r\n").into_bytes();

    let bare = world.raw_whoami(&field(&token)).await;
    let other = world.raw_whoami(&field(&format!("Token {token}"))).await;
    let schemed = world.raw_whoami(&field(&format!("Bearer {token}"))).await;

    let challenge = world.challenge("");
    bare.assert_refused("bare", 401, "missing_scheme", Some(&challenge));
    let detail = bare.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("send \"Bearer <token>\""), "{detail}");
    other.assert_refused("other", 401, "missing_credentials", Some(&challenge));
    let detail = other.json()["detail"].as_str().unwrap().to_owned();
    assert!(
        detail.contains("send \"Authorization: Bearer <token>\""),
        "{detail}"
    );
    assert_eq!(schemed.status, 200);
}

#[tokio::test]
async fn a_token_elsewhere_than_in_the_header_is_not_looked_at() {
    let world = World::start().await;
    let token = world.sign(&world.token());
    let challenge = world.challenge("");
    let query = format!("/api/whoami?access_token={token}");
    let form = world
        .request(Method::GET, "/api/whoami")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(format!("access_token={token}"));
    let cookie = world
        .request(Method::GET, "/api/whoami")
        .header("cookie", format!("access_token={token}"));
    for (name, request) in [
        ("query", world.request(Method::GET, &query)),
        ("form", form),
        ("cookie", cookie),
    ] {
        let answer = Answer::to(request).await;
        answer.assert_refused(name, 401, "missing_credentials", Some(&challenge));
    }
    assert_eq!(world.get_with(&query, &token).await.status, 200);
}

#[tokio::test]
async fn any_realm_is_quoted() {
    let world = World::with(&[("access.realm", r#"a "b" \ c"#)]).await;

    let answer = world.get("/api/whoami").await;

    let challenge = answer.header("www-authenticate").unwrap();
    assert!(
        challenge.starts_with(r#"Bearer realm="a \"b\" \\ c", "#),
        "{challenge}"
    );
}
