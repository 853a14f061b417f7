use std::time::Duration;

use figment::value::Value;

use super::load_file;
use crate::service::config::value;

#[test]
fn a_duration_is_a_whole_number_and_a_unit() {
    let range = Duration::ZERO..=Duration::MAX;
    for (text, millis) in [
        ("250ms", Some(250)),
        ("30s", Some(30_000)),
        ("5m", Some(300_000)),
        ("1h", Some(3_600_000)),
        ("0s", Some(0)),
        ("", None),
        ("30", None),
        ("s", None),
        ("30 s", None),
        (" 30s", None),
        ("+30s", None),
        ("-30s", None),
        ("1.5s", None),
        ("1m30s", None),
        ("30S", None),
        ("1d", None),
        ("18446744073709551615h", None),
        ("18446744073709551616ms", None),
    ] {
        let duration = value::duration(&Value::from(text), &range);

        assert_eq!(duration.ok(), millis.map(Duration::from_millis), "{text:?}");
    }
}

#[test]
fn a_list_is_an_array_or_a_string_with_separators() {
    for (row, given, expected) in [
        ("array", Value::from(vec!["a,b", "c"]), vec!["a,b", "c"]),
        ("text", Value::from("a, b,,c "), vec!["a", "b", "c"]),
        ("one", Value::from("a"), vec!["a"]),
        ("nothing", Value::from(""), vec![]),
    ] {
        assert_eq!(value::list(&given, &[',']).expect(row), expected, "{row}");
    }
}

#[test]
fn hosts_are_converted_to_lower_case() {
    let config = load_file("issuer.jwks_hosts = ['Keys.Example', '[::1]']").expect("two hosts");

    assert_eq!(config.issuer.jwks_hosts, ["keys.example", "[::1]"]);
}

#[test]
fn the_trailing_slash_of_the_public_url_is_removed() {
    for (given, expected) in [
        ("https://api.example/", "https://api.example"),
        ("https://api.example/v1/", "https://api.example/v1"),
    ] {
        let config = load_file(&format!("http.public_url = '{given}'")).expect(given);

        let url = config.http.public_url.expect(given);
        assert_eq!(url.as_str(), expected);
    }
}

/// Any pod of a network in that list could pretend to be any caller.
#[test]
fn the_production_overlay_trusts_no_proxy_until_it_is_named() {
    let read = |file| std::fs::read_to_string(format!("{OVERLAYS}/{file}")).expect(file);
    let as_shipped = read("production/config.toml");
    let named = as_shipped.replace("proxies = []", "proxies = ['10.1.2.3']");
    let trusts = |text: &str| {
        let config = load_file(text).expect("the file fits");
        let pod = "10.1.2.3".parse().expect("an address");
        config.http.trusted_proxies.contain(Some(pod))
    };

    assert!(!trusts(&as_shipped));
    assert!(trusts(&named));
}

const OVERLAYS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/kubernetes/overlays");
