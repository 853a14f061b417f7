//! Requests tokens by client credentials, and fetches the issuer's public keys.

use crate::check::{Check, KnownIssuer, OpaqueBinding, OpaqueToken, Target, Tokens};
use crate::issuer::{GrantError, GrantedToken, Issuer, Metadata, ProofMaker};
use crate::service;
use crate::service::config::Config;
use crate::token::Scope;
use openidconnect::core::CoreGrantType;
use serde_json::Value;

use crate::program::command_line::CheckOptions;
use crate::program::failure::Failure;
use crate::program::issuers::NamedIssuer;
use crate::program::token;

use super::{arguments, found};

/// What an issuer has granted to its client.
pub(super) struct Granted {
    /// The best token comes first.
    pub(super) tokens: Vec<GrantedToken>,
    /// One that is not bound, if the document has an operation that must refuse it.
    pub(super) unbound: Option<GrantedToken>,
    pub(super) why_no_good: Option<String>,
    pub(super) why_no_lesser: String,
    /// Whether there is no token because the issuer could not be reached.
    pub(super) is_unreachable: bool,
}

/// Tokens by client credentials: one with the scopes, and others with fewer. An attacker may have
/// written the document, so its scopes are requested only if the user says so.
pub(super) async fn granted(
    issuer: &NamedIssuer<'_>,
    options: &CheckOptions,
    target: &Target,
    holder: &ProofMaker,
) -> Result<Granted, Failure> {
    let client = Client {
        issuer,
        holder,
        is_bound: arguments::wants_bound_tokens(options, target),
    };
    let required = Check::required_scope(target);
    let (scope, named_by) = if !options.scope.is_empty() {
        (token::parse(&options.scope)?, "--scope")
    } else if options.document_scopes && !required.is_empty() {
        (required, "the document requires it")
    } else if options.document_scopes {
        (Check::offered_scope(target), "the document offers it")
    } else {
        (issuer.client().scope.clone(), "`client.scope`")
    };
    Ok(match client.request(scope.clone(), named_by).await {
        Ok(token) => {
            let unbound = if Check::requires_bound_tokens(target) {
                client.request_unbound(scope.clone()).await
            } else {
                None
            };
            let (tokens, why_no_lesser) = lesser(&client, target, token, &scope, named_by).await;
            Granted {
                tokens,
                unbound,
                why_no_good: None,
                why_no_lesser,
                is_unreachable: false,
            }
        }
        Err(failure) => {
            let is_unreachable = failure.exit_code() == UNREACHABLE;
            let why = match failure {
                Failure::NoClient { .. } => NO_CLIENT.to_owned(),
                failure => format!("There is no good token: {}. {ADD_ONE}", failure.chain()),
            };
            Granted {
                tokens: Vec::new(),
                unbound: None,
                why_no_good: Some(why.clone()),
                why_no_lesser: why,
                is_unreachable,
            }
        }
    })
}

/// With this token, those that lack a scope of each operation: one without a requested scope, or
/// else, if the issuer refuses that, one for each single scope. The string says why there are none.
async fn lesser(
    client: &Client<'_>,
    target: &Target,
    good: GrantedToken,
    scope: &Scope,
    named_by: &str,
) -> (Vec<GrantedToken>, String) {
    let required = Check::required_scopes(target);
    let is_enough = |tokens: &Tokens| required.iter().all(|it| tokens.has_lacking(it));
    let mut tokens = Tokens::default().with_granted(good.secret().to_owned(), known_of(&good));
    let mut all = vec![good];
    if is_enough(&tokens) {
        return (all, String::new());
    }
    let mut requests = Vec::new();
    if !scope.is_empty() {
        requests.push((Scope::none(), named_by));
    }
    if scope.iter().count() > 1 {
        let single = scope.iter().take(MAX_SINGLE_SCOPES).cloned();
        requests.extend(single.map(|scope| (Scope::from_iter([scope]), "fewer rights")));
    }
    for (scope, named_by) in requests {
        match client.request(scope, named_by).await {
            Ok(token) => {
                tokens = tokens.with_granted(token.secret().to_owned(), known_of(&token));
                all.push(token);
            }
            Err(Failure::Grant(GrantError::Refused { .. })) => {}
            Err(failure) => {
                let why = failure.chain();
                return (all, format!("There is no token without the scope: {why}."));
            }
        }
        if is_enough(&tokens) {
            break;
        }
    }
    (all, ONE_SCOPE.to_owned())
}

/// What the issuer says of a token that cannot be read.
pub(super) fn known_of(token: &GrantedToken) -> OpaqueToken {
    OpaqueToken {
        scope: token.scope().cloned(),
        binding: if token.is_bound() {
            OpaqueBinding::Bound
        } else {
            OpaqueBinding::Unbound
        },
        ..OpaqueToken::default()
    }
}

/// The client of an issuer, and the key that its tokens are bound to.
struct Client<'a> {
    issuer: &'a NamedIssuer<'a>,
    holder: &'a ProofMaker,
    is_bound: bool,
}

impl Client<'_> {
    /// Requests a token, and a bound one if the issuer requires that.
    async fn request(&self, scope: Scope, named_by: &str) -> Result<GrantedToken, Failure> {
        let what = if scope.is_empty() {
            "no scope, for its default".to_owned()
        } else {
            format!("the scope `{scope}` ({named_by})")
        };
        let credentials = self.issuer.credentials(scope.clone())?;
        if let Some(issuer) = self.issuer.issuer() {
            eprintln!("requests a token of {issuer} with {what}");
        }
        let metadata = self.issuer.discover().await?;
        let fetch = service::fetch(&self.issuer.config().issuer)?;
        let holder = || Some(self.holder.clone());
        let credentials = if self.is_bound {
            credentials.with_proofs(holder())
        } else {
            credentials
        };
        match credentials.request(&fetch, &metadata).await {
            Err(error) if !self.is_bound && error.may_require_proof() => {
                eprintln!("requests a bound token, because the issuer may require a DPoP proof");
                let credentials = self.issuer.credentials(scope)?.with_proofs(holder());
                Ok(credentials.request(&fetch, &metadata).await?)
            }
            granted => Ok(granted?),
        }
    }

    /// Requests a token without a proof, so that it is not bound. `None` if the issuer refuses that.
    async fn request_unbound(&self, scope: Scope) -> Option<GrantedToken> {
        eprintln!("requests a token that is not bound, because an operation must refuse it");
        let credentials = self.issuer.credentials(scope).ok()?;
        let metadata = self.issuer.discover().await.ok()?;
        let fetch = service::fetch(&self.issuer.config().issuer).ok()?;
        credentials.request(&fetch, &metadata).await.ok()
    }
}

/// What is known of the issuer of a token: of one of the settings, or else of the one that the token
/// names. `None` if the token names none.
pub(super) async fn known(
    config: &Config,
    named: Option<&NamedIssuer<'_>>,
    name: Option<&str>,
    token: &str,
) -> Option<KnownIssuer> {
    let identifier = found::issuer(token);
    if let Some((named, issuer)) = named.and_then(|named| Some((named, named.issuer()?))) {
        let name = if config.issuers.is_empty() {
            ""
        } else {
            named.name
        };
        return Some(published(config, issuer, named.jwks_hosts(), name).await);
    }
    let issuer = Issuer::parse(&identifier?).ok()?;
    let hosts = &config.issuer.jwks_hosts;
    Some(published(config, &issuer, hosts, name.unwrap_or_default()).await)
}

/// The issuer with its public keys and its endpoints, as far as they can be fetched.
pub(super) async fn published(
    config: &Config,
    issuer: &Issuer,
    jwks_hosts: &[String],
    name: &str,
) -> KnownIssuer {
    let mut known = KnownIssuer {
        name: name.to_owned(),
        identifier: issuer.to_string(),
        endpoints: vec![issuer.discovery_url()],
        ..KnownIssuer::default()
    };
    let Ok(fetch) = service::fetch(&config.issuer) else {
        return known;
    };
    let Ok(metadata) = Metadata::discover(&fetch, issuer, jwks_hosts).await else {
        return known;
    };
    // Without the member, the grant of refresh tokens is not among the default ones (RFC 8414
    // section 2), but issuers forget it.
    let grants = metadata.provider().grant_types_supported();
    known.grants_no_refresh_token =
        grants.is_some_and(|grants| !grants.contains(&CoreGrantType::RefreshToken));
    let token_endpoint = metadata.token_endpoint().map(ToString::to_string);
    known.endpoints.extend(token_endpoint);
    known
        .endpoints
        .push(metadata.authorization_endpoint().to_string());
    if let Ok(document) = fetch.document(metadata.jwks_uri().as_str()).await {
        let document: Value = serde_json::from_slice(&document.body).unwrap_or_default();
        known.keys = document["keys"].as_array().cloned().unwrap_or_default();
    }
    known
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
