//! The list of denials, as the command `denylist` reads and changes it.

use reqwest::Method;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::org::{OPERATOR, Org, ada, reason};

async fn entries(org: &Org) -> Vec<Value> {
    let request = org.world.admin_request(Method::GET, "/denylist/entries");
    let answer = Answer::to(request.bearer_auth(OPERATOR)).await;
    assert_eq!(answer.status, 200);
    let lines = answer.body.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[tokio::test]
async fn operators_read_the_denials_one_a_line_and_others_do_not() {
    let org = Org::start().await;
    assert_eq!(entries(&org).await, Vec::<Value>::new());
    org.sign_out("1", &ada()).await;

    let rows = entries(&org).await;

    let denial = json!({
        "iss": org.world.issuer.issuer(),
        "email": "ada@example.com",
        "issued_before": org.now() + 1,
        "exp": org.now() + 1 + 86_400,
    });
    assert_eq!(rows, [json!({ "source": "shared", "denial": denial })]);
    let foreign = org.world.admin("/denylist/entries").await;
    assert_eq!(reason(&foreign), (401, json!("not_admitted")));
    let changed = org.world.admin_request(Method::DELETE, "/denylist/entries");
    let changed = Answer::to(changed.bearer_auth(OPERATOR)).await;
    assert_eq!(
        (changed.status, changed.header("allow")),
        (405, Some("GET, HEAD"))
    );
}

#[tokio::test]
async fn thousands_of_denials_are_read_whole() {
    let org = Org::start().await;
    for number in 0..1200 {
        let denial = json!({ "jti": number.to_string(), "exp": org.now() + 60 });
        let request = org.world.admin_request(Method::POST, "/denylist");
        let request = request.bearer_auth(OPERATOR).body(denial.to_string());
        assert_eq!(Answer::to(request).await.status, 204);
    }

    assert_eq!(entries(&org).await.len(), 1200);
}

#[tokio::test]
async fn a_change_may_say_who_makes_it_and_why_in_short_strings() {
    let org = Org::start().await;
    let long = "x".repeat(257);
    let rows = [
        ("both", "?who=ada&why=stolen%20laptop".to_owned(), 204),
        ("neither", String::new(), 204),
        ("an unknown name", "?whom=ada".to_owned(), 400),
        ("twice", "?who=ada&who=bob".to_owned(), 400),
        ("an empty string", "?who=".to_owned(), 400),
        ("a line end", "?why=a%0Ab".to_owned(), 400),
        ("a long string", format!("?why={long}"), 400),
        (
            "one that is not too long",
            format!("?why={}", &long[1..]),
            204,
        ),
    ];
    for (row, query, status) in rows {
        let denial = json!({ "jti": row, "exp": org.now() + 60 });
        let path = format!("/denylist{query}");
        let request = org.world.admin_request(Method::POST, &path);
        let request = request.bearer_auth(OPERATOR).body(denial.to_string());

        assert_eq!(Answer::to(request).await.status, status, "{row}");
    }
}
