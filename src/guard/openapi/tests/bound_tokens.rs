//! Bound tokens in the document: the scheme, the ways of each operation, and the refusals.

use std::time::Duration;

use serde_json::{Value, json};

use super::{ISSUER, guard, metadata, print};
use crate::guard::rule::rules;
use crate::guard::{
    Access, Binding, Document, Guard, OperationAccess, OperationRule, ProtectedResource,
    Requirement,
};
use crate::token::{Algorithm, ProofPolicy};
use crate::verifier::Proofs;

const PATH: &str = "/reports/{id}";

fn with_binding(binding: Binding) -> Guard {
    let mut access = Access::default();
    for id in ["report", "file"] {
        let operation = OperationAccess::from(Requirement::default().with_binding(binding));
        access.operations.insert(id.into(), operation);
    }
    guard().with_access(access)
}

fn operation(document: &Document) -> &Value {
    &document.as_value()["paths"][PATH]["get"]
}

#[test]
fn an_operation_has_the_schemes_of_the_tokens_that_it_accepts() {
    for (binding, expected) in [
        (
            Binding::Either,
            json!([{ "BearerAuth": [] }, { "DPoPAuth": [] }]),
        ),
        (Binding::Bearer, json!([{ "BearerAuth": [] }])),
        (Binding::Required, json!([{ "DPoPAuth": [] }])),
    ] {
        let document = print(&with_binding(binding), Some(metadata()));

        let ways = operation(&document)["security"].as_array().unwrap();
        let (own, from_issuer) = ways.split_at(ways.len() - 2);
        assert_eq!(json!(own), expected, "{binding:?}");
        let scopes = json!(["reports:read"]);
        let flows = json!([{ "SignIn": scopes }, { "ClientCredentials": scopes }]);
        assert_eq!(json!(from_issuer), flows, "{binding:?}");
        let scheme = &document.as_value()["components"]["securitySchemes"]["DPoPAuth"];
        assert_eq!(
            scheme.is_object(),
            binding != Binding::Bearer,
            "{binding:?}"
        );
    }
}

#[test]
fn a_token_that_is_bound_to_a_certificate_has_a_scheme_where_no_other_bearer_token_is_accepted() {
    for (binding, expected) in [
        (
            Binding::Either,
            json!([{ "BearerAuth": [] }, { "DPoPAuth": [] }]),
        ),
        (Binding::Bearer, json!([{ "BearerAuth": [] }])),
        (
            Binding::Required,
            json!([{ "CertificateBoundAuth": [] }, { "DPoPAuth": [] }]),
        ),
    ] {
        let guard = with_binding(binding).with_certificate_bound_tokens();

        let document = print(&guard, Some(metadata()));

        let ways = operation(&document)["security"].as_array().unwrap();
        assert_eq!(json!(ways[..ways.len() - 2]), expected, "{binding:?}");
        let scheme = &document.as_value()["components"]["securitySchemes"]["CertificateBoundAuth"];
        let is_required = binding == Binding::Required;
        assert_eq!(scheme.is_object(), is_required, "{binding:?}");
        if is_required {
            assert_eq!(scheme["scheme"], "bearer");
            assert_eq!(scheme["x-tls-client-certificate-bound-access-tokens"], true);
            let challenge =
                &operation(&document)["responses"]["401"]["headers"]["WWW-Authenticate"];
            let challenge = challenge["example"].as_str().unwrap();
            assert!(challenge.starts_with("Bearer realm"), "{challenge}");
            assert!(challenge.contains(", DPoP realm"), "{challenge}");
            let description = operation(&document)["description"].as_str().unwrap();
            let sentence = "The token must be bound to a key of the caller (DPoP) or to the \
                            certificate of the caller.";
            assert!(description.contains(sentence), "{description}");
        }
    }
}

#[test]
fn the_scheme_is_the_registered_one_and_names_the_algorithms() {
    let policy = ProofPolicy::default().with_algorithms([Algorithm::Es256, Algorithm::EdDsa]);
    let mut guard = guard();
    guard.verifier = guard
        .verifier
        .with_proofs(Proofs::default().with_policy(policy));

    let document = print(&guard, None);

    let scheme = &document.as_value()["components"]["securitySchemes"]["DPoPAuth"];
    assert_eq!(
        (&scheme["type"], &scheme["scheme"]),
        (&json!("http"), &json!("dpop"))
    );
    let text = scheme["description"].as_str().unwrap();
    assert!(
        text.ends_with("signed by that key with one of: ES256, EdDSA."),
        "{text}"
    );
}

#[test]
fn the_refusals_of_tokens_and_proofs_have_examples() {
    let missing = "missing_credentials";
    for (binding, expected) in [
        (
            Binding::Either,
            vec![missing, "proof_bad_signature", "bad_signature"],
        ),
        (
            Binding::Bearer,
            vec![missing, "bound_token_not_accepted", "bad_signature"],
        ),
        (
            Binding::Required,
            vec![
                missing,
                "bearer_token_not_accepted",
                "proof_bad_signature",
                "bad_signature",
            ],
        ),
    ] {
        let document = print(&with_binding(binding), None);

        let content = &operation(&document)["responses"]["401"]["content"];
        let examples = &content["application/problem+json"]["examples"];
        let reasons: Vec<_> = examples.as_object().unwrap().keys().collect();
        assert_eq!(reasons, expected, "{binding:?}");
    }
}

#[test]
fn a_requirement_of_the_binding_is_described() {
    for (binding, sentence) in [
        (Binding::Either, None),
        (
            Binding::Bearer,
            Some("The token must not be bound to a key."),
        ),
        (
            Binding::Required,
            Some("The token must be bound to a key of the caller (DPoP)."),
        ),
    ] {
        let document = print(&with_binding(binding), None);

        let description = operation(&document)["description"].as_str();
        let is_described = |sentence| description.is_some_and(|it| it.contains(sentence));
        match sentence {
            Some(sentence) => assert!(is_described(sentence), "{binding:?}"),
            None => assert_eq!(description, None, "{binding:?}"),
        }
    }
}

#[test]
fn the_header_with_a_nonce_is_described_where_nonces_are_required() {
    let nonces = |guard: Guard| {
        let document = print(&guard, None);
        let answers = operation(&document)["responses"]
            .as_object()
            .unwrap()
            .clone();
        let with_nonce = |answer: &Value| answer["headers"]["DPoP-Nonce"].is_object();
        let statuses = answers.into_iter().filter(|(_, answer)| with_nonce(answer));
        statuses.map(|(status, _)| status).collect::<Vec<_>>()
    };
    let proofs = || Proofs::default().with_nonces(Duration::from_secs(60));
    let with_nonces = |mut guard: Guard| {
        guard.verifier = guard.verifier.with_proofs(proofs());
        guard
    };

    assert_eq!(nonces(guard()), [""; 0]);
    assert_eq!(nonces(with_nonces(guard())), ["200", "401"]);
    assert_eq!(nonces(with_nonces(with_binding(Binding::Bearer))), [""; 0]);
}

#[test]
fn the_metadata_of_the_resource_names_what_binds_a_token() {
    let rules = |binding| rules::<super::Api>(with_binding(binding).access()).unwrap();
    let metadata = |rules: &[OperationRule]| {
        ProtectedResource::new("https://api.example", [ISSUER], rules)
            .with_proofs(&ProofPolicy::default().with_algorithms([Algorithm::Es256]))
    };
    let printed = |metadata: ProtectedResource| serde_json::to_value(metadata).unwrap();
    let required = "dpop_bound_access_tokens_required";
    let certificates = "tls_client_certificate_bound_access_tokens";

    let either = printed(metadata(&rules(Binding::Either)));
    let bound = metadata(&rules(Binding::Required));
    let with_certificates = printed(bound.clone().with_certificate_bound_tokens());
    let bound = printed(bound);
    let bearer = printed(metadata(&rules(Binding::Bearer)));
    let none = printed(metadata(&[]));

    let algorithms = "dpop_signing_alg_values_supported";
    assert_eq!(
        (&either[algorithms], either.get(required)),
        (&json!(["ES256"]), None)
    );
    assert_eq!(
        (&bound[algorithms], &bound[required]),
        (&json!(["ES256"]), &json!(true))
    );
    assert_eq!(bound.get(certificates), None);
    assert_eq!(with_certificates.get(required), None);
    assert_eq!(with_certificates[certificates], true);
    for nothing in [bearer, none] {
        assert_eq!(
            (nothing.get(algorithms), nothing.get(required)),
            (None, None)
        );
    }
}
