//! `Authorization` values that are not tokens, for APIs that parse carelessly.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// A value and its name in the report.
pub(super) type Garbage = (&'static str, Vec<u8>);

/// Every value. Each is smaller than 8 KiB, which servers commonly accept.
pub(super) fn garbage() -> Vec<Garbage> {
    let bearer = |token: String| format!("Bearer {token}").into_bytes();
    let jws = |header: &str, payload: &str| {
        let encoded = |text: &str| URL_SAFE_NO_PAD.encode(text);
        bearer(format!(
            "{}.{}.c2lnbmF0dXJl",
            encoded(header),
            encoded(payload)
        ))
    };
    let rs256 = r#"{"alg":"RS256"}"#;
    vec![
        ("an empty token", b"Bearer".to_vec()),
        ("spaces in the token", b"Bearer not a token".to_vec()),
        ("only dots", bearer("..".to_owned())),
        (
            "segments that are not base64url",
            bearer("a.b.c".to_owned()),
        ),
        ("five segments", bearer("YQ.YQ.YQ.YQ.YQ".to_owned())),
        ("bytes that are not UTF-8", b"Bearer \xff\xfe\xfd".to_vec()),
        ("a header that is not JSON", jws("{", "{}")),
        ("a header that is a list", jws("[]", "{}")),
        ("a header that is null", jws("null", "null")),
        ("a header nested 2,000 deep", jws(&"[".repeat(2_000), "{}")),
        ("a header without alg", jws("{}", "{}")),
        ("alg that is a number", jws(r#"{"alg":256}"#, "{}")),
        (
            "two alg members",
            jws(r#"{"alg":"none","alg":"RS256"}"#, "{}"),
        ),
        (
            "kid that is a path",
            jws(r#"{"alg":"RS256","kid":"../../../../dev/null"}"#, "{}"),
        ),
        (
            "kid that is SQL",
            jws(r#"{"alg":"RS256","kid":"' OR '1'='1"}"#, "{}"),
        ),
        (
            "kid that is an object",
            jws(r#"{"alg":"RS256","kid":{}}"#, "{}"),
        ),
        ("a payload that is not JSON", jws(rs256, "{")),
        ("a payload that is null", jws(rs256, "null")),
        (
            "numbers that are too large",
            jws(rs256, r#"{"exp":1e999,"nbf":-1e999}"#),
        ),
        ("7,000 letters", bearer("a".repeat(7_000))),
    ]
}
