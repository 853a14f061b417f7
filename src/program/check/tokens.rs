//! Comes by the tokens that a check is made with, and by the issuer's public keys.

use std::fs;

use crate::check::{Check, Target, Tokens};
use crate::issuer::{Fetch, Issuer, Metadata};
use crate::service;
use crate::service::config::Config;
use crate::token::Scope;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::program::command_line::CheckOptions;
use crate::program::embedded;
use crate::program::explain;
use crate::program::failure::Failure;
use crate::program::token;

/// What a check is made with.
pub(crate) struct Found {
    pub(crate) tokens: Tokens,
    pub(crate) issuer_keys: Vec<Value>,
    /// Who was asked.
    pub(crate) issuer: Option<String>,
}

/// A token that was given, else one by client credentials; none is no error.
pub(crate) async fn find(
    config: &Config,
    options: &mut CheckOptions,
    target: &Target,
) -> Result<Found, Failure> {
    let refused = options.refuse.iter().map(|token| given(token));
    let mut tokens = Tokens::default().with_refused(refused.collect::<Result<_, _>>()?);
    let argument = options.token.take();
    if let Some(token) = argument
        .map(|token| given(&token))
        .transpose()?
        .or_else(explain::variable)
    {
        tokens = tokens.with_good(token);
        tokens.why_no_lesser = String::from("one token was given, and it has the scope");
    } else {
        tokens = granted(config, options, target, tokens).await?;
    }
    let issuer = issuer(config, tokens.first());
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
    })
}

/// Tokens by client credentials: one with the scopes, and one with none. The document, which a
/// stranger may have written, names scopes where the user says so, and nowhere else.
async fn granted(
    config: &Config,
    options: &CheckOptions,
    target: &Target,
    mut tokens: Tokens,
) -> Result<Tokens, Failure> {
    let required = Check::required_scope(target);
    let (scope, named_by) = if !options.scope.is_empty() {
        (token::parse(&options.scope)?, "--scope")
    } else if options.document_scopes && !required.is_empty() {
        (required.clone(), "what the document requires")
    } else if options.document_scopes {
        (Check::offered_scope(target), "what the document offers")
    } else {
        (config.client.scope.clone(), "`client.scope`")
    };
    let has_asked = !scope.is_empty();
    let one = async |scope: Scope| {
        let (issuer, _) = embedded::issuer(config)?;
        let asked = if scope.is_empty() {
            "no scope, for its default".to_owned()
        } else {
            format!("the scope `{scope}` ({named_by})")
        };
        let credentials = token::credentials(config, scope)?;
        eprintln!("asks {issuer} for a token with {asked}");
        let metadata = token::discover(config).await?;
        let fetch = service::fetch(&config.issuer)?;
        Ok::<_, Failure>(credentials.request(&fetch, &metadata).await?)
    };
    match one(scope).await {
        Ok(token) => tokens = tokens.with_good(token.secret().to_owned()),
        Err(failure) => tokens.why_no_good = format!("no token: {}", failure.chain()),
    }
    if tokens.first().is_some() && !required.is_empty() && !has_asked {
        tokens.why_no_lesser =
            String::from("no --scope was given, and the token by default has it");
    } else if tokens.first().is_some() && !required.is_empty() {
        match one(Scope::none()).await {
            Ok(token) => tokens = tokens.with_good(token.secret().to_owned()),
            Err(failure) => {
                tokens.why_no_lesser = format!("no token without it: {}", failure.chain());
            }
        }
    }
    Ok(tokens)
}

/// A token on the command line: itself, `@FILE`, or `-` for standard input.
fn given(argument: &str) -> Result<String, Failure> {
    let text = match argument.strip_prefix('@') {
        Some(path) => fs::read_to_string(path).map_err(|source| Failure::Read {
            path: path.into(),
            source,
        })?,
        None if argument == "-" => explain::standard_input()?,
        None => argument.to_owned(),
    };
    Ok(text.trim().to_owned())
}

/// By setting, else as the token says: its bearer has named it.
fn issuer(config: &Config, token: Option<&str>) -> Option<Issuer> {
    if let Some(issuer) = &config.issuer.url {
        return Some(issuer.clone());
    }
    let payload = URL_SAFE_NO_PAD.decode(token?.split('.').nth(1)?).ok()?;
    let payload: Value = serde_json::from_slice(&payload).ok()?;
    Issuer::parse(payload["iss"].as_str()?).ok()
}

/// The public keys as they are published.
async fn keys(config: &Config, issuer: &Issuer) -> Option<Vec<Value>> {
    let fetch: Fetch = service::fetch(&config.issuer).ok()?;
    let metadata = Metadata::discover(&fetch, issuer, &config.issuer.jwks_hosts)
        .await
        .ok()?;
    let document = fetch.document(metadata.jwks_uri().as_str()).await.ok()?;
    let document: Value = serde_json::from_slice(&document.body).ok()?;
    document["keys"].as_array().cloned()
}
