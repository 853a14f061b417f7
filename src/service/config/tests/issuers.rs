//! The sections `[issuers.<name>]`: what is read from them, and every problem with its message.

use std::time::Duration;

use super::{Directory, load_environment, load_file};
use crate::issuer::Issuer;
use crate::service::config::Config;
use crate::token::{Algorithm, Audience, TokenType};

/// A complete section, with these lines besides.
fn partners(more: &str) -> String {
    format!("[issuers.partners]\nurl = 'https://p.example'\naudiences = ['a']\n{more}")
}

#[test]
fn every_problem_with_an_issuer_has_its_own_message() {
    let of_partners = |key: &str, rest: &str| format!("`issuers.partners.{key}` {rest}");
    let long = "x".repeat(65);
    #[rustfmt::skip] // A row a line.
    let rows = [
        ("no URL", "[issuers.partners]\naudiences = ['a']".to_owned(),
            of_partners("url", "must be set (config/dev.toml): found \"\". Write the URL of the issuer, as its tokens have it in `iss`."),
            partners("")),
        ("no audiences", "[issuers.partners]\nurl = 'https://p.example'".to_owned(),
            of_partners("audiences", "must list at least one audience (config/dev.toml): found \"\". List what tokens for this API have in `aud`."),
            partners("")),
        ("plain http", partners("").replace("https", "http"),
            of_partners("url", "must be https (config/dev.toml): found \"http://p.example\". Write https://p.example (http is accepted on a loopback host only)."),
            partners("").replace("https://p.example", "http://127.0.0.1:3001/p")),
        ("the URL of `issuer.url`", format!("issuer.url = 'https://p.example'\n{}", partners("")),
            of_partners("url", "must not be the same as `issuer.url` (config/dev.toml): found \"https://p.example\". Write another issuer, or remove one of the two."),
            format!("issuer.url = 'https://q.example'\n{}", partners(""))),
        ("the URL of another section", format!("{}\n[issuers.other]\nurl = 'https://p.example'\naudiences = 'a'", partners("")),
            of_partners("url", "must not be the same as `issuers.other.url` (config/dev.toml): found \"https://p.example\". Write another issuer, or remove one of the two."),
            format!("{}\n[issuers.other]\nurl = 'https://p.example/'\naudiences = 'a'", partners(""))),
        ("a URL for the issuer `default`", "[issuers.default]\nurl = 'https://p.example'".to_owned(),
            "`issuers.default.url` must not be set here (config/dev.toml): found \"https://p.example\". Set `issuer.url`, which is the URL of the issuer `default`.".to_owned(),
            "issuer.url = 'https://p.example'\n[issuers.default]\naudiences = 'a'".to_owned()),
        ("a name in capitals", "[issuers.Partners]\nurl = 'https://p.example'".to_owned(),
            "`issuers.Partners.url` is in a section whose name is not allowed (config/dev.toml): found \"Partners\". Name the issuer with at most 64 characters of a-z, 0-9, - and _.".to_owned(),
            partners("").replace("partners", "partners-2_x")),
        ("a long name", format!("[issuers.{long}]\nurl = 'https://p.example'"),
            format!("`issuers.{long}.url` is in a section whose name is not allowed (config/dev.toml): found \"{long}\". Name the issuer with at most 64 characters of a-z, 0-9, - and _."),
            partners("").replace("partners", &long[1..])),
        ("an unknown key", partners("audience = 'b'"),
            of_partners("audience", "is not a setting (config/dev.toml). Did you mean `issuers.partners.audiences`?"),
            partners("clients = 'b'")),
        ("an unknown algorithm", partners("algorithms = 'HS256'"),
            of_partners("algorithms", "must list signature algorithms (config/dev.toml): found \"HS256\". List some of RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, EdDSA."),
            partners("algorithms = 'ES256'")),
        ("too much leeway", partners("leeway = '10m'"),
            of_partners("leeway", "is too long (config/dev.toml): found \"10m\". Write \"5m\" or less."),
            partners("leeway = '5m'")),
        ("an unknown token type", partners("token_types = 'dpop+jwt'"),
            of_partners("token_types", "must list types of access tokens (config/dev.toml): found \"dpop+jwt\". Write \"at+jwt\", \"JWT\" or both."),
            partners("token_types = 'at+jwt'")),
    ];
    let mut faults = Vec::new();
    for (name, refused, message, accepted) in rows {
        let outcome = |text| match load_file(text) {
            Ok(_) => "accepted".to_owned(),
            Err(error) => error.to_string(),
        };
        for (text, expected) in [(&refused, &*message), (&accepted, "accepted")] {
            let found = outcome(text);
            if found != expected {
                faults.push(format!("{name}:\n{found}\nand not\n{expected}"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
}

#[test]
fn every_setting_of_an_issuer_is_read() {
    let text = partners(
        "audiences = ['a', 'b']\nleeway = '30s'\nalgorithms = ['ES256']\njwks_hosts = ['keys.example']\n\
         token_types = ['at+jwt']\nclients = ['web', 'app']\nscope_claim = ['permissions', 'roles']\n\
         audience_claim = 'client_id'\nsubject_claim = 'username'\n\
         required_claims.tenant = ['acme', 'x']\nrequired_claims.env = 'prod'\n",
    )
    .replacen("audiences = ['a']\n", "", 1);

    let config = load_file(&text).expect("a complete section");

    let (name, rules) = config.issuers.iter().next().expect("one issuer");
    assert_eq!((config.issuers.len(), name.as_str()), (1, "partners"));
    let audiences: Vec<_> = rules.audiences.iter().map(Audience::as_str).collect();
    assert_eq!(audiences, ["a", "b"]);
    assert_eq!(
        rules.url.as_ref().map(Issuer::as_str),
        Some("https://p.example")
    );
    assert_eq!(rules.leeway, Some(Duration::from_secs(30)));
    assert_eq!(rules.algorithms, [Algorithm::Es256]);
    assert_eq!(rules.jwks_hosts, ["keys.example"]);
    assert_eq!(rules.token_types, [TokenType::AtJwt]);
    assert_eq!(rules.clients, ["web", "app"]);
    assert_eq!(rules.scope_claims, ["permissions", "roles"]);
    assert_eq!(rules.audience_claim.as_deref(), Some("client_id"));
    assert_eq!(rules.subject_claim.as_deref(), Some("username"));
    let required: Vec<_> = rules.required_claims.iter().collect();
    assert_eq!(required[0], (&"env".to_owned(), &vec!["prod".to_owned()]));
    assert_eq!(required[1].1, &["acme", "x"]);
}

#[test]
fn variables_configure_an_issuer() {
    let config = load_environment(&[
        (
            "RESOURCE_SERVER_ISSUERS__PARTNERS__URL",
            "https://p.example",
        ),
        ("RESOURCE_SERVER_ISSUERS__PARTNERS__AUDIENCES", "a,b"),
        ("RESOURCE_SERVER_ISSUERS__PARTNERS__CLIENTS", "web app"),
    ])
    .expect("a complete section");

    let rules = &config.issuers["partners"];
    assert_eq!(rules.audiences.len(), 2);
    assert_eq!(rules.clients, ["web", "app"]);
    assert!(config.issuer.url.is_none());
}

#[test]
fn every_problem_of_every_issuer_is_reported_at_once() {
    let directory = Directory::new().with(
        "config/dev.toml",
        "[issuers.a]\nurl = 'https://p.example'\n[issuers.b]\naudiences = 'x'\nclient = 'c'\n",
    );

    let error = Config::load(&directory.sources())
        .map(drop)
        .expect_err("three problems");

    let text = error.to_string();
    for key in ["issuers.a.audiences", "issuers.b.url", "issuers.b.client"] {
        assert!(text.contains(&format!("`{key}`")), "{key}: {text}");
    }
    assert_eq!(error.problems().len(), 3, "{text}");
}
