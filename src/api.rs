//! The API of Okta's guide: `hello` for anyone, `whoami` for callers with a valid token.

// The tests include this file from their own directories.
#[path = "api/who_am_i.rs"]
mod who_am_i;

use poem_openapi::payload::Json;
use poem_openapi::types::Example;
use poem_openapi::{Object, OpenApi, Tags};
use poem_resource_server::Application;
use poem_resource_server::guard::{BearerAuth, PerToken};

pub(crate) use who_am_i::CallerJson;

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

const DESCRIPTION: &str = "An API whose operations are protected by OAuth 2.0 access tokens.\n\n\
    An operation that says so wants `Authorization: Bearer <access token>`, with a token that \
    the issuer granted for this API. What is refused is answered with a challenge \
    (`WWW-Authenticate`) and a problem (`application/problem+json`) whose `reason` is one \
    stable word.";
