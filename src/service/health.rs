//! Whether the process lives, and whether it can verify tokens.

use std::sync::Arc;

use http::StatusCode;
use http::header::CACHE_CONTROL;
use poem::endpoint::{Endpoint, make_sync};
use poem::{IntoResponse, Response};
use tokio::sync::watch;

use crate::issuer::RemoteKeySet;

use super::server::Stage;

pub(super) fn live() -> Response {
    answer(StatusCode::OK, "alive\n")
}

/// 503 until keys are held, again when they have become too old, and from the moment when
/// the end is announced.
pub(super) fn ready(
    keys: Arc<RemoteKeySet>,
    stage: watch::Receiver<Stage>,
) -> impl Endpoint<Output = Response> + 'static {
    make_sync(move |_| match keys.status().keys {
        _ if *stage.borrow() != Stage::Open => {
            answer(StatusCode::SERVICE_UNAVAILABLE, "stopping\n")
        }
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
