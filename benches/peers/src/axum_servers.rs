//! axum with each of the two crates that protect it.

use std::net::Ipv4Addr;
use std::sync::Arc;

use axum::routing::get;
use axum::{Json, Router};
use jwt_authorizer::{Authorizer, IntoLayer, JwtAuthorizer, JwtClaims, Validation};
use oauth_resource_server::axum::AuthLayer;
use oauth_resource_server::{
    Credential, KeyNaming, OAuthConfig, OAuthValidator, static_token_policy,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::{Done, GREETING, HELLO, Issuer, WHOAMI};

/// Protected by `jwt-authorizer`.
pub async fn jwt_authorizer(port: u16) -> Done {
    let issuer = Issuer::from_environment()?;
    let validation = Validation::new()
        .iss(&[&issuer.url])
        .aud(&[&issuer.audience])
        .nbf(true);
    let authorizer: Authorizer<Value> = JwtAuthorizer::from_jwks_url(&issuer.keys())
        .validation(validation)
        .build()
        .await?;
    let whoami = |JwtClaims(claims): JwtClaims<Value>| async { axum_07::Json(claims) };
    let hello = || async { axum_07::Json(json!({ "message": GREETING })) };
    let routes = axum_07::Router::new()
        .route(WHOAMI, axum_07::routing::get(whoami))
        .layer(authorizer.into_layer())
        .route(HELLO, axum_07::routing::get(hello));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    Ok(axum_07::serve(listener, routes).tcp_nodelay(true).await?)
}

/// Protected by `oauth-resource-server`.
pub async fn oauth_resource_server(port: u16) -> Done {
    let issuer = Issuer::from_environment()?;
    let config = OAuthConfig {
        enabled: true,
        jwks_uri: Some(issuer.keys()),
        issuer: issuer.url,
        audience: issuer.audience,
        resource: format!("http://127.0.0.1:{port}"),
        required_scope: Some("profile:read".to_owned()),
        ..OAuthConfig::default()
    };
    let resolved = config.resolve(KeyNaming::Dotted("oauth"))?;
    let resolved = resolved.ok_or("not enabled")?;
    let validator = Arc::new(OAuthValidator::new(&resolved)?);
    validator.refresh_now().await?;
    let decision = static_token_policy(None, Some(&resolved), false)?;
    let whoami = get(|credential: Credential| async {
        match credential {
            Credential::OAuth(token) => Json(json!({
                "subject": token.subject,
                "scopes": token.scopes,
                "issuer": token.issuer,
                "audience": token.audiences,
            })),
            _ => Json(Value::Null),
        }
    });
    let protected = Router::new()
        .route(WHOAMI, whoami)
        .route_layer(AuthLayer::from_decision(decision, Some(validator))?);
    let hello = get(|| async { Json(json!({ "message": GREETING })) });
    let routes = protected.merge(Router::new().route(HELLO, hello));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
    let listener = axum::serve::ListenerExt::tap_io(listener, |stream| {
        let _ = stream.set_nodelay(true);
    });
    Ok(axum::serve(listener, routes).await?)
}
