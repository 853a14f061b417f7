//! The credentials that an operation is tried with, and what its document promises for each.

use http::StatusCode;
use serde_json::Value;

use crate::description::scheme::accepts_bearer;
use crate::dev::AccessToken;
use crate::guard::Rule;
use crate::token::{Scope, ScopeToken};

use super::Issuer;
use super::credentials::{Credentials, Kind};
use super::issuer::Reach;

/// Credentials, and the answer that they must get.
pub(super) struct Attempt {
    pub(super) name: String,
    pub(super) credentials: Credentials,
    pub(super) expected: Expectation,
}

/// What the document promises.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Expectation {
    /// The operation itself answers.
    Through,
    /// The guard answers.
    Refused {
        status: StatusCode,
        /// The error code of the challenge (RFC 6750 section 3.1, RFC 9449 section 7.1).
        error: Option<&'static str>,
        /// Whether the challenge has to name one of the required sets of scopes.
        names_scope: bool,
    },
}

/// A claim that an operation requires. The user names it, because the document does not.
pub(super) struct RequiredClaim<'a> {
    pub(super) name: &'a str,
    pub(super) value: &'a Value,
}

/// Every attempt at an operation with this rule.
pub(super) fn attempts(
    rule: &Rule,
    claims: &[RequiredClaim<'_>],
    issuer: &Issuer,
    reach: Reach,
) -> Vec<Attempt> {
    use Expectation::Through;

    let sets = match rule {
        Rule::Anonymous => &[],
        Rule::Optional(requirement) | Rule::Protected(requirement) => requirement.scopes(),
    };
    let kind = if accepts_bearer(rule) {
        Kind::Bearer
    } else {
        Kind::bound(issuer)
    };
    let scope = sets.first().cloned().unwrap_or_default();
    let token = |scope: &Scope| {
        let token = kind.token(issuer.access_token(&scope.to_string()));
        (claims.iter()).fold(token, |token, claim| {
            token.claim(claim.name, claim.value.clone())
        })
    };
    let good = || token(&scope);
    let sent = |token: &AccessToken| kind.send(&issuer.sign(token));
    let refused = |status, error| match rule {
        Rule::Anonymous => Through,
        _ => Expectation::Refused {
            status,
            error,
            names_scope: false,
        },
    };
    let unauthorized = match rule {
        Rule::Optional(_) => Through,
        _ => refused(StatusCode::UNAUTHORIZED, None),
    };
    let malformed = refused(StatusCode::BAD_REQUEST, Some("invalid_request"));
    let basic = Credentials::field("Basic", "YWRhOnNlY3JldA==");
    let broken = Credentials::field(kind.scheme(), "not a token");
    let mut attempts = vec![
        Attempt::new(
            "no credentials",
            Credentials::default(),
            unauthorized.clone(),
        ),
        Attempt::new("Basic credentials", basic, unauthorized),
        Attempt::new("a malformed header", broken, malformed.clone()),
        Attempt::new("two headers", sent(&good()).twice(), malformed),
    ];
    if reach == Reach::Unavailable {
        let expected = refused(StatusCode::SERVICE_UNAVAILABLE, None);
        attempts.push(Attempt::new(GOOD, sent(&good()), expected));
        for attempt in &mut attempts {
            attempt.name += " while there are no keys";
        }
        return attempts;
    }

    let invalid = refused(StatusCode::UNAUTHORIZED, Some("invalid_token"));
    for (name, token) in bad_tokens(&good(), issuer) {
        attempts.push(Attempt::new(name, kind.send(&token), invalid.clone()));
    }
    if let Kind::Bound(_) = &kind {
        let unproven = refused(StatusCode::UNAUTHORIZED, Some("invalid_dpop_proof"));
        attempts.extend(thefts(&kind, issuer, &good(), &unproven, &invalid));
    }
    let forbidden = |names_scope| Expectation::Refused {
        status: StatusCode::FORBIDDEN,
        error: Some("insufficient_scope"),
        names_scope,
    };
    for (lacking, others) in sets.iter().flat_map(lesser) {
        let is_enough = sets.iter().any(|set| others.covers(set));
        let lesser = sent(&token(&others));
        let name = format!("a token without the scope {lacking}");
        let expected = if is_enough { Through } else { forbidden(true) };
        attempts.push(Attempt::new(name, lesser, expected));
    }
    for set in sets.iter().skip(1) {
        let name = format!("a token with the scope {set}");
        attempts.push(Attempt::new(name, sent(&token(set)), Through));
    }
    for RequiredClaim { name, .. } in claims {
        let other = sent(&good().claim(name, "another value"));
        let absent = sent(&good().without(name));
        let expected = || match *name {
            "acr" | "auth_time" => refused(StatusCode::UNAUTHORIZED, Some(STEP_UP)),
            _ => forbidden(false),
        };
        let text = format!("a token with another {name}");
        attempts.push(Attempt::new(text, other, expected()));
        let text = format!("a token without {name}");
        attempts.push(Attempt::new(text, absent, expected()));
    }
    attempts.push(Attempt::new(GOOD, sent(&good()), Through));
    attempts
}

/// What a thief of this bound token sends, and a caller whose token is not bound.
fn thefts(
    kind: &Kind,
    issuer: &Issuer,
    good: &AccessToken,
    unproven: &Expectation,
    invalid: &Expectation,
) -> [Attempt; 5] {
    let (bound, unbound) = (issuer.sign(good), issuer.sign(&good.clone().without("cnf")));
    let bearer = |token| Credentials::field("Bearer", token);
    let (alone, elsewhere) = (
        kind.send(&bound).without_proof(),
        kind.send(&bound).with_proof_for_other_url(),
    );
    let (as_bearer, not_bound) = (bearer(&bound), bearer(&unbound));
    [
        ("a bound token without a proof", alone, unproven),
        ("a proof for another URL", elsewhere, unproven),
        ("a bound token as a bearer token", as_bearer, invalid),
        ("a token that is not bound", not_bound, invalid),
        (
            "a token that is not bound, with a proof",
            kind.send(&unbound),
            invalid,
        ),
    ]
    .map(|(name, credentials, expected)| Attempt::new(name, credentials, expected.clone()))
}

/// Each scope of a set, and the set without it.
fn lesser(set: &Scope) -> impl Iterator<Item = (&ScopeToken, Scope)> {
    set.iter().map(|lacking| {
        let others = set.iter().filter(|other| *other != lacking);
        (lacking, others.cloned().collect())
    })
}

impl Attempt {
    fn new(name: impl Into<String>, credentials: Credentials, expected: Expectation) -> Self {
        Self {
            name: name.into(),
            credentials,
            expected,
        }
    }
}

/// Tokens that differ from a good one in one thing.
fn bad_tokens(good: &AccessToken, issuer: &Issuer) -> [(&'static str, String); 6] {
    let long_ago = good.claims()["iat"].as_u64().unwrap_or(0) - 86_400;
    let signed = |token: AccessToken| issuer.sign(&token);
    let expired = (good.clone().claim("iat", long_ago)).claim("exp", long_ago + 3600);
    let other_audience = good.clone().claim("aud", "api://another.test");
    let other_issuer = good.clone().claim("iss", "https://another.test");
    let unsigned = issuer.sign(&good.clone().header("alg", "none"));
    let unsigned = unsigned.rsplit_once('.').map_or("", |(rest, _)| rest);
    [
        ("no JWT", "a.b.c".to_owned()),
        ("a changed signature", changed(&issuer.sign(good))),
        ("an unsigned token", format!("{unsigned}.")),
        ("an expired token", signed(expired)),
        ("a token for another audience", signed(other_audience)),
        ("a token of another issuer", signed(other_issuer)),
    ]
}

/// The token with another character in the middle of its signature.
fn changed(token: &str) -> String {
    let (rest, signature) = token.rsplit_once('.').unwrap_or((token, ""));
    let (before, after) = signature.split_at(signature.len() / 2);
    let other = if after.starts_with('A') { 'B' } else { 'A' };
    format!(
        "{rest}.{before}{other}{}",
        after.get(1..).unwrap_or_default()
    )
}

/// RFC 9470 section 3.
const STEP_UP: &str = "insufficient_user_authentication";
pub(super) const GOOD: &str = "a good token";
