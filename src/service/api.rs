//! The API of Okta's guide: `hello` for anyone, `whoami` for holders of a valid token.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use poem_openapi::payload::{Json, Response};
use poem_openapi::types::Any;
use poem_openapi::{LicenseObject, Object, OpenApi, OpenApiService, ServerObject, Tags};

use crate::guard::{BearerAuth, Guarded};
use crate::token::{Claims, NumericDate};

pub(super) struct Api;

#[derive(Tags)]
enum Tag {
    /// Open to anyone.
    Hello,
    /// The caller, by its own token.
    Caller,
}

/// A greeting.
#[derive(Object)]
struct Hello {
    /// The greeting itself.
    #[oai(validator(max_length = 200))]
    message: String,
}

/// The caller, as the access token describes it.
#[derive(Object)]
#[oai(skip_serializing_if_is_none)]
struct WhoAmI {
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
    /// Every claim as it was sent.
    claims: BTreeMap<String, Any<serde_json::Value>>,
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
        Json(Hello {
            message: "Hello! Anyone may call this; `/api/whoami` wants an access token.".to_owned(),
        })
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
    async fn whoami(&self, caller: BearerAuth) -> Response<Json<WhoAmI>> {
        Response::new(Json(WhoAmI::from(caller.claims()))).header("Cache-Control", "no-store")
    }
}

impl From<&Claims> for WhoAmI {
    fn from(claims: &Claims) -> Self {
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
            claims: (claims.all().iter())
                .map(|(name, value)| (name.clone(), Any(value.clone())))
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

pub(super) const TITLE: &str = "Protected API";

/// The API with what its document says of it.
pub(super) fn service(api: Guarded<Api>, public_url: &str) -> OpenApiService<Guarded<Api>, ()> {
    OpenApiService::new(api, TITLE, env!("CARGO_PKG_VERSION"))
        .description("An API whose operations are protected by OAuth 2.0 access tokens.")
        .license(LicenseObject::new("MIT OR Apache-2.0"))
        .server(ServerObject::new(public_url))
}
