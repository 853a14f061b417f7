use http::header::{AUTHORIZATION, SEC_WEBSOCKET_PROTOCOL};
use http::{HeaderMap, HeaderValue};

use super::{remove_token, token};
use crate::guard::BearerError::{self, InTwoPlaces, MalformedProtocol};

/// A name, the header lines, and what is found in them.
type Row = (
    &'static str,
    &'static [&'static str],
    Result<Option<&'static str>, BearerError>,
);

fn offering(fields: &[&str]) -> HeaderMap {
    let fields = fields.iter().map(|field| {
        let value = HeaderValue::from_str(field).unwrap();
        (SEC_WEBSOCKET_PROTOCOL, value)
    });
    fields.collect()
}

#[test]
fn the_token_is_the_protocol_directly_after_bearer() {
    #[rustfmt::skip]
    let rows: &[Row] = &[
        ("no protocol", &[], Ok(None)),
        ("protocols of the application", &["chat, log"], Ok(None)),
        ("as a browser sends it", &["bearer, a.b-c_d"], Ok(Some("a.b-c_d"))),
        ("without spaces", &["bearer,a.b"], Ok(Some("a.b"))),
        ("others after it", &["bearer, a.b, chat, log"], Ok(Some("a.b"))),
        ("another before it", &["chat, bearer, a.b"], Ok(Some("a.b"))),
        ("in another case it is another protocol", &["Bearer, a.b"], Ok(None)),
        ("no token", &["bearer"], Err(MalformedProtocol)),
        ("an empty token", &["bearer,, a.b"], Err(MalformedProtocol)),
        ("a token before it", &["a.b, bearer"], Err(MalformedProtocol)),
        ("twice", &["bearer, a.b, bearer, a.b"], Err(MalformedProtocol)),
        ("bearer as token", &["bearer, bearer"], Err(MalformedProtocol)),
        ("the token again", &["bearer, a.b, a.b"], Err(MalformedProtocol)),
        ("no protocol may have it", &["bearer, a/b"], Err(MalformedProtocol)),
        ("padding", &["bearer, a.b="], Err(MalformedProtocol)),
        ("no token has it", &["bearer, a!b"], Err(MalformedProtocol)),
        ("a space within", &["bearer, a b"], Err(MalformedProtocol)),
        ("two lines", &["bearer, a.b", "chat"], Err(MalformedProtocol)),
        ("a token in two lines", &["bearer", "a.b"], Err(MalformedProtocol)),
        ("two lines of the application", &["chat", "log"], Ok(None)),
    ];

    for (name, fields, expected) in rows {
        let found = token(&offering(fields));

        let expected = expected.map(|token| token.map(str::to_owned));
        assert_eq!(found, expected, "{name}");
    }
}

#[test]
fn a_token_beside_an_authorization_header_is_refused() {
    let mut headers = offering(&["bearer, a.b"]);
    headers.insert(AUTHORIZATION, HeaderValue::from_static("Bearer a.b"));
    assert_eq!(token(&headers), Err(InTwoPlaces));

    let mut headers = offering(&["chat"]);
    headers.insert(AUTHORIZATION, HeaderValue::from_static("Bearer a.b"));
    assert_eq!(token(&headers), Ok(None));
}

#[test]
fn the_handler_receives_no_part_of_the_token() {
    for (name, offered, left) in [
        ("the token alone", "bearer, a.b", None),
        ("one other", "bearer, a.b, chat", Some("chat")),
        ("others around it", "chat,bearer,a.b,log", Some("chat, log")),
    ] {
        let mut headers = offering(&[offered]);

        remove_token(&mut headers);

        let found = headers.get(SEC_WEBSOCKET_PROTOCOL);
        assert_eq!(found.map(|value| value.to_str().unwrap()), left, "{name}");
    }
}
