//! The response of `hello`. It is the same at each call, so it is written once.

use bytes::Bytes;
use http::HeaderValue;
use http::header::CONTENT_TYPE;
use poem::{Body, IntoResponse, Response};
use poem_openapi::payload::Json;
use poem_openapi::registry::{MetaResponses, Registry};
use poem_openapi::types::{Example, ToJSON};
use poem_openapi::{ApiResponse, Object};

/// A greeting.
#[derive(Object)]
#[oai(example)]
pub(super) struct Hello {
    /// The greeting itself.
    #[oai(validator(max_length = 200))]
    message: String,
}

/// A [`Hello`] as JSON, and documented as that.
#[derive(Clone)]
pub(super) struct Greeting(Bytes);

impl Greeting {
    pub(super) fn new(hello: &Hello) -> Self {
        Self(hello.to_json_string().into())
    }
}

impl IntoResponse for Greeting {
    fn into_response(self) -> Response {
        let mut response = Response::default();
        response.set_body(Body::from(self.0));
        response.headers_mut().insert(CONTENT_TYPE, JSON);
        response
    }
}

impl ApiResponse for Greeting {
    fn meta() -> MetaResponses {
        Json::<Hello>::meta()
    }

    fn register(registry: &mut Registry) {
        <Json<Hello> as ApiResponse>::register(registry);
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

const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");
