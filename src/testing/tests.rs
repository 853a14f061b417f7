//! What a body has against its schema, by tables.

use serde_json::{Value, json};

use super::schema::misfit;

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
fn a_value_that_does_not_fit_its_schema_is_reported_with_the_reason() {
    for (name, schema, value, expected) in [
        ("anything", json!({}), json!([1, "a"]), None),
        ("a type", json!({ "type": "string" }), json!("a"), None),
        ("another type", json!({ "type": "string" }), json!(1), Some("body is not of type \"string\"")),
        ("a whole number", json!({ "type": "integer" }), json!(1.0), None),
        ("half of one", json!({ "type": "integer" }), json!(1.5), Some("body is not of type \"integer\"")),
        ("one of two types", json!({ "type": ["string", "null"] }), json!(null), None),
        ("none of two types", json!({ "type": ["string", "null"] }), json!(1), Some("body is not of type [\"string\",\"null\"]")),
        ("below a reference", named("Tree"), json!({ "children": [{ "children": [] }] }), None),
        ("far below", named("Tree"), json!({ "children": [{ "children": [{}] }] }), Some("body/children/0/children/0/children is missing")),
        ("null by name", named("Tree"), json!({ "children": [], "size": null }), None),
        ("null where it may be left out", named("Tree"), json!({ "children": [], "name": null }), None),
        ("null where it is required", named("Named"), json!({ "name": null }), Some("body/name is not of type \"string\"")),
        ("a value listed", named("Named"), json!({ "name": "elm" }), None),
        ("a value not listed", named("Named"), json!({ "name": "ash" }), Some("body/name is none of the values listed")),
        ("all of", json!({ "allOf": [named("Tree"), named("Named")] }), json!({ "children": [], "name": "oak" }), None),
        ("not all of", json!({ "allOf": [named("Tree"), named("Named")] }), json!({ "name": "oak" }), Some("body/children is missing")),
        ("any of", json!({ "anyOf": [named("Tree"), named("Named")] }), json!({ "name": "oak" }), None),
        ("none of", json!({ "oneOf": [named("Tree"), named("Named")] }), json!({ "name": 1 }), Some("body fits nothing of `oneOf`")),
        ("a map", json!({ "type": "object", "additionalProperties": { "type": "integer" } }), json!({ "a": 1 }), None),
        ("a map of others", json!({ "type": "object", "additionalProperties": { "type": "integer" } }), json!({ "a": "1" }), Some("body/a is not of type \"integer\"")),
        ("a map of anything", json!({ "type": "object", "additionalProperties": true }), json!({ "a": "1" }), None),
        ("a circle", named("Circle"), json!(1), None),
    ] {
        assert_eq!(misfit(&document(), &schema, &value, "body").as_deref(), expected, "{name}");
    }
}
