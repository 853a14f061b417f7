//! The responses to requests to sign a user out, by form.
//!
//! | form | done | not valid | failed here |
//! | --- | --- | --- | --- |
//! | global token revocation | 204 | 400, 401, 403, 404 | 422, 503 |
//! | back-channel logout | 200 | 400 | 503 |
//! | security event | 202 | 400 with `err` (RFC 8935) | 503 |

use std::time::Duration;

use http::header::{ALLOW, CACHE_CONTROL, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use poem::{IntoResponse, Response};
use serde_json::json;

use crate::guard::Problem;
use crate::token::{SignOutError, SignOutForm};

use super::refusal::LogoutRefusal;

pub(super) fn done(form: SignOutForm) -> Response {
    let status = match form {
        SignOutForm::GlobalRevocation => StatusCode::NO_CONTENT,
        SignOutForm::BackChannel => StatusCode::OK,
        SignOutForm::SessionRevoked => StatusCode::ACCEPTED,
    };
    let mut response = status.into_response();
    let no_store = HeaderValue::from_static("no-store");
    response.headers_mut().insert(CACHE_CONTROL, no_store);
    response
}

pub(super) fn refused(form: SignOutForm, refusal: &LogoutRefusal) -> Response {
    let mut problem = refusal.problem();
    if form != SignOutForm::GlobalRevocation {
        problem.status = if refusal.is_failure() {
            StatusCode::SERVICE_UNAVAILABLE
        } else {
            StatusCode::BAD_REQUEST
        };
    }
    let status = problem.status;
    let mut response = match form {
        SignOutForm::SessionRevoked if status == StatusCode::BAD_REQUEST => {
            event_error(refusal, &problem)
        }
        _ => problem.into_response(),
    };
    let headers = response.headers_mut();
    if status == StatusCode::UNAUTHORIZED {
        let challenge = match refusal {
            LogoutRefusal::Credentials(_) => "Bearer realm=\"logout\"",
            _ => "Bearer realm=\"logout\", error=\"invalid_token\"",
        };
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    }
    if status == StatusCode::SERVICE_UNAVAILABLE {
        headers.insert(RETRY_AFTER, HeaderValue::from_static("5"));
    }
    response
}

/// RFC 8935 section 2.3.
fn event_error(refusal: &LogoutRefusal, problem: &Problem) -> Response {
    let code = match refusal {
        LogoutRefusal::Token(
            SignOutError::UnknownKey
            | SignOutError::BadSignature
            | SignOutError::AlgorithmNotAllowed,
        ) => "invalid_key",
        LogoutRefusal::Token(SignOutError::WrongIssuer) => "invalid_issuer",
        LogoutRefusal::Token(SignOutError::WrongAudience) => "invalid_audience",
        _ => "invalid_request",
    };
    let body = json!({ "err": code, "description": problem.reason });
    let response = body.to_string().with_content_type("application/json");
    let response = response.with_status(StatusCode::BAD_REQUEST);
    response
        .with_header(CACHE_CONTROL, "no-store")
        .into_response()
}

pub(super) fn method_not_allowed() -> Response {
    let problem = Problem {
        status: StatusCode::METHOD_NOT_ALLOWED,
        detail: "This path does not support this method.",
        reason: "method_not_allowed",
    };
    let mut response = problem.into_response();
    let allowed = HeaderValue::from_static("POST");
    response.headers_mut().insert(ALLOW, allowed);
    response
}

pub(super) fn too_many_requests(pause: Duration) -> Response {
    let problem = Problem {
        status: StatusCode::TOO_MANY_REQUESTS,
        detail: "This address has sent too many requests that were refused.",
        reason: "too_many_requests",
    };
    let mut response = problem.into_response();
    let seconds = pause.as_secs() + 1;
    response.headers_mut().insert(RETRY_AFTER, seconds.into());
    response
}
