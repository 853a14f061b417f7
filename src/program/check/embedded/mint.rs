//! Requests tokens with chosen claims from the embedded issuer.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use http::header::{ACCEPT, CONTENT_TYPE};
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use url::form_urlencoded;

use crate::check::{Check, Target, Tokens};
use crate::clock::{Clock, SystemClock};
use crate::dev::{CLIENT_ID, CLIENT_SECRET, DevIssuer, DevOptions, TEST_CLAIMS};
use crate::issuer::{Fetch, Issuer};
use crate::program::check::arguments::named;
use crate::program::check::found::{Found, payload};
use crate::program::check::issuer::keys;
use crate::program::command_line::CheckOptions;
use crate::program::failure::Failure;
use crate::program::token;
use crate::service;
use crate::service::config::Config;

/// Tokens of the embedded issuer, which is started if nothing listens at its address.
pub(in crate::program::check) async fn started(
    config: &Config,
    options: &CheckOptions,
    target: &Target,
) -> Result<Found, Failure> {
    let address = config.dev.listen;
    let failure = |source| Failure::Listen {
        key: "dev.listen",
        listen: address.into(),
        source,
    };
    let running = match TcpListener::bind(address).await {
        Ok(listener) => {
            eprintln!("runs the embedded issuer at http://{address}/oauth2/default");
            let audience = config.issuer.audience.as_str();
            let options = DevOptions::default().with_audience(audience);
            Some(DevIssuer::start(listener, options).map_err(failure)?)
        }
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => None,
        Err(error) => return Err(failure(error)),
    };
    let mint = Mint::new(config, options, target)?;
    let tokens = mint.tokens(Tokens::default()).await?;
    Ok(Found {
        running,
        ..mint.found(config, tokens).await
    })
}

/// Tokens of the embedded issuer of a running service; `None` if nothing listens at its address.
pub(in crate::program::check) async fn running(
    config: &Config,
    options: &CheckOptions,
    target: &Target,
    tokens: Tokens,
) -> Result<Option<Found>, Failure> {
    let mint = Mint::new(config, options, target)?;
    if keys(config, &mint.issuer).await.is_none() {
        return Ok(None);
    }
    let tokens = mint.tokens(tokens).await?;
    Ok(Some(mint.found(config, tokens).await))
}

/// Where tokens are requested, and what a good one contains.
struct Mint {
    fetch: Fetch,
    address: SocketAddr,
    issuer: Issuer,
    good: Map<String, Value>,
}

impl Mint {
    fn new(config: &Config, options: &CheckOptions, target: &Target) -> Result<Self, Failure> {
        let address = config.dev.listen;
        let mut scope = Check::required_scope(target);
        scope.extend(token::parse(&options.scope)?.iter().cloned());
        let scopes: Vec<_> = scope.iter().map(ToString::to_string).collect();
        let mut good = Map::new();
        good.insert("aud".to_owned(), config.issuer.audience.as_str().into());
        if !scopes.is_empty() {
            // Some libraries read the claim of RFC 9068, others the one of Okta.
            good.insert("scope".to_owned(), scopes.join(" ").into());
        }
        good.insert("scp".to_owned(), scopes.into());
        for text in &options.claim {
            let (name, value) = named("--claim", "'roles=[\"admin\"]'", text)?;
            let value = serde_json::from_str(&value).unwrap_or(Value::String(value));
            good.insert(name, value);
        }
        Ok(Self {
            fetch: service::fetch(&config.issuer)?,
            address,
            issuer: Issuer::parse(&format!("http://{address}/oauth2/default"))?,
            good,
        })
    }

    /// A good token, one without scopes, and those that the API must refuse.
    async fn tokens(&self, tokens: Tokens) -> Result<Tokens, Failure> {
        let now = SystemClock::new().now();
        let now = now.duration_since(SystemTime::UNIX_EPOCH);
        let now = now.unwrap_or(Duration::ZERO).as_secs();
        let mut tokens = tokens.with_good(self.token(json!({})).await?);
        if self.good.contains_key("scope") {
            let without = self.token(json!({ "scp": [], "scope": null })).await?;
            tokens = tokens.with_good(without);
        }
        let mut refused = Vec::new();
        for wrong in [
            json!({ "iat": now - 7_200, "exp": now - 3_600 }),
            json!({ "nbf": now + 1_800 }),
            json!({ "aud": "api://other.example" }),
            json!({ "iss": "https://issuer.example/oauth2/default" }),
        ] {
            refused.push(self.token(wrong).await?);
        }
        Ok(tokens.with_refused(refused))
    }

    /// A token with the claims of a good one, changed by `wrong`.
    async fn token(&self, wrong: Value) -> Result<String, Failure> {
        let mut claims = self.good.clone();
        if let Value::Object(wrong) = wrong {
            claims.extend(wrong);
        }
        let form = form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "client_credentials")
            .append_pair("client_id", CLIENT_ID)
            .append_pair("client_secret", CLIENT_SECRET)
            .append_pair(TEST_CLAIMS, &Value::Object(claims.clone()).to_string())
            .finish();
        let request = http::Request::post(format!("{}/v1/token", self.issuer))
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(ACCEPT, "application/json")
            .body(form.into_bytes());
        let request = request.map_err(|error| self.failure(error.to_string()))?;
        let answer = self.fetch.exchange(request).await;
        let answer = answer.map_err(|error| self.failure(error.to_string()))?;
        let body: Value = serde_json::from_slice(answer.body()).unwrap_or_default();
        let token = body["access_token"].as_str().unwrap_or_default();
        let signed = payload(token).unwrap_or_default();
        let has = |(name, value): (&String, &Value)| match value {
            Value::Null => !signed.contains_key(name),
            value => signed.get(name) == Some(value),
        };
        if !claims.iter().all(has) {
            let status = answer.status();
            let what = format!("it answers {status} to a request for a token with `{TEST_CLAIMS}`");
            return Err(self.failure(what));
        }
        Ok(token.to_owned())
    }

    async fn found(&self, config: &Config, tokens: Tokens) -> Found {
        Found {
            tokens,
            issuer_keys: keys(config, &self.issuer).await.unwrap_or_default(),
            issuer: Some(self.issuer.to_string()),
            ..Found::default()
        }
    }

    fn failure(&self, what: String) -> Failure {
        Failure::NotEmbedded {
            listen: self.address,
            what,
        }
    }
}
