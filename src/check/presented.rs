//! How a token that is bound to a key is sent (RFC 9449), by its holder or by a thief.
//!
//! A proof is made just before its request is sent, because it is accepted for a short time, and
//! once.

use std::time::Duration;

use http::Method;
use url::Url;

use crate::issuer::ProofMaker;
use crate::token::UnverifiedToken;

/// A bound token in a request, and how the proof for it is made.
#[derive(Debug, Clone)]
pub(super) struct Presented {
    maker: ProofMaker,
    token: String,
    theft: Option<Theft>,
}

/// What is wrong with the proof of a thief.
#[derive(Debug, Clone)]
pub(super) enum Theft {
    /// It is signed by another key than the token's.
    OtherKey(ProofMaker),
    /// It names the token's key, and another one has signed it.
    OtherSignature(ProofMaker),
    /// It was used before.
    Replay,
    OtherUrl,
    OtherMethod,
    OtherToken,
    Old,
}

/// Whether it is known that the API accepts bound tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Support {
    /// The good token is bound.
    Known,
    /// It is tried. An API that accepts no bound token has no proofs to examine.
    Tried,
}

/// Whether a token is bound to this key.
pub(super) fn is_bound_to(token: &str, maker: &ProofMaker) -> bool {
    let confirmation = UnverifiedToken::new(token).confirmation();
    confirmation.is_some_and(|it| it.proof_key() == Some(&maker.thumbprint()))
}

impl Presented {
    pub(super) fn new(maker: &ProofMaker, token: &str) -> Self {
        Self {
            maker: maker.clone(),
            token: token.to_owned(),
            theft: None,
        }
    }

    /// The same token, whose proof is that of a thief.
    pub(super) fn stolen(self, theft: Theft) -> Self {
        Self {
            theft: Some(theft),
            ..self
        }
    }

    /// A new proof for a request.
    pub(super) fn proof(&self, method: &Method, url: &Url, nonce: Option<&str>) -> String {
        let (method, url) = (method.as_str(), url.as_str());
        let other_method = if method == "POST" { "GET" } else { "POST" };
        let other_url = format!("{}other", url.split(['?', '#']).next().unwrap_or_default());
        let maker = &self.maker;
        let proof = match &self.theft {
            Some(Theft::OtherKey(thief)) => thief.proof(method, url),
            Some(Theft::OtherSignature(thief)) => {
                let proof = thief.proof(method, url);
                proof.header("jwk", maker.public_jwk())
            }
            Some(Theft::OtherUrl) => maker.proof(method, &other_url),
            Some(Theft::OtherMethod) => maker.proof(other_method, url),
            Some(Theft::Old) => maker.proof(method, url).with_age(AGE),
            Some(Theft::Replay | Theft::OtherToken) | None => maker.proof(method, url),
        };
        let proof = match &self.theft {
            Some(Theft::OtherToken) => proof.for_token("another token"),
            _ => proof.for_token(&self.token),
        };
        match nonce {
            Some(nonce) => proof.with_nonce(nonce).sign(),
            None => proof.sign(),
        }
    }

    /// Whether the proof is sent a second time, and that answer judged.
    pub(super) fn is_replay(&self) -> bool {
        matches!(self.theft, Some(Theft::Replay))
    }

    /// Whether a request for a nonce is followed. For an old proof, it is the right answer already,
    /// because a nonce may take the place of `iat` (RFC 9449 section 4.3).
    pub(super) fn follows_nonces(&self) -> bool {
        !matches!(self.theft, Some(Theft::Old))
    }
}

/// The age of an old proof: no API accepts proofs for that long.
const AGE: Duration = Duration::from_secs(3_600);
