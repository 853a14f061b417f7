//! Reads single claims, each into its type.

use crate::token::json::{Json, Object};
use crate::token::{ClaimFault, Confirmation, NumericDate, Scope, ScopeToken, TokenError};

use super::names::ClaimNames;

pub(in crate::token) fn string<'a>(
    all: &'a Object<'_>,
    claim: &'static str,
) -> Result<Option<&'a str>, TokenError> {
    match all.get(claim) {
        None => Ok(None),
        Some(Json::Text(text)) => Ok(Some(text)),
        Some(_) => Err(malformed(claim)),
    }
}

pub(in crate::token) fn date(
    all: &Object<'_>,
    claim: &'static str,
) -> Result<Option<NumericDate>, TokenError> {
    let date = |value: &Json<'_>| NumericDate::read(value.as_number()?);
    all.get(claim)
        .map(|value| date(value).ok_or(malformed(claim)))
        .transpose()
}

pub(in crate::token) fn subject<'a>(
    all: &'a Object<'_>,
    names: &ClaimNames,
) -> Result<&'a str, TokenError> {
    match required(names.subject_in(all), "sub")? {
        Json::Text(subject) if !subject.is_empty() => Ok(subject),
        _ => Err(malformed("sub")),
    }
}

/// RFC 9068 says `client_id`, Okta `cid`, OpenID Connect `azp`: the first of them, and those of
/// the others that differ from it.
pub(in crate::token) fn clients(all: &Object<'_>) -> Result<Clients, TokenError> {
    let [first, second, third] = ["client_id", "cid", "azp"].map(|claim| string(all, claim));
    let mut ids = [first?, second?, third?].into_iter().flatten();
    let first = ids.next();
    let others = ids
        .filter(|id| Some(*id) != first)
        .map(Into::into)
        .collect();
    Ok((first.map(Into::into), others))
}

type Clients = (Option<Box<str>>, Box<[Box<str>]>);

pub(in crate::token) fn audience(
    all: &Object<'_>,
    names: &ClaimNames,
) -> Result<Box<[String]>, TokenError> {
    match required(names.audience_in(all), "aud")? {
        Json::Text(audience) => Ok(Box::new([audience.clone().into_owned()])),
        Json::Array(audiences) => strings(audiences)
            .map(|audience| audience.map(str::to_owned))
            .collect::<Option<_>>()
            .ok_or(malformed("aud")),
        _ => Err(malformed("aud")),
    }
}

/// Okta sends `scp` as an array, RFC 9068 `scope` as a string, and others mix the two. If a token
/// has both, they must be the same. By setting, other claims are read instead.
pub(in crate::token) fn scope(all: &Object<'_>, names: &ClaimNames) -> Result<Scope, TokenError> {
    let read = |claim: &str, name: &'static str| {
        let scope = match all.get(claim) {
            None => return Ok(None),
            Some(Json::Text(text)) => text.parse::<Scope>().ok(),
            Some(Json::Array(values)) => strings(values)
                .map(|scope| scope.and_then(|scope| ScopeToken::parse(scope).ok()))
                .collect(),
            Some(_) => None,
        };
        scope.map(Some).ok_or(malformed(name))
    };
    if !names.scope().is_empty() {
        let mut granted = Scope::none();
        for claim in names.scope() {
            granted.extend(
                read(claim, "scope")?
                    .iter()
                    .flat_map(|it| it.iter().cloned()),
            );
        }
        return Ok(granted);
    }
    match (read("scp", "scp")?, read("scope", "scope")?) {
        (Some(scp), Some(scope)) if !scp.same_set(&scope) => Err(TokenError::Claim {
            claim: "scope",
            fault: ClaimFault::DiffersFrom("scp"),
        }),
        (Some(scope), _) | (None, Some(scope)) => Ok(scope),
        (None, None) => Ok(Scope::none()),
    }
}

/// The keys that the caller must prove to have (RFC 7800).
pub(in crate::token) fn confirmation(all: &Object<'_>) -> Result<Option<Confirmation>, TokenError> {
    all.get("cnf")
        .map(|value| Confirmation::read(value).ok_or(malformed("cnf")))
        .transpose()
}

fn strings<'a>(values: &'a [Json<'_>]) -> impl Iterator<Item = Option<&'a str>> {
    values.iter().map(Json::as_str)
}

pub(in crate::token) fn required<T>(
    value: Option<T>,
    claim: &'static str,
) -> Result<T, TokenError> {
    value.ok_or(TokenError::Claim {
        claim,
        fault: ClaimFault::Missing,
    })
}

fn malformed(claim: &'static str) -> TokenError {
    TokenError::Claim {
        claim,
        fault: ClaimFault::Malformed,
    }
}
