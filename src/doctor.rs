//! Examines everything that the service needs from an issuer, and reports what is wrong and
//! what to do.
//!
//! It follows the order in which the service needs the parts: the URL, the name and the
//! certificate, the documents, the keys, the clock, and with a client a token that would be
//! accepted here. It skips what depends on something that failed. It sends about six requests,
//! all of them to the issuer.

mod bound;
mod certificate;
mod documents;
mod encryption;
mod findings;
mod grant;
mod introspection;
mod keys;

use std::sync::Arc;

use crate::clock::Clock;
use crate::issuer::{
    ClientCredentials, Fetch, IntrospectionMode, IntrospectionPolicy, Issuer, IssuerError,
    Metadata, OrgServer, ProofMaker, RefreshPolicy,
};
use crate::token::{DecryptionKey, KeySet, Validation};

pub(crate) use findings::with_own_keys;
pub use findings::{Diagnosis, EXAMINATIONS, Finding, NOT_REACHED, Status};

/// What is examined, and by which settings.
pub struct Doctor {
    /// The name of the issuer in the settings.
    pub name: String,
    /// The issuer, as it was written.
    pub issuer: String,
    /// Whether it is the embedded issuer of a service on this machine.
    pub is_embedded: bool,
    /// Other hosts that may serve its keys.
    pub jwks_hosts: Vec<String>,
    /// The client that sends the requests.
    pub fetch: Fetch,
    /// How long its keys are cached.
    pub policy: RefreshPolicy,
    /// The rules for its tokens.
    pub rules: Validation,
    /// The client that requests a token; without one, no token is requested.
    pub client: Option<ClientCredentials>,
    /// How its tokens are introspected.
    pub introspection: Option<IntrospectionPolicy>,
    /// The keys that decrypt its tokens.
    pub decryption_keys: Vec<Arc<DecryptionKey>>,
    /// A token that the issuer is asked about.
    pub token: Option<String>,
    /// The source of time.
    pub clock: Arc<dyn Clock>,
}

impl Doctor {
    /// Examines the issuer and returns what was found.
    pub async fn examine(self) -> Diagnosis {
        let mut diagnosis = Diagnosis::new(&self.name, &self.issuer);
        self.run(&mut diagnosis).await;
        diagnosis.skip_the_rest();
        diagnosis
    }

    /// Runs the examinations until one fails on which the others depend.
    async fn run(self, diagnosis: &mut Diagnosis) -> Option<()> {
        let issuer = self.url(diagnosis)?;
        documents::resolve(&issuer, diagnosis).await?;
        let if_silent = if self.is_embedded {
            START_THE_SERVICE
        } else {
            ""
        };
        let document =
            documents::openid_configuration(&self.fetch, &issuer, if_silent, diagnosis).await?;
        certificate::examine(
            &issuer,
            document.certificate.as_deref(),
            self.clock.now(),
            diagnosis,
        );
        documents::clock(&document, self.clock.now(), self.rules.leeway(), diagnosis);
        documents::oauth_metadata(&self.fetch, &issuer, diagnosis).await;
        let metadata = documents::metadata(
            &self.jwks_hosts,
            &issuer,
            &document,
            self.org_server(),
            diagnosis,
        )?;
        documents::abilities(&metadata, self.rules.algorithms(), diagnosis);
        bound::examine(&document.body, diagnosis);
        encryption::examine(&self.decryption_keys, self.token.as_deref(), diagnosis);
        self.introspect(&issuer, diagnosis).await;
        if metadata.is_org_server() {
            diagnosis.warned("org_server", ORG_SERVER);
            for check in ["jwks", "cache_lifetime", "token", "accepted"] {
                diagnosis.skipped(
                    check,
                    "the tokens of an Okta org authorization server are introspected",
                );
            }
            return None;
        }
        let keys = keys::examine(&self.fetch, &self.policy, &metadata, diagnosis).await?;
        self.token(&metadata, keys, diagnosis).await
    }

    fn url(&self, diagnosis: &mut Diagnosis) -> Option<Issuer> {
        let parsed = match self.org_server() {
            OrgServer::Refused => Issuer::parse(&self.issuer),
            OrgServer::Introspected => Issuer::parse_any(&self.issuer),
        };
        match parsed {
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

    /// Whether an Okta org authorization server would be accepted.
    fn org_server(&self) -> OrgServer {
        let mode = self.introspection.as_ref().map(|policy| policy.mode);
        if mode == Some(IntrospectionMode::Always) && !self.rules.clients().is_empty() {
            OrgServer::Introspected
        } else {
            OrgServer::Refused
        }
    }

    async fn token(
        self,
        metadata: &Metadata,
        keys: KeySet,
        diagnosis: &mut Diagnosis,
    ) -> Option<()> {
        let Some(client) = self.client else {
            diagnosis.skipped("token", NO_CLIENT);
            diagnosis.skipped("accepted", "there is no token to examine");
            return None;
        };
        let bound = client.clone().with_proofs(Some(ProofMaker::generate()));
        let token = match client.request(&self.fetch, metadata).await {
            Err(error) if error.may_require_proof() => {
                let granted = bound.request(&self.fetch, metadata).await;
                bound::required(&granted, diagnosis);
                grant::granted(granted, "granted, bound to a key (DPoP)", diagnosis)?
            }
            granted => {
                let token = grant::granted(granted, "granted", diagnosis)?;
                if bound::is_offered(diagnosis) {
                    let granted = bound.request(&self.fetch, metadata).await;
                    bound::tried(&granted, diagnosis);
                }
                token
            }
        };
        let judge = grant::Judge {
            keys,
            rules: self.rules,
            decryption_keys: self.decryption_keys,
            clock: self.clock,
        };
        judge.examine(&token, diagnosis).await;
        Some(())
    }
}

/// What to do if the embedded issuer does not answer.
pub(crate) const START_THE_SERVICE: &str = "The embedded issuer runs only while the service runs. \
    Start the service in another terminal.";
const NO_CLIENT: &str =
    "no client is set: add --client-id, and set `client.secret` in a file or a variable";
/// What Okta says about its org authorization server.
const ORG_SERVER: &str = "this is an Okta org authorization server, whose access tokens \
    are for Okta's own APIs; Okta recommends a custom authorization server for other APIs";
