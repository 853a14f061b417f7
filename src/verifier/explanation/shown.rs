//! Values of a token as they may be shown.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

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

/// A part of the token for display, read as leniently as possible.
pub(super) fn read(part: &str) -> Option<Map<String, Value>> {
    let bytes = URL_SAFE_NO_PAD.decode(part).ok()?;
    serde_json::from_slice(&bytes).ok()
}

const MAX_SHOWN: usize = 200;
