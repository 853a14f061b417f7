//! Refusals in the two forms that Okta uses: OAuth's, and its own.

use poem::http::{StatusCode, header};
use poem::{IntoResponse, Response};
use serde_json::json;

use super::mint::random_handle;

/// An error of the token endpoint and its neighbours. RFC 6749 section 5.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) error: &'static str,
    pub(super) description: &'static str,
}

impl Refusal {
    pub(super) const fn invalid_request(description: &'static str) -> Self {
        Self {
            error: "invalid_request",
            description,
        }
    }

    pub(super) const fn invalid_client(description: &'static str) -> Self {
        Self {
            error: "invalid_client",
            description,
        }
    }

    pub(super) const fn invalid_scope(description: &'static str) -> Self {
        Self {
            error: "invalid_scope",
            description,
        }
    }

    pub(super) const fn unauthorized_client(description: &'static str) -> Self {
        Self {
            error: "unauthorized_client",
            description,
        }
    }

    pub(super) const fn unsupported_grant_type(description: &'static str) -> Self {
        Self {
            error: "unsupported_grant_type",
            description,
        }
    }

    pub(super) const fn invalid_grant(description: &'static str) -> Self {
        Self {
            error: "invalid_grant",
            description,
        }
    }

    /// RFC 7009 section 2.2.1.
    pub(super) const fn temporarily_unavailable(description: &'static str) -> Self {
        Self {
            error: "temporarily_unavailable",
            description,
        }
    }

    fn status(self) -> StatusCode {
        match self.error {
            "invalid_client" => StatusCode::UNAUTHORIZED,
            "temporarily_unavailable" => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::BAD_REQUEST,
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = Response::builder()
            .status(self.status())
            .header(header::CACHE_CONTROL, "no-store");
        if self.error == "invalid_client" {
            response = response.header(header::WWW_AUTHENTICATE, "Basic realm=\"dev\"");
        }
        json_body(
            response,
            &json!({ "error": self.error, "error_description": self.description }),
        )
    }
}

/// Okta's answer when `server` is no authorization server of the organisation.
pub(super) fn unknown_server(server: &str) -> Response {
    json_body(
        Response::builder().status(StatusCode::NOT_FOUND),
        &json!({
            "errorCode": "E0000007",
            "errorSummary":
                format!("Not found: Resource not found: {server} (AuthorizationServer)"),
            "errorLink": "E0000007",
            "errorId": format!("oae{}", random_handle()),
            "errorCauses": [],
        }),
    )
}

/// Finishes a response with a JSON body.
pub(super) fn json_body(response: poem::ResponseBuilder, body: &serde_json::Value) -> Response {
    response
        .header(header::CONTENT_TYPE, "application/json")
        .body(body.to_string())
}
