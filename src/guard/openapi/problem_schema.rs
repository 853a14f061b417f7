//! The schema of the body of a refusal (RFC 9457).

use serde_json::{Value, json};

/// The name of the problem schema.
pub(super) const PROBLEM: &str = "Problem";

pub(super) fn problem_schema() -> Value {
    json!({
        "type": "object",
        "title": PROBLEM,
        "description": "Problem details (RFC 9457).",
        "required": ["type", "title", "status", "detail", "reason"],
        "properties": {
            "type": {
                "type": "string",
                "description": "A link to the description of the reason, or `about:blank`.",
                "example": "about:blank",
            },
            "title": {
                "type": "string",
                "description": "The status in words.",
                "example": "Unauthorized",
            },
            "status": {
                "type": "integer",
                "format": "int32",
                "description": "The status again.",
                "minimum": 400,
                "maximum": 599,
                "example": 401,
            },
            "detail": {
                "type": "string",
                "description": "One sentence for people. It contains nothing from the request except durations.",
                "example": "The access token expired 12 min 3 s ago. Request a new one.",
            },
            "reason": {
                "type": "string",
                "description": "One stable word for programs.",
                "example": "expired",
            },
            "trace_id": {
                "type": "string",
                "description": "The trace id of this call, if the service sends traces.",
                "pattern": "^[0-9a-f]{32}$",
                "example": "0af7651916cd43dd8448eb211c80319c",
            },
        },
    })
}
