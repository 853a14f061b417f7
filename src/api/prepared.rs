//! A JSON answer that lies ready: documented like the type it was made of, sent as it is.

use std::marker::PhantomData;

use bytes::Bytes;
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use poem::{Body, IntoResponse, Response};
use poem_openapi::ApiResponse;
use poem_openapi::payload::Json;
use poem_openapi::registry::{MetaResponses, Registry};
use poem_openapi::types::{ToJSON, Type};

/// A `T` as JSON, for one caller alone: no cache may keep it.
pub(super) struct Prepared<T> {
    body: Bytes,
    of: PhantomData<fn() -> T>,
}

impl<T: ToJSON> Prepared<T> {
    /// What is to be kept, and so takes no more than its size.
    pub(super) fn body(value: &T) -> Bytes {
        value
            .to_json_string()
            .into_boxed_str()
            .into_boxed_bytes()
            .into()
    }

    pub(super) fn new(body: Bytes) -> Self {
        Self {
            body,
            of: PhantomData,
        }
    }
}

impl<T: Type> IntoResponse for Prepared<T> {
    fn into_response(self) -> Response {
        let mut response = Response::default();
        response.set_body(Body::from(self.body));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, JSON);
        headers.insert(CACHE_CONTROL, NO_STORE);
        response
    }
}

impl<T: ToJSON> ApiResponse for Prepared<T> {
    fn meta() -> MetaResponses {
        Json::<T>::meta()
    }

    fn register(registry: &mut Registry) {
        <Json<T> as ApiResponse>::register(registry);
    }
}

const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
