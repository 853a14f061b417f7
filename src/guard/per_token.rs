//! A JSON response made from the caller's claims once per remembered token.

use std::fmt;
use std::marker::PhantomData;

use bytes::Bytes;
use http::HeaderValue;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use poem::{Body, IntoResponse, Response};
use poem_openapi::ApiResponse;
use poem_openapi::payload::Json;
use poem_openapi::registry::{MetaResponses, Registry};
use poem_openapi::types::{ToJSON, Type};

use crate::token::{Claims, Derived};

use super::principal::Principal;

/// A `T` as JSON that depends only on the caller's claims, and is therefore created once for each
/// remembered token. It is documented like [`Json<T>`], and no cache may store it.
///
/// Do not use it for a `T` that depends on anything else, such as the time or a database: the
/// response would be as old as the first call with the token.
///
/// ```
/// use poem_openapi::{Object, OpenApi};
/// use poem_resource_server::guard::{BearerAuth, PerToken};
/// use poem_resource_server::token::Claims;
///
/// #[derive(Object)]
/// struct Me {
///     subject: String,
/// }
///
/// impl From<&Claims> for Me {
///     fn from(claims: &Claims) -> Self {
///         Self { subject: claims.subject().to_owned() }
///     }
/// }
///
/// struct Api;
///
/// #[OpenApi]
/// impl Api {
///     #[oai(path = "/me", method = "get", operation_id = "me")]
///     async fn me(&self, caller: BearerAuth) -> PerToken<Me> {
///         PerToken::from_caller(&caller)
///     }
/// }
/// ```
pub struct PerToken<T> {
    body: Bytes,
    of: PhantomData<fn() -> T>,
}

impl<T> PerToken<T>
where
    T: for<'a> From<&'a Claims> + ToJSON + 'static,
{
    /// The response to this caller.
    pub fn from_caller(caller: &Principal) -> Self {
        caller.derived()
    }
}

impl<T> Derived for PerToken<T>
where
    T: for<'a> From<&'a Claims> + ToJSON + 'static,
{
    fn derive(claims: &Claims) -> Self {
        let json = T::from(claims).to_json_string();
        Self {
            // Copied, because what is kept must take no more than its size, and to shrink an
            // allocation takes longer.
            body: Bytes::copy_from_slice(json.as_bytes()),
            of: PhantomData,
        }
    }

    fn heap_bytes(&self) -> usize {
        self.body.len() + SHARED_BYTES
    }
}

impl<T> Clone for PerToken<T> {
    fn clone(&self) -> Self {
        Self {
            body: self.body.clone(),
            of: PhantomData,
        }
    }
}

impl<T> fmt::Debug for PerToken<T> {
    /// Shows no claims.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PerToken")
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

impl<T: Type> IntoResponse for PerToken<T> {
    fn into_response(self) -> Response {
        let mut response = Response::default();
        response.set_body(Body::from(self.body));
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, JSON);
        headers.insert(CACHE_CONTROL, NO_STORE);
        response
    }
}

impl<T: ToJSON> ApiResponse for PerToken<T> {
    fn meta() -> MetaResponses {
        Json::<T>::meta()
    }

    fn register(registry: &mut Registry) {
        <Json<T> as ApiResponse>::register(registry);
    }
}

const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// The count of `bytes::Bytes` once it is shared: pointer, capacity and count.
const SHARED_BYTES: usize = size_of::<[usize; 3]>();
