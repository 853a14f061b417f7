//! Error answers: problems (RFC 9457) like those of the host, documented for each operation.

use poem::http::StatusCode;
use poem_openapi::payload::Json;
use poem_openapi::types::{ParseFromJSON, ToJSON};
use poem_openapi::{ApiResponse, Object};

/// What went wrong.
#[derive(Object)]
#[oai(rename = "ShopProblem")]
pub(crate) struct Problem {
    /// Always `about:blank`: the status says which problem it is.
    #[oai(rename = "type")]
    kind: String,
    /// The name of the status.
    title: String,
    /// The status of the answer.
    status: u16,
    /// One sentence for the developer of the client.
    detail: String,
    /// A stable word for programs.
    reason: String,
}

/// The database failed. The host replaces the body of what an operation returns as `Err`.
#[derive(ApiResponse)]
pub(crate) enum Failure {
    /// The shop cannot do this at the moment.
    #[oai(status = 500, content_type = "application/problem+json")]
    Internal(Json<Problem>),
}

impl From<sqlx::Error> for Failure {
    /// Logs what callers must not learn.
    fn from(error: sqlx::Error) -> Self {
        tracing::error!(%error, "a database statement failed");
        let detail = "The shop cannot do this at the moment.";
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        Self::Internal(Problem::json(status, "internal_error", detail))
    }
}

/// The answer to an operation that shows something.
#[derive(ApiResponse)]
pub(crate) enum Lookup<T: ParseFromJSON + ToJSON + Send + Sync> {
    /// Here it is.
    #[oai(status = 200)]
    Found(Json<T>),
    /// It does not exist, or it belongs to somebody else.
    #[oai(status = 404, content_type = "application/problem+json")]
    NotFound(Json<Problem>),
}

impl Problem {
    fn json(status: StatusCode, reason: &str, detail: &str) -> Json<Self> {
        Json(Self {
            kind: "about:blank".to_owned(),
            title: status.canonical_reason().unwrap_or_default().to_owned(),
            status: status.as_u16(),
            detail: detail.to_owned(),
            reason: reason.to_owned(),
        })
    }
}

pub(crate) fn not_found(detail: &str) -> Json<Problem> {
    Problem::json(StatusCode::NOT_FOUND, "not_found", detail)
}

pub(crate) fn conflict(reason: &str, detail: &str) -> Json<Problem> {
    Problem::json(StatusCode::CONFLICT, reason, detail)
}

pub(crate) fn unsupported(detail: &str) -> Json<Problem> {
    let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
    Problem::json(status, "unsupported_media_type", detail)
}
