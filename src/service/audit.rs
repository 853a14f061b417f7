//! The audit log: a line for each decision on a token and for each change of the denylist, of the
//! target `audit`.
//!
//! 1. A line names the caller only if the token is valid. The claims of other tokens prove nothing.
//! 2. The subject is hashed together with its issuer and with the salt of this installation:
//!    HMAC-SHA-256, in hexadecimal. Therefore, equal subjects of two issuers have different hashes.
//! 3. The user of a denial is hashed likewise.
//! 4. No line contains a token or a part of one.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use aws_lc_rs::hmac;
use tracing::info;

use crate::guard::{Decision, Principal};
use crate::verifier::{Denial, DeniedUser};

use super::config::AuditConfig;
use super::request_id::RequestId;
use super::traces;

/// Writes the lines.
pub(super) struct Audit {
    salt: hmac::Key,
}

/// A change of the denylist.
pub(super) struct DenialChange<'a> {
    /// `denied` or `allowed_again`.
    pub(super) outcome: &'static str,
    pub(super) denial: &'a Denial,
    /// Who has made it, as they say.
    pub(super) who: Option<&'a str>,
    /// Why, as they say.
    pub(super) why: Option<&'a str>,
}

/// Why the audit log cannot be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuditError {
    /// The file of the salt cannot be read.
    #[error(
        "`audit.salt_file`: {} cannot be read; name a file that this service may read",
        path.display()
    )]
    #[non_exhaustive]
    File {
        /// What the setting names.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The salt is so short that it can be guessed, or too long.
    #[error(
        "`audit.salt_file`: {} contains {found} bytes, and must contain from {MIN_SALT_BYTES} to \
         {MAX_SALT_BYTES}; create one with `openssl rand -hex 32`",
        path.display()
    )]
    #[non_exhaustive]
    Length {
        /// What the setting names.
        path: PathBuf,
        /// The number of bytes without a line end; reading stops after the maximum and one more.
        found: usize,
    },
}

impl Audit {
    /// Reads the salt; `None` if no audit log is configured.
    pub(super) fn open(config: &AuditConfig) -> Result<Option<Self>, AuditError> {
        let Some(path) = &config.salt_file else {
            return Ok(None);
        };
        let mut bytes = read(path).map_err(|source| AuditError::File {
            path: path.clone(),
            source,
        })?;
        while let Some(b'\n' | b'\r') = bytes.last() {
            bytes.pop();
        }
        if !(MIN_SALT_BYTES..=MAX_SALT_BYTES).contains(&bytes.len()) {
            return Err(AuditError::Length {
                path: path.clone(),
                found: bytes.len(),
            });
        }
        Ok(Some(Self {
            salt: hmac::Key::new(hmac::HMAC_SHA256, &bytes),
        }))
    }

    /// Writes the line of one decision.
    pub(super) fn write(&self, decision: &Decision<'_>) {
        let claims = decision.caller.map(Principal::claims);
        let request_id = decision.request.data::<RequestId>();
        let (outcome, reason) = match decision.refusal {
            None => ("allowed", "ok"),
            Some(rejection) => ("refused", rejection.reason()),
        };
        info!(
            target: "audit",
            request_id = request_id.map(tracing::field::display),
            trace_id = traces::current().map(tracing::field::display),
            operation = decision.operation_id.unwrap_or("none"),
            outcome,
            reason,
            issuer = claims.map(|claims| bounded(claims.issuer())),
            client_id = claims.and_then(|claims| claims.client_id()).map(bounded),
            subject = claims.map(|claims| self.hash(claims.issuer(), claims.subject())),
            token_id = claims.and_then(|claims| claims.token_id()).map(bounded),
            "access decided"
        );
    }

    /// Writes the line of one change of the denylist.
    pub(super) fn write_change(&self, change: &DenialChange<'_>) {
        let [issuer, client_id, token_id] = change.denial.issuer_client_and_token();
        let subject = change.denial.user().map(|user| {
            let (DeniedUser::Subject(user) | DeniedUser::UserId(user) | DeniedUser::Email(user)) =
                user;
            self.hash(issuer.unwrap_or_default(), user)
        });
        info!(
            target: "audit",
            outcome = change.outcome,
            who = change.who.map(bounded),
            why = change.why.map(bounded),
            issuer = issuer.map(bounded),
            client_id = client_id.map(bounded),
            subject,
            token_id = token_id.map(bounded),
            until = change.denial.expires_at(),
            "denylist changed"
        );
    }

    /// Hexadecimal, of 64 digits. The hash is of the issuer, a space and the subject. The identifier
    /// of an issuer is a URL, so it contains no space.
    fn hash(&self, issuer: &str, subject: &str) -> String {
        let mut hash = hmac::Context::with_key(&self.salt);
        for part in [issuer, " ", subject] {
            hash.update(part.as_bytes());
        }
        let tag = hash.sign();
        let mut text = String::with_capacity(2 * tag.as_ref().len());
        for byte in tag.as_ref() {
            for digit in [byte >> 4, byte & 0xf] {
                text.extend(char::from_digit(u32::from(digit), 16));
            }
        }
        text
    }
}

/// Reads at most as many bytes as a salt may have, and the line end.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // Two bytes more: a line end may follow.
    let most = MAX_SALT_BYTES as u64 + 3;
    File::open(path)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// An issuer may write a long string into a claim, and a line must stay short.
fn bounded(text: &str) -> &str {
    match text.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => &text[..end],
        None => text,
    }
}

pub(super) const MIN_SALT_BYTES: usize = 16;
pub(super) const MAX_SALT_BYTES: usize = 1024;
const MAX_CHARS: usize = 256;
