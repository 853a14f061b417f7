//! What is known of several issuers: by tokens, by the document and by metadata.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use crate::description::operation::Operation;
use crate::dev::{SigningAlgorithm, SigningKey};

use super::super::given::classified;
use super::super::hostile::Hostile;
use super::super::issuers::{KnownIssuer, is_left_out, without_token};
use super::super::parts::Parts;
use super::super::tokens::Tokens;

const NOW: u64 = 1_800_000_000;
const A: &str = "https://a.test/oauth2/a";
const B: &str = "https://a.test/oauth2/b";

struct World {
    a: SigningKey,
    b: SigningKey,
}

impl World {
    fn new() -> Self {
        Self {
            a: SigningKey::generate_with_kid(SigningAlgorithm::Es256, "same"),
            b: SigningKey::generate_with_kid(SigningAlgorithm::Es256, "same"),
        }
    }

    fn issuers(&self) -> Vec<KnownIssuer> {
        let issuer = |name: &str, identifier: &str, key: &SigningKey| KnownIssuer {
            name: name.to_owned(),
            identifier: identifier.to_owned(),
            keys: vec![key.public_jwk()],
            endpoints: vec![format!("https://login.test/{name}/token")],
            grants_no_refresh_token: false,
        };
        vec![issuer("a", A, &self.a), issuer("b", B, &self.b)]
    }

    fn tokens(&self) -> Tokens {
        let good = Tokens::default().with_good(signed(&self.a, A, &json!({})));
        good.with_good(signed(&self.b, B, &json!({})))
    }
}

fn signed(key: &SigningKey, issuer: &str, change: &Value) -> String {
    let mut claims = json!({ "iss": issuer, "aud": issuer, "exp": NOW + 60 });
    for (name, value) in change.as_object().unwrap() {
        claims[name] = value.clone();
    }
    key.sign(&json!({ "alg": "ES256", "kid": key.kid() }), &claims)
}

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(NOW)
}

#[test]
fn a_given_token_is_compared_with_a_good_one_of_its_own_issuer() {
    let world = World::new();
    for (row, token, expected) in [
        (
            "expired, of a",
            signed(&world.a, A, &json!({ "exp": 1 })),
            ("expired", "an expired token, of a"),
        ),
        (
            "expired, of b",
            signed(&world.b, B, &json!({ "exp": 1 })),
            ("expired", "an expired token, of b"),
        ),
        (
            "for the audience of a",
            signed(&world.b, B, &json!({ "aud": A })),
            ("other_audience", "a token for another audience, of b"),
        ),
        (
            "signed by a in the name of b",
            signed(&world.a, B, &json!({})),
            ("issuer_changed", "a token that names another issuer, of a"),
        ),
        (
            "expired, by a in the name of b",
            signed(&world.a, B, &json!({ "exp": 1 })),
            ("issuer_changed", "a token that names another issuer, of a"),
        ),
        (
            "of a stranger",
            signed(&world.a, "https://c.test", &json!({ "aud": A })),
            ("other_issuer", "a token of another issuer, of a"),
        ),
        (
            "good",
            signed(&world.a, A, &json!({})),
            ("wrong_token", "a token given to be refused"),
        ),
    ] {
        let tokens = world.tokens().with_refused(vec![token]);

        let (given, _) = classified(&tokens, &world.issuers(), now());

        assert_eq!((given[0].0, given[0].1.as_str()), expected, "{row}");
    }
}

#[test]
fn each_issuer_needs_an_expired_token_of_its_own() {
    let world = World::new();
    let expired = |key: &SigningKey, issuer: &str| signed(key, issuer, &json!({ "exp": 1 }));
    let (of_a, of_b) = (expired(&world.a, A), expired(&world.b, B));
    let missing = |refused: Vec<String>| {
        let tokens = world.tokens().with_refused(refused);
        let (_, not_given) = classified(&tokens, &world.issuers(), now());
        let whys = not_given
            .into_iter()
            .filter(|(check, _)| *check == "expired");
        whys.map(|(_, why)| why[..2].to_owned()).collect::<Vec<_>>()
    };

    assert_eq!(missing(vec![]), ["a:", "b:"]);
    assert_eq!(missing(vec![of_a.clone()]), ["b:"]);
    assert!(missing(vec![of_a, of_b]).is_empty());
}

#[test]
fn each_good_token_is_readdressed_to_every_other_issuer() {
    let world = World::new();
    let tokens = world.tokens();
    let hostile = Hostile::new(&tokens, &world.issuers(), None, now());

    for (token, other) in tokens.good().iter().zip([B, A]) {
        let forgeries = &hostile.forgeries(token).tokens;
        let changed: Vec<_> = forgeries
            .iter()
            .filter(|it| it.0 == "issuer_changed")
            .collect();

        assert_eq!(changed.len(), 2);
        for (_, _, token) in changed {
            let payload = Parts::read(token).unwrap().payload;
            assert_eq!(
                (&payload["iss"], &payload["aud"]),
                (&json!(other), &json!(other))
            );
        }
    }
    let only = Tokens::default().with_good(signed(&world.a, A, &json!({})));
    let hostile = Hostile::new(&only, &world.issuers(), None, now());
    let forgeries = &hostile.forgeries(only.first().unwrap()).tokens;
    assert!(forgeries.iter().all(|it| it.0 != "issuer_changed"));
}

#[test]
fn an_operation_leaves_out_the_issuers_that_only_other_schemes_name() {
    let world = World::new();
    let flow = |url: String| json!({ "type": "oauth2", "flows": { "clientCredentials": { "tokenUrl": url, "scopes": {} } } });
    for (row, security, expected) in [
        (
            "both",
            json!([{ "Bearer": [] }, { "A": [] }, { "B": [] }]),
            [false, false],
        ),
        (
            "a alone",
            json!([{ "Bearer": [] }, { "A": [] }]),
            [false, true],
        ),
        (
            "b alone, by its discovery document",
            json!([{ "B": [] }]),
            [true, false],
        ),
        (
            "b alone, by an endpoint elsewhere",
            json!([{ "C": [] }]),
            [true, false],
        ),
    ] {
        let document = json!({
            "openapi": "3.0.3",
            "paths": { "/orders": { "get": { "security": security } } },
            "components": { "securitySchemes": {
                "Bearer": { "type": "http", "scheme": "bearer" },
                "A": flow(format!("{A}/v1/token")),
                "B": { "type": "openIdConnect", "openIdConnectUrl": format!("{B}/.well-known/openid-configuration") },
                "C": flow("https://login.test/b/token".to_owned()),
            } },
        });
        let operation = Operation::all(&document).next().unwrap();
        let operation = operation.unwrap_or_else(|it| panic!("{}", it.why));

        let left_out = [A, B].map(|it| is_left_out(&world.issuers(), it, &document, &operation));

        assert_eq!(left_out, expected, "{row}");
    }
}

#[test]
fn a_document_that_names_no_issuer_leaves_none_out() {
    let world = World::new();
    let document = json!({
        "openapi": "3.0.3",
        "paths": { "/orders": { "get": { "security": [{ "Bearer": [] }] } } },
        "components": { "securitySchemes": { "Bearer": { "type": "http", "scheme": "bearer" } } },
    });
    let operation = Operation::all(&document).next().unwrap();
    let operation = operation.unwrap_or_else(|it| panic!("{}", it.why));

    assert!(!is_left_out(&world.issuers(), A, &document, &operation));
}

#[test]
fn an_issuer_of_the_metadata_without_a_token_is_reported() {
    let world = World::new();
    let listed = |listed: &[&str]| listed.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
    let missing = [(
        "https://c.test".to_owned(),
        "There is no client.".to_owned(),
    )];

    let none = without_token(&world.tokens(), &[], &listed(&[A, &format!("{B}/")]));
    let some = without_token(
        &world.tokens(),
        &missing,
        &listed(&[A, "https://c.test", "https://d.test"]),
    );
    let without_any = without_token(&Tokens::default(), &[], &listed(&[A]));

    assert!(none.is_empty(), "{none:?}");
    assert_eq!(some[0], "There is no client.");
    assert_eq!(
        some[1],
        "The metadata of the API names the issuer https://d.test, and there is no token of it. Add \
         one with --token NAME=@FILE, or set the issuer and its client in the settings."
    );
    assert_eq!(some.len(), 2);
    assert!(without_any.is_empty(), "each check reports that");
}
