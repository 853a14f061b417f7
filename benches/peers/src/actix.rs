//! actix-web with `jsonwebtoken`, as its users put the two together.

use std::net::Ipv4Addr;

use actix_web::web::{Data, get};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde_json::{Value, json};

use crate::{Done, GREETING, HELLO, Issuer, WHOAMI};

struct Rules {
    keys: Vec<(String, DecodingKey)>,
    validation: Validation,
}

/// Serves on one worker.
pub fn serve(port: u16) -> Done {
    actix_web::rt::System::new().block_on(async {
        let issuer = Issuer::from_environment()?;
        let set: JwkSet = reqwest::get(issuer.keys()).await?.json().await?;
        let mut keys = Vec::new();
        for jwk in &set.keys {
            let kid = jwk.common.key_id.clone().unwrap_or_default();
            keys.push((kid, DecodingKey::from_jwk(jwk)?));
        }
        let mut validation = Validation::new(Algorithm::RS256);
        validation.set_issuer(&[issuer.url]);
        validation.set_audience(&[issuer.audience]);
        validation.validate_nbf = true;
        let rules = Data::new(Rules { keys, validation });
        let app = move || {
            App::new()
                .app_data(rules.clone())
                .route(HELLO, get().to(hello))
                .route(WHOAMI, get().to(whoami))
        };
        let server = HttpServer::new(app).workers(1);
        server.bind((Ipv4Addr::LOCALHOST, port))?.run().await?;
        Ok(())
    })
}

async fn hello() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "message": GREETING }))
}

async fn whoami(request: HttpRequest, rules: Data<Rules>) -> HttpResponse {
    match claims(&request, &rules) {
        Some(claims) => HttpResponse::Ok().json(claims),
        None => HttpResponse::Unauthorized()
            .insert_header(("WWW-Authenticate", "Bearer"))
            .finish(),
    }
}

fn claims(request: &HttpRequest, rules: &Rules) -> Option<Value> {
    let header = request.headers().get("authorization")?.to_str().ok()?;
    let token = header.strip_prefix("Bearer ")?;
    let kid = decode_header(token).ok()?.kid?;
    let (_, key) = rules.keys.iter().find(|(known, _)| *known == kid)?;
    let decoded = decode::<Value>(token, key, &rules.validation).ok()?;
    Some(decoded.claims)
}
