//! What one configuration comes to on paper: the files of `openapi/`.
//!
//! No token is verified for them, so the guard that makes them has no keys.

use std::sync::Arc;

use crate::clock::SystemClock;
use crate::guard::Guard;
use crate::issuer::Metadata;
use crate::token::{KeySet, Validation};
use crate::verifier::Verifier;

use super::config::Config;
use super::docs::{self, About, OpenApiFiles};
use super::postman::{self, Environment, PostmanFiles};
use super::{BuildError, app};
use crate::api;

/// The files of the document for a configuration, as the service would serve them.
///
/// # Errors
///
/// A [`BuildError`] when the settings do not fit the API.
pub fn openapi(config: &Config, issuer: Option<&Metadata>) -> Result<OpenApiFiles, BuildError> {
    let (guard, about) = on_paper(config);
    Ok(OpenApiFiles::new(&docs::print(&guard, &about, issuer)?))
}

/// The Postman files for a configuration. `client` is one whose secret everybody may know,
/// and is written down; of a client by setting only the id is.
///
/// # Errors
///
/// A [`BuildError`] when the settings do not fit the API.
pub fn postman(
    config: &Config,
    issuer: &Metadata,
    client: Option<(String, String)>,
) -> Result<PostmanFiles, BuildError> {
    let (guard, about) = on_paper(config);
    let document = docs::print(&guard, &about, Some(issuer))?;
    let mut scope = postman::offered_scopes(&document);
    scope.extend(config.client.scope.iter().map(ToString::to_string));
    scope.sort();
    scope.dedup();
    let (client_id, client_secret) =
        client.unwrap_or_else(|| (config.client.id.clone().unwrap_or_default(), String::new()));
    let environment = Environment {
        base_url: about.public_url.clone(),
        issuer: issuer.provider().issuer().to_string(),
        client_id,
        client_secret,
        scope: scope.join(" "),
    };
    let guarded = guard.try_protect(api::Api)?;
    Ok(PostmanFiles::new(&document, guarded.rules(), &environment))
}

fn on_paper(config: &Config) -> (Guard, About) {
    let no_keys: Arc<KeySet> = Arc::default();
    let validation = Validation::new("", config.issuer.audience.clone());
    let verifier = Verifier::new(Arc::new(no_keys), validation);
    let public_url = app::public_url(config, &config.http.listen);
    let clock = Arc::new(SystemClock::new());
    let guard = app::guard(config, verifier, &public_url, clock);
    (guard, app::about(config, &public_url))
}
