//! The rules of the public API, checked on the stored one: `tests/public-api.txt`.
//!
//! The stage `public_api` of scripts/test compares it with the code.

use std::collections::BTreeSet;

const PUBLIC_API: &str = include_str!("../public-api.txt");

/// Crates whose types may be in signatures. Claims are JSON values, so `serde_json` is one.
const CRATES: [&str; 10] = [
    "alloc",
    "core",
    "crate",
    "http",
    "poem",
    "poem_openapi",
    "poem_resource_server",
    "serde_core",
    "serde_json",
    "std",
];

/// The one item with another: a test hands its own listener to the embedded issuer.
const LISTENER: &str =
    "poem_resource_server::dev::DevIssuer::start(tokio::net::tcp::listener::TcpListener,";

/// Types that are complete: extractors whose one field handlers take apart, like that of poem's
/// `Json`, and variants with the one fact that there is.
const COMPLETE: [&str; 4] = [
    "guard::BearerAuth",
    "guard::OptionalBearerAuth",
    "KeyError::Malformed",
    "KeyError::WrongStrength",
];

#[test]
fn signatures_have_no_types_of_other_crates() {
    let faults: Vec<_> = (PUBLIC_API.lines())
        .filter(|line| !line.contains(LISTENER))
        .filter(|line| crates(line).any(|name| !CRATES.contains(&name)))
        .collect();

    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn a_public_type_may_grow() {
    let open: BTreeSet<_> = (PUBLIC_API.lines())
        .filter_map(|line| {
            let tuple = line
                .strip_prefix("pub struct ")
                .and_then(|it| it.split_once("(pub "));
            let name = tuple
                .map(|(name, _)| name)
                .or(line.strip_prefix("pub enum "));
            name.or_else(|| owner_of_public_field(line))
        })
        .filter(|name| !COMPLETE.iter().any(|it| name.ends_with(it)))
        .collect();

    assert_eq!(open, BTreeSet::new(), "add `#[non_exhaustive]`");
}

#[test]
fn the_rules_find_what_breaks_them() {
    let foreign: Vec<_> = crates("pub fn poem_resource_server::f() -> url::Url").collect();
    let field = owner_of_public_field("pub poem_resource_server::token::Key::id: u8");

    assert_eq!(foreign, ["poem_resource_server", "url"]);
    assert_eq!(field, Some("poem_resource_server::token::Key"));
}

/// The crates that a line names.
fn crates(line: &str) -> impl Iterator<Item = &str> {
    line.split(|character: char| !(character.is_alphanumeric() || "_:".contains(character)))
        .filter_map(|path| path.split_once("::"))
        .map(|(first, _)| first)
        .filter(|first| first.starts_with(|character: char| character.is_lowercase()))
}

/// The type of a public field, unless the type or the variant is `#[non_exhaustive]`.
fn owner_of_public_field(line: &str) -> Option<&str> {
    let (field, _) = line.strip_prefix("pub ")?.split_once(": ")?;
    let (owner, name) = field.rsplit_once("::")?;
    let is_field = field.split(' ').count() == 1 && !name.contains(['(', '<']);
    let may_grow = |line: &str| {
        let item = line.strip_prefix("#[non_exhaustive] pub ");
        item.and_then(|item| item.split([' ', '<', '(']).find(|word| word.contains("::")))
            .is_some_and(|item| item == owner.split('<').next().unwrap_or(owner))
    };
    (is_field && !PUBLIC_API.lines().any(may_grow)).then_some(owner)
}
