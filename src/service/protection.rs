//! What the settings and the application make of the guard, and of what it says of itself.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::clock::Clock;
use crate::guard::{
    Access, Challenge, DescribedIssuer, Document, Guard, OperationRule, RateLimits, RuleError,
    require_free_names,
};
use crate::issuer::{Fetch, FetchPolicy, Issuer, RefreshPolicy};
use crate::token::{DecryptionKey, Validation};
use crate::verifier::{DEFAULT_ISSUER, RemoteIssuer, TrustedIssuer, TrustedIssuers, Verifier};

use super::BuildError;
use super::application::Outline;
use super::config::{Config, IssuerConfig, Listen, RateConfig, SecurityProfile};
use super::no_keys::NoKeys;
use super::paths::RESOURCE_METADATA;
use super::problems::problem;

/// Prints the document for these issuers.
pub(super) type Print = Arc<dyn Fn(&[DescribedIssuer]) -> Document + Send + Sync>;

/// The rules for the tokens of each issuer, by its name.
///
/// # Errors
///
/// [`BuildError::NoIssuer`].
pub(crate) fn rules_by_issuer(config: &Config) -> Result<Vec<(&str, Validation)>, BuildError> {
    let mut rules = Vec::new();
    if let Some(url) = &config.issuer.url {
        let first = Validation::new(url.as_str(), config.issuer.audience.clone())
            .with_leeway(config.issuer.leeway)
            .with_token_types(config.issuer.token_types.iter().copied())
            .with_algorithms(config.issuer.algorithms.iter().copied());
        rules.push((DEFAULT_ISSUER, config.issuer.rules.apply(first)));
    }
    for (name, issuer) in &config.issuers {
        let (Some(url), Some(audience)) = (&issuer.url, issuer.audiences.first()) else {
            continue;
        };
        let other = Validation::new(url.as_str(), audience.clone());
        rules.push((name, issuer.apply(other)));
    }
    if rules.is_empty() {
        return Err(BuildError::NoIssuer);
    }
    Ok(rules)
}

/// The issuers of the settings, whose keys are fetched with `fetch` from now on.
///
/// # Errors
///
/// [`BuildError::NoIssuer`], [`BuildError::Issuer`].
pub(super) fn trusted_issuers(
    config: &Config,
    fetch: &Fetch,
    clock: &Arc<dyn Clock>,
) -> Result<Arc<TrustedIssuers>, BuildError> {
    let issuers = TrustedIssuers::default();
    for (name, rules) in rules_by_issuer(config)? {
        // The settings were checked: no two issuers are the same.
        let _ = issuers.add(start(config, name, rules, fetch, clock)?);
    }
    Ok(Arc::new(issuers))
}

/// The issuers of the settings, of which only the issuer `name` has keys, fetched with `fetch`.
///
/// # Errors
///
/// As [`trusted_issuers`].
pub(crate) fn issuers_with_keys_of(
    config: &Config,
    name: &str,
    fetch: &Fetch,
    clock: &Arc<dyn Clock>,
) -> Result<TrustedIssuers, BuildError> {
    let issuers = issuers_without_keys(config);
    for (found, rules) in rules_by_issuer(config)? {
        if found == name {
            let issuer = start(config, name, rules, fetch, clock)?;
            issuers.remove(issuer.identifier());
            let _ = issuers.add(issuer);
        }
    }
    Ok(issuers)
}

fn start(
    config: &Config,
    name: &str,
    rules: Validation,
    fetch: &Fetch,
    clock: &Arc<dyn Clock>,
) -> Result<TrustedIssuer, BuildError> {
    let mut remote = RemoteIssuer::new(name, rules)
        .with_refresh_policy(refresh_policy(config, name))
        .with_clock(clock.clone())
        .with_decryption_keys(decryption_keys(config, name).iter().cloned());
    if let Some(policy) = config.introspection(name) {
        remote = remote.with_introspection(policy.clone());
    }
    remote.start(fetch.clone()).map_err(BuildError::Issuer)
}

/// The issuers of the settings, without keys that verify tokens: nothing is fetched, and no token is
/// verified.
pub(crate) fn issuers_without_keys(config: &Config) -> TrustedIssuers {
    let issuers = TrustedIssuers::default();
    for (name, rules) in rules_by_issuer(config).unwrap_or_default() {
        let issuer = TrustedIssuer::new(name, Arc::new(NoKeys), rules);
        let keys = decryption_keys(config, name).iter().cloned();
        let _ = issuers.add(issuer.with_decryption_keys(keys));
    }
    issuers
}

/// The keys that decrypt the tokens of this issuer.
pub(crate) fn decryption_keys<'a>(config: &'a Config, name: &str) -> &'a [Arc<DecryptionKey>] {
    match config.issuers.get(name) {
        Some(issuer) => &issuer.decryption_keys,
        None => &config.issuer.decryption_keys,
    }
}

/// The guard of the settings in force.
pub(super) fn guard(
    config: &Config,
    outline: &Outline,
    verifier: Verifier,
    public_url: &str,
    clock: Arc<dyn Clock>,
) -> Guard {
    let challenge = Challenge::new(&config.access.realm)
        .with_resource_metadata(&format!("{public_url}{RESOURCE_METADATA}"));
    let mut guard = Guard::new(verifier)
        .with_challenge(challenge)
        .with_access(access(config, outline))
        .with_scope_texts(&outline.scopes())
        .with_offered_scope(&config.docs.scopes);
    if let Some(url) = &config.http.public_url {
        guard = guard.with_public_url(url.as_str());
    }
    if config.http.has_client_certificates() {
        guard = guard.with_certificate_bound_tokens();
    }
    if config.security == Some(SecurityProfile::Fapi2) {
        guard = guard.with_tls_required().without_protocol_tokens();
    }
    match limits(&config.rate, clock) {
        Some(limits) => guard.with_limits(limits),
        None => guard,
    }
}

/// What prints the document of `outline` with these rules.
///
/// # Errors
///
/// [`RuleError::SchemaNameTaken`].
pub(super) fn printer(
    config: &Config,
    outline: &Outline,
    guard: &Guard,
    rules: &Arc<[OperationRule]>,
    public_url: &str,
) -> Result<Print, RuleError> {
    let spec = outline.spec(public_url, config.docs.contact.as_ref());
    require_free_names(&spec)?;
    let (guard, rules) = (guard.clone(), rules.clone());
    let late = problem(http::StatusCode::REQUEST_TIMEOUT);
    Ok(Arc::new(move |issuers| {
        let document = Document::complete(spec.clone(), &rules, &guard, issuers);
        document.with_answer(late, "The request took too long.")
    }))
}

/// Where an issuer may send people back to Swagger UI, for a service that listens at
/// `listen`: under its public URL, and on this machine under both of its names.
#[cfg(feature = "dev")]
pub(crate) fn redirect_uris(config: &Config, listen: &Listen) -> Vec<String> {
    (bases(config, listen).into_iter())
        .map(|base| base + crate::docs::OAUTH2_REDIRECT)
        .collect()
}

/// The origins of Swagger UI, for a service that listens at `listen`.
#[cfg(feature = "dev")]
pub(crate) fn origins(config: &Config, listen: &Listen) -> Vec<String> {
    let origin = |base: String| {
        let url = url::Url::parse(&base).ok()?;
        Some(url.origin().ascii_serialization())
    };
    let bases = bases(config, listen).into_iter();
    bases.filter_map(origin).collect()
}

#[cfg(feature = "dev")]
fn bases(config: &Config, listen: &Listen) -> Vec<String> {
    let mut bases = vec![public_url(config, listen)];
    if let Some(port) = listen.address().map(|address| address.port()) {
        bases.push(format!("http://127.0.0.1:{port}"));
        bases.push(format!("http://localhost:{port}"));
    }
    bases.dedup();
    bases
}

/// Our only outbound HTTP client, with the configured deadlines.
///
/// # Errors
///
/// [`BuildError::Client`].
pub(crate) fn fetch(config: &IssuerConfig) -> Result<Fetch, BuildError> {
    Fetch::new(&FetchPolicy {
        connect_timeout: config.connect_timeout,
        timeout: config.timeout,
        authorities: config.authorities.clone(),
    })
    .map_err(BuildError::Client)
}

/// How often the keys of this issuer are fetched, and how long they are kept.
pub(crate) fn refresh_policy(config: &Config, name: &str) -> RefreshPolicy {
    let jwks_hosts = match config.issuers.get(name) {
        Some(issuer) => issuer.jwks_hosts.clone(),
        None => config.issuer.jwks_hosts.clone(),
    };
    let config = &config.issuer;
    RefreshPolicy {
        cooldown: config.cooldown,
        refresh_min: config.refresh_min,
        refresh_max: config.refresh_max,
        retry_max: config.retry_max,
        max_stale: config.max_stale,
        // A fetch may need the discovery document first.
        longest_wait: config.timeout * 2,
        jwks_hosts,
        ..RefreshPolicy::default()
    }
}

/// The URL callers use, without a trailing slash. A service that listens on every address,
/// or on a socket, needs the setting; until then it is this machine's own.
pub(super) fn public_url(config: &Config, listen: &Listen) -> String {
    if let Some(url) = &config.http.public_url {
        return url.as_str().to_owned();
    }
    let scheme = match config.http.tls {
        Some(_) => "https",
        None => "http",
    };
    match listen.address() {
        None => format!("{scheme}://localhost"),
        Some(address) if address.ip().is_unspecified() => {
            format!("{scheme}://localhost:{}", address.port())
        }
        Some(address) => format!("{scheme}://{address}"),
    }
}

pub(super) fn access(config: &Config, outline: &Outline) -> Access {
    let default = config.issuer.url.iter().map(|url| (DEFAULT_ISSUER, url));
    let others = config.issuers.iter();
    let others = others.filter_map(|(name, issuer)| Some((name.as_str(), issuer.url.as_ref()?)));
    let identifier = |(name, url): (&str, &Issuer)| (name.to_owned(), url.as_str().to_owned());
    let mut issuer_names: BTreeMap<_, _> = default.chain(others).map(identifier).collect();
    if issuer_names.is_empty() {
        // The embedded issuer has this name, and no identifier before it listens.
        issuer_names.insert(DEFAULT_ISSUER.to_owned(), String::new());
    }
    let config = &config.access;
    Access {
        issuer_names,
        mode: config.mode,
        anonymous: config.anonymous.clone(),
        operations: config.operations.clone(),
        tags: config.tags.clone(),
        paths: config.paths.clone(),
        all: config.all.clone(),
        binding: config.binding,
        implied_scopes: config.implied_scopes.clone(),
        ..outline.access.clone()
    }
}

fn limits(config: &RateConfig, clock: Arc<dyn Clock>) -> Option<RateLimits> {
    config.refusals.or(config.calls)?;
    let mut limits = RateLimits::new(clock);
    if let Some(rate) = config.refusals {
        limits = limits.with_refusals(rate);
    }
    if let Some(rate) = config.calls {
        limits = limits.with_calls(rate);
    }
    Some(limits)
}
