//! The routes, and which of them a script on another origin may use.

use std::sync::Arc;

use poem::http::{Method, header};
use poem::middleware::Cors;
use poem::{Endpoint, EndpointExt, Route, get, post};

use super::authority::{Authority, ISSUER_PATH};
use super::behaviour::{KEYS, OAUTH_METADATA, OPENID_CONFIGURATION};
use super::{authorize, introspection, metadata, token_endpoint};

/// The whole site, from the origin down.
pub(super) fn routes(authority: Arc<Authority>) -> impl Endpoint {
    let issuer = Route::new()
        .at(
            OPENID_CONFIGURATION,
            get(metadata::openid_configuration).with(any_origin()),
        )
        .at(
            OAUTH_METADATA,
            get(metadata::oauth_metadata).with(any_origin()),
        )
        .at(KEYS, get(metadata::keys).with(any_origin()))
        .at(
            "/v1/token",
            post(token_endpoint::exchange).with(any_origin()),
        )
        .at("/v1/authorize", get(authorize::ask).post(authorize::answer))
        .at("/v1/introspect", post(introspection::introspect))
        .at("/v1/revoke", post(introspection::revoke));
    Route::new()
        .nest(ISSUER_PATH, issuer)
        .at("/oauth2/v1/keys", get(metadata::keys).with(any_origin()))
        .at("/oauth2/:server/*rest", metadata::other_server)
        .at(
            OPENID_CONFIGURATION,
            get(metadata::organisation_metadata).with(any_origin()),
        )
        .at(
            // RFC 8414 section 3.1 puts the issuer's path behind the well-known one.
            format!("{OAUTH_METADATA}{ISSUER_PATH}"),
            get(metadata::oauth_metadata).with(any_origin()),
        )
        .data(authority)
}

/// Swagger UI runs in a page of the service, so on another origin than ours.
///
/// It sends no cookies, and this issuer does not read any.
fn any_origin() -> Cors {
    Cors::new()
        .allow_methods([Method::GET, Method::POST])
        .allow_header(header::AUTHORIZATION)
        .allow_header(header::CONTENT_TYPE)
        .allow_header("x-requested-with")
}
