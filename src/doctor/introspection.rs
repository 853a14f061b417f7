//! Whether the issuer answers when the service asks about a token.

use std::sync::Arc;

use crate::issuer::Issuer;
use crate::token::TokenError;
use crate::verifier::{RemoteIssuer, TrustedIssuers, Verifier, VerifyError, advice};

use super::Doctor;
use super::findings::{Diagnosis, printable};

impl Doctor {
    /// Asks about a token that nobody issued, and about the given one.
    pub(super) async fn introspect(&self, issuer: &Issuer, diagnosis: &mut Diagnosis) {
        let Some(policy) = &self.introspection else {
            if self.token.is_some() {
                diagnosis.skipped("introspected", "`issuer.introspection.mode` is \"off\"");
            }
            return;
        };
        let remote = RemoteIssuer::new(&self.name, self.rules.clone())
            .with_introspection(policy.clone())
            .with_decryption_keys(self.decryption_keys.iter().cloned())
            .with_clock(self.clock.clone());
        let trusted = match remote.start(self.fetch.clone()) {
            Ok(trusted) => trusted,
            Err(error) => return diagnosis.failed("introspection", &error.to_string(), ""),
        };
        if let Some(keys) = trusted.remote_keys() {
            let _ = keys.first_attempt().await;
        }
        let issuers = Arc::new(TrustedIssuers::from(trusted));
        let verifier = Verifier::for_issuers(issuers.clone()).with_clock(self.clock.clone());
        let probe = probe(&policy.prefix, *policy.lengths.start());
        let verdict = verifier.verify(&probe).await;
        match verdict.map(|_| ()) {
            Err(VerifyError::Token(TokenError::Inactive)) => {
                let found = format!(
                    "the issuer answers the client {}, which authenticates with {}",
                    policy.client_id,
                    policy.proof.method()
                );
                diagnosis.passed("introspection", &printable(&found));
            }
            Err(VerifyError::Token(error)) => {
                let found = format!("{}: the issuer calls a junk token active", error.reason());
                diagnosis.failed("introspection", &found, "");
            }
            Ok(()) => {
                diagnosis.failed("introspection", "the issuer calls a junk token active", "");
            }
            Err(error) => {
                let status = issuers.find(issuer.as_str());
                let status = status.and_then(|it| it.introspection_status());
                let cause = status.and_then(|it| it.last_error).map(|it| it.message);
                let found = format!("{}: {}", error.reason(), cause.unwrap_or_default());
                return diagnosis.failed("introspection", &printable(&found), "");
            }
        }
        if let Some(token) = &self.token {
            match verifier.verify_introspected(token).await {
                Ok(_) => diagnosis.passed(
                    "introspected",
                    "the issuer calls the token active, and the service accepts it",
                ),
                Err(error) => {
                    let (meaning, fix) = advice(error.reason());
                    let found = format!("{}: {meaning}", error.reason());
                    diagnosis.failed("introspected", &found, fix);
                }
            }
        }
    }
}

/// A token that no issuer has issued.
fn probe(prefix: &str, min_length: usize) -> String {
    let mut probe = format!("{prefix}doctor-asks-about-no-token-");
    while probe.len() < min_length {
        probe.push('x');
    }
    probe
}
