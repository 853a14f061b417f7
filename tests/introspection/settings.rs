//! The settings, and which of them do not fit together.

use poem_resource_server::issuer::IntrospectionMode;
use poem_resource_server::service::internal::{Config, Sources};

use crate::credentials::EC_KEY;

type Settings<'a> = &'a [(&'static str, &'a str)];

fn load(settings: Settings<'_>) -> Result<Config, String> {
    let mut sources = Sources::default();
    for (key, value) in settings {
        sources.flags.push(("a test", key, (*value).to_owned()));
    }
    Config::load(&sources).map_err(|error| error.to_string())
}

const ORG: &str = "https://dev-1.okta.com";
const GOOD: Settings<'static> = &[
    ("issuer.url", "https://id.example"),
    ("issuer.introspection.mode", "opaque"),
    ("issuer.introspection.client_id", "api"),
    ("issuer.introspection.client_secret", "swordfish"),
];

fn with(more: Settings<'_>) -> Result<Config, String> {
    let kept = GOOD
        .iter()
        .filter(|(key, _)| more.iter().all(|(it, _)| it != key));
    let all: Vec<_> = kept.chain(more).copied().collect();
    load(&all)
}

#[test]
fn the_settings_of_an_issuer_are_read() {
    let config = with(&[
        ("issuer.introspection.max_age", "30s"),
        ("issuer.introspection.prefix", "tok_"),
        ("issuer.introspection.max_calls", "7"),
    ])
    .unwrap();

    let policy = config.issuer.introspection.policy().unwrap();
    assert_eq!(policy.mode, IntrospectionMode::Opaque);
    assert_eq!(policy.proof.method(), "client_secret_basic");
    assert_eq!(policy.max_age.as_secs(), 30);
    assert_eq!(policy.prefix, "tok_");
    assert_eq!(
        (policy.max_calls.get(), policy.max_calls_at_once.get()),
        (7, 16)
    );
    assert_eq!(policy.lengths, 16..=2048);
    let shown = config.effective().to_string() + &format!("{config:?}");
    assert!(!shown.contains("swordfish"));
}

#[test]
fn introspection_is_off_by_default() {
    let config = load(&[("issuer.url", "https://id.example")]).unwrap();

    assert!(config.issuer.introspection.policy().is_none());
}

#[test]
fn a_named_issuer_has_settings_of_its_own() {
    let config = load(&[
        ("issuers.partners.url", "https://partners.example"),
        ("issuers.partners.audiences", "api://orders"),
        ("issuers.partners.introspection.mode", "always"),
        ("issuers.partners.introspection.client_id", "api"),
        ("issuers.partners.introspection.client_secret", "swordfish"),
        ("issuers.partners.introspection.auth", "client_secret_post"),
    ])
    .unwrap();

    let policy = config.issuers["partners"].introspection.policy().unwrap();
    assert_eq!(policy.mode, IntrospectionMode::Always);
    assert_eq!(policy.proof.method(), "client_secret_post");
}

#[test]
fn a_key_is_read_from_its_file_at_each_load() {
    let directory = std::env::temp_dir();
    let path = directory.join(format!("introspection-key-{}.pem", std::process::id()));
    std::fs::write(&path, EC_KEY).unwrap();
    let text = path.to_str().unwrap();
    let settings: Settings<'_> = &[
        ("issuer.introspection.client_secret", ""),
        ("issuer.introspection.client_key", text),
    ];
    let config = with(settings).unwrap();
    let policy = config.issuer.introspection.policy().unwrap();
    assert_eq!(policy.proof.method(), "private_key_jwt");

    std::fs::write(&path, "swordfish").unwrap();
    let error = with(settings).unwrap_err();

    std::fs::remove_file(&path).unwrap();
    assert!(
        error.contains("`issuer.introspection.client_key`"),
        "{error}"
    );
    assert!(
        error.contains("neither a private key in PEM form"),
        "{error}"
    );
    assert!(!error.contains("swordfish"), "{error}");
    let error = with(settings).unwrap_err();
    assert!(error.contains("cannot be read"), "{error}");
}

#[test]
fn settings_that_do_not_fit_are_refused_with_the_fix() {
    let org: Settings<'_> = &[
        ("issuer.url", ORG),
        ("issuer.introspection.mode", "always"),
        ("issuers.default.clients", "shop"),
    ];
    assert!(with(org).is_ok());
    let partners: Settings<'_> = &[
        ("issuers.partners.url", "https://partners.example"),
        ("issuers.partners.audiences", "api://orders"),
        ("issuers.partners.introspection.mode", "opaque"),
        ("issuers.partners.introspection.client_id", "api"),
        ("issuers.partners.introspection.client_secret", "swordfish"),
    ];
    let prefix = [partners, &[("issuers.partners.introspection.prefix", "p_")]].concat();
    assert!(with(&prefix).is_ok());
    let required: Settings<'_> = &[("access.operations.whoami.introspect", "always")];
    assert!(with(required).is_ok());
    #[rustfmt::skip] // A row a line.
    let rows: [(&str, Vec<(&'static str, &str)>, &str); 18] = [
        ("another mode", vec![("issuer.introspection.mode", "on")], "must be `off`, `opaque` or `always`"),
        ("no client", vec![("issuer.introspection.client_id", "")], "`issuer.introspection.client_id` must be set"),
        ("no secret", vec![("issuer.introspection.client_secret", "")], "`issuer.introspection.client_secret` must be set"),
        ("no key", vec![("issuer.introspection.auth", "private_key_jwt")], "`issuer.introspection.client_key` must be set"),
        ("another method", vec![("issuer.introspection.auth", "none")], "\"private_key_jwt\""),
        ("plain http", vec![("issuer.introspection.url", "http://id.example/introspect")], "must be https"),
        ("no URL", vec![("issuer.introspection.url", "introspect")], "must be an http or https URL"),
        ("a long age", vec![("issuer.introspection.max_age", "2h")], "is too long"),
        ("no calls", vec![("issuer.introspection.max_calls", "0")], "must be a whole number"),
        ("lengths", vec![("issuer.introspection.min_length", "4000")], "must not be greater than"),
        ("a prefix that no token has", vec![("issuer.introspection.prefix", "a b")], "characters that a token can have"),
        ("no cache", vec![("cache.enabled", "false")], "`cache.enabled` must be true"),
        ("an org server without introspection", vec![("issuer.url", ORG), ("issuer.introspection.mode", "off")], "must not be an Okta org authorization server"),
        ("an org server in mode opaque", vec![("issuer.url", ORG), ("issuers.default.clients", "shop")], "must not be an Okta org authorization server"),
        ("an org server without clients", vec![("issuer.url", ORG), ("issuer.introspection.mode", "always")], "every app of the organization gets tokens for the same audience"),
        ("two issuers without a prefix", partners.to_vec(), "an opaque token could belong to both issuers"),
        ("another value", vec![("access.operations.whoami.introspect", "never")], "must be `always`"),
        ("an operation without introspection", [required, &[("issuer.introspection.mode", "off")]].concat(), "requires introspection"),
    ];
    for (row, more, expected) in rows {
        let error = with(&more).expect_err(row);

        assert!(error.contains(expected), "{row}: {error}");
        assert!(!error.contains("swordfish"), "{row}: {error}");
    }
}

#[test]
fn the_settings_of_the_issuer_default_have_one_place() {
    let error = with(&[("issuers.default.introspection.mode", "always")]).unwrap_err();

    assert!(error.contains("must not be set here"), "{error}");
}

#[test]
fn an_operation_that_requires_introspection_can_be_limited_to_issuers_that_have_it() {
    let partners: Settings<'_> = &[
        ("issuers.partners.url", "https://partners.example"),
        ("issuers.partners.audiences", "api://orders"),
        ("access.operations.whoami.introspect", "always"),
    ];
    let error = with(partners).unwrap_err();
    assert!(
        error.contains("`issuers.partners.introspection.mode` is \"off\""),
        "{error}"
    );

    let limited = [partners, &[("access.operations.whoami.issuers", "default")]].concat();

    assert!(with(&limited).is_ok());
}
