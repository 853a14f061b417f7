use super::load_file;
use crate::service::config::settings;

fn changed(old: &str, new: &str) -> Vec<String> {
    let load = |text| load_file(text).expect("the file fits");
    load(old)
        .restart_values()
        .changed(load(new).restart_values())
}

#[test]
fn every_setting_that_is_marked_and_changed_is_named() {
    #[rustfmt::skip] // A row a line.
    let rows: [(&str, &str, &str, &[&str]); 8] = [
        ("none", "", "", &[]),
        ("one that a reload changes", "", "access.realm = 'b'", &[]),
        ("one", "", "http.listen = '127.0.0.1:4000'", &["http.listen"]),
        ("two", "", "http.max_connections = 7\nadmin.listen = 'off'", &["admin.listen", "http.max_connections"]),
        ("a secret", "", "denylist.token = '0123456789abcdef0123456789abcdef'", &["denylist.token"]),
        ("one value in two forms", "http.keep_alive = '1m'", "http.keep_alive = '60s'", &[]),
        ("the first certificate", "", "http.tls.cert = 'a'\nhttp.tls.key = 'b'", &["http.tls"]),
        ("another certificate", "http.tls.cert = 'a'\nhttp.tls.key = 'b'", "http.tls.cert = 'c'\nhttp.tls.key = 'd'", &[]),
    ];
    for (row, old, new, expected) in rows {
        assert_eq!(changed(old, new), expected, "{row}");
    }
}

#[test]
fn a_mark_is_no_part_of_the_meaning() {
    let marked: Vec<_> = settings::all().iter().filter(|it| it.is_secret).collect();

    assert!(
        marked
            .iter()
            .any(|it| it.key.to_string() == "client.secret")
    );
    for setting in settings::all() {
        assert!(!setting.meaning.contains("[restart"), "{}", setting.key);
        assert!(!setting.meaning.contains("secret]"), "{}", setting.key);
    }
}
