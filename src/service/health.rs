//! Whether the process lives, and whether it can verify tokens.

use std::sync::Arc;

use http::StatusCode;
use http::header::CACHE_CONTROL;
use poem::endpoint::{Endpoint, make_sync};
use poem::{IntoResponse, Response};

use crate::issuer::RemoteKeySet;

pub(super) fn live() -> Response {
    answer(StatusCode::OK, "alive\n")
}

/// 503 until keys are held, and again when they have become too old.
pub(super) fn ready(keys: Arc<RemoteKeySet>) -> impl Endpoint + 'static {
    make_sync(move |_| match keys.status().keys {
        0 => answer(
            StatusCode::SERVICE_UNAVAILABLE,
            "no keys to verify tokens with\n",
        ),
        _ => answer(StatusCode::OK, "ready\n"),
    })
}

fn answer(status: StatusCode, text: &'static str) -> Response {
    text.with_header(CACHE_CONTROL, "no-store")
        .with_status(status)
        .into_response()
}
