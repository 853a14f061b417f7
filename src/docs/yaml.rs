//! A document as YAML that has the same meaning for readers of YAML 1.2 and of YAML 1.1.
//!
//! `serde_yaml_ng` writes YAML 1.2, where `2026-01-01T00:00:00Z` is a string. Many readers, such as
//! `PyYAML`, implement YAML 1.1, where it is a time. Such a string goes through the writer between
//! two marks, which become quotes afterwards.

use serde_json::{Map, Value};

/// Writes a JSON value as YAML.
pub(super) fn to_yaml(document: &Value) -> String {
    let marked = marked(document);
    let yaml = serde_yaml_ng::to_string(&marked).expect("JSON is YAML");
    yaml.replace(MARK, "'")
}

/// The document with its ambiguous strings between marks.
fn marked(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::String(marked_text(text)),
        Value::Array(values) => values.iter().map(marked).collect(),
        Value::Object(members) => {
            let members = members.iter();
            let members = members.map(|(name, value)| (marked_text(name), marked(value)));
            Value::Object(members.collect::<Map<_, _>>())
        }
        _ => value.clone(),
    }
}

fn marked_text(text: &str) -> String {
    if is_ambiguous(text) {
        format!("{MARK}{text}{MARK}")
    } else {
        // A mark in the document must not become a quote.
        text.replace(MARK, "")
    }
}

/// Whether a reader of YAML 1.1 might find a time, a number, a boolean, a merge or a default:
/// what it resolves has one of these words, or begins as a number does and has no other
/// characters than these.
fn is_ambiguous(text: &str) -> bool {
    const WORDS: [&str; 8] = ["y", "n", "yes", "no", "on", "off", "=", "<<"];
    let is_of_number = |byte: u8| byte.is_ascii_hexdigit() || b"xXoOtTzZ:_.+- ".contains(&byte);
    // Of three numbers, as `3.0.0`: a version, in both.
    let is_version = text.matches('.').count() > 1
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'.');
    let begins_number = text.starts_with(|it: char| it.is_ascii_digit() || "+-.".contains(it));
    WORDS.iter().any(|word| text.eq_ignore_ascii_case(word))
        || begins_number
            && !is_version
            && text.bytes().any(|byte| byte.is_ascii_digit())
            && text.bytes().all(is_of_number)
}

/// A character for private use, so no document has it. YAML does not quote it.
const MARK: char = '\u{e000}';

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_yaml_1_1_reads_otherwise_is_quoted() {
        for text in [
            "2026-01-01",
            "2026-01-01T00:00:00Z",
            "2026-01-01T00:00:00+00:00",
            "2026-01-01 00:00:00.5 -1:00",
            "190:20:30",
            "12:30",
            "1_000",
            "0b1010",
            "0o14",
            "017",
            "+1.5e3",
            "-.5",
            "yes",
            "No",
            "ON",
            "=",
            "<<",
            "1",
            "1.0",
        ] {
            let yaml = to_yaml(&json!({ "at": text, "list": [text], text: true }));

            let expected = format!("at: '{text}'\nlist:\n- '{text}'\n'{text}': true\n");
            assert_eq!(yaml, expected, "{text}");
        }
    }

    #[test]
    fn what_both_read_alike_is_left_as_it_is() {
        for text in [
            "ada",
            "v1",
            "on time",
            "1 minute ago",
            "a: 2026-01-01",
            "-",
            "...",
            "3.0.0",
        ] {
            let document = json!({ "text": text });

            let yaml = to_yaml(&document);

            let plain = serde_yaml_ng::to_string(&document);
            assert_eq!(yaml, plain.expect("YAML"), "{text}");
        }
        let lines = "at:\n  2026-01-01\n  yes\n";
        assert_eq!(
            to_yaml(&json!(lines)),
            "|\n  at:\n    2026-01-01\n    yes\n"
        );
        assert_eq!(to_yaml(&json!("a\u{e000}b")), "ab\n");
    }

    #[test]
    fn what_is_written_reads_back_as_it_was() {
        let document = json!({
            "2026-01-01": "2026-01-01", "off": ["on", 1, 1.5, null, true], "b": { "=": "<<" },
        });

        let read: Value = serde_yaml_ng::from_str(&to_yaml(&document)).expect("YAML");

        assert_eq!(read, document);
    }
}
