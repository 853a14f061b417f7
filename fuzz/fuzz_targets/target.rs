//! The URL of a proof: a URL that names a target has its scheme, its host and no user information, and
//! every target is named by its own URL.
#![no_main]

use libfuzzer_sys::fuzz_target;
use poem_resource_server::token::RequestTarget;

fuzz_target!(|input: (&str, &str)| {
    let (path, url) = input;
    if !path.starts_with('/') || path.contains(['?', '#']) {
        return;
    }
    let target = RequestTarget::new("https", "api.example", path);
    assert!(target.is_named_by(&format!("https://api.example{path}")));
    if target.is_named_by(url) {
        let before_path = url.to_ascii_lowercase();
        assert!(before_path.starts_with("https://api.example"));
        let rest = &before_path["https://api.example".len()..];
        assert!(rest.is_empty() || rest.starts_with(['/', ':', '?', '#']));
        assert!(!RequestTarget::new("http", "api.example", path).is_named_by(url));
        assert!(!RequestTarget::new("https", "other.example", path).is_named_by(url));
    }
});
