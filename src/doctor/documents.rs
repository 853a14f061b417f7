//! The issuer's documents, and what else their answers show.

use std::error::Error;
use std::time::{Duration, SystemTime};

use http::StatusCode;
use openidconnect::core::{CoreGrantType, CoreJwsSigningAlgorithm};
use url::Url;

use crate::issuer::{
    DiscoveryError, Fetch, FetchError, FetchedDocument, Issuer, Metadata, OrgServer, explain,
};
use crate::token::Algorithm;

use super::findings::Diagnosis;

pub(super) async fn resolve(issuer: &Issuer, diagnosis: &mut Diagnosis) -> Option<()> {
    let url = Url::parse(issuer.as_str()).ok()?;
    let port = url.port_or_known_default()?;
    let host = issuer.host().trim_matches(['[', ']']);
    let lookup = tokio::net::lookup_host((host, port));
    let addresses = match tokio::time::timeout(LOOKUP_TIMEOUT, lookup).await {
        Ok(addresses) => addresses.map_err(|error| error.to_string()),
        Err(_) => Err(format!("no answer in {LOOKUP_TIMEOUT:?}")),
    };
    match addresses {
        Ok(addresses) => {
            let addresses: Vec<_> = addresses.map(|address| address.ip().to_string()).collect();
            diagnosis.passed("resolve", &addresses.join(", "));
            Some(())
        }
        Err(error) => {
            diagnosis.failed("resolve", &format!("{host}: {error}"), "");
            None
        }
    }
}

/// The document. `if_silent` is the fix if the issuer does not answer, or empty for the general fix.
pub(super) async fn openid_configuration(
    fetch: &Fetch,
    issuer: &Issuer,
    if_silent: &str,
    diagnosis: &mut Diagnosis,
) -> Option<FetchedDocument> {
    let url = issuer.discovery_url();
    let error = match fetch.document(&url).await {
        Ok(document) => {
            diagnosis.passed("connect", "it answers");
            diagnosis.passed("openid_configuration", &url);
            return Some(document);
        }
        Err(error) => error,
    };
    let found = format!("{url}: {}", chain(&error));
    let is_missing =
        matches!(&error, FetchError::Status { status, .. } if *status == StatusCode::NOT_FOUND);
    match &error {
        FetchError::Certificate { fault } => {
            diagnosis.failed("tls", &found, fault.fix());
        }
        FetchError::Connect(_) | FetchError::Timeout | FetchError::Transport(_) => {
            diagnosis.failed("connect", &found, if_silent);
        }
        _ => {
            diagnosis.passed("connect", "it answers");
            match explain(error, issuer, &url) {
                error @ DiscoveryError::OktaServerNotFound { .. } => {
                    diagnosis.failed("server_id", &error.to_string(), "");
                }
                _ if is_missing && names_okta_server(issuer) => {
                    diagnosis.failed("server_id", &found, "");
                }
                _ => diagnosis.failed("openid_configuration", &found, ""),
            }
        }
    }
    None
}

/// The form of RFC 8414 section 3.1, with the issuer's path at the end.
pub(super) async fn oauth_metadata(fetch: &Fetch, issuer: &Issuer, diagnosis: &mut Diagnosis) {
    let Ok(mut url) = Url::parse(issuer.as_str()) else {
        return;
    };
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&format!("/.well-known/oauth-authorization-server{path}"));
    match fetch.document(url.as_str()).await {
        Ok(document) => {
            let found = serde_json::from_slice::<serde_json::Value>(&document.body);
            let named = found
                .ok()
                .and_then(|it| Some(it["issuer"].as_str()?.to_owned()));
            match named {
                Some(named) if named == issuer.as_str() => {
                    diagnosis.passed("oauth_metadata", url.as_str());
                }
                named => {
                    let named = named.as_deref().unwrap_or("absent");
                    diagnosis.warned("oauth_metadata", &format!("{url}: its issuer is {named}"));
                }
            }
        }
        Err(error) => {
            diagnosis.warned("oauth_metadata", &format!("{url}: {}", chain(&error)));
        }
    }
}

/// The metadata, if the document belongs to this issuer.
pub(super) fn metadata(
    jwks_hosts: &[String],
    issuer: &Issuer,
    document: &FetchedDocument,
    org_server: OrgServer,
    diagnosis: &mut Diagnosis,
) -> Option<Metadata> {
    let error = match Metadata::parse_with(&document.body, issuer, jwks_hosts, org_server) {
        Ok(metadata) => {
            diagnosis.passed("issuer", "the document has the same issuer, byte for byte");
            return Some(metadata);
        }
        Err(error) => error,
    };
    let (check, found) = match &error {
        DiscoveryError::IssuerMismatch { .. } => ("issuer", error.to_string()),
        DiscoveryError::OktaOrgServer { .. } => ("org_server", error.to_string()),
        DiscoveryError::InsecureKeys | DiscoveryError::KeysElsewhere { .. } => {
            diagnosis.passed("issuer", "the document has the same issuer, byte for byte");
            ("jwks", error.to_string())
        }
        _ => ("openid_configuration", chain(&error)),
    };
    diagnosis.forget(check);
    diagnosis.failed(check, &found, "");
    None
}

/// The algorithms and grants that the issuer offers.
pub(super) fn abilities(metadata: &Metadata, allowed: &[Algorithm], diagnosis: &mut Diagnosis) {
    let provider = metadata.provider();
    let signs = provider.id_token_signing_alg_values_supported();
    let names: Vec<String> = signs.iter().map(name).collect();
    let found = names.join(", ");
    let is_allowed = |name: &String| allowed.iter().any(|it| it.name() == name);
    if names.iter().any(is_allowed) {
        diagnosis.passed("algorithms", &found);
    } else {
        diagnosis.warned("algorithms", &format!("none of them is allowed: {found}"));
    }
    let grants = provider.grant_types_supported();
    let offers = |grant| grants.is_some_and(|grants| grants.contains(grant));
    if offers(&CoreGrantType::ClientCredentials) {
        diagnosis.passed("client_credentials", "offered");
    } else {
        diagnosis.warned("client_credentials", "not in `grant_types_supported`");
    }
}

fn name(algorithm: &CoreJwsSigningAlgorithm) -> String {
    let name = serde_json::to_value(algorithm).ok();
    name.and_then(|it| it.as_str().map(str::to_owned))
        .unwrap_or_default()
}

/// Compares the clocks by the `Date` of an answer (RFC 9110 section 6.6.1).
pub(super) fn clock(
    document: &FetchedDocument,
    now: SystemTime,
    leeway: Duration,
    diagnosis: &mut Diagnosis,
) {
    let date = document.headers.get(http::header::DATE);
    let date = date.and_then(|date| httpdate::parse_http_date(date.to_str().ok()?).ok());
    let Some(date) = date else {
        return diagnosis.skipped("clock", "the answer has no `Date`");
    };
    // The time that the answer spent in a cache (RFC 9111 section 5.1).
    let age = document.headers.get(http::header::AGE);
    let age = age.and_then(|age| age.to_str().ok()?.parse().ok());
    let date = date + Duration::from_secs(age.unwrap_or(0));
    // `Date` has whole seconds, rounded down.
    let difference = now
        .duration_since(date)
        .unwrap_or_else(|ahead| ahead.duration());
    let difference = difference.saturating_sub(Duration::from_secs(1));
    let found = format!(
        "{} s apart; {} s are allowed",
        difference.as_secs(),
        leeway.as_secs()
    );
    if difference > leeway {
        diagnosis.failed("clock", &found, "");
    } else if difference > leeway / 4 {
        diagnosis.warned("clock", &found);
    } else {
        diagnosis.passed("clock", &found);
    }
}

/// The message with the messages of its causes.
pub(super) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = text + ": " + &error.to_string();
        cause = error.source();
    }
    text
}

/// Whether the path has Okta's form with neither `default` nor an id.
fn names_okta_server(issuer: &Issuer) -> bool {
    let server = issuer
        .as_str()
        .split_once("/oauth2/")
        .map_or("", |(_, server)| server);
    !matches!(server, "" | "default") && !server.starts_with("aus")
}

/// A slower name server counts as unavailable.
const LOOKUP_TIMEOUT: Duration = Duration::from_secs(5);
