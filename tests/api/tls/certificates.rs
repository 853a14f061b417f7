//! Certificates that are replaced or expire.

use std::fs;
use std::time::UNIX_EPOCH;

use poem_resource_server::clock::Clock;
use rcgen::KeyPair;

use super::{Authority, pem, shown, status};
use crate::captured::Lines;
use crate::world::World;

#[tokio::test]
async fn a_reload_shows_the_new_certificate_and_keeps_open_connections() {
    let authority = Authority::new();
    let first = authority.certify();
    let world = authority.world(&[]).await;
    let mut open = authority.connect(world.address, &[]).await;

    let second = authority.certify();
    authority.reload(&world).await.unwrap();

    let another = authority.connect(world.address, &[]).await;
    assert_eq!(shown(&another), second);
    assert_eq!(shown(&open), first);
    assert_eq!(status(&mut open).await, "200");
}

#[tokio::test]
async fn an_expired_certificate_is_used_with_a_warning_and_its_days_are_counted() {
    // 2000-01-01 and 2100-01-01, in days since 1970.
    for (year, days, is_expired) in [(2000, 10_957.0, true), (2100, 47_482.0, false)] {
        let authority = Authority::new();
        authority.certify_until(year);
        let (lines, _guard) = Lines::capture();
        let (cert, key) = (authority.file("cert.pem"), authority.file("key.pem"));
        let settings = [("http.tls.cert", &*cert), ("http.tls.key", &*key)];
        let world = World::with_any_certificate(&settings).await;
        let now = world.clock.now().duration_since(UNIX_EPOCH).unwrap();

        authority.reload(&world).await.unwrap();

        let expected = days - now.as_secs_f64() / 86_400.0;
        let page = world.admin("/metrics").await.body;
        let line = page
            .lines()
            .find_map(|it| it.strip_prefix("tls_certificate_days_left "));
        let found: f64 = line.unwrap().parse().unwrap();
        assert!((found - expected).abs() < 0.01, "{found} {expected}");
        // At the start and by the reload.
        let warnings = lines.with_target("poem_resource_server::service::server::tls");
        assert_eq!(warnings.len(), if is_expired { 2 } else { 0 }, "{year}");
    }
}

#[tokio::test]
async fn without_tls_no_days_are_counted() {
    let world = World::start().await;

    let page = world.admin("/metrics").await.body;

    assert!(!page.contains("\ntls_certificate_days_left "), "{page}");
}

#[tokio::test]
async fn a_bad_new_certificate_is_reported_and_the_old_one_stays() {
    let authority = Authority::new();
    let first = authority.certify();
    let world = authority.world(&[]).await;
    let good_key = fs::read(authority.file("key.pem")).unwrap();
    let other_key = KeyPair::generate().unwrap().serialize_pem();
    let cert = authority.file("cert.pem");
    let rows = [
        (
            "gone",
            "cert.pem",
            None,
            format!("`http.tls.cert`: {cert} cannot be read"),
        ),
        (
            "empty",
            "cert.pem",
            Some(String::new()),
            format!("`http.tls.cert`: {cert} contains no certificate"),
        ),
        (
            "another's key",
            "key.pem",
            Some(other_key),
            "do not match".to_owned(),
        ),
        (
            "no key",
            "key.pem",
            Some("garbage".to_owned()),
            "contains no private key".to_owned(),
        ),
    ];
    for (name, file, text, expected) in rows {
        fs::write(authority.file("key.pem"), &good_key).unwrap();
        match text {
            Some(text) => fs::write(authority.file(file), text).unwrap(),
            None => fs::remove_file(authority.file(file)).unwrap(),
        }

        let reported = authority.reload(&world).await.unwrap_err();

        assert!(reported.contains(&expected), "{name}: {reported}");
        let stream = authority.connect(world.address, &[]).await;
        assert_eq!(shown(&stream), first, "{name}");
        if name == "gone" || name == "empty" {
            fs::write(&cert, pem(&first)).unwrap();
        }
    }
}
