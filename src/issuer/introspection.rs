//! Asks an issuer about a token (RFC 7662).
//!
//! 1. The endpoint is that of the settings, or that of the metadata if it is on the issuer's host,
//!    because the credentials go there.
//! 2. The client authenticates with a secret or with a key.
//! 3. The answer must be a response about a token. It is signed (RFC 9701), or came over TLS.
//!
//! It decides nothing about the token: see [`crate::verifier`].

mod answer;
mod assertion;
mod budget;
mod client_proof;
mod error;
mod health;
mod policy;

use std::fmt;
use std::sync::Arc;

use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE};
use http::{Method, Request};
use url::Url;
use url::form_urlencoded::Serializer;

use crate::clock::Clock;
use crate::token::{IntrospectionResponse, Jws, KeySource, TokenError};

use super::fetch::{MAX_BODY_BYTES, is_secure};
use super::{Fetch, FetchError, RemoteKeySet};
use answer::{AnswerBody, SIGNED};
use client_proof::Receiver;

pub use assertion::{AssertionKey, AssertionKeyError};
pub(crate) use budget::Budget;
pub use client_proof::{AssertionAudience, ClientProof};
pub(crate) use error::{CallResult, IntrospectionError};
#[cfg(feature = "service")]
pub(crate) use health::IntrospectionStatus;
pub(crate) use health::{Health, NoAnswer};
pub use policy::{IntrospectionMode, IntrospectionPolicy};

/// The endpoint of one issuer, and the client that asks there.
pub(crate) struct IntrospectionEndpoint {
    issuer: Box<str>,
    policy: IntrospectionPolicy,
    fetch: Fetch,
    keys: Arc<RemoteKeySet>,
    clock: Arc<dyn Clock>,
}

impl IntrospectionEndpoint {
    pub(crate) fn new(
        issuer: &str,
        policy: IntrospectionPolicy,
        fetch: Fetch,
        keys: Arc<RemoteKeySet>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            issuer: issuer.into(),
            policy,
            fetch,
            keys,
            clock,
        }
    }

    pub(crate) fn policy(&self) -> &IntrospectionPolicy {
        &self.policy
    }

    /// Asks about a token, with one request.
    pub(crate) async fn ask(
        &self,
        token: &str,
    ) -> Result<IntrospectionResponse, IntrospectionError> {
        let url = self.url()?;
        let request = self.request(&url, token)?;
        let answer = self.fetch.exchange(request).await;
        let answer = answer.map_err(IntrospectionError::Fetch)?;
        let malformed = IntrospectionError::Malformed;
        match answer::body(answer, self.clock.now())? {
            AnswerBody::Signed(body) => self.read_signed(&body).await,
            AnswerBody::Json(_) if self.policy.signed => Err(IntrospectionError::Unsigned),
            AnswerBody::Json(body) => IntrospectionResponse::parse(&body).map_err(malformed),
        }
    }

    /// The endpoint. Credentials are not sent to a host that only the metadata name.
    fn url(&self) -> Result<Url, IntrospectionError> {
        if let Some(url) = &self.policy.url {
            return Ok(url.clone());
        }
        let metadata = self.keys.metadata().ok_or(IntrospectionError::NoMetadata)?;
        let url = metadata.introspection_endpoint();
        let url = url.ok_or(IntrospectionError::NoEndpoint)?;
        if !is_secure(url) {
            return Err(IntrospectionError::Fetch(FetchError::Insecure));
        }
        let own = Url::parse(&self.issuer).ok();
        if own.as_ref().and_then(Url::host_str) != url.host_str() {
            let host = url.host_str().unwrap_or_default().to_owned();
            return Err(IntrospectionError::EndpointElsewhere { host });
        }
        Ok(url.clone())
    }

    fn request(&self, url: &Url, token: &str) -> Result<Request<Vec<u8>>, IntrospectionError> {
        let (policy, client_id) = (&self.policy, self.policy.client_id.as_str());
        let mut form = Serializer::new(String::new());
        form.append_pair("token", token);
        form.append_pair("token_type_hint", "access_token");
        let receiver = Receiver {
            endpoint: url.as_str(),
            issuer: &self.issuer,
            now: self.clock.now(),
        };
        let added = policy.proof.add_to(&mut form, client_id, &receiver);
        added.map_err(|_| IntrospectionError::Assertion)?;
        let accepted = if policy.signed {
            SIGNED
        } else {
            "application/json"
        };
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(url.as_str())
            .header(ACCEPT, accepted)
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        if let Some(authorization) = policy.proof.authorization(client_id) {
            request = request.header(AUTHORIZATION, authorization);
        }
        let request = request.body(form.finish().into_bytes());
        request.map_err(|_| IntrospectionError::Fetch(FetchError::Url))
    }

    /// Verifies a signed response with the keys of this issuer.
    async fn read_signed(&self, body: &[u8]) -> Result<IntrospectionResponse, IntrospectionError> {
        let malformed = IntrospectionError::Malformed;
        let text = str::from_utf8(body).map_err(|_| malformed(TokenError::IllegalCharacter))?;
        let jws = Jws::parse_typed(text.trim_ascii_end(), MAX_BODY_BYTES, SIGNED_TYPES);
        let jws = jws.map_err(malformed)?;
        let mut keys = self.keys.current();
        let is_known = |keys: &crate::token::KeySet| {
            !matches!(keys.find(jws.header()), Err(TokenError::UnknownKey))
        };
        if !keys.as_deref().is_some_and(is_known) {
            keys = self.keys.refreshed().await;
        }
        let keys = keys.ok_or(IntrospectionError::NoKeys)?;
        let key = keys.find(jws.header()).map_err(malformed)?;
        let payload = key.verify(&jws).map_err(malformed)?;
        let client_id = &self.policy.client_id;
        IntrospectionResponse::parse_signed(&payload, &self.issuer, client_id, self.clock.now())
            .map_err(malformed)
    }
}

impl fmt::Debug for IntrospectionEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IntrospectionEndpoint")
            .field("issuer", &self.issuer)
            .field("policy", &self.policy)
            .finish_non_exhaustive()
    }
}

/// The `typ` of the header of a signed response.
const SIGNED_TYPES: &[Option<&str>] = &[Some("token-introspection+jwt"), Some(SIGNED)];
