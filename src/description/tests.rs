//! What the walk reads and makes up, by tables.

use serde_json::{Value, json};

use super::challenge::parse;
use super::operation::Operation;
use super::request::SampleRequest;
use super::sample::Samples;
use super::scheme::accepts_bearer;

fn document() -> Value {
    json!({ "components": {
        "schemas": {
            "Tree": { "type": "object", "required": ["children"], "properties": {
                "children": { "type": "array", "items": { "$ref": "#/components/schemas/Tree" } },
                "name": { "type": "string" },
                "size": { "type": "integer", "nullable": true },
            }},
            "Named": { "type": "object", "required": ["name"], "properties": {
                "name": { "type": "string", "enum": ["oak", "elm"] },
            }},
            "Circle": { "$ref": "#/components/schemas/Circle" },
        },
        "examples": { "one": { "value": "by name" } },
    }})
}

fn named(name: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{name}") })
}

#[test]
#[rustfmt::skip] // A row a line.
fn challenges_are_separated_in_every_notation() {
    for (name, field, expected) in [
        ("one", "Bearer realm=\"api\"", &[("realm", "api")][..]),
        ("no parameter", "Bearer", &[]),
        ("any case, no quotes, blanks", "bearer ERROR = invalid_token ,scope=a", &[("error", "invalid_token"), ("scope", "a")]),
        ("commas and quotes inside of quotes", r#"Bearer realm="a, \"b\", c=d", error="x""#, &[("realm", "a, \"b\", c=d"), ("error", "x")]),
        ("empty elements", "Bearer realm=\"api\", , error=\"x\"", &[("realm", "api"), ("error", "x")]),
    ] {
        let challenges = parse(field);

        assert_eq!(challenges.len(), 1, "{name}");
        assert!(challenges[0].is_bearer(), "{name}");
        for (parameter, value) in expected {
            assert_eq!(challenges[0].parameter(parameter), Some(*value), "{name}");
        }
    }

    for (name, field, expected) in [
        ("none", "", 0),
        ("two", "Bearer realm=\"a\", Basic realm=\"b\"", 2),
        ("two without parameters", "Negotiate, Bearer", 2),
        ("a token in place of parameters", "Negotiate YWJj==, Bearer realm=\"a\"", 2),
    ] {
        assert_eq!(parse(field).len(), expected, "{name}");
    }
}

#[test]
#[rustfmt::skip] // A row a line.
fn a_sample_is_an_example_or_of_the_type() {
    for (name, described, expected) in [
        ("its example", json!({ "example": 7, "schema": { "type": "string" } }), json!(7)),
        ("a named example", json!({ "examples": { "a": { "$ref": "#/components/examples/one" } } }), json!("by name")),
        ("the schema's example", json!({ "schema": { "type": "string", "example": "a" } }), json!("a")),
        ("the default", json!({ "schema": { "type": "string", "default": "b" } }), json!("b")),
        ("a value listed", json!({ "schema": { "type": "string", "enum": ["c", "d"] } }), json!("c")),
        ("a number", json!({ "schema": { "type": "integer" } }), json!(1)),
        ("the least number", json!({ "schema": { "type": "integer", "minimum": 8 } }), json!(8)),
        ("the least as poem-openapi writes it", json!({ "schema": { "type": "integer", "minimum": 2.5 } }), json!(3)),
        ("more than the least", json!({ "schema": { "type": "integer", "minimum": 8.0, "exclusiveMinimum": true } }), json!(9)),
        ("more than the most", json!({ "schema": { "type": "integer", "minimum": i64::MAX, "exclusiveMinimum": true } }), json!(i64::MAX)),
        ("a long text", json!({ "schema": { "type": "string", "minLength": 8 } }), json!("samplexx")),
        ("a date", json!({ "schema": { "type": "string", "format": "date" } }), json!("2026-01-01")),
        ("a list", json!({ "schema": { "type": "array", "items": { "type": "boolean" } } }), json!([true])),
        ("what is required", json!({ "schema": named("Named") }), json!({ "name": "oak" })),
        ("all of", json!({ "schema": { "allOf": [named("Named"), { "required": ["n"], "properties": { "n": { "type": "integer" } } }] } }), json!({ "name": "oak", "n": 1 })),
        ("the first of any", json!({ "schema": { "anyOf": [{ "type": "integer" }, named("Named")] } }), json!(1)),
        ("a circle", json!({ "schema": named("Circle") }), json!(null)),
    ] {
        assert_eq!(Samples::new(&document()).sample(&described), expected, "{name}");
    }
}

#[test]
fn a_document_requires_bound_tokens_if_it_names_no_other_scheme_of_tokens() {
    let rows: [(&str, &[&str], bool); 7] = [
        ("bearer tokens", &["bearer"], true),
        ("bearer tokens and DPoP", &["bearer", "dpop"], true),
        ("DPoP", &["dpop"], false),
        ("DPoP and certificates", &["certificate", "dpop"], false),
        ("certificates", &["certificate"], false),
        ("all of them", &["bearer", "certificate", "dpop"], true),
        ("a flow alone", &["flow"], true),
    ];
    for (name, schemes, expected) in rows {
        let security: Vec<_> = schemes.iter().map(|it| json!({ *it: [] })).collect();
        let document = json!({
            "paths": { "/me": { "get": { "security": security } } },
            "components": { "securitySchemes": {
                "bearer": { "type": "http", "scheme": "Bearer" },
                "dpop": { "type": "http", "scheme": "dpop" },
                "certificate": {
                    "type": "http", "scheme": "bearer",
                    "x-tls-client-certificate-bound-access-tokens": true,
                },
                "flow": { "type": "oauth2", "flows": {} },
            } },
        });

        let operation = Operation::all(&document)
            .next()
            .and_then(Result::ok)
            .unwrap();

        assert_eq!(accepts_bearer(&operation.rule), expected, "{name}");
    }
}

#[test]
fn a_type_that_holds_itself_has_an_end() {
    let sample = Samples::new(&document()).sample(&json!({ "schema": named("Tree") }));

    assert!(sample["children"][0]["children"].is_array());
}

#[test]
fn a_type_that_holds_itself_twenty_times_over_has_an_end() {
    let names: Vec<_> = (0..20).map(|number| format!("child_{number}")).collect();
    let properties: serde_json::Map<_, _> = names
        .iter()
        .map(|name| (name.clone(), named("Wide")))
        .collect();
    let mut document = document();
    document["components"]["schemas"]["Wide"] =
        json!({ "type": "object", "required": names, "properties": properties });

    let sample = Samples::new(&document).sample(&json!({ "schema": named("Wide") }));

    assert!(sample["child_0"]["child_0"].is_object());
    let bytes = sample.to_string().len();
    assert!(bytes < 128 * 1024, "{bytes} bytes");
}

#[test]
fn a_value_of_the_document_is_used_completely_or_not_at_all() {
    for (name, bytes, is_taken) in [("long", 65_000, true), ("too long", 70_000, false)] {
        let example = json!("x".repeat(bytes));

        let sample = Samples::new(&document()).sample(&json!({ "example": example }));

        assert_eq!(sample == example, is_taken, "{name}");
    }
    let many = Value::Array(vec![json!(null); 1_000_000]);
    assert_eq!(
        Samples::new(&document()).sample(&json!({ "example": many })),
        json!(null)
    );
}

#[test]
fn the_values_of_one_request_share_their_bound() {
    let document = document();
    let mut samples = Samples::new(&document);
    let example = json!({ "example": "x".repeat(40_000) });

    assert!(samples.sample(&example).is_string());
    assert!(samples.sample(&example).is_null());
    assert!(
        samples
            .sample(&json!({ "schema": named("Named") }))
            .is_null()
    );
}

#[test]
fn a_header_of_the_connection_or_the_caller_is_no_parameter() {
    let header = |name: &str| json!({ "name": name, "in": "header", "required": true });
    for (name, is_sent) in [
        ("X-Tenant", true),
        ("If-Match", true),
        ("Authorization", false),
        ("authorization", false),
        ("Accept", false),
        ("Content-Type", false),
        ("Host", false),
        ("content-length", false),
        ("Transfer-Encoding", false),
        ("Connection", false),
        ("Proxy-Authorization", false),
        ("Origin", false),
        ("X-HTTP-Method-Override", false),
    ] {
        let document = json!({ "paths": { "/a": { "get": { "parameters": [header(name)] } } } });
        let operation = Operation::all(&document).next().unwrap();
        let Ok(operation) = operation else {
            panic!("{name}: an operation like any other")
        };

        let request = SampleRequest::new(&operation, "/api", &[]);

        let names: Vec<_> = request.headers.iter().map(|(name, _)| name).collect();
        assert_eq!(names.contains(&&name.to_owned()), is_sent, "{name}");
    }
}
