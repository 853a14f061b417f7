//! By which schemes a caller gets a token for an operation.

use std::time::Duration;

use super::{Access, guard, metadata, print};
use crate::guard::Requirement;

#[test]
fn client_credentials_are_offered_only_where_a_token_without_a_user_is_enough() {
    let all = ["BearerAuth", "DPoPAuth", "SignIn", "ClientCredentials"];
    let of_users = ["BearerAuth", "DPoPAuth", "SignIn"];
    let none = Requirement::default;
    let rows = [
        (
            "a scope",
            none().with_scope("admin".parse().unwrap()),
            &all[..],
        ),
        ("a claim", none().with_claim("role", ["admin"]), &all),
        (
            "a scope about a user",
            none().with_scope("profile".parse().unwrap()),
            &of_users,
        ),
        ("a class", none().with_acr(["phr"]), &of_users),
        (
            "an age",
            none().with_max_age(Duration::from_secs(300)),
            &of_users,
        ),
    ];
    for (row, requirement, expected) in rows {
        let access = Access::default().with_operation("open", requirement);

        let document = print(&guard().with_access(access), Some(metadata()));

        let ways = &document.as_value()["paths"]["/open"]["get"]["security"];
        let ways = ways.as_array().unwrap().iter();
        let names: Vec<_> = ways.flat_map(|it| it.as_object().unwrap().keys()).collect();
        assert_eq!(names, expected, "{row}");
    }
}
