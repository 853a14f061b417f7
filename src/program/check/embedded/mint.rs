//! Requests tokens with chosen claims from the embedded issuer.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, SystemTime};

use http::header::{ACCEPT, CONTENT_TYPE};
use serde_json::{Map, Value, json};
use tokio::net::TcpListener;
use url::form_urlencoded;

use crate::check::{Check, KnownIssuer, OpaqueToken, Target, Tokens};
use crate::clock::{Clock, SystemClock};
use crate::dev::{CLIENT_ID, CLIENT_SECRET, DevIssuer, DevOptions, FurtherIssuer, TEST_CLAIMS};
use crate::issuer::{Fetch, Issuer, ProofMaker};
use crate::program::check::arguments::{named, shown, wants_bound_tokens};
use crate::program::check::found::{Found, payload};
use crate::program::check::issuer::published;
use crate::program::command_line::CheckOptions;
use crate::program::failure::Failure;
use crate::program::token;
use crate::service;
use crate::service::config::Config;
use crate::verifier::DEFAULT_ISSUER;

/// Tokens of the embedded issuers, which are started if nothing listens at their address.
pub(in crate::program::check) async fn started(
    config: &Config,
    options: &CheckOptions,
    target: &Target,
    holder: &ProofMaker,
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
            let further = config.dev.issuers.iter().map(FurtherIssuer::new);
            let options = further.fold(options, DevOptions::with_issuer);
            Some(DevIssuer::start(listener, options).map_err(failure)?)
        }
        Err(error) if error.kind() == io::ErrorKind::AddrInUse => None,
        Err(error) => return Err(failure(error)),
    };
    let mints = Mint::all(config, options, target, holder)?;
    let tokens = Tokens::default().with_holder(holder.clone());
    let found = mints_found(config, &mints, tokens).await?;
    Ok(Found { running, ..found })
}

/// Tokens of the embedded issuers of a running service; `None` if nothing listens at their address.
pub(in crate::program::check) async fn running(
    config: &Config,
    options: &CheckOptions,
    target: &Target,
    tokens: Tokens,
    holder: &ProofMaker,
) -> Result<Option<Found>, Failure> {
    let mints = Mint::all(config, options, target, holder)?;
    let Some(first) = mints.first() else {
        return Ok(None);
    };
    if first.published(config).await.keys.is_empty() {
        return Ok(None);
    }
    mints_found(config, &mints, tokens).await.map(Some)
}

/// The tokens of each issuer, and those that one signs in the name of another.
async fn mints_found(
    config: &Config,
    mints: &[Mint],
    mut tokens: Tokens,
) -> Result<Found, Failure> {
    let mut issuers = Vec::new();
    for mint in mints {
        tokens = mint.tokens(tokens).await?;
        for other in mints.iter().filter(|other| other.name != mint.name) {
            let wrong = json!({ "iss": other.issuer.as_str(), "aud": other.good["aud"] });
            tokens = tokens.with_refused(vec![mint.token(wrong).await?]);
        }
        issuers.push(mint.published(config).await);
    }
    Ok(Found {
        tokens,
        issuers,
        ..Found::default()
    })
}

/// Where tokens of one issuer are requested, and what a good one contains.
struct Mint {
    fetch: Fetch,
    address: SocketAddr,
    name: String,
    issuer: Issuer,
    good: Map<String, Value>,
    /// The claim `cnf` of bound tokens.
    cnf: Value,
    /// Whether an operation must refuse tokens that are not bound.
    requires_bound: bool,
}

impl Mint {
    /// One for each embedded issuer, or for the one of `--issuer-name`.
    fn all(
        config: &Config,
        options: &CheckOptions,
        target: &Target,
        holder: &ProofMaker,
    ) -> Result<Vec<Self>, Failure> {
        let audience = config.issuer.audience.as_str().to_owned();
        let further = config.dev.issuers.iter();
        let further = further.map(|name| (name.as_str(), format!("api://{name}")));
        let all = std::iter::once((DEFAULT_ISSUER, audience)).chain(further);
        let wanted = options.client.issuer_name.as_deref();
        let all = all.filter(|(name, _)| wanted.is_none_or(|wanted| wanted == *name));
        let mints: Result<Vec<_>, _> = all
            .map(|(name, audience)| {
                let mut mint = Self::new(config, options, target, name, &audience)?;
                mint.cnf = json!({ "jkt": holder.thumbprint().to_string() });
                if wants_bound_tokens(options, target) {
                    mint.good.insert("cnf".to_owned(), mint.cnf.clone());
                }
                Ok::<_, Failure>(mint)
            })
            .collect();
        match (mints?, wanted) {
            (mints, Some(name)) if mints.is_empty() => Err(Failure::NoSuchIssuer {
                name: shown(name),
                known: [&[DEFAULT_ISSUER.to_owned()], &*config.dev.issuers]
                    .concat()
                    .join(", "),
            }),
            (mints, _) => Ok(mints),
        }
    }

    fn new(
        config: &Config,
        options: &CheckOptions,
        target: &Target,
        name: &str,
        audience: &str,
    ) -> Result<Self, Failure> {
        let address = config.dev.listen;
        let mut scope = Check::required_scope(target);
        scope.extend(token::parse(&options.scope)?.iter().cloned());
        let scopes: Vec<_> = scope.iter().map(ToString::to_string).collect();
        let mut good = Map::new();
        good.insert("aud".to_owned(), audience.into());
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
            name: name.to_owned(),
            issuer: Issuer::parse(&format!("http://{address}/oauth2/{name}"))?,
            good,
            cnf: Value::Null,
            requires_bound: Check::requires_bound_tokens(target),
        })
    }

    /// A good token, one without scopes, those that the API must refuse, and one that it must refuse
    /// where tokens must be bound.
    async fn tokens(&self, tokens: Tokens) -> Result<Tokens, Failure> {
        let now = SystemClock::new().now();
        let now = now.duration_since(SystemTime::UNIX_EPOCH);
        let now = now.unwrap_or(Duration::ZERO).as_secs();
        let mut tokens = tokens.with_good(self.token(json!({})).await?);
        if !self.good.contains_key("cnf") && !tokens.has_bound() {
            tokens = tokens.with_bound(self.token(json!({ "cnf": self.cnf })).await?);
        }
        if self.requires_bound {
            let unbound = self.token(json!({ "cnf": null })).await?;
            tokens = tokens.with_unbound(unbound, OpaqueToken::default());
        }
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

    async fn published(&self, config: &Config) -> KnownIssuer {
        let name = if config.dev.issuers.is_empty() {
            ""
        } else {
            &self.name
        };
        published(config, &self.issuer, &[], name).await
    }

    fn failure(&self, what: String) -> Failure {
        Failure::NotEmbedded {
            listen: self.address,
            what,
        }
    }
}
