//! The audit log: a line for each decision on a token, of the target `audit`.
//!
//! 1. Who calls is told of tokens that verified alone; what others claim is nobody's word.
//! 2. The subject is hashed with the install's own salt: HMAC-SHA-256, in hexadecimal.
//! 3. Never a token, nor a part of one.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use aws_lc_rs::hmac;
use tracing::info;

use crate::guard::{Decision, Principal};

use super::config::AuditConfig;
use super::request_id::RequestId;
use super::traces;

/// Writes the lines.
pub(super) struct Audit {
    salt: hmac::Key,
}

/// Why there can be no audit log.
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
    /// The salt could be guessed, or is no salt.
    #[error(
        "`audit.salt_file`: {} holds {found} bytes, and must hold from {MIN_SALT_BYTES} to \
         {MAX_SALT_BYTES}; write one with `openssl rand -hex 32`",
        path.display()
    )]
    #[non_exhaustive]
    Length {
        /// What the setting names.
        path: PathBuf,
        /// How many bytes there are, without a line end; one more than the most at most.
        found: usize,
    },
}

impl Audit {
    /// Reads the salt; nothing where there is to be no audit log.
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
    pub(super) fn tell(&self, decision: &Decision<'_>) {
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
            subject = claims.map(|claims| self.hash(claims.subject())),
            token_id = claims.and_then(|claims| claims.token_id()).map(bounded),
            "access decided"
        );
    }

    /// Hexadecimal, of 64 digits.
    fn hash(&self, subject: &str) -> String {
        let tag = hmac::sign(&self.salt, subject.as_bytes());
        let mut text = String::with_capacity(2 * tag.as_ref().len());
        for byte in tag.as_ref() {
            for digit in [byte >> 4, byte & 0xf] {
                text.extend(char::from_digit(u32::from(digit), 16));
            }
        }
        text
    }
}

/// No more of a file than a salt may be long.
fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // Two bytes more: a line end may follow.
    let most = MAX_SALT_BYTES as u64 + 3;
    File::open(path)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// An issuer may put what it likes into a claim, and a line has an end.
fn bounded(text: &str) -> &str {
    match text.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => &text[..end],
        None => text,
    }
}

const MIN_SALT_BYTES: usize = 16;
const MAX_SALT_BYTES: usize = 1024;
const MAX_CHARS: usize = 256;
