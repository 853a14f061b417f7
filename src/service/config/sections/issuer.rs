//! `[issuer]`: whose tokens are accepted, and how its keys are fetched and cached.

use std::fs::File;
use std::io::Read;
use std::sync::Arc;
use std::time::Duration;

use figment::value::Value;

use super::decryption;
use super::introspection::IntrospectionConfig;
use super::issuer_rules::IssuerRules;
use super::limits::{FROM_ZERO, MAX_LEEWAY, MAX_REFRESH, POSITIVE, SHORTEST};
use crate::issuer::{Authorities, AuthoritiesError, Issuer};
use crate::service::config::placeholder;
use crate::service::config::problem::Fault;
use crate::service::config::reader::Reader;
use crate::service::config::value;
use crate::token::{Algorithm, Audience, DecryptionKey, TokenType};

/// The authorization server, and the rules for requests to it.
#[derive(Debug, Clone)]
pub struct IssuerConfig {
    /// The issuer; `None` only in profile `dev`, which then uses the embedded issuer.
    pub url: Option<Issuer>,
    /// What a token must name in `aud`.
    pub audience: Audience,
    /// What the token header's `typ` must be one of; empty where it may be absent.
    pub token_types: Vec<TokenType>,
    /// How far the two clocks may differ; at most 5 minutes.
    pub leeway: Duration,
    /// The signature algorithms that are allowed; never empty.
    pub algorithms: Vec<Algorithm>,
    /// Certificate authorities that are trusted besides those of the system.
    pub authorities: Option<Authorities>,
    /// Hosts, besides the issuer's own, that may serve the keys; in lower case.
    pub jwks_hosts: Vec<String>,
    /// How long a connection may take to open.
    pub connect_timeout: Duration,
    /// How long a whole request may take.
    pub timeout: Duration,
    /// The shortest time between two fetches for unknown key ids.
    pub cooldown: Duration,
    /// The shortest time between two refreshes; at most `refresh_max`.
    pub refresh_min: Duration,
    /// The longest time between two refreshes; at most 1 hour.
    pub refresh_max: Duration,
    /// The longest wait between two attempts after a failure.
    pub retry_max: Duration,
    /// How long the last good keys are used while the issuer cannot be reached.
    pub max_stale: Duration,
    /// The keys that decrypt its tokens.
    pub decryption_keys: Vec<Arc<DecryptionKey>>,
    /// How its tokens are introspected.
    pub introspection: IntrospectionConfig,
    /// Further rules for its tokens, from `[issuers.default]`.
    pub rules: IssuerRules,
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
            algorithms: reader.read("issuer.algorithms", algorithms),
            authorities: reader.read_optional("issuer.ca", authorities),
            leeway,
            jwks_hosts: reader.read("issuer.jwks_hosts", value::hosts),
            connect_timeout,
            timeout,
            cooldown,
            refresh_min,
            refresh_max,
            retry_max,
            max_stale,
            decryption_keys: reader.read("issuer.decryption_keys", decryption::keys),
            introspection: IntrospectionConfig::read(reader, "issuer.introspection"),
            rules: IssuerRules::default(),
        }
    }
}

pub(super) fn issuer(value: &Value) -> Result<Issuer, Fault> {
    let text = value::text(value)?;
    // Whether an Okta org authorization server is accepted depends on other settings.
    Issuer::parse_any(&text).map_err(|error| Fault::new(error.fault()).fix(error.fix()))
}

pub(super) fn audience(value: &Value) -> Result<Audience, Fault> {
    let text = placeholder::filled_in(value)?;
    Audience::parse(text).map_err(|_| Fault::new("must not be empty"))
}

pub(super) fn token_types(value: &Value) -> Result<Vec<TokenType>, Fault> {
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

pub(super) fn algorithms(value: &Value) -> Result<Vec<Algorithm>, Fault> {
    let known = Algorithm::ALL.map(Algorithm::name).join(", ");
    let names = value::list(value, &[',', ' '])?;
    if names.is_empty() {
        return Ok(Algorithm::ALL.to_vec());
    }
    let find = |name: &String| {
        Algorithm::find(name).ok_or_else(|| {
            Fault::new("must list signature algorithms")
                .found(name)
                .fix(format!("list some of {known}"))
        })
    };
    names.iter().map(find).collect()
}

/// The authorities of a file.
fn authorities(value: &Value) -> Result<Authorities, Fault> {
    let path = value::filled_text(value)?;
    let mut pem = Vec::new();
    let read = File::open(&path).and_then(|file| file.take(MAX_CA_BYTES).read_to_end(&mut pem));
    if let Err(error) = read {
        let fault = Fault::new(format!("names a file that cannot be read ({error})"));
        return Err(fault.fix("name a file that this user can read"));
    }
    Authorities::parse(&pem).map_err(|error| {
        let what = match error {
            AuthoritiesError::Unusable => "names a file with a certificate that cannot be read",
            _ => "names a file without a certificate in PEM form",
        };
        let fix = "name a file with the certificate of the authority, between \
                   -----BEGIN CERTIFICATE----- and -----END CERTIFICATE-----";
        Fault::new(what).fix(fix)
    })
}

/// More than the bundle of a whole system.
const MAX_CA_BYTES: u64 = 4 * 1024 * 1024;
