//! The files of `openapi/` for one configuration.
//!
//! No token is verified for them, so the guard that makes them has no keys, and the
//! application need not start.

use std::sync::Arc;

use crate::clock::SystemClock;
use crate::docs::OpenApiFiles;
use crate::guard::{Document, OperationRule};
use crate::issuer::Metadata;
use crate::verifier::Verifier;

use super::BuildError;
use super::application::Outline;
use super::config::Config;
use super::postman::{self, Environment, PostmanFiles};
use super::protection;

/// The document of an application for a configuration, and the rules behind it.
pub(crate) struct PrintedFiles {
    document: Document,
    pub(crate) rules: Arc<[OperationRule]>,
    base_url: String,
}

impl PrintedFiles {
    /// What a service with these settings would serve, once it knows this metadata.
    ///
    /// # Errors
    ///
    /// A [`BuildError`] when the settings do not fit the API.
    pub(crate) fn new(
        outline: &Outline,
        config: &Config,
        issuer: Option<&Metadata>,
    ) -> Result<Self, BuildError> {
        let verifier = Verifier::for_issuers(Arc::new(protection::issuers_without_keys(config)));
        let public_url = protection::public_url(config, &config.http.listen);
        let clock = Arc::new(SystemClock::new());
        let guard = protection::guard(config, outline, verifier, &public_url, clock);
        let access = protection::access(&config.access);
        let rules: Arc<[_]> = outline.rules(&access)?.into();
        let print = protection::printer(config, outline, &guard, &rules, &public_url)?;
        let document = print(issuer);
        Ok(Self {
            document,
            rules,
            base_url: public_url + &outline.base_path,
        })
    }

    /// The files of the document.
    pub(crate) fn openapi(&self) -> OpenApiFiles {
        OpenApiFiles::new(&self.document)
    }

    /// The Postman files. `client` is that of the embedded issuer, whose secret is public and
    /// is written. Of a client from the settings, only the id is written.
    pub(crate) fn postman(
        &self,
        config: &Config,
        issuer: &Metadata,
        client: Option<(String, String)>,
    ) -> PostmanFiles {
        let mut scope = postman::offered_scopes(&self.document);
        scope.extend(config.client.scope.iter().map(ToString::to_string));
        scope.sort();
        scope.dedup();
        let issuer_url = issuer.provider().issuer().url();
        let issuer_name = match client {
            Some(_) => "embedded issuer".to_owned(),
            None => issuer_url.host_str().unwrap_or_default().to_owned(),
        };
        let (client_id, client_secret) =
            client.unwrap_or_else(|| (config.client.id.clone().unwrap_or_default(), String::new()));
        let environment = Environment {
            base_url: self.base_url.clone(),
            issuer: issuer.provider().issuer().to_string(),
            issuer_name,
            client_id,
            client_secret,
            scope: scope.join(" "),
        };
        PostmanFiles::new(&self.document, &self.rules, &environment)
    }
}
