//! The documents by which others find the issuer: metadata and key set.
//!
//! They advertise only what is really served. The organisation's document is the
//! exception: it exists because Okta has one too, and people confuse the two.

use std::sync::Arc;

use poem::http::header;
use poem::web::{Data, Path};
use poem::{Response, handler};
use serde_json::{Value, json};

use super::authentication::AuthenticationClass;
use super::authority::Authority;
use super::behaviour::{KEYS, OAUTH_METADATA, OPENID_CONFIGURATION};
use super::directory::GrantType;
use super::refusal::{json_body, unknown_server};

/// OIDC Discovery 1.0 section 4.
#[handler]
pub(super) fn openid_configuration(Data(authority): Data<&Arc<Authority>>) -> Response {
    authority
        .stage
        .enter(OPENID_CONFIGURATION)
        .unwrap_or_else(|| document(&authority.issuer(), authority))
}

/// RFC 8414 section 3, at the path Okta uses and at the one the RFC wants.
#[handler]
pub(super) fn oauth_metadata(Data(authority): Data<&Arc<Authority>>) -> Response {
    authority
        .stage
        .enter(OAUTH_METADATA)
        .unwrap_or_else(|| document(&authority.issuer(), authority))
}

/// The organisation's own server: another issuer, whose tokens no API can verify.
#[handler]
pub(super) fn organisation_metadata(Data(authority): Data<&Arc<Authority>>) -> Response {
    document(&authority.origin, authority)
}

/// RFC 7517 section 5.
#[handler]
pub(super) fn keys(Data(authority): Data<&Arc<Authority>>) -> Response {
    authority.stage.enter(KEYS).unwrap_or_else(|| {
        let max_age = authority.keys_max_age.as_secs();
        json_body(
            Response::builder().header(
                header::CACHE_CONTROL,
                format!("max-age={max_age}, must-revalidate"),
            ),
            &authority.keys.jwks(),
        )
    })
}

/// Anything below an authorization server that does not exist.
#[handler]
pub(super) fn other_server(Path((server, _)): Path<(String, String)>) -> Response {
    unknown_server(&server)
}

fn document(issuer: &str, authority: &Authority) -> Response {
    json_body(
        Response::builder().header(header::CACHE_CONTROL, "max-age=86400, must-revalidate"),
        &metadata(issuer, authority),
    )
}

fn metadata(issuer: &str, authority: &Authority) -> Value {
    // The organisation's endpoints are beside the custom servers, below `/oauth2`.
    let base = if issuer == authority.origin {
        format!("{issuer}/oauth2")
    } else {
        issuer.to_owned()
    };
    let algorithm = authority.keys.current().algorithm().name();
    let proofs = authority.proofs.policy().algorithms().iter();
    let proof_algorithms: Vec<_> = proofs.map(|it| it.name()).collect();
    let authentication = ["client_secret_basic", "client_secret_post", "none"];
    json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{base}/v1/authorize"),
        "token_endpoint": format!("{base}/v1/token"),
        "jwks_uri": format!("{base}{KEYS}"),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": GrantType::ALL.map(GrantType::name),
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [algorithm],
        "scopes_supported": authority.scopes.names(),
        "token_endpoint_auth_methods_supported": authentication,
        "introspection_endpoint": format!("{base}/v1/introspect"),
        "introspection_endpoint_auth_methods_supported": authentication,
        "revocation_endpoint": format!("{base}/v1/revoke"),
        "revocation_endpoint_auth_methods_supported": authentication,
        "acr_values_supported": AuthenticationClass::ALL.map(AuthenticationClass::name),
        "claims_supported": CLAIMS,
        "code_challenge_methods_supported": ["S256"],
        "dpop_signing_alg_values_supported": proof_algorithms,
    })
}

/// Those of access tokens, then those only ID tokens have.
const CLAIMS: [&str; 17] = [
    "ver",
    "jti",
    "iss",
    "aud",
    "iat",
    "exp",
    "cid",
    "uid",
    "scp",
    "sub",
    "auth_time",
    "acr",
    "nonce",
    "name",
    "preferred_username",
    "email",
    "email_verified",
];
