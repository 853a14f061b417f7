use super::{Directory, load_environment, load_file};
use crate::service::config::{Config, Sources};

#[test]
fn every_problem_is_reported_at_once() {
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
        "`issuer.audiance` is not a setting (config/okta.toml). Did you mean `issuer.audience`?",
        "gone.toml cannot be read: No such file or directory (os error 2). \
         Name a file that exists and that this user can read.",
        "`issuer.url` must be https (config/okta.toml): found \"http://id.example\". \
         Write https://id.example (http is accepted on a loopback host only).",
        "`issuer.leeway` is too long (config/okta.toml): found \"10m\". Write \"5m\" or less.",
        "`http.listen` must be an address and a port (flag --listen): found \"3000\". \
         Write \"127.0.0.1:3000\" for this machine only, or \"0.0.0.0:3000\" for every address.",
        "`log.format` must be `text` or `json` (environment variable RESOURCE_SERVER_LOG__FORMAT): \
         found \"xml\". Write one of the two.",
    ];
    let mut reported: Vec<String> = error.to_string().lines().map(str::to_owned).collect();
    reported.sort_unstable();
    let mut expected = expected.map(str::to_owned);
    expected.sort_unstable();
    assert_eq!(reported, expected);
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
        "`issuer.url` must be set in profile \"okta\" (built-in default): found \"\". \
         Set OKTA_OAUTH2_ISSUER, or `url` under [issuer] in config/okta.toml."
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

        let start = format!("flag --profile must be the name of a profile: found {name:?}.");
        assert!(error.to_string().starts_with(&start), "{error}");
        assert_eq!(error.problems().len(), 1, "{error}");
    }
}

#[test]
fn a_syntax_error_names_file_line_and_column_and_quotes_nothing() {
    let error = load_file("[client]\nid = \"a\"\nsecret = \"pass-1\" x\n").expect_err("no TOML");

    let text = error.to_string();
    assert!(
        text.starts_with("config/dev.toml is not valid TOML at line 3, column 19: "),
        "{text}"
    );
    assert!(!text.contains("pass-1"), "{text}");
}

#[test]
fn an_unknown_variable_is_reported_with_the_nearest_one() {
    for (name, expected) in [
        (
            "RESOURCE_SERVER_HTTP_LISTEN",
            "`http_listen` is not a setting (@). \
             Did you mean RESOURCE_SERVER_HTTP__LISTEN (`http.listen`)?",
        ),
        (
            "RESOURCE_SERVER_HTP__LISTEN",
            "`htp.listen` is not a setting (@). \
             Did you mean RESOURCE_SERVER_HTTP__LISTEN (`http.listen`)?",
        ),
        (
            "RESOURCE_SERVER_COLOUR",
            "`colour` is not a setting (@). \
             Remove it, or find its name in the list that `config --markdown` prints.",
        ),
        (
            "RESOURCE_SERVER_HTTP",
            "`http` is a section, not a setting (@). Set the keys in this section.",
        ),
        (
            "RESOURCE_SERVER_ACCESS__OPERATIONS__A__CLAIMS__B",
            "`access.operations.a.claims.b` cannot be set by a variable (@). \
             Set it in a file, because its name is case-sensitive and variables are not.",
        ),
    ] {
        let error = load_environment(&[(name, "hidden")]).expect_err(name);

        let expected = expected.replace('@', &format!("environment variable {name}"));
        assert_eq!(error.to_string(), expected);
    }
}

#[test]
fn one_variable_in_two_spellings_is_refused() {
    let error = load_environment(&[
        ("RESOURCE_SERVER_CLIENT__ID", "a"),
        ("resource_server_client__id", "b"),
    ])
    .expect_err("none of them wins");

    assert_eq!(
        error.to_string(),
        "`client.id` is also set by RESOURCE_SERVER_CLIENT__ID \
         (environment variable resource_server_client__id). \
         Keep one, because the case of letters does not distinguish variables."
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

#[test]
fn a_secret_that_is_not_set_is_reported_as_empty_and_not_masked() {
    let load = |line: &str| {
        let introspection = "mode = 'opaque'\nclient_id = 'api'\n";
        load_file(&format!(
            "issuer.url = 'https://id.example'\n[issuer.introspection]\n{introspection}{line}"
        ))
    };

    let unset = load("").expect_err("no secret").to_string();
    let broken = load("client_secret = \"pass\\u0007\"").expect_err("a control character");
    let set = load("client_secret = 'pass-1'");

    assert_eq!(
        unset,
        "`issuer.introspection.client_secret` must be set, because tokens are introspected \
         (built-in default): found \"\". Set the client's secret in a file or a variable, or set \
         `client_key`."
    );
    assert_eq!(
        broken.to_string(),
        "`issuer.introspection.client_secret` must not contain control characters \
         (config/dev.toml): found ********. Remove them."
    );
    assert!(set.is_ok(), "{set:?}");
}

#[test]
fn an_unknown_key_is_reported_with_the_settings_that_it_may_mean() {
    for (file, expected) in [
        (
            "access.operations.whoami.scope = 'a'",
            "Did you mean `access.operations.whoami.scopes`?",
        ),
        (
            "operations.list.max_bodysize = '2KiB'",
            "Did you mean `operations.list.max_body_size`?",
        ),
        (
            "oauth.audience = 'a'",
            "Did you mean `issuer.audience` or `client.audience`?",
        ),
        (
            "server.listen = '127.0.0.1:1'",
            "Did you mean `http.listen` or `admin.listen` or `dev.listen`?",
        ),
        (
            "server.colour = 1",
            "Remove it, or find its name in the list that `config --markdown` prints.",
        ),
    ] {
        let error = load_file(file).expect_err(file).to_string();

        assert!(error.ends_with(expected), "{file}: {error}");
    }
}

#[test]
fn every_item_of_a_list_that_does_not_fit_is_reported() {
    let file = "cors.allowed_origins = ['https://a.example/', 'https://b.example', '*']\n\
                http.trusted_proxies = ['proxy', '::1', 'other']\n\
                issuer.jwks_hosts = ['https://k.example', 'l.example:1']\n\
                access.anonymous = [1, 'a', 2]\n";

    let error = load_file(file).expect_err("eight items");

    let found: Vec<_> = error.to_string().lines().map(found).collect();
    let expected = [
        "https://k.example",
        "l.example:1",
        "proxy",
        "other",
        "https://a.example/",
        "*",
        "1",
        "2",
    ];
    assert_eq!(found, expected, "{error}");
    let twin = "cors.allowed_origins = ['https://a.example', 'https://b.example']\n\
                http.trusted_proxies = ['::1']\nissuer.jwks_hosts = ['k.example', 'l.example']\n";
    assert!(load_file(twin).is_ok());
}

#[test]
fn no_message_has_a_line_break_or_an_escape() {
    let error = load_file("access.realm = \"a\\nb\\tc\"").expect_err("control characters");

    assert_eq!(
        error.to_string(),
        "`access.realm` must not contain control characters (config/dev.toml): found \"a b c\". \
         Remove them."
    );
}

/// What a message says was found, without its quotes.
fn found(line: &str) -> String {
    let (_, rest) = line.split_once(": found ").expect(line);
    let (found, _) = rest.split_once(". ").expect(line);
    found.trim_matches('"').to_owned()
}
