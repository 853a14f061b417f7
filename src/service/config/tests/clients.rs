//! Clients of named issuers, and the names of embedded issuers.

use super::{Directory, load_environment, load_file, source_of};
use crate::service::config::{Config, Sources};

const PARTNERS: &str = "[issuers.partners]\nurl = \"https://partners.example\"\n\
    audiences = [\"api://orders\"]\n";

#[test]
fn an_issuer_has_a_client_of_its_own() {
    let client = "[issuers.partners.client]\nid = \"shop\"\nsecret = \"s3cret\"\n\
        auth = \"client_secret_post\"\nscope = \"a b\"\nresource = [\"urn:orders\"]\n\
        audience = \"orders\"\ntoken_hosts = [\"login.example\"]\n";
    let config = load_file(&(PARTNERS.to_owned() + client)).expect("it fits");

    let client = &config.issuers["partners"].client;
    assert_eq!(client.id.as_deref(), Some("shop"));
    assert_eq!(client.secret.as_ref().expect("a secret").reveal(), "s3cret");
    assert!(client.auth.is_some());
    assert_eq!(client.scope.to_string(), "a b");
    assert_eq!(client.resource, ["urn:orders"]);
    assert_eq!(client.audience.as_deref(), Some("orders"));
    assert_eq!(client.token_hosts, ["login.example"]);
    assert!(config.client.id.is_none());
    assert!(!config.effective().to_string().contains("s3cret"));
}

#[test]
fn the_client_of_the_issuer_default_has_one_place() {
    let error = load_file("[issuers.default.client]\nid = \"a\"\n").expect_err("two places");
    assert_eq!(
        error.to_string(),
        "`issuers.default.client.id` must not be set here (config/dev.toml): found \"a\". Set it in \
         the section [client], which is the client of the issuer `default`."
    );
    let config = load_file("[client]\nid = \"a\"\n").expect("the place");
    assert_eq!(config.client.id.as_deref(), Some("a"));
}

#[test]
fn a_wrong_client_of_an_issuer_is_refused_as_that_of_the_default_issuer() {
    for (row, line, what) in [
        (
            "auth",
            "auth = \"jwt\"",
            "must be a method of client authentication",
        ),
        (
            "resource",
            "resource = [\"orders\"]",
            "must list absolute URIs",
        ),
        ("a placeholder", "id = \"{clientId}\"", "placeholder"),
        ("a key", "ids = \"a\"", "is not a setting"),
    ] {
        let text = format!("{PARTNERS}[issuers.partners.client]\n{line}\n");

        let error = load_file(&text).expect_err(row).to_string();

        assert!(
            error.starts_with("`issuers.partners.client."),
            "{row}: {error}"
        );
        assert!(error.contains(what), "{row}: {error}");
        assert!(!error.contains("s3cret"), "{row}: {error}");
    }
}

#[test]
fn the_secret_of_an_issuer_comes_from_a_file_of_its_name() {
    let name = "issuers.partners.client.secret";
    let directory = Directory::new().with("config/dev.toml", PARTNERS);
    let directory = directory
        .with(name, "s3cret\n")
        .with("issuers.partners.client.id", "x");

    let config = Config::load(&Sources {
        credentials: Some(directory.0.clone()),
        ..directory.sources()
    });

    let config = config.expect("it fits");
    let client = &config.issuers["partners"].client;
    assert_eq!(client.secret.as_ref().expect("a secret").reveal(), "s3cret");
    assert!(source_of(&config, name).starts_with("credential /"));
    // The file of what is no secret is ignored.
    assert!(client.id.is_none());
}

#[test]
fn a_flag_of_a_client_belongs_to_the_named_issuer() {
    let directory = Directory::new().with("config/dev.toml", PARTNERS);
    let mut sources = directory.sources();
    sources
        .flags
        .push(("--client-id", "client.id", "shop".to_owned()));
    sources.client_issuer = Some("partners".to_owned());

    let config = Config::load(&sources).expect("it fits");

    assert_eq!(
        config.issuers["partners"].client.id.as_deref(),
        Some("shop")
    );
    assert!(config.client.id.is_none());
}

#[test]
fn embedded_issuers_have_plain_names_once() {
    let variable = "RESOURCE_SERVER_DEV__ISSUERS";
    let config = load_environment(&[(variable, "partners,staff-1")]).expect("plain names");
    assert_eq!(config.dev.issuers, ["partners", "staff-1"]);
    assert!(
        load_environment(&[])
            .expect("defaults")
            .dev
            .issuers
            .is_empty()
    );
    for (row, names, what) in [
        ("upper case", "Partners", "must list plain names"),
        ("a path", "a/b", "must list plain names"),
        (
            "the first issuer",
            "default",
            "must not list a name that the embedded issuer itself uses",
        ),
        (
            "the organisation",
            "v1",
            "must not list a name that the embedded issuer itself uses",
        ),
        ("a name twice", "a,b,a", "must list each name once"),
    ] {
        let error = load_environment(&[(variable, names)])
            .expect_err(row)
            .to_string();

        assert!(
            error.starts_with(&format!("`dev.issuers` {what}")),
            "{row}: {error}"
        );
    }
}
