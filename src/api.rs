//! The API of Okta's guide: `hello` for anyone, `whoami` for callers with a valid token.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use poem_openapi::payload::Json;
use poem_openapi::types::{Any, Example};
use poem_openapi::{Object, OpenApi, Tags};
use poem_resource_server::Application;
use poem_resource_server::guard::{BearerAuth, PerToken};
use poem_resource_server::token::{Claims, NumericDate};
use serde_json::{Value, json};

/// The guide's application.
pub(crate) fn application() -> Application {
    Application::new("Protected API", env!("CARGO_PKG_VERSION"))
        .description(DESCRIPTION)
        // Both licences have their texts there.
        .license("MIT OR Apache-2.0", "https://spdx.org/licenses/")
        .anonymous(["hello"])
        .api(|_| Api)
}

struct Api;

#[derive(Tags)]
enum Tag {
    /// Open to anyone.
    Hello,
    /// The caller, by its own token.
    Caller,
}

/// A greeting.
#[derive(Object)]
#[oai(example)]
struct Hello {
    /// The greeting itself.
    #[oai(validator(max_length = 200))]
    message: String,
}

/// The caller, as the access token describes it.
#[derive(Object)]
#[oai(skip_serializing_if_is_none, example)]
pub(crate) struct WhoAmI {
    /// `sub`: the user, or the client itself where no user takes part.
    subject: String,
    /// `client_id` or Okta's `cid`: the client that got the token.
    client_id: Option<String>,
    /// Okta's `uid`: the user's id, absent where no user takes part.
    user_id: Option<String>,
    /// `scope` or Okta's `scp`: what was granted.
    scopes: Vec<String>,
    /// `iss`: who issued the token.
    issuer: String,
    /// `aud`: for whom the token is meant.
    audience: Vec<String>,
    /// `iat`: when the token was issued.
    issued_at: Option<DateTime<Utc>>,
    /// `exp`: when the token expires.
    expires_at: DateTime<Utc>,
    /// `jti`: the token's own name.
    token_id: Option<String>,
    /// `acr`: how the user was authenticated.
    acr: Option<String>,
    /// `auth_time`: when the user signed in.
    auth_time: Option<DateTime<Utc>>,
    /// Every claim as it was sent.
    claims: BTreeMap<String, Any<Value>>,
}

#[OpenApi(prefix_path = "/api")]
impl Api {
    /// Greet anyone
    ///
    /// Open to anyone; credentials are not looked at.
    #[oai(
        path = "/hello",
        method = "get",
        operation_id = "hello",
        tag = "Tag::Hello"
    )]
    #[allow(clippy::unused_async)]
    async fn hello(&self) -> Json<Hello> {
        Json(Hello::example())
    }

    /// Tell the caller who it is
    ///
    /// For holders of a valid access token. The answer is what the token says.
    #[oai(
        path = "/whoami",
        method = "get",
        operation_id = "whoami",
        tag = "Tag::Caller"
    )]
    #[allow(clippy::unused_async)]
    async fn whoami(&self, caller: BearerAuth) -> PerToken<WhoAmI> {
        PerToken::from_caller(&caller)
    }
}

impl Example for Hello {
    fn example() -> Self {
        Self {
            message: "Hello! Anyone may call this; `/api/whoami` requires an access token."
                .to_owned(),
        }
    }
}

impl Example for WhoAmI {
    /// A user's token as Okta makes it.
    fn example() -> Self {
        let date = |seconds| DateTime::from_timestamp(seconds, 0).expect("a date of our time");
        let claims = json!({
            "ver": 1,
            "jti": "AT.7fQ2bXb0qmcT3dB6cDkzvQk1J3K0f3E8mYV9",
            "iss": "https://dev-1.okta.com/oauth2/default",
            "aud": "api://default",
            "iat": 1_767_225_600,
            "exp": 1_767_229_200,
            "cid": "0oa1example",
            "uid": "00u1example",
            "scp": ["profile:read"],
            "sub": "ada@example.com",
        });
        let text = |name: &str| claims[name].as_str().map(str::to_owned);
        Self {
            subject: "ada@example.com".to_owned(),
            client_id: text("cid"),
            user_id: text("uid"),
            scopes: vec!["profile:read".to_owned()],
            issuer: "https://dev-1.okta.com/oauth2/default".to_owned(),
            audience: vec!["api://default".to_owned()],
            issued_at: Some(date(1_767_225_600)),
            expires_at: date(1_767_229_200),
            token_id: text("jti"),
            acr: None,
            auth_time: None,
            claims: (claims.as_object().into_iter().flatten())
                .map(|(name, value)| (name.clone(), Any(value.clone())))
                .collect(),
        }
    }
}

impl From<&Claims> for WhoAmI {
    fn from(claims: &Claims) -> Self {
        let all = claims.all();
        let auth_time = all.get("auth_time").and_then(Value::as_i64);
        Self {
            subject: claims.subject().to_owned(),
            client_id: claims.client_id().map(str::to_owned),
            user_id: claims.user_id().map(str::to_owned),
            scopes: claims.scope().iter().map(ToString::to_string).collect(),
            issuer: claims.issuer().to_owned(),
            audience: claims.audience().to_vec(),
            issued_at: claims.issued_at().map(date_time),
            expires_at: date_time(claims.expires_at()),
            token_id: claims.token_id().map(str::to_owned),
            acr: all.get("acr").and_then(Value::as_str).map(str::to_owned),
            auth_time: auth_time.and_then(|seconds| DateTime::from_timestamp(seconds, 0)),
            claims: (all.into_iter())
                .map(|(name, value)| (name, Any(value)))
                .collect(),
        }
    }
}

/// In whole seconds; fractions are cut off.
fn date_time(date: NumericDate) -> DateTime<Utc> {
    let seconds = date.since_epoch().as_secs();
    i64::try_from(seconds)
        .ok()
        .and_then(|seconds| DateTime::from_timestamp(seconds, 0))
        .expect("a numeric date ends with year 9999")
}

const DESCRIPTION: &str = "An API whose operations are protected by OAuth 2.0 access tokens.\n\n\
    An operation that says so wants `Authorization: Bearer <access token>`, with a token that \
    the issuer granted for this API. What is refused is answered with a challenge \
    (`WWW-Authenticate`) and a problem (`application/problem+json`) whose `reason` is one \
    stable word.";
