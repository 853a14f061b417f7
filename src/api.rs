//! The API of Okta's guide: `hello` for anyone, `whoami` for callers with a valid token.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::iter;

use chrono::{DateTime, Utc};
use poem_openapi::payload::Json;
use poem_openapi::registry::{MetaSchemaRef, Registry};
use poem_openapi::types::{Any, Example, ToJSON, Type};
use poem_openapi::{Object, OpenApi, Tags};
use poem_resource_server::Application;
use poem_resource_server::guard::{BearerAuth, PerToken};
use poem_resource_server::token::{Claims, NumericDate, ScopeToken};
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

    /// Show who the caller is
    ///
    /// For holders of a valid access token. The answer is what the token says.
    #[oai(
        path = "/whoami",
        method = "get",
        operation_id = "whoami",
        tag = "Tag::Caller"
    )]
    #[allow(clippy::unused_async)]
    async fn whoami(&self, caller: BearerAuth) -> PerToken<CallerJson> {
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

/// The JSON of a [`WhoAmI`]. The claims are copied as the token contains them: they are neither
/// parsed nor written again.
pub(crate) struct CallerJson(String);

impl From<&Claims> for CallerJson {
    fn from(claims: &Claims) -> Self {
        let auth_time = claims.get("auth_time").and_then(|it| it.as_i64());
        let auth_time = auth_time.and_then(|seconds| DateTime::from_timestamp(seconds, 0));
        let mut json = Members(String::with_capacity(claims.derived_bytes()));
        json.text("subject", Some(claims.subject()));
        json.text("client_id", claims.client_id());
        json.text("user_id", claims.user_id());
        json.texts("scopes", claims.scope().iter().map(ScopeToken::as_str));
        json.text("issuer", Some(claims.issuer()));
        json.texts("audience", claims.audience().iter().map(String::as_str));
        json.text("issued_at", claims.issued_at().map(rfc3339).as_deref());
        json.text("expires_at", Some(&rfc3339(claims.expires_at())));
        json.text("token_id", claims.token_id());
        json.text("acr", claims.get("acr").as_ref().and_then(Value::as_str));
        json.text("auth_time", auth_time.map(|it| it.to_rfc3339()).as_deref());
        json.name("claims");
        Self(json.0 + claims.json() + "}")
    }
}

/// An object of JSON that is being written.
struct Members(String);

impl Members {
    fn name(&mut self, name: &str) {
        self.0 += if self.0.is_empty() { "{\"" } else { ",\"" };
        self.0 += name;
        self.0 += "\":";
    }

    fn text(&mut self, name: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.name(name);
            self.value(value);
        }
    }

    fn texts<'a>(&mut self, name: &str, values: impl Iterator<Item = &'a str>) {
        self.name(name);
        self.0 += "[";
        for (position, value) in values.enumerate() {
            self.0 += if position == 0 { "" } else { "," };
            self.value(value);
        }
        self.0 += "]";
    }

    fn value(&mut self, value: &str) {
        // A loop without an early exit lets the compiler compare many bytes at once.
        let is_plain = |byte| byte >= b' ' && byte != b'"' && byte != b'\\';
        if value.bytes().fold(true, |all, byte| all & is_plain(byte)) {
            self.0 += "\"";
            self.0 += value;
            self.0 += "\"";
        } else {
            self.0 += &json!(value).to_string();
        }
    }
}

/// Documented as a [`WhoAmI`].
impl Type for CallerJson {
    const IS_REQUIRED: bool = true;
    type RawValueType = Self;
    type RawElementValueType = Self;

    fn name() -> Cow<'static, str> {
        WhoAmI::name()
    }

    fn schema_ref() -> MetaSchemaRef {
        WhoAmI::schema_ref()
    }

    fn register(registry: &mut Registry) {
        WhoAmI::register(registry);
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }

    fn raw_element_iter<'a>(&'a self) -> Box<dyn Iterator<Item = &'a Self> + 'a> {
        Box::new(iter::once(self))
    }
}

impl ToJSON for CallerJson {
    fn to_json(&self) -> Option<Value> {
        serde_json::from_str(&self.0).ok()
    }

    fn to_json_string(&self) -> String {
        self.0.clone()
    }
}

/// In whole seconds; fractions are cut off.
fn rfc3339(date: NumericDate) -> String {
    let seconds = i64::try_from(date.since_epoch().as_secs()).ok();
    let date = seconds.and_then(|seconds| DateTime::from_timestamp(seconds, 0));
    date.expect("a numeric date ends with year 9999")
        .to_rfc3339()
}

const DESCRIPTION: &str = "An API whose operations are protected by OAuth 2.0 access tokens.\n\n\
    An operation that says so wants `Authorization: Bearer <access token>`, with a token that \
    the issuer granted for this API. What is refused is answered with a challenge \
    (`WWW-Authenticate`) and a problem (`application/problem+json`) whose `reason` is one \
    stable word.";

#[cfg(test)]
#[allow(clippy::unwrap_used)] // A test may panic.
mod tests {
    use super::*;

    #[test]
    fn members_are_json_whatever_their_text_contains() {
        let texts = [
            "plain",
            "",
            "a\"b",
            "a\\b",
            "a\nb",
            "\u{1}",
            "\u{7f}",
            "ü😀",
            "</script>",
        ];
        for text in texts {
            let mut json = Members(String::new());
            json.text("one", Some(text));
            json.text("none", None);
            json.texts("two", [text, "b"].into_iter());
            json.texts("no", iter::empty());

            let read: Value = serde_json::from_str(&(json.0 + "}")).unwrap();

            let expected = json!({ "one": text, "two": [text, "b"], "no": [] });
            assert_eq!(read, expected, "{text:?}");
        }
    }
}
