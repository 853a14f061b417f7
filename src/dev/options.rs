//! What may differ from one embedded issuer to the next.

use std::sync::Arc;
use std::time::Duration;

use super::mint::SigningKey;
use super::scopes::OfferedScope;
use crate::clock::{Clock, SystemClock};

/// The options of a [`DevIssuer`](super::DevIssuer).
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct DevOptions {
    /// The claim `aud` of every token.
    pub audience: String,
    /// The source of time for tokens and for what is kept in memory.
    pub clock: Arc<dyn Clock>,
    /// The first signing key. If it is `None`, a key for RS256 is generated.
    pub signing_key: Option<Arc<SigningKey>>,
    /// `max-age` of the key set, in whole seconds.
    pub keys_max_age: Duration,
    /// Where the public client may receive codes, compared byte for byte.
    pub redirect_uris: Vec<String>,
    /// The origins whose pages may read responses, compared byte for byte.
    pub allowed_origins: Vec<String>,
    /// The application's scopes, which every client may request.
    pub scopes: Vec<OfferedScope>,
    /// Further issuers on the same listener.
    pub further_issuers: Vec<FurtherIssuer>,
}

/// A further issuer on the listener of an embedded issuer: an authorization server of its own, at
/// `/oauth2/NAME`. It has its own keys, codes and revocations, and the same clients, users and scopes.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// use poem_resource_server::dev::{DevIssuer, DevOptions, FurtherIssuer};
/// use tokio::net::TcpListener;
///
/// let options = DevOptions::default()
///     .with_issuer(FurtherIssuer::new("partners").with_audience("api://orders"));
/// let listener = TcpListener::bind("127.0.0.1:0").await?;
/// let issuer = DevIssuer::start(listener, options)?;
/// let partners = issuer.further("partners").expect("one of the options");
/// let token = partners.sign(&partners.token_for_client("dev-client", &["AccessAll"]));
///
/// assert!(partners.issuer().ends_with("/oauth2/partners"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct FurtherIssuer {
    pub(super) name: String,
    pub(super) audience: String,
    pub(super) signing_key: Option<Arc<SigningKey>>,
}

impl FurtherIssuer {
    /// An issuer with this name, which becomes a segment of its path. Its audience is `api://NAME`.
    pub fn new(name: impl Into<String>) -> Self {
        let name = name.into();
        Self {
            audience: format!("api://{name}"),
            signing_key: None,
            name,
        }
    }

    /// Sets the audience.
    #[must_use]
    pub fn with_audience(self, audience: impl Into<String>) -> Self {
        Self {
            audience: audience.into(),
            ..self
        }
    }

    /// Sets the first signing key. Without it, a key for RS256 is generated.
    #[must_use]
    pub fn with_signing_key(self, signing_key: Arc<SigningKey>) -> Self {
        Self {
            signing_key: Some(signing_key),
            ..self
        }
    }
}

impl DevOptions {
    /// Sets the audience.
    #[must_use]
    pub fn with_audience(self, audience: impl Into<String>) -> Self {
        Self {
            audience: audience.into(),
            ..self
        }
    }

    /// Sets the source of time.
    #[must_use]
    pub fn with_clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock, ..self }
    }

    /// Sets the first signing key.
    #[must_use]
    pub fn with_signing_key(self, signing_key: Arc<SigningKey>) -> Self {
        Self {
            signing_key: Some(signing_key),
            ..self
        }
    }

    /// Sets the `max-age` of the key set.
    #[must_use]
    pub fn with_keys_max_age(self, keys_max_age: Duration) -> Self {
        Self {
            keys_max_age,
            ..self
        }
    }

    /// Adds redirect URIs of the public client.
    #[must_use]
    pub fn with_redirect_uris(mut self, more: impl IntoIterator<Item = String>) -> Self {
        self.redirect_uris.extend(more);
        self
    }

    /// Sets the allowed origins, in place of those of the program of Okta's guide.
    #[must_use]
    pub fn with_allowed_origins(self, origins: impl IntoIterator<Item = String>) -> Self {
        Self {
            allowed_origins: origins.into_iter().collect(),
            ..self
        }
    }

    /// Adds scopes.
    #[must_use]
    pub fn with_additional_scopes(
        mut self,
        scopes: impl IntoIterator<Item = OfferedScope>,
    ) -> Self {
        for scope in scopes {
            if !self.scopes.iter().any(|known| known.name == scope.name) {
                self.scopes.push(scope);
            }
        }
        self
    }

    /// Adds an issuer on the same listener.
    #[must_use]
    pub fn with_issuer(mut self, issuer: FurtherIssuer) -> Self {
        self.further_issuers.push(issuer);
        self
    }

    /// Sets the scopes of the application, in place of those of the program of Okta's guide.
    #[must_use]
    pub fn with_scopes(self, scopes: impl IntoIterator<Item = OfferedScope>) -> Self {
        Self {
            scopes: scopes.into_iter().collect(),
            ..self
        }
    }
}

impl Default for DevOptions {
    fn default() -> Self {
        Self {
            audience: "api://default".into(),
            clock: Arc::new(SystemClock::new()),
            signing_key: None,
            keys_max_age: Duration::from_secs(600),
            redirect_uris: REDIRECT_URIS.map(str::to_owned).to_vec(),
            allowed_origins: ORIGINS.map(str::to_owned).to_vec(),
            scopes: OfferedScope::guide_scopes(),
            further_issuers: Vec::new(),
        }
    }
}

/// The service under both its names.
const ORIGINS: [&str; 2] = ["http://127.0.0.1:3000", "http://localhost:3000"];

/// The service's Swagger UI under both its names, and Postman.
const REDIRECT_URIS: [&str; 3] = [
    "http://127.0.0.1:3000/docs/oauth2-redirect.html",
    "http://localhost:3000/docs/oauth2-redirect.html",
    "https://oauth.pstmn.io/v1/callback",
];
