//! Asks an issuer all that the service will rely on, and says what is wrong and what to do.
//!
//! In the order in which the service comes to need it: its URL, its name and certificate, its
//! documents, its keys, its clock, and with a client a token that would be accepted here. What
//! stands on something that failed is skipped. Asks the issuer alone, about six times.

mod certificate;
mod documents;
mod findings;
mod grant;
mod keys;

use std::sync::Arc;
use std::time::Duration;

use crate::clock::Clock;
use crate::issuer::{ClientCredentials, Fetch, Issuer, IssuerError, Metadata, RefreshPolicy};
use crate::token::{Audience, KeySet};

pub use findings::{Diagnosis, EXAMINATIONS, Finding, NOT_REACHED, Status};

/// What is examined, and by what measure.
pub struct Doctor {
    /// The issuer, as it was written.
    pub issuer: String,
    /// Other hosts that may serve its keys.
    pub jwks_hosts: Vec<String>,
    /// What asks it.
    pub fetch: Fetch,
    /// How long its keys are kept.
    pub policy: RefreshPolicy,
    /// How far clocks may differ.
    pub leeway: Duration,
    /// What tokens must be for.
    pub audience: Audience,
    /// Who asks for a token; nobody does without.
    pub client: Option<ClientCredentials>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
}

impl Doctor {
    /// Asks, and tells what was found.
    pub async fn examine(self) -> Diagnosis {
        let mut diagnosis = Diagnosis::of(&self.issuer);
        self.ask(&mut diagnosis).await;
        diagnosis.skip_the_rest();
        diagnosis
    }

    /// As far as it goes.
    async fn ask(self, diagnosis: &mut Diagnosis) -> Option<()> {
        let issuer = self.url(diagnosis)?;
        documents::resolve(&issuer, diagnosis).await?;
        let document = documents::openid_configuration(&self, &issuer, diagnosis).await?;
        certificate::examine(
            &issuer,
            document.certificate.as_deref(),
            self.clock.now(),
            diagnosis,
        );
        documents::clock(&document, self.clock.now(), self.leeway, diagnosis);
        documents::oauth_metadata(&self.fetch, &issuer, diagnosis).await;
        let metadata = documents::metadata(&self, &issuer, &document, diagnosis)?;
        documents::abilities(&metadata, diagnosis);
        let keys = keys::examine(&self, &metadata, diagnosis).await?;
        self.token(&metadata, keys, diagnosis).await
    }

    fn url(&self, diagnosis: &mut Diagnosis) -> Option<Issuer> {
        match Issuer::parse(&self.issuer) {
            Ok(issuer) => {
                diagnosis.passed("url", issuer.as_str());
                Some(issuer)
            }
            Err(error) => {
                let issuer = findings::shown(&self.issuer);
                let check = match error {
                    IssuerError::OrgServer { .. } => "org_server",
                    IssuerError::AdminDomain { .. } => "admin_domain",
                    _ => "url",
                };
                if check != "url" {
                    diagnosis.passed("url", &issuer);
                }
                let found = format!("{issuer}: {}", error.fault());
                diagnosis.failed(check, &found, &error.fix());
                None
            }
        }
    }

    async fn token(
        self,
        metadata: &Metadata,
        keys: KeySet,
        diagnosis: &mut Diagnosis,
    ) -> Option<()> {
        let Some(client) = self.client else {
            let why = "no client: give --client-id and RESOURCE_SERVER_CLIENT__SECRET";
            diagnosis.skipped("token", why);
            diagnosis.skipped("accepted", "there is no token to look at");
            return None;
        };
        let granted = client.request(&self.fetch, metadata).await;
        let token = grant::granted(granted, diagnosis)?;
        let judge = grant::Judge {
            keys,
            issuer: self.issuer,
            audience: self.audience,
            leeway: self.leeway,
            clock: self.clock,
        };
        judge.examine(&token, diagnosis).await;
        Some(())
    }
}
