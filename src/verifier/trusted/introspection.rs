//! The introspection at a trusted issuer, and which issuer a token that is not a JWT belongs to.

use std::sync::Arc;

use crate::clock::Clock;
#[cfg(feature = "service")]
use crate::issuer::IntrospectionStatus;
use crate::issuer::{Fetch, IntrospectionEndpoint, IntrospectionPolicy, RemoteKeySet};
use crate::token::{ActiveToken, ClaimFault, Claims, TokenError, is_okta_org_server};
use crate::verifier::introspector::Introspector;

use super::{TrustedIssuer, TrustedIssuers};

impl TrustedIssuer {
    /// The same issuer, whose tokens are introspected.
    pub(in crate::verifier) fn introspected(
        self,
        policy: IntrospectionPolicy,
        fetch: Fetch,
        keys: Arc<RemoteKeySet>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let identifier = self.identifier();
        let endpoint = IntrospectionEndpoint::new(identifier, policy, fetch, keys, clock.clone());
        let introspector = Introspector::new(&self.name, endpoint, clock);
        Self {
            introspector: Some(Arc::new(introspector)),
            ..self
        }
    }

    pub(in crate::verifier) fn introspector(&self) -> Option<&Arc<Introspector>> {
        self.introspector.as_ref()
    }

    /// Whether each of its tokens is introspected, even if its signature is valid.
    pub(in crate::verifier) fn introspects_every_token(&self) -> bool {
        let introspector = self.introspector.as_ref();
        introspector.is_some_and(|it| it.is_for_every_token())
    }

    /// Whether the keys that sign its access tokens are not published, as at an Okta org
    /// authorization server.
    pub(crate) fn hides_its_keys(&self) -> bool {
        let metadata = self.metadata();
        self.introspects_every_token()
            && (is_okta_org_server(self.identifier())
                || metadata.is_some_and(|metadata| metadata.is_org_server()))
    }

    /// Whether a token can be judged now: there are keys, or none are needed.
    pub(crate) fn can_judge(&self) -> bool {
        self.has_keys()
            || (self.introspector.is_some() && self.metadata().is_some() && self.hides_its_keys())
    }

    /// Checks what the issuer states about a token whose signature is valid. The claims of the
    /// token decide, so a statement that is missing here is no fault.
    pub(in crate::verifier) fn check_statement(
        &self,
        active: &ActiveToken,
        claims: &Claims,
        now: std::time::SystemTime,
    ) -> Result<(), TokenError> {
        let validation = &self.validation;
        let stated = match Claims::parse_introspected(active, validation.claim_names()) {
            Ok(stated) => stated,
            Err(TokenError::Claim {
                fault: ClaimFault::Missing,
                ..
            }) => return Ok(()),
            Err(error) => return Err(error),
        };
        // A binding that only the issuer states would be overlooked.
        if stated.confirmation().is_some() && claims.confirmation().is_none() {
            return Err(TokenError::Claim {
                claim: "cnf",
                fault: ClaimFault::Missing,
            });
        }
        validation.check_issuer(stated.issuer())?;
        validation.check_audience(stated.audience())?;
        validation.check_times(&stated, now)
    }

    /// The state of the introspection, if there is one.
    #[cfg(feature = "service")]
    pub(crate) fn introspection_status(&self) -> Option<IntrospectionStatus> {
        self.introspector.as_ref().map(|it| it.status())
    }
}

impl TrustedIssuers {
    /// Whether a token that is not a JWT may be one of an issuer.
    pub(in crate::verifier) fn introspect(&self) -> bool {
        !self.introspecting.load().is_empty()
    }

    /// The issuer of a token that is not a JWT: the one with the longest prefix that fits.
    ///
    /// # Errors
    ///
    /// [`TokenError::UnknownForm`] if no issuer has tokens of this form.
    pub(in crate::verifier) fn find_for_opaque(
        &self,
        token: &str,
    ) -> Result<Arc<TrustedIssuer>, TokenError> {
        let introspecting = self.introspecting.load();
        let fits = |issuer: &&Arc<TrustedIssuer>| {
            let policy = issuer.introspector().map(|it| it.policy());
            policy.is_some_and(|policy| policy.fits(token))
        };
        let prefix = |issuer: &&Arc<TrustedIssuer>| {
            let policy = issuer.introspector().map(|it| it.policy());
            policy.map_or(0, |policy| policy.prefix.len())
        };
        let found = introspecting.iter().filter(fits).max_by_key(prefix);
        found.cloned().ok_or(TokenError::UnknownForm)
    }
}
