//! The document of an API that trusts several issuers.

use std::sync::Arc;

use serde_json::json;

use super::{Api, Guard, ISSUER, KeySet, OpenApiService, Validation, Verifier, metadata};
use crate::token::Audience;
use crate::verifier::{TrustedIssuer, TrustedIssuers};

fn guard() -> Guard {
    let issuers = TrustedIssuers::default();
    for (name, identifier) in [
        ("default", ISSUER),
        ("partners", "https://partners.example"),
    ] {
        let validation = Validation::new(identifier, Audience::parse("api://default").unwrap());
        let no_keys = Arc::new(Arc::<KeySet>::default());
        let issuer = TrustedIssuer::new(name, no_keys, validation);
        issuers.add(issuer).unwrap();
    }
    Guard::new(Verifier::for_issuers(Arc::new(issuers))).with_metadata(metadata())
}

#[test]
fn each_issuer_has_its_own_schemes_as_alternatives() {
    let guard = guard();
    let service = OpenApiService::new(guard.protect(Api), "Reports", "1");

    let document = guard.document(&service).unwrap();

    let schemes = &document.as_value()["components"]["securitySchemes"];
    let names: Vec<_> = schemes.as_object().unwrap().keys().collect();
    assert_eq!(
        names,
        [
            "SignIn",
            "ClientCredentials",
            "BearerAuth",
            "DPoPAuth",
            "OpenIdConnect-partners"
        ]
    );
    assert_eq!(
        schemes["OpenIdConnect-partners"]["openIdConnectUrl"],
        "https://partners.example/.well-known/openid-configuration"
    );
    let person = schemes["SignIn"]["description"].as_str().unwrap();
    assert!(person.contains("the issuer `default`"), "{person}");
    assert_eq!(
        document.as_value()["paths"]["/reports/{id}"]["get"]["security"],
        json!([
            { "BearerAuth": [] },
            { "DPoPAuth": [] },
            { "SignIn": ["reports:read"] },
            { "ClientCredentials": ["reports:read"] },
            { "OpenIdConnect-partners": ["reports:read"] },
        ])
    );
}

#[test]
fn an_issuer_that_is_removed_is_described_no_longer() {
    let guard = guard();
    let service = OpenApiService::new(guard.protect(Api), "Reports", "1");

    assert!(guard.issuers().remove("https://partners.example"));

    let document = guard.document(&service).unwrap();
    let schemes = &document.as_value()["components"]["securitySchemes"];
    assert_eq!(schemes.get("OpenIdConnect-partners"), None);
    let person = schemes["SignIn"]["description"].as_str().unwrap();
    assert!(!person.contains("default"), "{person}");
}
