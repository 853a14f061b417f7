//! The keys of a requirement make the same requirement as code does.

use std::time::Duration;

use super::load_file;
use crate::guard::{OperationAccess, Requirement};
use crate::token::Scope;

fn scope(text: &str) -> Scope {
    text.parse().expect("scopes")
}

#[test]
fn each_key_makes_what_code_makes_in_each_section() {
    let none = Requirement::default;
    #[rustfmt::skip] // A row a line.
    let rows = [
        ("scopes = ['a', 'b c']", none().with_scope(scope("a b c"))),
        ("scopes = 'a, b c'", none().with_scope(scope("a b c"))),
        ("any_of_scopes = ['a b', 'c']", none().with_any_scope([scope("a b"), scope("c")])),
        ("any_of_scopes = 'a b,c'", none().with_any_scope([scope("a b"), scope("c")])),
        ("scopes = 'a'\nKEY.any_of_scopes = ['b', 'c']", none().with_any_scope([scope("b a"), scope("c a")])),
        ("claims.groups = ['a', 'b']", none().with_claim("groups", ["a", "b"])),
        ("claims.groups = 'a, b'", none().with_claim("groups", ["a", "b"])),
        ("claims.'realm_access/roles' = 'a'", none().with_claim("realm_access/roles", ["a"])),
        ("claims.level = [3]", none().with_claim("level", [3])),
        ("claims.level = [1.5]", none().with_claim("level", [1.5])),
        ("claims.verified = [true]", none().with_claim("verified", [true])),
        ("not_claims.status = 'closed'", none().without_claim("status", ["closed"])),
        ("clients = 'web, app'", none().with_clients(["web", "app"])),
        ("clients = []", none()),
        ("acr = ['urn:mfa', 'phr']", none().with_acr(["urn:mfa", "phr"])),
        ("acr = ''", none()),
        ("max_age = '5m'", none().with_max_age(Duration::from_secs(300))),
        ("max_age = ''", none()),
        ("owner.tenant = 'org/id'", none().with_owner("tenant", "org/id")),
    ];
    for (text, expected) in rows {
        for section in ["operations.a", "tags.a", "paths.'/a.b'", "all"] {
            let key = format!("access.{section}");
            let file = format!("{key}.{}", text.replace("KEY", &key));

            let access = load_file(&file).expect(&file).access;

            let found = match section {
                "operations.a" => access.operations.get("a"),
                "tags.a" => access.tags.get("a"),
                "all" => Some(&access.all),
                _ => access.paths.get("/a.b"),
            };
            assert_eq!(
                found,
                Some(&OperationAccess::from(expected.clone())),
                "{file}"
            );
        }
    }
}

#[test]
fn issuers_keep_their_names() {
    let access = load_file("access.tags.Admin.issuers = ['staff', 'partners']");

    let access = access.expect("the file fits").access;

    assert_eq!(access.tags["admin"].issuers, ["staff", "partners"]);
}

#[test]
fn the_scopes_that_a_scope_includes_are_read() {
    let file =
        "[access.scopes_imply]\n'docs:write' = ['docs:read', 'docs:list x']\nadmin = 'docs:write'";

    let access = load_file(file).expect("the file fits").access;

    let implied: Vec<_> = access.implied_scopes.iter().collect();
    let shown: Vec<_> = implied
        .iter()
        .map(|(one, others)| format!("{one}: {others}"))
        .collect();
    assert_eq!(
        shown,
        ["admin: docs:write", "docs:write: docs:read docs:list x"]
    );
}
