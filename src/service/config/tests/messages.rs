use super::{Directory, load_environment, load_file};
use crate::service::config::{Config, Sources};

#[test]
fn every_problem_is_told_at_once() {
    let directory = Directory::new().with(
        "config/okta.toml",
        "[issuer]\nurl = \"http://id.example\"\nleeway = \"10m\"\naudiance = \"a\"\n",
    );
    let mut sources = Sources {
        profile: Some("okta".into()),
        ..directory.sources()
    };
    sources.config_file = Some("gone.toml".into());
    let name = "RESOURCE_SERVER_LOG__FORMAT";
    sources.environment = vec![(name.into(), "xml".into())];
    sources.flags = vec![("--listen", "http.listen", "3000".into())];

    let error = Config::load(&sources).expect_err("six problems");

    let expected = [
        "config/okta.toml: `issuer.audiance` is not a setting; did you mean `issuer.audience`?",
        "gone.toml: cannot be read: No such file or directory (os error 2); give a file that this user can read",
        "config/okta.toml: `issuer.url` must be https, found \"http://id.example\"; \
         write https://id.example (http is accepted on a loopback host only)",
        "config/okta.toml: `issuer.leeway` is too long, found \"10m\"; write \"5m\" or less",
        "flag --listen: `http.listen` must be an address and a port, found \"3000\"; \
         write \"127.0.0.1:3000\" for this machine alone or \"0.0.0.0:3000\" for all",
        "environment variable RESOURCE_SERVER_LOG__FORMAT: `log.format` is no log format, \
         found \"xml\"; write \"text\" or \"json\"",
    ];
    let mut told: Vec<String> = error.to_string().lines().map(str::to_owned).collect();
    told.sort_unstable();
    let mut expected = expected.map(str::to_owned);
    expected.sort_unstable();
    assert_eq!(told, expected);
}

#[test]
fn a_profile_other_than_dev_needs_an_issuer() {
    let sources = Sources {
        profile: Some("okta".into()),
        ..Directory::new().sources()
    };

    let error = Config::load(&sources).expect_err("no issuer");

    assert_eq!(
        error.to_string(),
        "built-in default: `issuer.url` must be set in profile \"okta\", found \"\"; \
         set OKTA_OAUTH2_ISSUER, or `url` under [issuer] in config/okta.toml"
    );
}

#[test]
fn a_profile_that_could_name_another_file_is_refused() {
    for name in ["", "../okta", "Okta", "a.b", "ä", &"a".repeat(33)] {
        let sources = Sources {
            profile: Some(name.into()),
            ..Directory::new().sources()
        };

        let error = Config::load(&sources).expect_err(name);

        let start = format!("flag --profile: must name a profile, found {name:?}");
        assert!(error.to_string().starts_with(&start), "{error}");
        assert_eq!(error.problems().len(), 1, "{error}");
    }
}

#[test]
fn a_syntax_error_names_file_line_and_column_and_quotes_nothing() {
    let error = load_file("[client]\nid = \"a\"\nsecret = \"pass-1\" x\n").expect_err("no TOML");

    let text = error.to_string();
    assert!(
        text.starts_with("config/dev.toml: line 3, column 19: "),
        "{text}"
    );
    assert!(!text.contains("pass-1"), "{text}");
}

#[test]
fn unknown_variables_are_told_with_the_nearest_key() {
    for (name, expected) in [
        (
            "RESOURCE_SERVER_HTTP_LISTEN",
            "`http_listen` is not a setting; did you mean `http.listen`?",
        ),
        (
            "RESOURCE_SERVER_HTP__LISTEN",
            "`htp.listen` is not a setting; did you mean `http.listen`?",
        ),
        (
            "RESOURCE_SERVER_COLOUR",
            "`colour` is not a setting; remove it, or look its name up in the settings table",
        ),
        (
            "RESOURCE_SERVER_HTTP",
            "`http` is a section, not a setting; set the keys within it",
        ),
        (
            "RESOURCE_SERVER_ACCESS__OPERATIONS__A__CLAIMS__B",
            "`access.operations.a.claims.b` cannot be set by a variable; \
             set it in a file, because the names of claims are case-sensitive",
        ),
    ] {
        let error = load_environment(&[(name, "hidden")]).expect_err(name);

        let expected = format!("environment variable {name}: {expected}");
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn one_variable_in_two_spellings_is_refused() {
    let error = load_environment(&[
        ("RESOURCE_SERVER_CLIENT__ID", "a"),
        ("resource_server_client__id", "b"),
    ])
    .expect_err("which one wins cannot be told");

    assert_eq!(
        error.to_string(),
        "environment variable resource_server_client__id: `client.id` is also set by \
         RESOURCE_SERVER_CLIENT__ID; keep one, because case does not tell variables apart"
    );
}

#[test]
fn no_message_shows_a_secret() {
    for (row, file) in [
        (
            "a secret with control characters",
            "client.secret = \"pass-1\\n\"",
        ),
        ("a secret that is a list", "client.secret = ['pass-1']"),
        ("a misspelt secret", "client.secrets = 'pass-1'"),
        (
            "a password in the issuer",
            "issuer.url = 'https://a:pass-1@b.example'",
        ),
        (
            "a password in the public URL",
            "http.public_url = 'https://a:pass-1@b.example'",
        ),
        (
            "a password in an origin",
            "cors.allowed_origins = 'https://a:pass-1@b.example'",
        ),
    ] {
        let error = load_file(file).expect_err(row);

        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("pass-1"), "{row}: {shown}");
    }
}
