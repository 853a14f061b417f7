//! Whether encrypted tokens of the issuer can be decrypted.

use std::sync::Arc;

use crate::token::{DecryptionKey, Jws, TokenError};

use super::findings::Diagnosis;

/// Names the decryption keys. A given token that is encrypted needs one.
pub(super) fn examine(keys: &[Arc<DecryptionKey>], token: Option<&str>, diagnosis: &mut Diagnosis) {
    let given = token.and_then(|token| Jws::parse(token).err());
    let is_encrypted = given == Some(TokenError::Encrypted);
    let keys: Vec<_> = keys.iter().map(|key| shown(key)).collect();
    match keys.as_slice() {
        [] if is_encrypted => {
            let found = "the given token is encrypted, and `issuer.decryption_keys` is empty";
            diagnosis.failed(CHECK, found, "");
        }
        [] => diagnosis.passed(
            CHECK,
            "no decryption keys are set, so encrypted tokens are refused",
        ),
        keys => diagnosis.passed(CHECK, &format!("decryption keys: {}", keys.join("; "))),
    }
}

fn shown(key: &DecryptionKey) -> String {
    let name = key.key_id().map(|it| format!("kid {it}, "));
    format!(
        "RSA of {} bits, {}thumbprint {}",
        key.bits(),
        name.unwrap_or_default(),
        key.thumbprint()
    )
}

const CHECK: &str = "encryption";
