//! The settings, and which of them are refused.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use poem_resource_server::service::internal::{Config, Sources};
use rcgen::KeyPair;

use crate::seal::{KEYS, Recipient, file, long_key};

fn load(settings: &[(&'static str, &str)]) -> Result<Config, String> {
    let mut sources = Sources::default();
    sources
        .flags
        .push(("a test", "issuer.url", "https://id.example".to_owned()));
    for (key, value) in settings {
        sources.flags.push(("a test", key, (*value).to_owned()));
    }
    Config::load(&sources).map_err(|error| error.to_string())
}

#[test]
fn the_keys_of_each_issuer_are_read() {
    let (one, other) = (KEYS[0].file("read-0"), KEYS[1].file("read-1"));
    let both = format!("{},{}", one.display(), other.display());

    let config = load(&[
        ("issuer.decryption_keys", &both),
        ("issuers.partners.url", "https://partners.example"),
        ("issuers.partners.audiences", "api://orders"),
        ("issuers.partners.decryption_keys", other.to_str().unwrap()),
        ("decryption.max_tokens", "7"),
    ])
    .unwrap();

    let found: Vec<_> = config
        .issuer
        .decryption_keys
        .iter()
        .map(|it| it.thumbprint().to_string())
        .collect();
    assert_eq!(found, [KEYS[0].thumbprint(), KEYS[1].thumbprint()]);
    assert_eq!(config.issuers["partners"].decryption_keys.len(), 1);
    assert_eq!(config.decryption.max_tokens.get(), 7);
    let shown = format!("{config:?}{}", config.effective());
    assert!(!shown.contains("PRIVATE"), "{shown}");
    assert!(load(&[]).unwrap().issuer.decryption_keys.is_empty());
}

#[test]
fn a_file_that_is_no_key_is_refused_with_key_value_source_and_fix() {
    let absent = std::env::temp_dir().join("prs-jwe-absent.pem");
    let directory = std::env::temp_dir();
    let ec = file("ec", &KeyPair::generate().unwrap().serialize_pem());
    let empty = file("empty", "");
    let public = file(
        "public",
        "-----BEGIN PUBLIC KEY-----\nMAA=\n-----END PUBLIC KEY-----\n",
    );
    let large = file("large", &"x".repeat(100_000));
    let short = file("short", crate::key_files::RSA_1024);
    let long = file("long", &long_key());
    let exposed = KEYS[0].file("exposed");
    fs::set_permissions(&exposed, fs::Permissions::from_mode(0o644)).unwrap();
    let writable = KEYS[0].file("writable");
    fs::set_permissions(&writable, fs::Permissions::from_mode(0o602)).unwrap();
    let group = KEYS[0].file("group");
    fs::set_permissions(&group, fs::Permissions::from_mode(0o440)).unwrap();
    let fix = "Name a file with the private RSA key";
    #[rustfmt::skip] // A row a line.
    let rows = [
        (&absent, "names a file that cannot be read (No such file or directory (os error 2))", "Name a file that exists"),
        (&directory, "names a file that cannot be read (it is not a regular file)", "Name a file that exists"),
        (&ec, "it is not an RSA key", fix),
        (&empty, "it is neither a private key in PEM form nor a JSON Web Key", fix),
        (&public, "it is a public key; the private key is needed", fix),
        (&large, "it is neither a private key in PEM form", fix),
        (&short, "it is an RSA key of 1024 bits; 2048 to 4096 are accepted", fix),
        (&long, "it is an RSA key of 8192 bits", fix),
        (&exposed, "names a file that every user of this machine can access (mode 644)", "Run `chmod o= FILE`"),
        (&writable, "names a file that every user of this machine can access (mode 602)", "Run `chmod o= FILE`"),
    ];
    for (path, expected, fix) in &rows {
        let path = path.to_str().unwrap();

        let error = load(&[("issuer.decryption_keys", path)]).expect_err(expected);

        for part in ["`issuer.decryption_keys`", "(a test)", path, expected, fix] {
            assert!(error.contains(part), "{part}: {error}");
        }
    }
    assert!(load(&[("issuer.decryption_keys", group.to_str().unwrap())]).is_ok());
    // Every problem is reported at once.
    let two = format!("{},{}", absent.display(), ec.display());
    let error = load(&[
        ("issuer.decryption_keys", &two),
        ("decryption.max_tokens", "0"),
    ]);
    let error = error.unwrap_err();
    assert_eq!(error.lines().count(), 3, "{error}");
    assert!(
        error.contains("`decryption.max_tokens` must be a whole number"),
        "{error}"
    );
}

#[test]
fn more_than_four_keys_of_all_issuers_are_refused() {
    let files: Vec<_> = (0..3)
        .map(|number| KEYS[number].file(&format!("many-{number}")))
        .chain((3..5).map(|number| {
            Recipient::new(aws_lc_rs::rsa::KeySize::Rsa2048).file(&format!("many-{number}"))
        }))
        .map(|path| path.display().to_string())
        .collect();
    let with = |of_partners: &str| {
        load(&[
            ("issuer.decryption_keys", &files[..3].join(",")),
            ("issuers.partners.url", "https://partners.example"),
            ("issuers.partners.audiences", "api://orders"),
            ("issuers.partners.decryption_keys", of_partners),
        ])
    };

    assert!(with(&files[3]).is_ok());
    // A key of two issuers is one key.
    assert!(
        with(
            &[&files[0], &files[1], &files[3]]
                .map(String::as_str)
                .join(",")
        )
        .is_ok()
    );
    let error = with(&files[3..].join(",")).unwrap_err();

    assert!(
        error.contains("`issuers.partners.decryption_keys` makes the number"),
        "{error}"
    );
    assert!(error.contains("5; at most 4 are accepted"), "{error}");
}

#[test]
fn the_keys_of_the_issuer_default_have_one_place() {
    let path = KEYS[0].file("place");

    let error = load(&[("issuers.default.decryption_keys", path.to_str().unwrap())]).unwrap_err();

    assert!(
        error.contains("set `issuer.decryption_keys`")
            || error.contains("Set `issuer.decryption_keys`"),
        "{error}"
    );
}
