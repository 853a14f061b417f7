//! What the tests call, and how.

use poem::http::{HeaderMap, Method, StatusCode};
use poem::{Endpoint, Request};
use poem_openapi::payload::PlainText;
use poem_openapi::{OAuthScopes, OpenApi};
use poem_resource_server::Application;
use poem_resource_server::guard::BearerAuth;
use poem_resource_server::testing::{InProcess, Issuer, TestApplication, TestError};
use serde_json::Value;

#[derive(OAuthScopes)]
pub enum Scopes {
    /// Read.
    #[oai(rename = "read")]
    Read,
}

/// An open and a protected operation.
pub struct Small;

#[OpenApi]
#[allow(clippy::unused_async)]
impl Small {
    #[oai(path = "/open", method = "get", operation_id = "open")]
    async fn open(&self) -> PlainText<&'static str> {
        PlainText("open")
    }

    #[oai(path = "/mine", method = "get", operation_id = "mine")]
    async fn mine(&self, #[oai(scope = "Scopes::Read")] caller: BearerAuth) -> PlainText<String> {
        PlainText(caller.subject().to_owned())
    }
}

pub fn small() -> Application {
    Application::new("Small", "1").api(|_| Small)
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub fn reason(&self) -> String {
        let problem: Value = serde_json::from_str(&self.text).unwrap_or_default();
        problem["reason"].as_str().unwrap_or("none").to_owned()
    }
}

pub async fn call(
    endpoint: &impl Endpoint,
    method: Method,
    uri: &str,
    headers: &[(&str, &str)],
) -> Answer {
    let mut request = Request::builder().method(method).uri(uri.parse().unwrap());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = endpoint.get_response(request.finish()).await;
    let (parts, body) = response.into_parts();
    Answer {
        status: parts.status,
        headers: parts.headers,
        text: body.into_string().await.unwrap(),
    }
}

pub async fn get(endpoint: &impl Endpoint, uri: &str) -> Answer {
    call(endpoint, Method::GET, uri, &[]).await
}

pub async fn get_with(endpoint: &impl Endpoint, uri: &str, token: &str) -> Answer {
    let field = format!("Bearer {token}");
    call(endpoint, Method::GET, uri, &[("authorization", &field)]).await
}

pub async fn start<S, D>(
    application: Application<S, D>,
    settings: &[(&'static str, &str)],
) -> InProcess
where
    S: Send + Sync + 'static,
    D: Send + Sync + 'static,
{
    try_start(application, settings, &Issuer::new())
        .await
        .unwrap()
}

pub async fn try_start<S, D>(
    application: Application<S, D>,
    settings: &[(&'static str, &str)],
    issuer: &Issuer,
) -> Result<InProcess, TestError>
where
    S: Send + Sync + 'static,
    D: Send + Sync + 'static,
{
    let mut test = TestApplication::new(application);
    for (key, value) in settings {
        test = test.with_setting(key, *value);
    }
    test.start(issuer).await
}

/// The error with its causes.
pub async fn refusal<S, D>(
    application: Application<S, D>,
    settings: &[(&'static str, &str)],
) -> Option<String>
where
    S: Send + Sync + 'static,
    D: Send + Sync + 'static,
{
    let error = try_start(application, settings, &Issuer::new())
        .await
        .err()?;
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    Some(text)
}
