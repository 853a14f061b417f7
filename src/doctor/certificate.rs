//! How long the issuer's certificate is valid.

use std::time::{Duration, SystemTime};

use x509_parser::prelude::{FromDer, X509Certificate};

use crate::issuer::Issuer;

use super::findings::Diagnosis;

/// Examines a certificate that is trusted: the documents were fetched with it.
pub(super) fn examine(
    issuer: &Issuer,
    certificate: Option<&[u8]>,
    now: SystemTime,
    diagnosis: &mut Diagnosis,
) {
    let Some(der) = certificate else {
        let why = if issuer.is_loopback() {
            "plain http on this machine"
        } else {
            "the certificate is not known"
        };
        return diagnosis.skipped("tls", why);
    };
    let end = X509Certificate::from_der(der)
        .ok()
        .and_then(|(_, certificate)| {
            let seconds = certificate.validity().not_after.timestamp();
            Some(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds.try_into().ok()?))
        });
    let left = end.and_then(|end| end.duration_since(now).ok());
    match left.map(|left| left.as_secs() / DAY_SECS) {
        Some(days) if days >= MIN_DAYS => {
            diagnosis.passed("tls", &format!("trusted and valid for {days} more days"));
        }
        Some(days) => diagnosis.warned(
            "tls",
            &format!("trusted, but valid for only {days} more days"),
        ),
        None => diagnosis.warned("tls", "trusted, but its expiry cannot be read"),
    }
}

const DAY_SECS: u64 = 24 * 60 * 60;
/// Automatic renewal happens earlier.
const MIN_DAYS: u64 = 21;
