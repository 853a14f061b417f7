//! Operations that accept only bound tokens.

use serde_json::json;

use super::{Api, expected, files_by, guard, parse};
use crate::guard::{Access, Binding};

#[test]
fn where_tokens_must_be_bound_the_challenges_are_those_of_the_accepted_schemes() {
    let bound = guard().with_access(Access::default().with_binding(Binding::Required));
    let (missing, tampered) = ("pages without a token", "pages with a tampered token");
    let (dpop, both) = (
        json!({ "DPoP": null }),
        json!({ "Bearer": null, "DPoP": null }),
    );
    let refused = json!({ "Bearer": "invalid_token", "DPoP": null });
    for (guard, name, challenges) in [
        (bound.clone(), missing, &dpop),
        (bound.clone(), tampered, &refused),
        (
            bound.clone().with_certificate_bound_tokens(),
            missing,
            &both,
        ),
        (bound.with_certificate_bound_tokens(), tampered, &refused),
    ] {
        let collection = parse(&files_by(&guard, || Api).collection);

        let items = collection["item"].as_array().unwrap().iter();
        let item = items.clone().find(|item| item["name"] == name).unwrap();
        assert_eq!(&expected(item)["challenges"], challenges, "{name}");
    }
}
