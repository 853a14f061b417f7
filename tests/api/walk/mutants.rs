//! The walk finds what differs, and nothing else: an API and its document agree, then one
//! thing is changed.

use poem::Response;
use poem::http::{HeaderValue, StatusCode};
use serde_json::{Value, json};

use super::reports::{Reports, all, declared, rewrite, with_more};

/// What is changed in something, and the faults that come of it.
type Row<T> = (&'static str, fn(&mut T), &'static [&'static str]);

/// Walks each of them and compares the faults, without the credentials that showed them.
async fn assert_found(rows: Vec<(&str, Reports, &[&str])>) {
    for (name, reports, expected) in rows {
        let report = reports.walk().await;

        let found: Vec<_> = (report.faults().iter())
            .map(|fault| format!("{}: {}", fault.operation(), fault.text()))
            .collect();
        assert_eq!(found, expected, "{name}: {report}");
        assert!(report.calls() > 30, "{name}: {report}");
        assert!(report.notes().is_empty(), "{name}: {report}");
    }
}

#[tokio::test]
async fn a_gate_that_differs_from_the_document_is_found() {
    let rules = |documented, enforced| Reports {
        enforced,
        documented,
        ..Reports::new()
    };
    let taken_for_nobody = Reports {
        request: |request| {
            if request.uri().path().ends_with("/visit") {
                request.headers_mut().remove("authorization");
            }
        },
        ..Reports::new()
    };

    assert_found(vec![
        ("as declared", rules(declared(), declared()), &[]),
        ("all", rules(all(), all()), &[]),
        (
            "with a scope by setting",
            rules(with_more(), with_more()),
            &[],
        ),
        (
            "said to be protected, and open",
            rules(all(), declared()),
            &[
                "open: 200, where the document refuses with 401",
                "open: 200, where the document refuses with 400",
                "open: 200, where the document refuses with 503",
            ],
        ),
        (
            "said to be open, and protected",
            rules(declared(), all()),
            &[
                "open: 401, where the document lets the caller through",
                "open: 400, where the document lets the caller through",
                "open: 503, where the document lets the caller through",
            ],
        ),
        (
            "a scope that the document lacks",
            rules(declared(), with_more()),
            &[
                "file: 403: the challenge has the scopes `read more`, the document `read`",
                "file: 403, where the document lets the caller through",
            ],
        ),
        (
            "a scope that nobody requires",
            rules(with_more(), declared()),
            &[
                "file: 403: the challenge has the scopes `read`, the document `read more`",
                "file: 200, where the document refuses with 403",
            ],
        ),
        (
            "bad tokens, taken for none",
            taken_for_nobody,
            &[
                "visit: 200, where the document refuses with 400",
                "visit: 200, where the document refuses with 401",
                "visit: 200, where the document refuses with 503",
            ],
        ),
    ])
    .await;
}

#[tokio::test]
async fn a_fault_names_the_credentials_that_showed_it() {
    let reports = Reports {
        documented: all(),
        ..Reports::new()
    };

    let report = reports.walk().await;

    let fault = &report.faults()[0];
    assert_eq!(fault.operation(), "open");
    assert_eq!(
        fault.attempts(),
        [
            "no credentials",
            "Basic credentials",
            "no JWT",
            "a changed signature",
            "an unsigned token",
            "an expired token",
            "a token for another audience",
            "a token of another issuer",
            "no credentials while there are no keys",
            "Basic credentials while there are no keys",
        ]
    );
}

#[tokio::test]
#[rustfmt::skip] // A row a line, or two.
async fn a_refusal_that_differs_from_the_document_is_found() {
    fn forbidden(response: &Response) -> bool {
        response.status() == StatusCode::FORBIDDEN
    }
    let html = |response: &mut Response| {
        if forbidden(response) {
            response.headers_mut().insert("content-type", HeaderValue::from_static("text/html"));
        }
    };
    let bare = |response: &mut Response| {
        if forbidden(response) {
            response.set_body(r#"{"type": "x", "title": "x", "status": 403, "detail": "x"}"#);
        }
    };
    let second_field = |response: &mut Response| {
        if forbidden(response) {
            response.headers_mut().append("www-authenticate", HeaderValue::from_static("Basic"));
        }
    };
    let answers: Vec<Row<Response>> = vec![
        ("no scope", |r| rewrite(r, |text| text.split(", scope=").next().unwrap().to_owned()),
            &["file: 403: a challenge without `scope=\"read\"`"]),
        ("another scope", |r| rewrite(r, |text| text.replace("scope=\"read\"", "scope=\"write\"")),
            &["file: 403: the challenge has the scopes `write`, the document `read`"]),
        ("two fields", second_field,
            &["file: 403: 2 challenges in place of one"]),
        ("two in one field", |r| rewrite(r, |text| text.replacen("Bearer", "Basic realm=\"a, b\", Bearer", 1)),
            &["visit: 400: 2 challenges in place of one", "visit: 401: 2 challenges in place of one",
              "file: 401: 2 challenges in place of one", "file: 400: 2 challenges in place of one",
              "file: 403: 2 challenges in place of one"]),
        ("no challenge", |r| if forbidden(r) { r.headers_mut().remove("www-authenticate"); },
            &["file: 403: 0 challenges in place of one"]),
        ("another scheme", |r| if forbidden(r) { rewrite(r, |text| text.replace("Bearer", "DPoP")); },
            &["file: 403: a challenge that is not `Bearer`"]),
        ("another error code", |r| rewrite(r, |text| text.replace("insufficient_scope", "invalid_token")),
            &["file: 403: error code invalid_token in place of insufficient_scope"]),
        ("an error code for nobody", |r| rewrite(r, |text| text.replace("realm=\"api\"", "error=\"x\"")),
            &["visit: 400: error code x in place of invalid_request", "visit: 401: error code x in place of invalid_token",
              "file: 401: error code x in place of none", "file: 400: error code x in place of invalid_request",
              "file: 401: error code x in place of invalid_token", "file: 403: error code x in place of insufficient_scope"]),
        ("for caches", |r| if forbidden(r) { r.headers_mut().remove("cache-control"); },
            &["file: 403: no `Cache-Control: no-store`"]),
        ("for how long?", |r| _ = r.headers_mut().remove("retry-after"),
            &["visit: 503: no `Retry-After` in seconds", "file: 503: no `Retry-After` in seconds"]),
        ("another media type", html,
            &["file: 403: a body of text/html, which is not described"]),
        ("no media type", |r| if forbidden(r) { r.headers_mut().remove("content-type"); },
            &["file: 403: a body of no media type, which is not described"]),
        ("no body", |r| if forbidden(r) { r.set_body(()); },
            &["file: 403: no body, where one is described"]),
        ("no JSON", |r| if forbidden(r) { r.set_body("{"); },
            &["file: 403: a body that is not JSON"]),
        ("half a problem", bare,
            &["file: 403: body/reason is missing"]),
    ];

    let rows = answers.into_iter().map(|(name, answer, faults)| {
        (name, Reports { answer, ..Reports::new() }, faults)
    });
    assert_found(rows.collect()).await;
}

#[tokio::test]
#[rustfmt::skip] // A row a line, or two.
async fn a_document_that_differs_from_the_answers_is_found() {
    fn filed(document: &mut Value) -> &mut Value {
        document.pointer_mut("/components/schemas/Filed").unwrap()
    }
    fn without_status(document: &mut Value, status: &str) {
        file(document)["responses"].as_object_mut().unwrap().shift_remove(status);
    }
    let rows: Vec<Row<Value>> = vec![
        ("no 401", |document| without_status(document, "401"),
            &["file: 401: a status that is not described"]),
        ("no 503", |document| without_status(document, "503"),
            &["file: 503: a status that is not described"]),
        ("no 200", |document| without_status(document, "200"),
            &["file: 200: a status that is not described"]),
        ("401 by its hundred", |document| {
                let answer = file(document)["responses"]["401"].clone();
                without_status(document, "401");
                file(document)["responses"]["4XX"] = answer;
            }, &[]),
        ("a header that never comes", |document| {
                file(document)["responses"]["200"]["headers"]["ETag"] = json!({ "required": true });
            }, &["file: 200: the header `ETag` is missing"]),
        ("a challenge unsaid", |document| {
                file(document)["responses"]["401"].as_object_mut().unwrap().shift_remove("headers");
            }, &["file: 401: the header `www-authenticate` is not described"]),
        ("no media type", |document| file(document)["responses"]["200"]["content"] = json!({}),
            &["file: 200: a body of application/json, which is not described"]),
        ("more is required", |document| filed(document)["required"].as_array_mut().unwrap().push("pages".into()),
            &["file: 200: body/pages is missing"]),
        ("another type", |document| filed(document)["properties"]["author"]["type"] = "integer".into(),
            &["file: 200: body/author is not of type \"integer\""]),
        ("two places that differ", |document| {
                file(document)["security"][2]["SignIn"] = json!(["write"]);
                file(document)["security"][3]["ClientCredentials"] = json!(["write"]);
            }, &["file: `security` has the scopes `write`, the example challenge of 403 `read`"]),
        ("no security at all", |document| file(document)["security"] = json!([]),
            &["file: 401, where the document lets the caller through",
              "file: 400, where the document lets the caller through",
              "file: 403, where the document lets the caller through",
              "file: 503, where the document lets the caller through"]),
        ("security of the root", |document| {
                document["security"] = file(document)["security"].take();
                file(document).as_object_mut().unwrap().shift_remove("security");
            }, &[]),
    ];

    let rows = rows.into_iter().map(|(name, document, faults)| {
        (name, Reports { document, ..Reports::new() }, faults)
    });
    assert_found(rows.collect()).await;
}

#[tokio::test]
async fn an_operation_with_only_a_foreign_scheme_is_left_out_with_a_note() {
    let reports = Reports {
        document: |document| {
            document["components"]["securitySchemes"]["Key"] = json!({ "type": "apiKey" });
            file(document)["security"] = json!([{ "Key": [] }]);
        },
        ..Reports::new()
    };

    let report = reports.walk().await;

    assert!(report.faults().is_empty(), "{report}");
    assert_eq!(
        report.notes(),
        ["file: left out, because `security` names `Key`, no scheme of bearer tokens"]
    );
}

fn file(document: &mut Value) -> &mut Value {
    document.pointer_mut("/paths/~1reports~1{id}/put").unwrap()
}
