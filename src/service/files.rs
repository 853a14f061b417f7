//! The files of `openapi/` for one configuration.
//!
//! No token is verified for them, so the guard that makes them has no keys, and the
//! application need not start.

use std::sync::Arc;

use crate::clock::SystemClock;
use crate::docs::OpenApiFiles;
use crate::guard::{DescribedIssuer, Document, OperationRule};
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
    issuers: Vec<DescribedIssuer>,
    pub(crate) rules: Arc<[OperationRule]>,
    base_url: String,
}

impl PrintedFiles {
    /// What a service with these settings would serve, once it knows this metadata of its issuers.
    ///
    /// # Errors
    ///
    /// A [`BuildError`] when the settings do not fit the API.
    pub(crate) fn new(
        outline: &Outline,
        config: &Config,
        known: &[Arc<Metadata>],
    ) -> Result<Self, BuildError> {
        let verifier = Verifier::for_issuers(Arc::new(protection::issuers_without_keys(config)));
        let public_url = protection::public_url(config, &config.http.listen);
        let clock = Arc::new(SystemClock::new());
        let guard = protection::guard(config, outline, verifier, &public_url, clock);
        let access = protection::access(config, outline);
        let rules: Arc<[_]> = outline.rules(&access)?.into();
        let print = protection::printer(config, outline, &guard, &rules, &public_url)?;
        let mut issuers = guard.described_issuers();
        for issuer in &mut issuers {
            let is_of = |it: &&Arc<Metadata>| it.issuer() == issuer.identifier;
            issuer.metadata = known.iter().find(is_of).cloned();
        }
        Ok(Self {
            document: print(&issuers),
            issuers,
            rules,
            base_url: public_url + &outline.base_path,
        })
    }

    /// The files of the document.
    pub(crate) fn openapi(&self) -> OpenApiFiles {
        OpenApiFiles::new(&self.document)
    }

    /// The Postman files. `client` is that of the embedded issuers, whose secret is public and
    /// is written. Of a client from the settings, only the id is written.
    pub(crate) fn postman(
        &self,
        config: &Config,
        client: Option<&(String, String)>,
    ) -> PostmanFiles {
        let environments = self.issuers.iter().map(|issuer| {
            let issuer_name = match self.issuers.len() {
                1 if client.is_some() => "embedded issuer".to_owned(),
                1 => host(&issuer.identifier),
                _ => issuer.name.clone(),
            };
            let named = config.issuers.get(&issuer.name);
            let configured = named.map_or(&config.client, |named| &named.client);
            let configured_id = || (configured.id.clone().unwrap_or_default(), String::new());
            let (client_id, client_secret) = client.cloned().unwrap_or_else(configured_id);
            let mut scope = postman::offered_scopes(&self.document);
            scope.extend(configured.scope.iter().map(ToString::to_string));
            scope.sort();
            scope.dedup();
            Environment {
                base_url: self.base_url.clone(),
                issuer: issuer.identifier.clone(),
                issuer_name,
                client_id,
                client_secret,
                scope: scope.join(" "),
            }
        });
        PostmanFiles::new(&self.document, &self.rules, environments.collect())
    }
}

fn host(identifier: &str) -> String {
    let url = url::Url::parse(identifier).ok();
    url.and_then(|url| url.host_str().map(str::to_owned))
        .unwrap_or_default()
}
