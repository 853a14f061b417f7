//! Faults on demand, for tests: how discovery and the key set answer.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwap;
use poem::Response;
use poem::http::{StatusCode, header};

/// How the metadata and key endpoints answer. The other endpoints do not change.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Behaviour {
    /// As documented.
    Normal,
    /// Metadata and keys answer with this status and no body.
    Unavailable(StatusCode),
    /// The key endpoint sends this string as a key set, whatever it contains.
    KeySet(String),
}

/// The current behaviour, and the number of requests to each endpoint.
#[derive(Debug)]
pub(super) struct Stage {
    behaviour: ArcSwap<Behaviour>,
    requests: [(&'static str, AtomicU64); 3],
}

pub(super) const OPENID_CONFIGURATION: &str = "/.well-known/openid-configuration";
pub(super) const OAUTH_METADATA: &str = "/.well-known/oauth-authorization-server";
pub(super) const KEYS: &str = "/v1/keys";

impl Stage {
    pub(super) fn new() -> Self {
        Self {
            behaviour: ArcSwap::from_pointee(Behaviour::Normal),
            requests: [OPENID_CONFIGURATION, OAUTH_METADATA, KEYS]
                .map(|path| (path, AtomicU64::new(0))),
        }
    }

    pub(super) fn set(&self, behaviour: Behaviour) {
        self.behaviour.store(Arc::new(behaviour));
    }

    /// Requests seen at `path`, one of the three constants above.
    pub(super) fn requests_to(&self, path: &str) -> Option<u64> {
        let requests = self.counter(path)?;
        Some(requests.load(Ordering::SeqCst))
    }

    /// Counts a request to `path` and returns the answer that a test has set.
    pub(super) fn enter(&self, path: &'static str) -> Option<Response> {
        if let Some(requests) = self.counter(path) {
            requests.fetch_add(1, Ordering::SeqCst);
        }
        match &**self.behaviour.load() {
            Behaviour::Unavailable(status) => Some(Response::builder().status(*status).finish()),
            Behaviour::KeySet(text) if path == KEYS => Some(
                Response::builder()
                    .header(header::CONTENT_TYPE, "application/json")
                    .body(text.clone()),
            ),
            Behaviour::Normal | Behaviour::KeySet(_) => None,
        }
    }

    fn counter(&self, path: &str) -> Option<&AtomicU64> {
        self.requests
            .iter()
            .find_map(|(known, requests)| (*known == path).then_some(requests))
    }
}
