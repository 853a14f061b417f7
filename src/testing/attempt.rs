//! The credentials that an operation is tried with, and what its document promises for each.

use http::{HeaderValue, StatusCode};
use serde_json::Value;

use crate::dev::AccessToken;
use crate::guard::Rule;
use crate::token::{Scope, ScopeToken};

use super::Issuer;
use super::issuer::Reach;

/// Credentials, and the answer that they must get.
pub(super) struct Attempt {
    pub(super) name: String,
    /// The `Authorization` fields.
    pub(super) fields: Vec<HeaderValue>,
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
        /// The error code of the challenge (RFC 6750 section 3.1).
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
    let scope = sets.first().cloned().unwrap_or_default();
    let token = |scope: &Scope| {
        let token = issuer.access_token(&scope.to_string());
        (claims.iter()).fold(token, |token, claim| {
            token.claim(claim.name, claim.value.clone())
        })
    };
    let good = || token(&scope);
    let bearer = |token: &AccessToken| vec![field(&issuer.sign(token))];
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
    let twice = vec![field(&issuer.sign(&good())), field(&issuer.sign(&good()))];
    let mut attempts = vec![
        Attempt::new("no credentials", Vec::new(), unauthorized.clone()),
        Attempt::new("Basic credentials", vec![BASIC], unauthorized),
        Attempt::new("a malformed header", vec![MALFORMED], malformed.clone()),
        Attempt::new("two headers", twice, malformed),
    ];
    if reach == Reach::Unavailable {
        let expected = refused(StatusCode::SERVICE_UNAVAILABLE, None);
        attempts.push(Attempt::new(GOOD, bearer(&good()), expected));
        for attempt in &mut attempts {
            attempt.name += " while there are no keys";
        }
        return attempts;
    }

    let invalid = refused(StatusCode::UNAUTHORIZED, Some("invalid_token"));
    for (name, fields) in bad_tokens(&good(), issuer) {
        attempts.push(Attempt::new(name, fields, invalid.clone()));
    }
    let forbidden = |names_scope| Expectation::Refused {
        status: StatusCode::FORBIDDEN,
        error: Some("insufficient_scope"),
        names_scope,
    };
    for (lacking, others) in sets.iter().flat_map(lesser) {
        let is_enough = sets.iter().any(|set| others.covers(set));
        let fields = bearer(&token(&others));
        let name = format!("a token without the scope {lacking}");
        let expected = if is_enough { Through } else { forbidden(true) };
        attempts.push(Attempt::new(name, fields, expected));
    }
    for set in sets.iter().skip(1) {
        let name = format!("a token with the scope {set}");
        attempts.push(Attempt::new(name, bearer(&token(set)), Through));
    }
    for RequiredClaim { name, .. } in claims {
        let other = bearer(&good().claim(name, "another value"));
        let absent = bearer(&good().without(name));
        let expected = || match *name {
            "acr" | "auth_time" => refused(StatusCode::UNAUTHORIZED, Some(STEP_UP)),
            _ => forbidden(false),
        };
        let text = format!("a token with another {name}");
        attempts.push(Attempt::new(text, other, expected()));
        let text = format!("a token without {name}");
        attempts.push(Attempt::new(text, absent, expected()));
    }
    attempts.push(Attempt::new(GOOD, bearer(&good()), Through));
    attempts
}

/// Each scope of a set, and the set without it.
fn lesser(set: &Scope) -> impl Iterator<Item = (&ScopeToken, Scope)> {
    set.iter().map(|lacking| {
        let others = set.iter().filter(|other| *other != lacking);
        (lacking, others.cloned().collect())
    })
}

impl Attempt {
    fn new(name: impl Into<String>, fields: Vec<HeaderValue>, expected: Expectation) -> Self {
        Self {
            name: name.into(),
            fields,
            expected,
        }
    }
}

/// Tokens that differ from a good one in one thing.
fn bad_tokens(good: &AccessToken, issuer: &Issuer) -> Vec<(&'static str, Vec<HeaderValue>)> {
    let long_ago = good.claims()["iat"].as_u64().unwrap_or(0) - 86_400;
    let signed = |token: AccessToken| field(&issuer.sign(&token));
    let expired = (good.clone().claim("iat", long_ago)).claim("exp", long_ago + 3600);
    let other_audience = good.clone().claim("aud", "api://another.test");
    let other_issuer = good.clone().claim("iss", "https://another.test");
    let unsigned = issuer.sign(&good.clone().header("alg", "none"));
    let unsigned = unsigned.rsplit_once('.').map_or("", |(rest, _)| rest);
    [
        ("no JWT", field("a.b.c")),
        ("a changed signature", field(&changed(&issuer.sign(good)))),
        ("an unsigned token", field(&format!("{unsigned}."))),
        ("an expired token", signed(expired)),
        ("a token for another audience", signed(other_audience)),
        ("a token of another issuer", signed(other_issuer)),
    ]
    .map(|(name, field)| (name, vec![field]))
    .into()
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

fn field(token: &str) -> HeaderValue {
    HeaderValue::try_from(format!("Bearer {token}")).expect("a token is visible ASCII")
}

/// RFC 9470 section 3.
const STEP_UP: &str = "insufficient_user_authentication";
pub(super) const GOOD: &str = "a good token";

const BASIC: HeaderValue = HeaderValue::from_static("Basic YWRhOnNlY3JldA==");
const MALFORMED: HeaderValue = HeaderValue::from_static("Bearer not a token");
