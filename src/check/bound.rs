//! Tokens that are bound to a key (RFC 9449): how they are sent, and how a thief would send them.
//!
//! A proof is made just before its request is sent, because it is accepted for a short time, and
//! once.

use std::time::Duration;

use crate::issuer::ProofMaker;
use crate::token::UnverifiedToken;

use super::attempt::{Attempt, Expected};

/// A bound token in a request, and how the proof for it is made.
#[derive(Debug, Clone)]
pub(super) struct Presented {
    maker: ProofMaker,
    token: String,
    theft: Option<Theft>,
}

/// What is wrong with the proof of a thief.
#[derive(Debug, Clone)]
enum Theft {
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

    /// A new proof for this attempt.
    pub(super) fn proof(&self, attempt: &Attempt, nonce: Option<&str>) -> String {
        let url = attempt.url.as_str();
        let method = attempt.method.as_str();
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

/// The requests of a thief. First comes the one of the holder, unless the good token is bound.
pub(super) fn attempts(
    plain: &Attempt,
    maker: &ProofMaker,
    token: &str,
    support: Support,
) -> Vec<Attempt> {
    let scheme = format!("DPoP {token}");
    let trying = |check, sent: &str, expected| Attempt {
        support: Some(support),
        ..plain.trying(check, sent, expected)
    };
    let mut attempts = Vec::new();
    if support == Support::Tried {
        let holder = trying("bound_token", "a bound token", Expected::Accepted);
        let holder = holder.carrying(scheme.as_bytes());
        attempts.push(holder.presented(Presented::new(maker, token)));
    }
    let bearer = format!("Bearer {token}");
    let refused = |check, sent| trying(check, sent, Expected::Unproven);
    let as_bearer = refused("bound_as_bearer", "without a proof").carrying(bearer.as_bytes());
    let proven = refused("bound_as_bearer", "with its proof").carrying(bearer.as_bytes());
    let unproven = refused("missing_proof", "scheme DPoP alone").carrying(scheme.as_bytes());
    attempts.push(as_bearer);
    attempts.push(proven.presented(Presented::new(maker, token)));
    attempts.push(unproven.derived());
    for (check, sent, theft) in [
        (
            "proof_of_other_key",
            "a proof by the thief's key",
            Theft::OtherKey(ProofMaker::generate()),
        ),
        (
            "proof_of_other_key",
            "a proof for the holder's key, signed by the thief's",
            Theft::OtherSignature(ProofMaker::generate()),
        ),
        ("proof_replayed", "a proof, twice", Theft::Replay),
        (
            "proof_for_other_url",
            "a proof for another path",
            Theft::OtherUrl,
        ),
        (
            "proof_for_other_method",
            "a proof for another method",
            Theft::OtherMethod,
        ),
        (
            "proof_for_other_token",
            "a proof for another token",
            Theft::OtherToken,
        ),
        ("old_proof", "a proof of an hour ago", Theft::Old),
    ] {
        let attempt = refused(check, sent).carrying(scheme.as_bytes());
        let presented = Presented {
            theft: Some(theft),
            ..Presented::new(maker, token)
        };
        attempts.push(attempt.presented(presented).derived());
    }
    attempts
}

/// The age of an old proof: no API accepts proofs for that long.
const AGE: Duration = Duration::from_secs(3_600);
