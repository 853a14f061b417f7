//! Endpoints by path and method, as poem-openapi adds them.

use std::collections::HashMap;

use http::Method;
use poem::endpoint::BoxEndpoint;

/// The endpoints of a path, by method.
pub(in crate::service) type Table = HashMap<String, HashMap<Method, BoxEndpoint<'static>>>;
