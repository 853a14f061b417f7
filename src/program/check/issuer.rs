//! Requests tokens by client credentials, and fetches the issuer's public keys.

use crate::check::{Check, Target, Tokens};
use crate::issuer::{Fetch, GrantError, Issuer, Metadata};
use crate::service;
use crate::service::config::Config;
use crate::token::Scope;
use serde_json::Value;

use crate::program::command_line::CheckOptions;
use crate::program::embedded;
use crate::program::failure::Failure;
use crate::program::token;

use super::found::{Found, payload};

/// Tokens by client credentials: one with the scopes, and others with fewer. An attacker may have
/// written the document, so its scopes are requested only if the user says so.
pub(super) async fn granted(
    config: &Config,
    options: &CheckOptions,
    target: &Target,
    mut tokens: Tokens,
) -> Result<Found, Failure> {
    let required = Check::required_scope(target);
    let (scope, named_by) = if !options.scope.is_empty() {
        (token::parse(&options.scope)?, "--scope")
    } else if options.document_scopes && !required.is_empty() {
        (required, "the document requires it")
    } else if options.document_scopes {
        (Check::offered_scope(target), "the document offers it")
    } else {
        (config.client.scope.clone(), "`client.scope`")
    };
    let mut is_issuer_unreachable = false;
    match request(config, scope.clone(), named_by).await {
        Ok(token) => {
            tokens = tokens.with_good(token);
            tokens = lesser(config, target, tokens, &scope, named_by).await;
        }
        Err(failure) => {
            is_issuer_unreachable = failure.exit_code() == UNREACHABLE;
            tokens.why_no_good = match failure {
                Failure::NoClient => NO_CLIENT.to_owned(),
                failure => format!("There is no good token: {}. {ADD_ONE}", failure.chain()),
            };
            tokens.why_no_lesser.clone_from(&tokens.why_no_good);
        }
    }
    let found = with_keys(config, tokens, None).await?;
    Ok(Found {
        is_issuer_unreachable,
        ..found
    })
}

/// Tokens that lack a scope of each operation: one without a requested scope, or else, if the
/// issuer refuses that, one for each single scope.
async fn lesser(
    config: &Config,
    target: &Target,
    mut tokens: Tokens,
    scope: &Scope,
    named_by: &str,
) -> Tokens {
    let required = Check::required_scopes(target);
    let is_enough = |tokens: &Tokens| required.iter().all(|it| tokens.has_lacking(it));
    if is_enough(&tokens) {
        return tokens;
    }
    ONE_SCOPE.clone_into(&mut tokens.why_no_lesser);
    let mut requests = Vec::new();
    if !scope.is_empty() {
        requests.push((Scope::none(), named_by));
    }
    if scope.iter().count() > 1 {
        let single = scope.iter().take(MAX_SINGLE_SCOPES).cloned();
        requests.extend(single.map(|scope| (Scope::from_iter([scope]), "fewer rights")));
    }
    for (scope, named_by) in requests {
        match request(config, scope, named_by).await {
            Ok(token) => tokens = tokens.with_good(token),
            Err(Failure::Grant(GrantError::Refused { .. })) => {}
            Err(failure) => {
                let why = failure.chain();
                tokens.why_no_lesser = format!("There is no token without the scope: {why}.");
                break;
            }
        }
        if is_enough(&tokens) {
            break;
        }
    }
    tokens
}

async fn request(config: &Config, scope: Scope, named_by: &str) -> Result<String, Failure> {
    let (issuer, _) = embedded::issuer(config)?;
    let what = if scope.is_empty() {
        "no scope, for its default".to_owned()
    } else {
        format!("the scope `{scope}` ({named_by})")
    };
    let credentials = token::credentials(config, scope)?;
    eprintln!("requests a token of {issuer} with {what}");
    let metadata = token::discover(config).await?;
    let fetch = service::fetch(&config.issuer)?;
    let token = credentials.request(&fetch, &metadata).await?;
    Ok(token.secret().to_owned())
}

/// The tokens with the public keys of their issuer: the one in the settings, or else the one that
/// the token names, which the user trusts with it.
pub(super) async fn with_keys(
    config: &Config,
    tokens: Tokens,
    token: Option<&str>,
) -> Result<Found, Failure> {
    let named = || {
        let payload = payload(token?)?;
        Issuer::parse(payload.get("iss")?.as_str()?).ok()
    };
    let issuer = config.issuer.url.clone().or_else(named);
    let keys = match &issuer {
        Some(issuer) => keys(config, issuer).await.unwrap_or_default(),
        None => Vec::new(),
    };
    Ok(Found {
        issuer: issuer
            .filter(|_| !keys.is_empty())
            .map(|issuer| issuer.to_string()),
        tokens,
        issuer_keys: keys,
        ..Found::default()
    })
}

/// The public keys as they are published.
pub(super) async fn keys(config: &Config, issuer: &Issuer) -> Option<Vec<Value>> {
    let fetch: Fetch = service::fetch(&config.issuer).ok()?;
    let metadata = Metadata::discover(&fetch, issuer, &config.issuer.jwks_hosts)
        .await
        .ok()?;
    let document = fetch.document(metadata.jwks_uri().as_str()).await.ok()?;
    let document: Value = serde_json::from_slice(&document.body).ok()?;
    document["keys"].as_array().cloned()
}

/// The exit code of a failure to reach the issuer.
const UNREACHABLE: u8 = 69;
/// Each costs a request to the issuer.
const MAX_SINGLE_SCOPES: usize = 5;

const ADD_ONE: &str = "Correct that, or add a token with --token @FILE.";
const NO_CLIENT: &str = "There is no good token, because no client is set. Add a token with \
    --token @FILE, or name a client with --client-id and RESOURCE_SERVER_CLIENT__SECRET, or use \
    --with-embedded-issuer for an API that trusts the embedded issuer.";
const ONE_SCOPE: &str = "The issuer grants no token without the scope. Add another scope that the \
    client may have with --scope: a token with that scope alone is then tried.";
