//! Whether a token is granted, and whether it would be accepted here.

use std::sync::Arc;
use std::time::Duration;

use crate::clock::Clock;
use crate::issuer::{GrantError, GrantedToken};
use crate::token::{Audience, KeySet, TokenType, Validation};
use crate::verifier::{Verifier, advice};

use super::documents::chain;
use super::findings::Diagnosis;

pub(super) fn granted(
    outcome: Result<GrantedToken, GrantError>,
    diagnosis: &mut Diagnosis,
) -> Option<GrantedToken> {
    match outcome {
        Ok(token) => {
            diagnosis.passed("token", "granted");
            Some(token)
        }
        Err(error) => {
            let fix = match &error {
                GrantError::Refused { error, .. } => fix(error),
                GrantError::EndpointElsewhere { .. } => {
                    "Compare the host with the issuer's console; `client.token_hosts` allows it."
                }
                _ => "",
            };
            diagnosis.failed("token", &chain(&error), fix);
            None
        }
    }
}

/// What to do, by the error code (RFC 6749 section 5.2) as Okta uses it.
fn fix(error: &str) -> &'static str {
    match error {
        "invalid_client" => "Compare the client's id and secret with the issuer's console.",
        "invalid_scope" => {
            "Ask for a scope that the authorization server has (--scope), or add it there: \
             Security > API > Scopes. Okta grants none that was not asked for, and wants one at least."
        }
        "access_denied" => {
            "No access policy lets this client in: add one with a rule, Security > API > your \
             server > Access Policies. A new org has none on `default`."
        }
        "unauthorized_client" | "unsupported_grant_type" => {
            "Allow client credentials for this client, and in the rule of the access policy."
        }
        "invalid_dpop_proof" | "use_dpop_nonce" => {
            "Take the requirement of DPoP from the client: tokens bound to a proof are refused here."
        }
        _ => "",
    }
}

/// Verifies tokens as the service would.
pub(super) struct Judge {
    pub(super) keys: KeySet,
    pub(super) issuer: String,
    pub(super) audience: Audience,
    pub(super) leeway: Duration,
    pub(super) token_types: Vec<TokenType>,
    pub(super) clock: Arc<dyn Clock>,
}

impl Judge {
    pub(super) async fn examine(self, token: &GrantedToken, diagnosis: &mut Diagnosis) {
        let validation = Validation::new(self.issuer, self.audience)
            .with_leeway(self.leeway)
            .with_token_types(self.token_types);
        let verifier = Verifier::new(Arc::new(Arc::new(self.keys)), validation)
            .with_clock(self.clock)
            .with_cache(None);
        let explanation = verifier.explain(token.secret()).await;
        match explanation.reason() {
            None => diagnosis.passed("accepted", "the token would be accepted here"),
            Some(reason) => {
                let (meaning, fix) = advice(reason);
                let fix = format!("{fix} `explain` shows what was found and what is wanted.");
                diagnosis.failed("accepted", &format!("{reason}: {meaning}"), &fix);
            }
        }
    }
}
