//! Error answers: problems (RFC 9457) like those of the host, documented for each operation.

use poem::http::StatusCode;
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, Object};

/// What went wrong.
#[derive(Object)]
pub(crate) struct Problem {
    /// The name of the status.
    title: String,
    /// The status of the answer.
    status: u16,
    /// One sentence for the developer of the client.
    detail: String,
    /// A stable word for programs.
    reason: String,
}

/// The database failed.
#[derive(ApiResponse)]
pub(crate) enum Failure {
    /// The shop cannot do this at the moment.
    #[oai(status = 500, content_type = "application/problem+json")]
    Internal(Json<Problem>),
}

/// An error of an operation on one product or order.
#[derive(ApiResponse)]
pub(crate) enum Lookup {
    /// There is no such product or order, or it belongs to somebody else.
    #[oai(status = 404, content_type = "application/problem+json")]
    NotFound(Json<Problem>),
    /// The shop cannot do this at the moment.
    #[oai(status = 500, content_type = "application/problem+json")]
    Internal(Json<Problem>),
}

/// An error of an operation that changes something.
#[derive(ApiResponse)]
pub(crate) enum Change {
    /// There is no such product or order, or it belongs to somebody else.
    #[oai(status = 404, content_type = "application/problem+json")]
    NotFound(Json<Problem>),
    /// The product or the order is not in a state that allows this.
    #[oai(status = 409, content_type = "application/problem+json")]
    Conflict(Json<Problem>),
    /// The shop cannot do this at the moment.
    #[oai(status = 500, content_type = "application/problem+json")]
    Internal(Json<Problem>),
}

/// An error of an upload.
#[derive(ApiResponse)]
pub(crate) enum Upload {
    /// There is no such product.
    #[oai(status = 404, content_type = "application/problem+json")]
    NotFound(Json<Problem>),
    /// The file is not a picture that browsers show.
    #[oai(status = 415, content_type = "application/problem+json")]
    Unsupported(Json<Problem>),
    /// The shop cannot do this at the moment.
    #[oai(status = 500, content_type = "application/problem+json")]
    Internal(Json<Problem>),
}

impl Problem {
    fn json(status: StatusCode, reason: &str, detail: &str) -> Json<Self> {
        Json(Self {
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

/// Logs what callers are not told.
fn internal(error: &sqlx::Error) -> Json<Problem> {
    tracing::error!(%error, "a database statement failed");
    let detail = "The shop cannot do this at the moment.";
    Problem::json(StatusCode::INTERNAL_SERVER_ERROR, "database", detail)
}

/// Lets operations use `?` on statements.
macro_rules! from_database_error {
    ($($answer:ty),*) => {$(
        impl From<sqlx::Error> for $answer {
            fn from(error: sqlx::Error) -> Self {
                Self::Internal(internal(&error))
            }
        }
    )*};
}

from_database_error!(Failure, Lookup, Change, Upload);
