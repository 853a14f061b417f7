//! Values of a token as they may be shown.

use serde_json::Value;

/// JSON in ASCII and of limited length, so that an unverified string cannot control the terminal.
pub(super) fn shown(value: &Value) -> String {
    let mut text: String = value.to_string().escape_default().collect();
    // Quotes and backslashes are JSON's own.
    text = text.replace("\\\"", "\"").replace("\\\\", "\\");
    if text.len() > MAX_SHOWN {
        text.truncate(MAX_SHOWN);
        text.push_str(" ..");
    }
    text
}

const MAX_SHOWN: usize = 200;
