//! The same operation by other names, which a guard on the wrong route does not cover.

use http::Method;
use url::Url;

use super::attempt::{Attempt, Expected};
use super::forge::CANARY;

/// Other methods and spellings, without credentials. None may be accepted.
pub(super) fn other_names(plain: &Attempt) -> Vec<Attempt> {
    let mut attempts = Vec::new();
    if plain.method == Method::GET {
        let head = plain.trying("other_name", "HEAD", Expected::NotServed);
        attempts.push(head.by(Method::HEAD));
    }
    let path = plain.url.path();
    let (parent, last) = path.rsplit_once('/').unwrap_or(("", path));
    let spelled = [
        ("a slash at the end", format!("{path}/")),
        ("two slashes", format!("{parent}//{last}")),
        (
            "capital letters",
            format!("{parent}/{}", last.to_ascii_uppercase()),
        ),
        ("a letter in percent form", percent(parent, last)),
        ("an extension", format!("{path}.json")),
    ];
    for (name, other) in spelled {
        let mut attempt = plain.trying("other_name", name, Expected::NotServed);
        if other != path && renamed(&mut attempt.url, &other) {
            attempts.push(attempt);
        }
    }
    attempts
}

/// A request for a path beside the attempt's that does not exist. An API that answers it with a
/// success has a page for all names, so a success says nothing about the operation.
pub(super) fn stray(attempt: &Attempt) -> Attempt {
    let mut stray = attempt.clone();
    let path = attempt.url.path().trim_end_matches('/');
    let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
    stray.url.set_path(&format!("{parent}/{CANARY}"));
    stray
}

fn renamed(url: &mut Url, path: &str) -> bool {
    url.set_path(path);
    url.path() == path
}

fn percent(parent: &str, last: &str) -> String {
    let mut letters = last.chars();
    match letters.next() {
        Some(first) if first.is_ascii_alphanumeric() => {
            format!("{parent}/%{:02X}{}", u32::from(first), letters.as_str())
        }
        _ => format!("{parent}/{last}"),
    }
}
