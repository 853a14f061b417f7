//! How long the issuer's certificate is valid.

use std::time::SystemTime;

use x509_cert::certificate::{CertificateInner, Raw};
use x509_cert::der::Decode;

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
    let end = CertificateInner::<Raw>::from_der(der).ok();
    let end = end.map(|it| it.tbs_certificate().validity().not_after.to_unix_duration());
    let end = end.and_then(|end| SystemTime::UNIX_EPOCH.checked_add(end));
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
