//! Which tokens are not bound to a key, and what is tried with them where tokens must be bound.

use std::collections::BTreeSet;
use std::time::SystemTime;

use serde_json::{Value, json};
use url::Url;

use crate::description::operation::Operation;
use crate::dev::{SigningAlgorithm, SigningKey};
use crate::issuer::ProofMaker;

use super::super::attempts::Attempts;
use super::super::hostile::Hostile;
use super::super::issuers::KnownIssuer;
use super::super::opaque_token::{OpaqueBinding, OpaqueToken};
use super::super::subject::Check;
use super::super::target::Target;
use super::super::tokens::Tokens;

const A: &str = "https://a.test";
const B: &str = "https://b.test";

fn signed(issuer: &str, cnf: Option<Value>) -> String {
    let key = SigningKey::generate(SigningAlgorithm::Es256);
    let mut claims = json!({ "iss": issuer, "aud": "api://a" });
    if let Some(cnf) = cnf {
        claims["cnf"] = cnf;
    }
    key.sign(&json!({ "alg": "ES256" }), &claims)
}

#[test]
fn a_token_is_unbound_only_if_that_is_known() {
    use OpaqueBinding::{Bound, Unbound, Unknown};

    let (opaque, encrypted) = ("b3BhcXVl".to_owned(), "eyJh.e.i.c.t".to_owned());
    for (row, token, binding, expected) in [
        ("no cnf", signed(A, None), Unknown, true),
        (
            "a proof key",
            signed(A, Some(json!({ "jkt": "k" }))),
            Unbound,
            false,
        ),
        (
            "a certificate",
            signed(A, Some(json!({ "x5t#S256": "c" }))),
            Unbound,
            false,
        ),
        (
            "an unknown member",
            signed(A, Some(json!({ "jku": "u" }))),
            Unbound,
            false,
        ),
        ("opaque and unbound", opaque.clone(), Unbound, true),
        ("opaque and bound", opaque.clone(), Bound, false),
        ("opaque", opaque.clone(), Unknown, false),
        ("encrypted", encrypted, Unknown, false),
    ] {
        let known = OpaqueToken {
            binding,
            ..OpaqueToken::default()
        };
        let tokens = Tokens::default().with_granted(token.clone(), known);

        assert_eq!(tokens.is_unbound(&token), expected, "{row}");
        let usable = tokens.bound_by_issuer();
        assert_eq!(usable.is_empty(), expected, "{row}");
    }
    let nothing_known = Tokens::default().with_good(opaque.clone());
    assert!(!nothing_known.is_unbound(&opaque));
}

/// What is tried with unbound tokens, and what is not made and why, at an operation with this scheme.
fn tried(scheme: &str, tokens: Tokens) -> (BTreeSet<String>, BTreeSet<(&'static str, String)>) {
    let document = json!({
        "openapi": "3.0.3",
        "paths": { "/me": { "get": { "security": [{ "token": [] }] } } },
        "components": { "securitySchemes": { "token": { "type": "http", "scheme": scheme } } },
    });
    let url = Url::parse("http://127.0.0.1:1/").unwrap();
    let target = Target::parse(&url, document.to_string().as_bytes(), "a test").unwrap();
    let issuer = |name: &str, identifier: &str| KnownIssuer {
        name: name.to_owned(),
        identifier: identifier.to_owned(),
        ..KnownIssuer::default()
    };
    let check = Check::new(target, tokens).with_issuers(vec![issuer("a", A), issuer("b", B)]);
    let hostile = Hostile::new(&check.tokens, &check.issuers, None, SystemTime::UNIX_EPOCH);
    let operation = Operation::all(&document).next().and_then(Result::ok);

    let (made, not_made) = Attempts::all(&check, &hostile, &operation.unwrap());

    let made = made.into_iter().filter(|it| it.check == "unbound_token");
    let not_made = not_made.into_iter();
    let not_made = not_made.filter(|it| matches!(it.check, "unbound_token" | "good_token"));
    let whys = not_made.map(|it| {
        let why = it.not_made.unwrap_or_default();
        (
            it.check,
            why.split(". ").next().unwrap_or_default().to_owned(),
        )
    });
    (made.map(|it| it.sent).collect(), whys.collect())
}

#[test]
#[rustfmt::skip] // A row a line.
fn each_issuer_needs_an_unbound_token_of_its_own() {
    let holder = ProofMaker::generate();
    let cnf = json!({ "jkt": holder.thumbprint().to_string() });
    let bound = |issuer| signed(issuer, Some(cnf.clone()));
    let unbound = |tokens: Tokens, issuer| tokens.with_unbound(signed(issuer, None), OpaqueToken::default());
    let of_a = || Tokens::default().with_holder(holder.clone()).with_good(bound(A));
    let of_both = || of_a().with_good(bound(B));
    let lacks_unbound = |name: &str| ("unbound_token", format!("{name}No token that is not bound to a key was given"));
    let lacks_bound = |name: &str| ("good_token", format!("{name}The operation accepts only tokens that are bound to a key, and no such token was given"));
    let attempts = |ends: &[&str]| -> BTreeSet<String> {
        let both = ["as a bearer token", "scheme DPoP with a proof"];
        ends.iter().flat_map(|end| both.map(|sent| format!("{sent}{end}"))).collect()
    };
    for (row, tokens, made, not_made) in [
        ("one issuer", unbound(of_a(), A), attempts(&[""]), vec![]),
        ("one issuer without one", of_a(), attempts(&[]), vec![lacks_unbound("")]),
        ("two issuers", unbound(unbound(of_both(), A), B), attempts(&[", of a", ", of b"]), vec![]),
        ("two issuers, one without one", unbound(of_both(), A), attempts(&[", of a"]), vec![lacks_unbound("b: ")]),
        ("an opaque one", of_a().with_declared("unbound_token", "b3BhcXVl".to_owned()).unwrap(), attempts(&[""]), vec![lacks_unbound("")]),
        ("two issuers, one without a bound one", unbound(of_a(), A).with_good(signed(B, None)), attempts(&[", of a", ", of b"]), vec![lacks_bound("b: ")]),
        ("none at all", Tokens::default(), attempts(&[]), vec![lacks_unbound(""), ("good_token", "There is no good token".to_owned())]),
    ] {
        let (found, why) = tried("dpop", tokens.clone());

        assert_eq!(found, made, "{row}");
        assert_eq!(why, not_made.into_iter().collect(), "{row}");
        let (elsewhere, why) = tried("bearer", tokens);
        assert!(elsewhere.is_empty(), "{row}");
        assert!(why.iter().all(|(check, _)| *check != "unbound_token"), "{row}");
    }
}
