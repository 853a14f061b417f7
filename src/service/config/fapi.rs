//! What `profile_security = "fapi2"` implies, and what contradicts it (FAPI 2.0 Security Profile,
//! sections 5.2, 5.3.3 and 5.4.1).
//!
//! 1. Only bound tokens are accepted.
//! 2. Tokens and proofs are signed with PS256, ES256 or EdDSA.
//! 3. Callers use TLS: the service itself has a certificate, or a trusted proxy reports the scheme.
//! 4. With TLS 1.2, only the cipher suites that BCP 195 recommends are accepted.
//! 5. Tokens are in the `Authorization` header. No setting decides on this.
//!
//! A setting without a value of its own gets the implied one. Any other value stays, and is reported
//! if it contradicts the profile.

use std::collections::BTreeMap;

use figment::value::Value;

use super::chosen::{APPLICATION, BUILT_IN, ChosenValue};
use super::key::Key;
use super::problem::Fault;
use super::reader::Reader;
use super::sections::http::HttpConfig;
use super::value;
use crate::service::server::Suites;
use crate::token::Algorithm;

/// Sets what the profile implies, if it is selected.
pub(super) fn imply(chosen: &mut BTreeMap<Key, ChosenValue>) {
    if !is_selected(chosen) {
        return;
    }
    let issuers = chosen.keys().filter_map(|key| match key.segments() {
        [section, name, ..] if section == "issuers" => Some(Key::dotted(section).join(name)),
        _ => None,
    });
    let issuers: Vec<_> = issuers.map(|issuer| issuer.join("algorithms")).collect();
    let algorithms = ["issuer.algorithms", "dpop.algorithms"].map(Key::dotted);
    for key in algorithms.into_iter().chain(issuers) {
        let names: Vec<_> = ALGORITHMS.iter().map(|it| Value::from(it.name())).collect();
        set(chosen, key, names.into());
    }
    set(chosen, Key::dotted("access.binding"), "required".into());
}

fn is_selected(chosen: &BTreeMap<Key, ChosenValue>) -> bool {
    let profile = chosen.get(&Key::dotted("profile_security"));
    profile.and_then(|it| it.value.as_str()) == Some("fapi2")
}

/// What the profile requires besides the settings that it implies: one sentence each. Empty if it
/// is not selected.
pub(super) fn requirements(chosen: &BTreeMap<Key, ChosenValue>) -> Vec<String> {
    if !is_selected(chosen) {
        return Vec::new();
    }
    let mut suites = String::new();
    for suite in Suites::recommended() {
        suites = format!("{suites}\n    {suite}");
    }
    vec![
        "Requests without TLS are refused (tls_required), except /livez and /readyz.".to_owned(),
        "Tokens are read only from the header Authorization.".to_owned(),
        format!("The TLS of the service is 1.3, or 1.2 with these cipher suites:{suites}"),
    ]
}

fn set(chosen: &mut BTreeMap<Key, ChosenValue>, key: Key, value: Value) {
    let is_set = chosen.get(&key).is_some_and(|it| {
        let is_default = [BUILT_IN, APPLICATION].contains(&it.source.as_str());
        let is_empty = it.value.as_array().is_some_and(<[_]>::is_empty);
        !is_default && !is_empty && it.value.as_str() != Some("")
    });
    if !is_set {
        let source = "profile_security".to_owned();
        chosen.insert(key, ChosenValue { value, source });
    }
}

/// Reports every setting that contradicts the profile.
pub(super) fn check(http: &HttpConfig, reader: &mut Reader<'_>) {
    for section in ["access", "dpop", "issuer", "issuers"] {
        for (key, value) in reader.below(section) {
            let contradiction = match key.segments().last().map(String::as_str) {
                Some("binding") => binding_fault(key, value),
                Some("algorithms") => algorithm_fault(value),
                _ => None,
            };
            if let Some(fault) = contradiction {
                reader.note(key, fault, value);
            }
        }
    }
    check_tls(http, reader);
}

/// Accepts only the cipher suites that the profile allows.
pub(super) fn restrict(http: &mut HttpConfig) {
    if let Some(tls) = &mut http.tls {
        tls.suites = Suites::Recommended;
    }
}

/// That of one operation may be `either`, because `access.binding` applies to it as well.
fn binding_fault(key: &Key, value: &Value) -> Option<Fault> {
    let is_of_all = *key == Key::dotted("access.binding");
    let contradicts = match value.as_str()? {
        "bearer" => true,
        "either" => is_of_all,
        _ => false,
    };
    contradicts.then(|| {
        let fault = Fault::new("must be `required` with `profile_security = \"fapi2\"`");
        fault.fix("remove the setting, or remove `profile_security`")
    })
}

fn algorithm_fault(value: &Value) -> Option<Fault> {
    let names = value::list(value, &[',', ' ']).ok()?;
    // A name that is not known is reported by itself.
    let mut known = names.iter().filter_map(|name| Algorithm::find(name));
    let other = known.find(|it| !ALGORITHMS.contains(it))?;
    let fault = Fault::new(
        "must list no algorithms but PS256, ES256 and EdDSA with `profile_security = \"fapi2\"`",
    );
    let fault = fault.found(other.name());
    Some(fault.fix("remove this algorithm, or remove `profile_security`"))
}

fn check_tls(http: &HttpConfig, reader: &mut Reader<'_>) {
    if http.tls.is_none() && http.trusted_proxies.is_empty() {
        let fault = Fault::new(
            "must be set with `profile_security = \"fapi2\"`, unless a trusted proxy terminates TLS",
        );
        let fault = fault
            .found("")
            .fix("set `http.tls.cert` and `http.tls.key`, or `http.trusted_proxies`");
        reader.note_conflict("http.tls.cert", &["http.trusted_proxies"], fault);
    }
    let public_url = http.public_url.as_ref();
    if public_url.is_some_and(|url| url.as_str().starts_with("http:")) {
        let fault = Fault::new("must be https with `profile_security = \"fapi2\"`");
        let fault = fault.fix("write the https URL that callers use");
        reader.note_conflict("http.public_url", &[], fault);
    }
}

/// FAPI 2.0 Security Profile, section 5.4.1.
const ALGORITHMS: [Algorithm; 3] = [Algorithm::Ps256, Algorithm::Es256, Algorithm::EdDsa];
