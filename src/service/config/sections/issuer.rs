//! `[issuer]`: the issuer whose tokens are accepted, and how its keys are kept.

use std::time::Duration;

use figment::value::Value;
use url::Host;

use super::limits::{FROM_ZERO, MAX_LEEWAY, MAX_REFRESH, POSITIVE, SHORTEST};
use crate::issuer::Issuer;
use crate::service::config::problem::Fault;
use crate::service::config::reader::Reader;
use crate::service::config::value;
use crate::token::{Audience, TokenType};

/// The authorization server, and the rules for asking it.
#[derive(Debug, Clone)]
pub struct IssuerConfig {
    /// The issuer; `None` in profile `dev` alone, where an embedded one stands in.
    pub url: Option<Issuer>,
    /// What a token must name in `aud`.
    pub audience: Audience,
    /// What the token header's `typ` must be one of; empty where it may be absent.
    pub token_types: Vec<TokenType>,
    /// How far the two clocks may differ; at most 5 minutes.
    pub leeway: Duration,
    /// Hosts, besides the issuer's own, that may serve the keys; in lower case.
    pub jwks_hosts: Vec<String>,
    /// How long a connection may take to open.
    pub connect_timeout: Duration,
    /// How long a whole request may take.
    pub timeout: Duration,
    /// The least time between two fetches that unknown key ids ask for.
    pub cooldown: Duration,
    /// The shortest time between two refreshes; at most `refresh_max`.
    pub refresh_min: Duration,
    /// The longest time between two refreshes; at most 1 hour.
    pub refresh_max: Duration,
    /// The longest wait between two attempts after a failure.
    pub retry_max: Duration,
    /// How long the last good keys serve while the issuer cannot be reached.
    pub max_stale: Duration,
}

impl IssuerConfig {
    pub(in crate::service::config) fn read(reader: &mut Reader<'_>) -> Self {
        let mut time = |key, range| reader.read(key, |it| value::duration(it, &range));
        let leeway = time("issuer.leeway", Duration::ZERO..=MAX_LEEWAY);
        let connect_timeout = time("issuer.connect_timeout", POSITIVE);
        let timeout = time("issuer.timeout", POSITIVE);
        let cooldown = time("issuer.cooldown", POSITIVE);
        let refresh_min = time("issuer.refresh_min", SHORTEST..=MAX_REFRESH);
        let refresh_max = time("issuer.refresh_max", SHORTEST..=MAX_REFRESH);
        let retry_max = time("issuer.retry_max", POSITIVE);
        let max_stale = time("issuer.max_stale", FROM_ZERO);
        Self {
            url: reader.read_optional("issuer.url", issuer),
            audience: reader.read("issuer.audience", audience),
            token_types: reader.read("issuer.token_types", token_types),
            leeway,
            jwks_hosts: reader.read("issuer.jwks_hosts", hosts),
            connect_timeout,
            timeout,
            cooldown,
            refresh_min,
            refresh_max,
            retry_max,
            max_stale,
        }
    }
}

fn issuer(value: &Value) -> Result<Issuer, Fault> {
    let text = value::text(value)?;
    Issuer::parse(&text).map_err(|error| Fault::new(error.fault()).fix(error.fix()))
}

fn audience(value: &Value) -> Result<Audience, Fault> {
    let text = value::filled_text(value)?;
    Audience::parse(text).map_err(|_| Fault::new("must not be empty"))
}

fn token_types(value: &Value) -> Result<Vec<TokenType>, Fault> {
    let names = value::list(value, &[',', ' '])?;
    let find = |name: &String| {
        TokenType::find(name).ok_or_else(|| {
            Fault::new("must list types of access tokens")
                .found(name)
                .fix("write \"at+jwt\", \"JWT\" or both")
        })
    };
    value::each(&names, find)
}

/// Hosts alone, without scheme, port or path; in lower case.
pub(super) fn hosts(value: &Value) -> Result<Vec<String>, Fault> {
    let hosts = value::list(value, &[','])?;
    value::each(&hosts, |text| host(text))
}

fn host(text: &str) -> Result<String, Fault> {
    let fault = || {
        Fault::new("must list hosts")
            .found(text)
            .fix("write the host alone, as in \"keys.example.com\", without scheme, port or path")
    };
    // The parser maps what it can onto a host; only what it leaves alone was one.
    let host = Host::parse(text).map_err(|_| fault())?.to_string();
    if !host.eq_ignore_ascii_case(text) {
        return Err(fault());
    }
    Ok(host)
}
