//! Examines everything that the service needs from an issuer, and reports what is wrong and
//! what to do.
//!
//! It follows the order in which the service needs the parts: the URL, the name and the
//! certificate, the documents, the keys, the clock, and with a client a token that would be
//! accepted here. It skips what depends on something that failed. It sends about six requests,
//! all of them to the issuer.

mod certificate;
mod documents;
mod findings;
mod grant;
mod keys;

use std::sync::Arc;
use std::time::Duration;

use crate::clock::Clock;
use crate::issuer::{ClientCredentials, Fetch, Issuer, IssuerError, Metadata, RefreshPolicy};
use crate::token::{Algorithm, Audience, KeySet, TokenType};

pub use findings::{Diagnosis, EXAMINATIONS, Finding, NOT_REACHED, Status};

/// What is examined, and by which settings.
pub struct Doctor {
    /// The issuer, as it was written.
    pub issuer: String,
    /// Other hosts that may serve its keys.
    pub jwks_hosts: Vec<String>,
    /// The client that sends the requests.
    pub fetch: Fetch,
    /// How long its keys are cached.
    pub policy: RefreshPolicy,
    /// How far clocks may differ.
    pub leeway: Duration,
    /// What the token header's `typ` must be one of; empty where it may be absent.
    pub token_types: Vec<TokenType>,
    /// The signature algorithms that are allowed.
    pub algorithms: Vec<Algorithm>,
    /// The audience that tokens must have.
    pub audience: Audience,
    /// The client that requests a token; without one, no token is requested.
    pub client: Option<ClientCredentials>,
    /// The source of time.
    pub clock: Arc<dyn Clock>,
}

impl Doctor {
    /// Examines the issuer and returns what was found.
    pub async fn examine(self) -> Diagnosis {
        let mut diagnosis = Diagnosis::new(&self.issuer);
        self.run(&mut diagnosis).await;
        diagnosis.skip_the_rest();
        diagnosis
    }

    /// Runs the examinations until one fails on which the others depend.
    async fn run(self, diagnosis: &mut Diagnosis) -> Option<()> {
        let issuer = self.url(diagnosis)?;
        documents::resolve(&issuer, diagnosis).await?;
        let document = documents::openid_configuration(&self.fetch, &issuer, diagnosis).await?;
        certificate::examine(
            &issuer,
            document.certificate.as_deref(),
            self.clock.now(),
            diagnosis,
        );
        documents::clock(&document, self.clock.now(), self.leeway, diagnosis);
        documents::oauth_metadata(&self.fetch, &issuer, diagnosis).await;
        let metadata = documents::metadata(&self.jwks_hosts, &issuer, &document, diagnosis)?;
        documents::abilities(&metadata, &self.algorithms, diagnosis);
        let keys = keys::examine(&self.fetch, &self.policy, &metadata, diagnosis).await?;
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
            let why = "no client is set: add --client-id and set RESOURCE_SERVER_CLIENT__SECRET";
            diagnosis.skipped("token", why);
            diagnosis.skipped("accepted", "there is no token to examine");
            return None;
        };
        let granted = client.request(&self.fetch, metadata).await;
        let token = grant::granted(granted, diagnosis)?;
        let judge = grant::Judge {
            keys,
            issuer: self.issuer,
            audience: self.audience,
            leeway: self.leeway,
            token_types: self.token_types,
            algorithms: self.algorithms,
            clock: self.clock,
        };
        judge.examine(&token, diagnosis).await;
        Some(())
    }
}
