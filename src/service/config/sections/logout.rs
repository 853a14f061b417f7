//! `[logout]`: the issuer that can sign users out, and whose tokens it denies.

use std::ops::RangeInclusive;
use std::time::Duration;

use figment::value::Value;
use url::Url;

use crate::issuer::{Issuer, is_loopback};
use crate::service::config::placeholder;
use crate::service::config::problem::Fault;
use crate::service::config::reader::Reader;
use crate::service::config::value;

/// The receiver of sign-outs.
#[derive(Debug, Clone)]
pub struct LogoutConfig {
    /// Whether there is one.
    pub enabled: bool,
    /// The issuer that signs the requests. It is set if the receiver is enabled.
    pub issuer: Option<Issuer>,
    /// The URL of the keys of that issuer.
    pub jwks_uri: Option<Url>,
    /// The accepted values of `aud`; empty for the URL of the endpoint.
    pub audiences: Vec<String>,
    /// The accepted values of `sub` in a global token revocation; empty for all.
    pub senders: Vec<String>,
    /// The names of the issuers whose tokens are denied; empty for those of the same origin.
    pub issuers: Vec<String>,
    /// The claims that may contain an e-mail address; never empty.
    pub email_claims: Vec<String>,
    /// How long a sign-out applies.
    pub max_token_lifetime: Duration,
}

impl LogoutConfig {
    pub(in crate::service::config) fn read(reader: &mut Reader<'_>) -> Self {
        let config = Self {
            enabled: reader.read("logout.enabled", value::boolean),
            issuer: reader.read_optional("logout.issuer", issuer),
            jwks_uri: reader.read_optional("logout.jwks_uri", jwks_uri),
            audiences: reader.read("logout.audiences", names),
            senders: reader.read("logout.senders", names),
            issuers: reader.read("logout.issuers", names),
            email_claims: reader.read("logout.email_claims", claims),
            max_token_lifetime: reader.read("logout.max_token_lifetime", |it| {
                value::duration(it, &LIFETIME)
            }),
        };
        if config.enabled && config.issuer.is_none() {
            let fault = Fault::new("must be set if `logout.enabled` is true").found("");
            let fault = fault.fix("write the URL of the org, as in \"https://example.okta.com\"");
            reader.note_conflict("logout.issuer", &["logout.enabled"], fault);
        }
        config
    }
}

fn issuer(value: &Value) -> Result<Issuer, Fault> {
    let text = value::text(value)?;
    Issuer::parse_any(&text).map_err(|error| Fault::new(error.fault()).fix(error.fix()))
}

fn jwks_uri(value: &Value) -> Result<Url, Fault> {
    const EXAMPLE: &str = "write it as \"https://example.okta.com/oauth2/v1/keys\"";
    let url = value::web_url(value, EXAMPLE)?;
    if url.scheme() != "https" && !is_loopback(&url) {
        return Err(Fault::new("must be https").fix(EXAMPLE));
    }
    Ok(url)
}

fn names(value: &Value) -> Result<Vec<String>, Fault> {
    let names = value::list(value, &[',', ' '])?;
    for name in &names {
        placeholder::refuse(name)?;
    }
    Ok(names)
}

fn claims(value: &Value) -> Result<Vec<String>, Fault> {
    let claims = value::list(value, &[',', ' '])?;
    if claims.is_empty() {
        let fault = Fault::new("must name a claim").found("[]");
        return Err(fault.fix("write it as [\"email\", \"sub\"]"));
    }
    Ok(claims)
}

/// A denial can apply for 31 days.
const LIFETIME: RangeInclusive<Duration> =
    Duration::from_secs(60)..=Duration::from_secs(30 * 86_400);
