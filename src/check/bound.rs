//! Tokens that are bound to a key (RFC 9449): the requests of their holder, those of a thief, and those
//! with tokens that should be bound.

use crate::issuer::ProofMaker;

use super::attempt::{Attempt, Expected};
use super::presented::{Presented, Support, Theft};

/// The checks of a thief's requests.
pub(super) const THEFTS: [&str; 8] = [
    "bound_as_bearer",
    "missing_proof",
    "proof_of_other_key",
    "proof_replayed",
    "proof_for_other_url",
    "proof_for_other_method",
    "proof_for_other_token",
    "old_proof",
];

/// The requests with a token that is not bound. `end` names its issuer in the report.
pub(super) fn unbound(plain: &Attempt, maker: &ProofMaker, token: &str, end: &str) -> [Attempt; 2] {
    let sent = |scheme: &str, sent: &str| {
        let attempt = plain.trying("unbound_token", &format!("{sent}{end}"), Expected::Unbound);
        attempt.carrying(format!("{scheme} {token}").as_bytes())
    };
    let proven = sent("DPoP", "scheme DPoP with a proof");
    [
        sent("Bearer", "as a bearer token"),
        proven.presented(Presented::new(maker, token)),
    ]
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
        let presented = Presented::new(maker, token).stolen(theft);
        attempts.push(attempt.presented(presented).derived());
    }
    attempts
}
