use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Directory, source_of, with_environment};
use crate::service::config::{ApplicationSettings, Config, ConfigError, Secret, Sources};

#[derive(Debug, Deserialize, Serialize)]
struct Shop {
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default = "minute")]
    timeout: Duration,
    #[serde(default)]
    rate: Option<f32>,
    database: Database,
    #[serde(default)]
    keys: BTreeMap<String, Secret>,
}

#[derive(Debug, Deserialize, Serialize)]
struct Database {
    url: String,
    password: Option<Secret>,
    #[serde(default)]
    max_connections: u32,
}

fn minute() -> Duration {
    Duration::from_secs(60)
}

fn sources(directory: &Directory) -> Sources {
    Sources {
        application: ApplicationSettings::for_type::<Shop>(),
        ..directory.sources()
    }
}

fn load_file(text: &str) -> Result<Config, ConfigError> {
    let directory = Directory::new().with("config/dev.toml", text);
    Config::load(&sources(&directory))
}

fn row(config: &Config, key: &str) -> (String, String) {
    let mut rows = config.effective().rows().iter();
    let row = rows.find(|row| row.key == key).expect(key);
    (row.value.clone(), row.source.clone())
}

#[test]
fn each_layer_of_the_applications_settings_overrides_the_one_before() {
    let directory = Directory::new()
        .with(
            "config/dev.toml",
            "[app.database]\nurl = 'a'\nmax_connections = 1",
        )
        .with("app.database.password", "pass-1\n");
    let name = "RESOURCE_SERVER_APP__DATABASE__MAX_CONNECTIONS";
    let variables = [
        (name, "5"),
        ("RESOURCE_SERVER_APP__TAGS", "a, b"),
        ("RESOURCE_SERVER_APP__DATABASE__URL", ""),
    ];
    let mut sources = with_environment(sources(&directory), &variables);
    sources.credentials = Some(directory.0.clone());
    sources.flags.push(("--tags", "app.tags", "c".to_owned()));

    let config = Config::load(&sources).expect("every layer fits");

    let shop = config.app::<Shop>();
    assert_eq!(shop.tags, ["c"]);
    assert_eq!(shop.database.url, "a");
    assert_eq!(shop.database.max_connections, 5);
    let password = shop.database.password.as_ref();
    assert_eq!(password.map(Secret::reveal), Some("pass-1"));
    let source = source_of(&config, "app.database.max_connections");
    assert_eq!(source, format!("environment variable {name}"));
    let shown = format!("{config:?} {}", config.effective());
    assert!(!shown.contains("pass-1"), "{shown}");
}

#[test]
fn every_effective_setting_of_the_application_is_printed_with_its_source() {
    let file = "app.database.url = 'a'\napp.keys.one = 'pass-1'\napp.rate = 0.1";

    let config = load_file(file).expect("the file fits");

    let own = |text: &str, source: &str| (text.to_owned(), source.to_owned());
    let file = "config/dev.toml";
    for (key, expected) in [
        (
            "app.database.max_connections",
            own("0", "application default"),
        ),
        (
            "app.database.password",
            own("not set", "application default"),
        ),
        ("app.database.url", own("\"a\"", file)),
        ("app.keys.one", own("********", file)),
        ("app.rate", own("0.1", file)),
        ("app.tags", own("[]", "application default")),
        ("app.timeout", own("\"1m\"", "application default")),
    ] {
        assert_eq!(row(&config, key), expected, "{key}");
    }
    let count = |it: &str| it.starts_with("app.");
    let rows = config.effective().rows().iter();
    assert_eq!(rows.filter(|row| count(&row.key)).count(), 7);
}

#[test]
fn problems_of_the_application_are_reported_together_with_ours_in_one_form() {
    let file = "[app]\ntimeout = 30\ntgas = []\n[app.database]\npassword = ['pass-1']\n\
                max_connections = -1\n[access]\nmode = 'none'";
    let directory = Directory::new().with("config/dev.toml", file);
    let variables = [("RESOURCE_SERVER_APP__RATE", "fast")];

    let error = Config::load(&with_environment(sources(&directory), &variables));

    let error = error.expect_err("seven problems").to_string();
    let mut reported: Vec<&str> = error.lines().collect();
    reported.sort_unstable();
    assert_eq!(
        reported,
        [
            "`access.mode` must be `declared` or `all` (config/dev.toml): found \"none\". \
             Write one of the two.",
            "`app.database.max_connections` must be a whole number from 0 to 4294967295 \
             (config/dev.toml): found -1. Write such a number, without a unit.",
            "`app.database.password` must be a string (config/dev.toml): found ********. \
             Write a value that fits.",
            "`app.database.url` must be set (application default). Set \
             RESOURCE_SERVER_APP__DATABASE__URL, or `url` under [app.database] in config/dev.toml.",
            "`app.rate` must be a number (environment variable RESOURCE_SERVER_APP__RATE): \
             found \"fast\". Write it as in \"0.1\".",
            "`app.tgas` is not a setting (config/dev.toml). Did you mean `app.tags`?",
            "`app.timeout` must be a duration (config/dev.toml): found 30. Write a whole number \
             and a unit, as in \"250ms\", \"30s\", \"5m\" or \"1h\".",
        ]
    );
}

#[test]
fn a_secret_of_the_application_that_is_empty_is_not_masked() {
    let load = |password: &str| {
        let file = format!("app.database = {{ url = 'a', password = {password} }}");
        let directory = Directory::new().with("config/dev.toml", &file);
        Config::load(&sources(&directory))
    };

    let empty = load("''").expect_err("an empty secret").to_string();
    let list = load("['pass-1']").expect_err("a list").to_string();

    assert_eq!(
        empty,
        "`app.database.password` must not be empty (config/dev.toml): found \"\". \
         Write a value that fits."
    );
    assert_eq!(
        list,
        "`app.database.password` must be a string (config/dev.toml): found ********. \
         Write a value that fits."
    );
    assert!(load("'pass-1'").is_ok());
}

#[test]
fn a_secret_that_serde_collects_first_is_not_shown_either() {
    #[derive(Deserialize, Serialize)]
    struct Outer {
        #[serde(flatten)]
        inner: Inner,
    }
    #[derive(Deserialize, Serialize)]
    struct Inner {
        token: Secret,
        count: u32,
    }
    let load = |count: &str| {
        let file = format!("app.token = 'pass-1'\napp.count = {count}");
        let directory = Directory::new().with("config/dev.toml", &file);
        let mut sources = directory.sources();
        sources.application = ApplicationSettings::for_type::<Outer>();
        Config::load(&sources)
    };

    let config = load("5").expect("the file fits");
    let error = load("'many'").expect_err("no number").to_string();

    assert_eq!(config.app::<Outer>().inner.token.reveal(), "pass-1");
    assert_eq!(row(&config, "app.token").0, "********");
    assert_eq!(
        error,
        "`app` must be a whole number (config/dev.toml): found a table. Write a value that fits."
    );
}

#[test]
fn an_application_without_settings_of_its_own_has_no_keys() {
    let directory = Directory::new().with("config/dev.toml", "app.database.url = 'a'");
    let mut sources = directory.sources();

    let error = Config::load(&sources).expect_err("no such setting");
    sources.application = ApplicationSettings::for_type::<Shop>();

    assert_eq!(
        error.to_string(),
        "`app.database.url` is not a setting (config/dev.toml). \
         Remove it, because this application has no own settings."
    );
    assert!(Config::load(&sources).is_ok());
}

#[test]
fn a_value_for_the_whole_table_is_refused() {
    let error = load_file("app = 'a'").expect_err("no table").to_string();

    let expected = "`app` is a section, not a setting (config/dev.toml). \
                    Set the keys in this section.";
    assert!(error.starts_with(expected), "{error}");
}

#[test]
fn a_credential_of_the_application_is_masked_whatever_its_type() {
    let load = |name: &str, text: &str| {
        let directory = Directory::new().with("config/dev.toml", "app.database.url = 'a'");
        let directory = directory.with(name, text);
        let mut sources = sources(&directory);
        sources.credentials = Some(directory.0.clone());
        Config::load(&sources)
    };

    let config = load("app.database.url", "pass-1").expect("the credential fits");
    let refused = load("app.database.max_connections", "pass-1").expect_err("no number");
    let unknown = load("app.database.pasword", "pass-1").expect_err("no such setting");

    assert_eq!(row(&config, "app.database.url").0, "********");
    assert_eq!(config.app::<Shop>().database.url, "pass-1");
    let refused = refused.to_string();
    let expected = "`app.database.max_connections` must be a whole number from 0 to 4294967295 (";
    assert!(refused.starts_with(expected), "{refused}");
    let expected = ": found ********. Write such a number, without a unit.";
    assert!(refused.ends_with(expected), "{refused}");
    let unknown = unknown.to_string();
    assert!(unknown.starts_with("`app.database.pasword` is not a setting ("));
    let expected = "Did you mean `app.database.password`?";
    assert!(unknown.ends_with(expected), "{unknown}");
}

#[test]
fn the_application_has_a_default_for_anonymous_operations_that_settings_replace() {
    let directory = Directory::new();
    let mut sources = directory.sources();
    sources.application = ApplicationSettings::default().with_anonymous(vec!["hello".to_owned()]);

    let by_default = Config::load(&sources).expect("the default fits");
    let variables = [("RESOURCE_SERVER_ACCESS__ANONYMOUS", "")];
    let by_variable = Config::load(&with_environment(sources, &variables)).expect("it fits");

    assert_eq!(by_default.access.anonymous, ["hello"]);
    let expected = ("[\"hello\"]".to_owned(), "application default".to_owned());
    assert_eq!(row(&by_default, "access.anonymous"), expected);
    assert!(by_variable.access.anonymous.is_empty());
}

#[test]
fn a_setting_of_the_application_may_be_named_as_a_variable_of_kubernetes() {
    #[derive(Deserialize, Serialize)]
    struct Mail {
        service_host: String,
    }
    let variables = [
        ("RESOURCE_SERVER_APP__SERVICE_HOST", "mail.example"),
        ("RESOURCE_SERVER_APP_SERVICE_HOST", "10.0.0.1"),
        ("RESOURCE_SERVER_APP_PORT_80_TCP_ADDR", "10.0.0.1"),
    ];
    let directory = Directory::new();
    let mut sources = with_environment(directory.sources(), &variables);
    sources.application = ApplicationSettings::for_type::<Mail>();

    let config = Config::load(&sources).expect("Kubernetes' own are passed over");

    assert_eq!(config.app::<Mail>().service_host, "mail.example");
}
