//! The denials that sign a user out.
//!
//! 1. A user known by an e-mail address is denied at every issuer concerned, by the claims of
//!    `logout.email_claims`.
//! 2. A user known by issuer and subject is denied at that issuer. If it is `logout.issuer`, the user
//!    is denied at every issuer concerned: an Okta org and its authorization servers have the same users.
//! 3. A subject is compared with `sub` and `uid`. Okta knows a user by an id, which its access tokens
//!    have in `uid`.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::issuer::Issuer;
use crate::service::BuildError;
use crate::service::audit::{Audit, DenialChange};
use crate::service::config::{Config, LogoutConfig};
use crate::token::{SignOutError, SignOutForm, SubjectIdentifier, is_okta_org_server};
use crate::verifier::{Denial, DeniedUser};

use super::around::Around;
use super::refusal::LogoutRefusal;

/// Makes denials of users.
pub(super) struct Effect {
    /// The identifier of `logout.issuer`.
    issuer: String,
    /// The identifiers of the issuers whose tokens are denied; never empty.
    concerned: Vec<String>,
    max_token_lifetime: Duration,
    audit: Option<Arc<Audit>>,
}

impl Effect {
    /// # Errors
    ///
    /// [`BuildError::Logout`] if no issuer is concerned, or one of the names is none.
    pub(super) fn new(
        config: &Config,
        issuer: &Issuer,
        around: &Around<'_>,
    ) -> Result<Self, BuildError> {
        let trusted = around.issuers.all();
        let names = &config.logout.issuers;
        let is_concerned = |name: &str, identifier: &str| {
            if names.is_empty() {
                Issuer::parse(identifier).is_ok_and(|it| it.origin() == issuer.origin())
            } else {
                names.iter().any(|it| it == name)
            }
        };
        let concerned: Vec<_> = (trusted.iter())
            .filter(|it| is_concerned(it.name(), it.identifier()))
            .map(|it| it.identifier().to_owned())
            .collect();
        if concerned.is_empty() || concerned.len() < names.len() {
            let known: Vec<_> = trusted
                .iter()
                .map(|it| format!("`{}`", it.name()))
                .collect();
            return Err(BuildError::Logout {
                names: names.join("`, `"),
                known: known.join(", "),
            });
        }
        Ok(Self {
            issuer: issuer.as_str().to_owned(),
            concerned,
            max_token_lifetime: config.logout.max_token_lifetime,
            audit: around.audit.cloned(),
        })
    }

    /// The denials of this user's tokens that were issued until now. The clock of the issuer may be
    /// ahead of this one: `signed_out_at` is the time by its clock.
    pub(super) fn denials(
        &self,
        user: &SubjectIdentifier,
        signed_out_at: Duration,
        now: SystemTime,
    ) -> Result<Vec<Denial>, LogoutRefusal> {
        let now = now.duration_since(SystemTime::UNIX_EPOCH);
        let now = now.unwrap_or_default().max(signed_out_at);
        // `iat` has no fractions of a second, so a token of this second may be older than now.
        let issued_before = now.as_secs() + 1;
        let end = issued_before + self.max_token_lifetime.as_secs();
        let deny = |issuer: &String, user| {
            let denial = Denial::sign_out(issuer, user, issued_before, end);
            denial.map_err(|_| LogoutRefusal::from(SignOutError::MalformedClaim("sub_id")))
        };
        match user {
            SubjectIdentifier::Email(email) => (self.concerned.iter())
                .map(|issuer| deny(issuer, DeniedUser::Email(email)))
                .collect(),
            SubjectIdentifier::IssuerSubject { issuer, subject } => {
                let is_named = |it: &&String| *issuer == self.issuer || *it == issuer;
                let named: Vec<_> = self.concerned.iter().filter(is_named).collect();
                if named.is_empty() {
                    return Err(LogoutRefusal::UnknownUser);
                }
                let users = [DeniedUser::Subject(subject), DeniedUser::UserId(subject)];
                let pairs = named
                    .iter()
                    .flat_map(|issuer| users.map(|user| (issuer, user)));
                pairs.map(|(issuer, user)| deny(issuer, user)).collect()
            }
        }
    }

    /// Writes the lines of the audit log.
    pub(super) fn record(&self, denials: &[Denial], form: SignOutForm) {
        let Some(audit) = &self.audit else {
            return;
        };
        for denial in denials {
            audit.write_change(&DenialChange {
                outcome: "denied",
                denial,
                who: Some(&self.issuer),
                why: Some(form.word()),
            });
        }
    }
}

/// Where the keys of the issuer are, if they are not found by discovery. The discovery document of an
/// Okta org is not read: this service trusts no access token of the org.
pub(super) fn jwks_uri(config: &LogoutConfig, issuer: &Issuer) -> Option<String> {
    if let Some(url) = &config.jwks_uri {
        return Some(url.to_string());
    }
    let base = issuer.as_str();
    is_okta_org_server(base).then(|| format!("{}/oauth2/v1/keys", base.trim_end_matches('/')))
}
