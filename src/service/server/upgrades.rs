//! Which connections are upgraded, on one listener.
//!
//! 1. Only a request of HTTP/1.1 without a body can ask for it. For any other, the handler
//!    finds nothing to take, as RFC 9110 section 7.8 allows.
//! 2. Where there are too many upgraded connections already, the handler finds nothing to
//!    take either, and the client gets 503 where it would have got 101.
//! 3. A WebSocket client that has sent bytes before the answer gets 400: they could not be
//!    followed.
//! 4. The handler agrees with 101.

use std::sync::Arc;

use http::header::{CONNECTION, RETRY_AFTER, UPGRADE};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Version};
use hyper::body::{Body, Incoming};
use hyper::upgrade::OnUpgrade;
use poem::{IntoResponse, Response};

use super::connections::Connections;
use super::limits::Limits;
use super::messages::Messages;
use super::pace::Pace;
use super::upgrade::Upgrade;
use crate::guard::Problem;

/// The upgraded connections of one listener.
pub(super) struct Upgrades {
    connections: Arc<Connections>,
    max_upgraded: usize,
    max_message_bytes: u64,
}

impl Upgrades {
    pub(super) fn new(connections: Arc<Connections>, limits: &Limits) -> Self {
        Self {
            connections,
            max_upgraded: limits.max_upgraded,
            max_message_bytes: limits.max_message_bytes,
        }
    }

    /// The upgrade that this request asks for. If the request cannot be upgraded, its handler cannot upgrade it.
    pub(super) fn asked(&self, request: &mut http::Request<Incoming>, pace: &Pace) -> Asked {
        if request.extensions().get::<OnUpgrade>().is_none() {
            return Asked::Nothing;
        }
        let can_upgrade = request.version() == Version::HTTP_11
            && request.method() != Method::CONNECT
            && request.body().is_end_stream();
        if !can_upgrade {
            request.extensions_mut().remove::<OnUpgrade>();
            return Asked::Nothing;
        }
        let Some(slot) = self.connections.upgrade(self.max_upgraded) else {
            request.extensions_mut().remove::<OnUpgrade>();
            return Asked::TooMuch;
        };
        let is_web_socket = names_web_socket(request.headers());
        let messages = is_web_socket.then(|| Messages::new(self.max_message_bytes));
        pace.asks_for_upgrade(Upgrade::asked(slot, messages));
        Asked::Upgrade
    }
}

/// The upgrade that a request asks for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// For an answer and nothing else.
    Nothing,
    /// For an upgrade, if the handler agrees.
    Upgrade,
    /// For an upgrade, when there are too many already.
    TooMuch,
}

impl Asked {
    /// What is answered before the handler is asked.
    pub(super) fn refusal(self, pace: &Pace) -> Option<Response> {
        if self != Self::Upgrade || pace.waits_for_upgrade() {
            return None;
        }
        let mut refusal = EARLY_BYTES.into_response();
        refusal.headers_mut().insert(CONNECTION, CLOSE);
        Some(refusal)
    }

    /// What is answered, given the handler's answer.
    pub(super) fn settle(self, response: Response, pace: &Pace) -> Response {
        let agrees = response.status() == StatusCode::SWITCHING_PROTOCOLS;
        match self {
            Self::Upgrade if agrees => pace.agree_to_upgrade(),
            Self::Upgrade => pace.refuse_upgrade(),
            // The handler received no stream, which is a fault of the server.
            Self::TooMuch if agrees || response.status().is_server_error() => {
                let mut refusal = TOO_MANY.into_response();
                refusal.headers_mut().insert(RETRY_AFTER, LATER);
                return refusal;
            }
            Self::Nothing | Self::TooMuch => {}
        }
        response
    }
}

fn names_web_socket(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(UPGRADE).into_iter();
    let mut protocols = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b','));
    protocols.any(|protocol| protocol.trim_ascii().eq_ignore_ascii_case(b"websocket"))
}

const EARLY_BYTES: Problem = Problem {
    status: StatusCode::BAD_REQUEST,
    detail: "A request for an upgrade must be answered before anything else is sent.",
    reason: "early_bytes",
};
const TOO_MANY: Problem = Problem {
    status: StatusCode::SERVICE_UNAVAILABLE,
    detail: "Too many upgraded connections are open.",
    reason: "too_many_upgraded",
};
const CLOSE: HeaderValue = HeaderValue::from_static("close");
/// Seconds.
const LATER: HeaderValue = HeaderValue::from_static("5");
