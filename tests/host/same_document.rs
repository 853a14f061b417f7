//! The document of the host describes what poem-openapi's own document describes.

use poem_resource_server::testing::{Issuer, TestApplication};
use serde_json::Value;

use crate::kinds;

#[tokio::test]
async fn the_document_has_the_same_operations_and_schemas() {
    let theirs: Value = serde_json::from_str(&kinds::service().spec()).unwrap();
    let hosted = TestApplication::new(kinds::hosted());
    let hosted = hosted.start(&Issuer::new()).await.unwrap();

    let ours = hosted.document().as_value();

    let keys = |value: &Value| -> Vec<String> {
        let members = value.as_object().unwrap();
        members.keys().cloned().collect()
    };
    assert_eq!(keys(&ours["paths"]), keys(&theirs["paths"]));
    assert_eq!(ours["webhooks"], theirs["webhooks"]);
    assert_eq!(ours["tags"], theirs["tags"]);
    for (path, item) in theirs["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let here = &ours["paths"][path][method];
            assert_eq!(here["requestBody"], tidy(&operation["requestBody"]));
            for member in [
                "tags",
                "summary",
                "description",
                "parameters",
                "operationId",
                "deprecated",
            ] {
                assert_eq!(here[member], operation[member], "{method} {path} {member}");
            }
            for (status, answer) in operation["responses"].as_object().unwrap() {
                let ours = &here["responses"][status];
                let content = &tidy(answer)["content"];
                assert_eq!(&ours["content"], content, "{method} {path} {status}");
                // An empty one is filled in.
                if answer["description"] != "" {
                    assert_eq!(
                        ours["description"], answer["description"],
                        "{method} {path}"
                    );
                }
            }
        }
    }
    for (name, schema) in theirs["components"]["schemas"].as_object().unwrap() {
        assert_eq!(&ours["components"]["schemas"][name], schema, "{name}");
    }
}

/// Media types are printed without their charset.
fn tidy(value: &Value) -> Value {
    let text = value.to_string().replace("; charset=utf-8\":", "\":");
    serde_json::from_str(&text).unwrap()
}
