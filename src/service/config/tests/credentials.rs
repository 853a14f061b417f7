use super::{Directory, source_of, with_environment};
use crate::service::config::{Config, ConfigError, Sources, settings};

fn load(name: &str, text: &[u8]) -> Result<Config, ConfigError> {
    let directory = Directory::new();
    std::fs::write(directory.0.join(name), text).expect("a file for the test");
    Config::load(&Sources {
        credentials: Some(directory.0.clone()),
        ..directory.sources()
    })
}

#[test]
fn a_secret_is_read_from_the_file_of_its_name() {
    let config = load("client.secret", b"s3cret\n").expect("a credential fits");

    assert_eq!(config.client.secret.as_ref().unwrap().reveal(), "s3cret");
    let source = source_of(&config, "client.secret");
    assert!(source.starts_with("credential /"), "{source}");
    assert!(source.ends_with("/client.secret"), "{source}");
    assert!(!config.effective().to_string().contains("s3cret"));
}

#[test]
fn a_file_whose_name_is_not_a_secret_is_ignored() {
    for name in ["client.id", "tls.key"] {
        let config = load(name, b"text").expect("another's file");

        assert!(config.client.id.is_none(), "{name}");
        assert!(config.client.secret.is_none(), "{name}");
    }
}

#[test]
fn a_credential_overrides_a_file_of_settings_and_a_variable_overrides_it() {
    let directory = Directory::new().with("config/dev.toml", "[client]\nsecret = \"of file\"");
    let directory = directory.with("client.secret", "of credential");
    let mut sources = Sources {
        credentials: Some(directory.0.clone()),
        ..directory.sources()
    };
    let secret = |sources: &Sources| {
        let config = Config::load(sources).expect("every layer fits");
        config.client.secret.unwrap().reveal().to_owned()
    };

    let by_credential = secret(&sources);
    let variables = [("RESOURCE_SERVER_CLIENT__SECRET", "of variable")];
    sources = with_environment(sources, &variables);

    assert_eq!(by_credential, "of credential");
    assert_eq!(secret(&sources), "of variable");
}

#[test]
fn a_credential_that_cannot_be_used_is_reported_with_its_file_and_fix_but_not_shown() {
    let just_right = vec![b'a'; 16 * 1024];
    let too_long = [just_right.as_slice(), b"a"].concat();
    assert!(load("client.secret", &just_right).is_ok());
    let rows: [(&str, &[u8], &str); 3] = [
        ("empty", b"\n", "is empty"),
        ("too long", &too_long, "is longer than 16384 bytes"),
        ("not text", b"s3cret\xff", "cannot be read"),
    ];
    for (name, bytes, expected) in rows {
        let error = load("client.secret", bytes).expect_err(name);

        let [problem] = error.problems() else {
            panic!("{name}: {error}");
        };
        assert!(problem.source().ends_with("/client.secret"), "{name}");
        assert_eq!(problem.key(), Some("client.secret"), "{name}");
        assert!(problem.fix().is_some(), "{name}");
        let text = problem.to_string();
        assert!(text.contains(expected), "{name}: {text}");
        assert!(!text.contains("s3cret") && !text.contains("aaa"), "{name}");
    }
}

#[test]
fn the_unit_for_systemd_and_its_page_name_every_secret() {
    let read = |file: &str| {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
        std::fs::read_to_string(path).unwrap()
    };
    let unit = read("deploy/systemd/poem-resource-server.service");
    let page = read("docs/operations.md");
    let secrets = settings::all().iter().filter(|it| it.is_secret);
    let secrets = secrets.filter(|it| !it.key.has_free_segment());
    let secrets: Vec<_> = secrets.map(|it| it.key.to_string()).collect();

    let missing: Vec<_> = secrets
        .iter()
        .filter(|key| {
            let line = format!("\nLoadCredential={key}:poem-resource-server.{key}\n");
            let is_in_table =
                page.contains(&format!("`/etc/credstore/poem-resource-server.{key}`"));
            !unit.contains(&line) || !is_in_table
        })
        .collect();

    assert!(secrets.len() >= 7, "{secrets:?}");
    assert!(missing.is_empty(), "{missing:?}");
}
