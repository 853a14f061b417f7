//! Whether the issuer binds tokens to a key of the caller (RFC 9449, RFC 8705).

use serde_json::Value;

use crate::issuer::{GrantError, GrantedToken};

use super::documents::chain;
use super::findings::{Diagnosis, Status};

/// What the metadata says (RFC 9449 section 5.1, RFC 8705 section 3.3).
pub(super) fn examine(document: &[u8], diagnosis: &mut Diagnosis) {
    let metadata: Value = serde_json::from_slice(document).unwrap_or_default();
    let algorithms = metadata["dpop_signing_alg_values_supported"].as_array();
    let algorithms = algorithms.into_iter().flatten().filter_map(Value::as_str);
    let algorithms: Vec<_> = algorithms.take(MAX_SHOWN).collect();
    let binds_to_certificates = metadata["tls_client_certificate_bound_access_tokens"] == true;
    let key = (!algorithms.is_empty()).then(|| format!("{OFFERED}{}", algorithms.join(", ")));
    let certificate = binds_to_certificates.then(|| "to a certificate (mTLS)".to_owned());
    let all: Vec<_> = [key, certificate].into_iter().flatten().collect();
    match all.as_slice() {
        [] => diagnosis.passed(CHECK, "the metadata offers no bound tokens"),
        all => diagnosis.passed(CHECK, &all.join("; ")),
    }
}

/// Whether the metadata offers tokens that are bound to a key.
pub(super) fn is_offered(diagnosis: &Diagnosis) -> bool {
    let mut findings = diagnosis.findings().iter();
    findings.any(|it| it.check == CHECK && it.found.starts_with(OFFERED))
}

/// The client gets only bound tokens.
pub(super) fn required(granted: &Result<GrantedToken, GrantError>, diagnosis: &mut Diagnosis) {
    if granted.is_ok() {
        add(
            diagnosis,
            Status::Passed,
            "the issuer requires it from this client",
        );
    }
}

/// The client got a token without a proof, and was to get a bound one too.
pub(super) fn tried(granted: &Result<GrantedToken, GrantError>, diagnosis: &mut Diagnosis) {
    match granted {
        Ok(_) => add(diagnosis, Status::Passed, "this client can get one"),
        Err(error) => add(diagnosis, Status::Warned, &chain(error)),
    }
}

/// Adds to what the metadata says.
fn add(diagnosis: &mut Diagnosis, status: Status, what: &str) {
    let mut findings = diagnosis.findings().iter();
    let known = findings.find(|it| it.check == CHECK);
    let known = known.map(|it| it.found.clone()).unwrap_or_default();
    diagnosis.forget(CHECK);
    let found = format!("{known}; {what}");
    match status {
        Status::Passed => diagnosis.passed(CHECK, &found),
        _ => diagnosis.warned(CHECK, &found),
    }
}

const CHECK: &str = "bound_tokens";
const OFFERED: &str = "to a key (DPoP): ";
/// There are fewer algorithms.
const MAX_SHOWN: usize = 20;
