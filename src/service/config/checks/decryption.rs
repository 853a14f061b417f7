//! The number of decryption keys of all issuers together.
//!
//! An encrypted token does not show its issuer, so each key may be tried for each token.

use std::collections::{BTreeMap, BTreeSet};

use crate::service::config::problem::Fault;
use crate::service::config::reader::Reader;
use crate::service::config::sections::issuer::IssuerConfig;
use crate::service::config::sections::issuer_rules::IssuerRules;

pub(super) fn check(
    first: &IssuerConfig,
    others: &BTreeMap<String, IssuerRules>,
    reader: &mut Reader<'_>,
) {
    let others = others.iter().map(|(name, rules)| {
        (
            format!("issuers.{name}.decryption_keys"),
            &rules.decryption_keys,
        )
    });
    let all = std::iter::once(("issuer.decryption_keys".to_owned(), &first.decryption_keys));
    let mut known = BTreeSet::new();
    for (key, keys) in all.chain(others) {
        known.extend(keys.iter().map(|key| *key.thumbprint().as_bytes()));
        if known.len() > MAX_KEYS {
            let fault = Fault::new(format!(
                "makes the number of decryption keys of all issuers {}; at most {MAX_KEYS} are \
                 accepted, because each may be tried for each token",
                known.len()
            ));
            let fix = "remove the keys that no token is encrypted to any more, or let several \
                       issuers use the same key";
            return reader.note_conflict(&key, &[], fault.fix(fix));
        }
    }
}

/// Two issuers, each with an old and a new key.
const MAX_KEYS: usize = 4;
