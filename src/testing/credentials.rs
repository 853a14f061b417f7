//! How the walk sends a token: as a bearer token, or with a proof of the key that it is bound to.

use http::header::{AUTHORIZATION, HOST};
use http::{HeaderName, HeaderValue};
use poem::Request;
use serde_json::json;
use url::Url;

use crate::dev::AccessToken;
use crate::guard::WalkedUri;
use crate::issuer::ProofMaker;

use super::Issuer;

/// What a request has in place of nothing.
#[derive(Clone, Default)]
pub(super) struct Credentials {
    fields: Vec<HeaderValue>,
    proof: Option<ProofOfWalk>,
}

#[derive(Clone)]
struct ProofOfWalk {
    holder: ProofMaker,
    token: String,
    is_for_other_url: bool,
}

/// The kind of tokens that an operation is tried with.
pub(super) enum Kind {
    Bearer,
    /// The operation accepts only tokens that are bound to a key.
    Bound(ProofMaker),
}

impl Kind {
    pub(super) fn bound(issuer: &Issuer) -> Self {
        Self::Bound(ProofMaker::generate().with_clock(issuer.clock()))
    }

    /// The token as this kind has it.
    pub(super) fn token(&self, token: AccessToken) -> AccessToken {
        match self {
            Self::Bearer => token,
            Self::Bound(holder) => {
                token.claim("cnf", json!({ "jkt": holder.thumbprint().to_string() }))
            }
        }
    }

    /// What sends this token, with a proof if it needs one.
    pub(super) fn send(&self, token: &str) -> Credentials {
        match self {
            Self::Bearer => Credentials::field("Bearer", token),
            Self::Bound(holder) => Credentials {
                proof: Some(ProofOfWalk {
                    holder: holder.clone(),
                    token: token.to_owned(),
                    is_for_other_url: false,
                }),
                ..Credentials::field("DPoP", token)
            },
        }
    }

    /// Its scheme.
    pub(super) fn scheme(&self) -> &'static str {
        match self {
            Self::Bearer => "Bearer",
            Self::Bound(_) => "DPoP",
        }
    }
}

impl Credentials {
    /// One field with this scheme.
    pub(super) fn field(scheme: &str, token: &str) -> Self {
        let field = format!("{scheme} {token}");
        let field = HeaderValue::try_from(field).expect("a token is visible ASCII");
        Self {
            fields: vec![field],
            proof: None,
        }
    }

    /// The same in two fields.
    pub(super) fn twice(mut self) -> Self {
        self.fields.extend(self.fields.clone());
        self
    }

    /// The same without the proof.
    pub(super) fn without_proof(self) -> Self {
        Self {
            proof: None,
            ..self
        }
    }

    /// The same with a proof for a request to another URL, as a thief may have it.
    pub(super) fn with_proof_for_other_url(mut self) -> Self {
        if let Some(proof) = &mut self.proof {
            proof.is_for_other_url = true;
        }
        self
    }

    pub(super) fn has_proof(&self) -> bool {
        self.proof.is_some()
    }

    /// Adds them to a request that callers send to `origin`.
    pub(super) fn add_to(&self, request: &mut Request, origin: &Url, nonce: Option<&str>) {
        for field in &self.fields {
            request.headers_mut().append(AUTHORIZATION, field.clone());
        }
        let Some(proof) = &self.proof else { return };
        let uri = request.uri().clone();
        request.extensions_mut().insert(WalkedUri(uri));
        let authority = origin.authority();
        if let Ok(host) = HeaderValue::try_from(authority) {
            request.headers_mut().entry(HOST).or_insert(host);
        }
        let (scheme, path) = (origin.scheme(), request.uri().path());
        let other = if proof.is_for_other_url { "other" } else { "" };
        let url = format!("{scheme}://{authority}{path}{other}");
        let made = proof.holder.proof(request.method().as_str(), &url);
        let made = made.for_token(&proof.token);
        let made = match nonce {
            Some(nonce) => made.with_nonce(nonce),
            None => made,
        };
        let made = HeaderValue::try_from(made.sign()).expect("a proof is visible ASCII");
        request.headers_mut().insert(DPOP, made);
    }
}

const DPOP: HeaderName = HeaderName::from_static("dpop");
