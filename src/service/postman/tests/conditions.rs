//! What the collection says of conditions that the document does not decide.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Access, files, parse};
use crate::guard::Requirement;

fn request(collection: &str, name: &str) -> Value {
    let collection = parse(collection);
    let items = collection["item"].as_array().unwrap().iter();
    let mut found = items.filter(|item| item["name"] == name);
    found
        .next()
        .unwrap_or_else(|| panic!("no request {name}"))
        .clone()
}

#[test]
fn a_condition_is_described_and_the_answer_to_a_token_is_not_tested() {
    let none = Requirement::default;
    #[rustfmt::skip] // A row a line.
    let rows = [
        ("a class", none().with_acr(["phr"]), "The user must be authenticated with the class (`acr`) `phr`."),
        ("an age", none().with_max_age(Duration::from_secs(300)), "The user must have signed in (`auth_time`) within the last 5 min."),
        ("a claim", none().with_claim("role", ["admin"]), "The claim `role` must have an accepted value."),
        ("a client", none().with_clients(["secret-client"]), "The token must be for an accepted client."),
        ("an owner", none().with_owner("id", "report"), "The parameter `id` must equal the claim `report`."),
        ("a check", none().with_check("closed", |_, _| true), "The check `closed` must accept the call."),
    ];
    for (row, requirement, sentence) in rows {
        let collection = files(Access::default().with_operation("pages", requirement)).collection;

        let with_token = request(&collection, "pages with a token");
        let without = request(&collection, "pages without a token");
        let about = with_token["request"]["description"].as_str().unwrap();
        let expected = format!(
            "Sends the access token of the first request. The response depends on the caller, so \
             this request tests nothing. {sentence}"
        );
        assert!(about.starts_with(&expected), "{row}: {about}");
        assert_eq!(with_token["event"], json!([]), "{row}");
        assert_eq!(with_token["response"], json!([]), "{row}");
        // A refusal does not depend on the caller.
        assert_eq!(without["event"].as_array().unwrap().len(), 1, "{row}");
        assert!(!collection.contains("secret-client"), "{row}");
    }
}

#[test]
fn without_a_condition_the_answer_to_a_token_is_tested() {
    let scope = Requirement::new("reports:admin".parse().unwrap());
    let collection = files(Access::default().with_operation("pages", scope)).collection;

    let with_token = request(&collection, "pages with a token");

    let about = with_token["request"]["description"].as_str().unwrap();
    assert!(
        about.contains("The API must answer as the document describes."),
        "{about}"
    );
    assert_eq!(with_token["event"].as_array().unwrap().len(), 1);
    assert_eq!(with_token["response"].as_array().unwrap().len(), 1);
}
