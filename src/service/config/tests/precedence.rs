use std::path::PathBuf;
use std::time::Duration;

use super::{Directory, load_environment, source_of, with_environment};
use crate::guard::AccessMode;
use crate::service::config::{Config, LogFormat, OperationConfig, Origin, Sources};

#[test]
fn the_built_in_default_is_enough() {
    let directory = Directory::new();

    let config = Config::load(&directory.sources()).expect("the built-in default fits");

    assert!(config.profile.is_dev());
    assert!(config.issuer.url.is_none());
    assert_eq!(config.issuer.audience.as_str(), "api://default");
    assert_eq!(config.issuer.leeway.as_secs(), 60);
    assert_eq!(config.http.listen.to_string(), "127.0.0.1:3000");
    assert_eq!(config.http.max_connections.get(), 10_000);
    assert_eq!(config.access.mode, AccessMode::Declared);
    assert!(config.access.anonymous.is_empty());
    assert!(config.docs.enabled);
    assert!(config.operations.is_empty());
    assert_eq!(config.log.format, LogFormat::Text);
    assert!(config.client.secret.is_none());
    let rows = config.effective().rows();
    assert!(rows.iter().all(|row| row.source == "built-in default"));
}

#[test]
fn each_layer_overrides_the_one_before() {
    let directory = Directory::new()
        .with("config/okta.toml", "[issuer]\naudience = \"profile\"")
        .with("more.toml", "[issuer]\naudience = \"file\"");
    let mut sources = Sources {
        profile: Some("okta".into()),
        ..directory.sources()
    };
    sources.flags.push((
        "--issuer",
        "issuer.url",
        "https://id.example/oauth2/default".into(),
    ));
    let mut seen = Vec::new();
    let mut look = |sources: &Sources| {
        let config = Config::load(sources).expect("every layer fits");
        let source = source_of(&config, "issuer.audience");
        seen.push((config.issuer.audience.as_str().to_owned(), source));
    };

    look(&sources);
    sources.config_file = Some(PathBuf::from("more.toml"));
    look(&sources);
    sources = with_environment(sources, &[("OKTA_API_AUDIENCE", "okta")]);
    look(&sources);
    let name = "RESOURCE_SERVER_ISSUER__AUDIENCE";
    // It is the first in the environment, and still overrides the other.
    sources.environment.insert(0, (name.into(), "own".into()));
    look(&sources);
    let flag = ("--audience", "issuer.audience", "flag".into());
    sources.flags.push(flag);
    look(&sources);

    let expected = [
        ("profile", "config/okta.toml"),
        ("file", "more.toml"),
        ("okta", "environment variable OKTA_API_AUDIENCE"),
        (
            "own",
            "environment variable RESOURCE_SERVER_ISSUER__AUDIENCE",
        ),
        ("flag", "flag --audience"),
    ];
    let expected = expected.map(|(value, source)| (value.to_owned(), source.to_owned()));
    assert_eq!(seen, expected);
}

#[test]
fn the_profile_flag_overrides_its_variable() {
    let directory = Directory::new().with("config/ci.toml", "[log]\nformat = \"json\"");
    let variables = [
        ("RESOURCE_SERVER_PROFILE", "ci"),
        ("OKTA_OAUTH2_ISSUER", "https://id.example"),
    ];
    let mut sources = with_environment(directory.sources(), &variables);

    let by_variable = Config::load(&sources).expect("profile ci fits");
    sources.profile = Some("dev".into());
    let by_flag = Config::load(&sources).expect("profile dev fits");

    assert_eq!(by_variable.profile.as_str(), "ci");
    assert_eq!(by_variable.log.format, LogFormat::Json);
    assert_eq!(
        source_of(&by_variable, "profile"),
        "environment variable RESOURCE_SERVER_PROFILE"
    );
    assert_eq!(by_flag.profile.as_str(), "dev");
    assert_eq!(by_flag.log.format, LogFormat::Text);
    assert_eq!(source_of(&by_flag, "profile"), "flag --profile");
}

#[test]
fn an_empty_variable_is_not_set() {
    let config = load_environment(&[
        ("RESOURCE_SERVER_PROFILE", ""),
        ("RESOURCE_SERVER_HTTP__LISTEN", ""),
    ])
    .expect("nothing is set");

    assert!(config.profile.is_dev());
    assert_eq!(config.issuer.audience.as_str(), "api://default");
    assert_eq!(source_of(&config, "http.listen"), "built-in default");
}

#[test]
fn an_empty_or_misspelt_variable_of_okta_is_an_error() {
    let valid = [
        ("OKTA_OAUTH2_ISSUER", "https://id.example"),
        ("OKTA_API_AUDIENCE", "api://default"),
        // Of other tools.
        ("OKTA_TOKEN", "a"),
        ("OKTA_API_TOKEN", "a"),
        ("OKTA_DOMAIN", "a"),
        ("OKTA_CLIENT_ID", "a"),
        ("OKTA_CLIENT_ORGURL", "a"),
        ("OKTA_OAUTH2_CLIENT_ID", "a"),
        ("OKTA_OAUTH2_CLIENT_SECRET", ""),
        ("OKTA_API_SERVICE_HOST", "10.0.0.1"),
    ];
    assert!(load_environment(&valid).is_ok());
    #[rustfmt::skip] // A row a line.
    let rows = [
        ("OKTA_OAUTH2_ISSUER", "", "`issuer.url` must not be empty"),
        ("OKTA_API_AUDIENCE", "", "`issuer.audience` must not be empty"),
        ("OKTA_OAUTH2_ISSUR", "https://id.example", "Did you mean OKTA_OAUTH2_ISSUER?"),
        ("OKTA_OAUTH_ISSUER", "https://id.example", "Did you mean OKTA_OAUTH2_ISSUER?"),
        ("okta_oauth2_issuer_uri", "https://id.example", "Did you mean OKTA_OAUTH2_ISSUER?"),
        ("OTKA_OAUTH2_ISSUER", "", "Did you mean OKTA_OAUTH2_ISSUER?"),
        ("OKTA_API_AUDIANCE", "api://default", "Did you mean OKTA_API_AUDIENCE?"),
        ("OKTA_APIS_AUDIENCES", "api://default", "Did you mean OKTA_API_AUDIENCE?"),
    ];
    for (name, value, expected) in rows {
        let mut variables = valid.to_vec();
        variables.retain(|(valid, _)| *valid != name);
        variables.push((name, value));
        let kept = Sources::environment_from([(name.into(), value.into())]);

        let error = load_environment(&variables).expect_err(name).to_string();

        assert_eq!(kept.expect(name).len(), 1, "{name} is kept");
        assert!(
            error.contains(&format!("environment variable {name}")),
            "{error}"
        );
        assert!(error.contains(expected), "{name}: {error}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }
}

#[test]
fn an_empty_flag_removes_a_value() {
    let directory = Directory::new();
    let variables = [("OKTA_OAUTH2_ISSUER", "https://id.example")];
    let mut sources = with_environment(directory.sources(), &variables);
    sources
        .flags
        .push(("--issuer", "issuer.url", String::new()));

    let config = Config::load(&sources).expect("profile dev needs no issuer");

    assert!(config.issuer.url.is_none());
}

#[test]
fn variables_are_strings_and_matched_without_regard_to_case() {
    let config = load_environment(&[
        ("resource_server_client__id", "0123"),
        ("RESOURCE_SERVER_HTTP__MAX_CONNECTIONS", "7"),
        (
            "RESOURCE_SERVER_CORS__ALLOWED_ORIGINS",
            "https://a.example, http://b.example:8080",
        ),
        (
            "RESOURCE_SERVER_ACCESS__OPERATIONS__WHOAMI__SCOPES",
            "profile:read email",
        ),
    ])
    .expect("the variables fit");

    assert_eq!(config.client.id.as_deref(), Some("0123"));
    assert_eq!(config.http.max_connections.get(), 7);
    let origins: Vec<&str> = config
        .cors
        .allowed_origins
        .iter()
        .map(Origin::as_str)
        .collect();
    assert_eq!(origins, ["https://a.example", "http://b.example:8080"]);
    let whoami = &config.access.operations["whoami"];
    assert_eq!(
        whoami.requirement.scopes()[0].to_string(),
        "profile:read email"
    );
}

#[test]
fn a_variable_sets_the_operation_that_a_file_spells_in_another_case() {
    let file = "[access.operations.listUsers]\nscopes = [\"a\"]\nclaims.deptId = \"7, 8\"";
    let directory = Directory::new().with("config/dev.toml", file);
    let name = "RESOURCE_SERVER_ACCESS__OPERATIONS__LISTUSERS__SCOPES";

    let sources = with_environment(directory.sources(), &[(name, "b")]);
    let config = Config::load(&sources).expect("both layers fit");

    assert_eq!(config.access.operations.len(), 1);
    let operation = &config.access.operations["listusers"];
    assert_eq!(operation.requirement.scopes()[0].to_string(), "b");
    let claim = &operation.requirement.claims()[0];
    assert_eq!(
        (claim.path(), claim.values()),
        ("deptId", &["7".into(), "8".into()][..])
    );
}

#[test]
fn an_operation_has_limits_of_its_own_where_it_is_set() {
    let file = "operations.Upload_Photo.max_body_size = '64MiB'\n\
                operations.events.request_timeout = ''";
    let directory = Directory::new().with("config/dev.toml", file);
    let name = "RESOURCE_SERVER_OPERATIONS__UPLOAD_PHOTO__REQUEST_TIMEOUT";

    let config = Config::load(&with_environment(directory.sources(), &[(name, "5m")]));

    let operations = config.expect("both layers fit").operations;
    let upload = &operations["upload_photo"];
    assert_eq!(upload.max_body_bytes, Some(64 << 20));
    assert_eq!(upload.request_timeout, Some(Duration::from_secs(300)));
    assert_eq!(operations["events"], OperationConfig::default());
}

#[test]
fn the_name_of_a_claim_may_contain_dots() {
    let claim = "https://example.com/roles";
    let file = format!("[access.operations.whoami.claims]\n\"{claim}\" = [\"a,b\"]");

    let config = super::load_file(&file).expect("the file fits");

    let key = format!("access.operations.whoami.claims.\"{claim}\"");
    let rule = &config.access.operations["whoami"].requirement.claims()[0];
    assert_eq!((rule.path(), rule.values()), (claim, &["a,b".into()][..]));
    assert_eq!(source_of(&config, &key), "config/dev.toml");
}

#[test]
fn variables_that_kubernetes_sets_for_a_service_are_ignored() {
    let config = load_environment(&[
        ("RESOURCE_SERVER_SERVICE_HOST", "10.0.0.1"),
        ("RESOURCE_SERVER_SERVICE_PORT", "80"),
        ("RESOURCE_SERVER_SERVICE_PORT_HTTP", "80"),
        ("RESOURCE_SERVER_PORT", "tcp://10.0.0.1:80"),
        ("RESOURCE_SERVER_PORT_80_TCP", "tcp://10.0.0.1:80"),
        ("RESOURCE_SERVER_PORT_80_TCP_ADDR", "10.0.0.1"),
    ]);
    let meant_for_us = load_environment(&[("RESOURCE_SERVER_PORT", "80")]);

    assert!(config.is_ok(), "{config:?}");
    let error = meant_for_us.expect_err("a port alone is no setting");
    assert_eq!(error.problems()[0].key(), Some("port"));
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_not_utf_8_is_reported_by_name() {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt;
    let broken = || OsString::from_vec(vec![0xff]);

    let ours = Sources::environment_from([("RESOURCE_SERVER_CLIENT__ID".into(), broken())]);
    let others = Sources::environment_from([("PATH".into(), broken())]);

    assert_eq!(
        ours.expect_err("not UTF-8").to_string(),
        "environment variable RESOURCE_SERVER_CLIENT__ID is not UTF-8. Set it to a string in UTF-8."
    );
    assert_eq!(others.expect("not ours"), []);
}
