use super::{load_environment, load_file};
use crate::service::config::{settings, settings_table};

const ISSUER: &str = "https://dev-1.okta.com/oauth2/default";

#[test]
fn the_effective_settings_fit_80_columns_and_name_their_sources() {
    let config = load_environment(&[
        ("OKTA_OAUTH2_ISSUER", ISSUER),
        ("RESOURCE_SERVER_CLIENT__SECRET", "pass-1"),
        ("RESOURCE_SERVER_ACCESS__OPERATIONS__WHOAMI__SCOPES", "a b"),
    ])
    .expect("the variables fit");

    let table = config.effective().to_string();

    for expected in [
        "profile                   \"dev\"                     built-in default\n",
        "issuer.url                \"https://dev-1.okta.com/oauth2/default\"\n  from environment variable OKTA_OAUTH2_ISSUER\n",
        "http.max_connections      10000                     built-in default\n",
        "access.anonymous          []                        built-in default\n",
        "client.secret             ********\n",
        "access.operations.whoami.scopes  \"a b\"\n",
    ] {
        assert!(table.contains(expected), "{expected} in\n{table}");
    }
    assert!(
        table.lines().all(|line| line.chars().count() <= 80),
        "{table}"
    );
    let shown = format!("{config:?} {table}");
    assert!(!shown.contains("pass-1"), "{shown}");
    assert_eq!(config.client.secret.expect("set").reveal(), "pass-1");
}

#[test]
fn a_secret_that_is_not_set_is_not_masked() {
    let config = load_file("").expect("an empty file fits");

    let rows = config.effective().rows();

    let secret = rows.iter().find(|row| row.key == "client.secret");
    assert_eq!(secret.map(|row| row.value.as_str()), Some("\"\""));
}

#[test]
fn the_table_has_a_row_for_every_key() {
    let config = load_file("").expect("an empty file fits");
    let table = settings_table();

    for row in config.effective().rows().iter().skip(1) {
        assert!(
            table.contains(&format!("\n| `{}` | ", row.key)),
            "{}",
            row.key
        );
    }
    for expected in [
        "### `issuer`\n\n| key | environment variable | default | meaning |\n| --- | --- | --- | --- |\n\
         | `issuer.url` | ",
        "\n\n### `admin`\n\n| key | ",
        "| `\"127.0.0.1:3001\"` | The loopback address and port of the embedded issuer. (restart) |\n",
        "\n| `issuer.audience` | `OKTA_API_AUDIENCE` or `RESOURCE_SERVER_ISSUER__AUDIENCE` | \
         `\"api://default\"` | The audience that a token must name in `aud`. |\n",
        "\n| `http.public_url` | `RESOURCE_SERVER_HTTP__PUBLIC_URL` | not set | ",
        "\n| `access.operations.<id>.scopes` | \
         `RESOURCE_SERVER_ACCESS__OPERATIONS__<ID>__SCOPES` | `[]` | ",
        "\n| `access.operations.<id>.claims.<claim>` | - | `[]` | ",
        "\n| `access.tags.<tag>.*` | `RESOURCE_SERVER_ACCESS__TAGS__<TAG>__*` | - | The keys of \
         `access.operations.<id>`, for every operation with this tag. |\n",
        "\n| `access.paths.<prefix>.*` | - | - | ",
    ] {
        assert!(table.contains(expected), "{expected} in\n{table}");
    }
}

#[test]
fn every_place_of_requirements_has_the_keys_of_an_operation() {
    let below = |place: &str| {
        let keys = settings::all()
            .iter()
            .map(|setting| setting.key.to_string());
        let rest = keys.filter_map(|key| key.strip_prefix(place).map(str::to_owned));
        rest.collect::<Vec<_>>()
    };
    let of_operations = below("access.operations.<id>.");
    assert_eq!(of_operations.len(), 11);

    for place in [
        "access.tags.<tag>.",
        "access.paths.<prefix>.",
        "access.all.",
    ] {
        assert_eq!(below(place), of_operations, "{place}");
    }
}

#[test]
fn every_key_has_a_description() {
    for setting in settings::all() {
        let meaning = &setting.meaning;
        assert!(meaning.ends_with('.'), "{}: {meaning}", setting.key);
        assert!(!meaning.contains('\n'), "{}: {meaning}", setting.key);
    }
}

#[test]
fn the_files_to_copy_fit_once_the_issuer_is_filled_in() {
    for (name, text) in [
        ("dev", include_str!("../../../../config/dev.toml")),
        ("okta", include_str!("../../../../config/okta.toml")),
        ("default", include_str!("../../../../config/default.toml")),
    ] {
        let filled = text.replacen("url = \"\"", &format!("url = \"{ISSUER}\""), 1);

        let config = load_file(&filled);

        assert!(config.is_ok(), "{name}: {config:?}");
    }
}
