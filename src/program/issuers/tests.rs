#![allow(clippy::unwrap_used)] // A test may panic anywhere.

use super::*;
use crate::service::config::Sources;

const DEFAULT: (&str, &str) = ("issuer.url", "https://id.example");
const PARTNERS: [(&str, &str); 2] = [
    ("issuers.partners.url", "https://partners.example"),
    ("issuers.partners.audiences", "api://orders"),
];
const STAFF: [(&str, &str); 2] = [
    ("issuers.staff-1.url", "https://staff.example"),
    ("issuers.staff-1.audiences", "api://orders"),
];

fn issuers(settings: &[&[(&'static str, &str)]]) -> Issuers {
    let flags = settings.concat().into_iter();
    let flags = flags.map(|(key, value)| ("the test", key, value.to_owned()));
    let config = Config::load(&Sources {
        flags: flags.collect(),
        ..Sources::default()
    });
    Issuers::new(config.unwrap()).unwrap()
}

#[test]
fn a_command_is_about_the_named_issuer_or_the_default_or_the_only_one() {
    for (row, settings, name, expected) in [
        (
            "the default",
            vec![&[DEFAULT][..], &PARTNERS],
            None,
            Ok("default"),
        ),
        (
            "a named one",
            vec![&[DEFAULT][..], &PARTNERS],
            Some("partners"),
            Ok("partners"),
        ),
        (
            "the default by name",
            vec![&[DEFAULT][..], &PARTNERS],
            Some("default"),
            Ok("default"),
        ),
        ("the only one", vec![&PARTNERS[..]], None, Ok("partners")),
        (
            "none of two",
            vec![&PARTNERS[..], &STAFF],
            None,
            Err(
                "the settings have several issuers (partners, staff-1), and none of them is named \
                 `default`. Name one with --issuer-name",
            ),
        ),
        (
            "an unknown one",
            vec![&[DEFAULT][..], &PARTNERS],
            Some("partner"),
            Err(
                "`--issuer-name` names `partner`, which is not an issuer of the settings; they \
                 have default, partners. Name one of them, or add `issuers.partner.url`",
            ),
        ),
    ] {
        let issuers = issuers(&settings);

        let selected = issuers.select(name);

        match (selected, expected) {
            (Ok(issuer), Ok(name)) => assert_eq!(issuer.name, name, "{row}"),
            (Err(failure), Err(message)) => {
                assert_eq!(failure.to_string(), message, "{row}");
                assert_eq!(failure.exit_code(), 2, "{row}");
            }
            (selected, _) => panic!("{row}: {:?}", selected.map(|it| it.name)),
        }
    }
}

#[test]
fn each_issuer_has_its_own_client() {
    let client = [
        ("client.id", "of default"),
        ("client.secret", "one"),
        ("issuers.partners.client.id", "of partners"),
        ("issuers.partners.client.secret", "two"),
        ("issuers.partners.client.scope", "orders:read"),
    ];
    let issuers = issuers(&[&[DEFAULT], &PARTNERS, &STAFF, &client]);

    let all = issuers.all();

    let ids: Vec<_> = all.iter().map(|it| it.client().id.as_deref()).collect();
    assert_eq!(ids, [Some("of default"), Some("of partners"), None]);
    assert_eq!(all[1].scope(Scope::none()).to_string(), "orders:read");
    assert!(all[1].credentials(Scope::none()).is_ok());
    let failure = all[2].credentials(Scope::none()).err().unwrap();
    assert_eq!(
        failure.to_string(),
        "the client of the issuer `staff-1` lacks its id, its secret or both; give --client-id, \
         and set `issuers.staff-1.client.secret` in a file"
    );
    assert!(
        all[1]
            .client_fix()
            .ends_with("RESOURCE_SERVER_ISSUERS__PARTNERS__CLIENT__SECRET")
    );
    assert!(
        all[0]
            .client_fix()
            .ends_with("RESOURCE_SERVER_CLIENT__SECRET")
    );
}

#[cfg(feature = "dev")]
#[test]
fn without_issuers_a_command_is_about_the_embedded_ones() {
    let issuers = issuers(&[&[("dev.issuers", "partners")]]);

    let all = issuers.all();

    let urls: Vec<_> = all.iter().map(|it| it.issuer().unwrap().as_str()).collect();
    assert_eq!(
        urls,
        [
            "http://127.0.0.1:3001/oauth2/default",
            "http://127.0.0.1:3001/oauth2/partners",
        ]
    );
    let rules = all[1].rules().unwrap();
    assert_eq!(rules.audiences().collect::<Vec<_>>(), ["api://partners"]);
    assert!(all.iter().all(|it| it.credentials(Scope::none()).is_ok()));
}
