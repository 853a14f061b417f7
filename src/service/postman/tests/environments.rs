//! The environments, which contain what the requests need.

use super::{files, parse};
use crate::guard::Access;
use serde_json::Value;

#[test]
fn the_environments_contain_the_variables_of_the_requests() {
    let files = files(Access::default());
    let values = |text: &str| -> Vec<(String, String)> {
        let environment = parse(text);
        let values = environment["values"].as_array().unwrap().iter();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        values
            .map(|it| (text(&it["key"]), text(&it["value"])))
            .collect()
    };

    let local = values(&files.environment);
    let okta = values(&files.okta_environment);

    for (key, value) in &local {
        assert!(files.collection.contains(key), "{key} is not asked for");
        assert!(!value.is_empty(), "{key}");
    }
    let keys = |values: &[(String, String)]| -> Vec<String> {
        values.iter().map(|it| it.0.clone()).collect()
    };
    assert_eq!(keys(&local), keys(&okta));
    let scope = okta.iter().find(|it| it.0 == "scope").unwrap();
    assert_eq!(scope.1, "reports:read reports:write");
}

#[test]
fn the_same_settings_give_the_same_bytes() {
    let first = files(Access::default());
    let second = files(Access::default());

    assert_eq!(first.collection, second.collection);
    assert_eq!(first.environment, second.environment);
    assert_eq!(first.okta_environment, second.okta_environment);
}
