//! Reads `cnf`: the keys that the caller of a token must prove to have (RFC 7800).

use std::sync::OnceLock;

use super::json::Json;
use super::proof_key::{MAX_KNOWN_BYTES, ProofKey};
use super::{ALLOCATION_BYTES, Thumbprint};

/// The keys that the caller must prove to have, every one of them.
///
/// RFC 7800 section 3.1, RFC 9449 section 6.1, RFC 8705 section 3.1.
#[derive(Debug, Clone, Default)]
pub struct Confirmation {
    proof_key: Option<Thumbprint>,
    certificate: Option<Thumbprint>,
    has_other_members: bool,
    /// What proofs of a remembered token need again: the digest of the token, and the key.
    token_digest: OnceLock<Thumbprint>,
    key: OnceLock<Box<ProofKey>>,
}

impl Confirmation {
    /// Reads the value of `cnf`; `None` if a member that is supported does not have its form, or
    /// there is no member at all.
    pub(super) fn read(value: &Json<'_>) -> Option<Self> {
        let mut confirmation = Self::default();
        let members = value.as_object().filter(|members| members.len() > 0)?;
        for (name, value) in members.iter() {
            let thumbprint = || value.as_str().and_then(Thumbprint::parse);
            match name {
                "jkt" => confirmation.proof_key = Some(thumbprint()?),
                "x5t#S256" => confirmation.certificate = Some(thumbprint()?),
                _ => confirmation.has_other_members = true,
            }
        }
        Some(confirmation)
    }

    /// That of a token of a test.
    #[cfg(test)]
    #[allow(clippy::unwrap_used)] // A test may stop at the first surprise.
    pub(crate) fn for_tests(cnf: &serde_json::Value) -> Self {
        Self::read(&cnf.into()).unwrap()
    }

    /// A confirmation with this `jkt` alone.
    #[cfg(feature = "dev")]
    pub(crate) fn by_proof_key(key: Thumbprint) -> Self {
        Self {
            proof_key: Some(key),
            ..Self::default()
        }
    }

    /// `jkt`: the key that DPoP proofs must be signed with.
    pub fn proof_key(&self) -> Option<&Thumbprint> {
        self.proof_key.as_ref()
    }

    /// `x5t#S256`: the certificate with which the caller must have opened its connection.
    pub fn certificate(&self) -> Option<&Thumbprint> {
        self.certificate.as_ref()
    }

    /// Whether there is a member that cannot be checked here, so that the token cannot be used.
    pub fn has_other_members(&self) -> bool {
        self.has_other_members
    }

    /// The digest that proofs contain in `ath`. `token` is the token with this confirmation.
    pub(super) fn token_digest(&self, token: &str) -> &Thumbprint {
        let digest = || Thumbprint::digest(token.as_bytes());
        self.token_digest.get_or_init(digest)
    }

    /// The key with the thumbprint of [`Confirmation::proof_key`], if a proof had it before.
    pub(super) fn known_key(&self) -> Option<&ProofKey> {
        self.key.get().map(|key| &**key)
    }

    /// Keeps the key with the thumbprint of [`Confirmation::proof_key`].
    pub(super) fn keep_key(&self, key: ProofKey) {
        let _ = self.key.set(Box::new(key));
    }

    /// The memory of a confirmation in a box and of the key that it may keep, in bytes.
    pub(super) fn bytes(&self) -> usize {
        let key = match self.proof_key {
            Some(_) => KEY_BYTES,
            None => 0,
        };
        // The kind of the token is next to it.
        size_of::<Self>() + size_of::<usize>() + ALLOCATION_BYTES + key
    }
}

/// What is kept in addition does not matter.
impl PartialEq for Confirmation {
    fn eq(&self, other: &Self) -> bool {
        (self.proof_key, self.certificate, self.has_other_members)
            == (other.proof_key, other.certificate, other.has_other_members)
    }
}

/// A parsed key, and the header of its first proof. An RSA key of 8192 bits with its Montgomery
/// context takes the most, an elliptic one about a third.
const KEY_BYTES: usize = 4_096 + MAX_KNOWN_BYTES;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const JKT: &str = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";

    #[test]
    fn each_member_of_cnf_is_read_or_refused() {
        let both = Confirmation::read(&(&json!({ "jkt": JKT, "x5t#S256": JKT })).into()).unwrap();
        assert_eq!(both.proof_key().unwrap().to_string(), JKT);
        assert_eq!(both.certificate().unwrap().to_string(), JKT);
        assert!(!both.has_other_members());
        assert_eq!(both, both.clone());

        let other = Confirmation::read(&(&json!({ "jkt": JKT, "jwk": {} })).into()).unwrap();
        assert!(other.has_other_members());
        assert_ne!(both, other);

        for malformed in [
            json!({}),
            json!([]),
            json!(JKT),
            json!({ "jkt": 7 }),
            json!({ "jkt": "" }),
            json!({ "jkt": JKT, "x5t#S256": "short" }),
        ] {
            assert_eq!(
                Confirmation::read(&(&malformed).into()),
                None,
                "{malformed}"
            );
        }
    }

    #[test]
    fn the_memory_of_a_confirmation_includes_the_key_that_it_may_keep() {
        let read = |cnf: &serde_json::Value| Confirmation::read(&cnf.into()).unwrap();
        let certificate = read(&json!({ "x5t#S256": JKT })).bytes();
        let key = read(&json!({ "jkt": JKT })).bytes();

        // In a token it is an option of a box, next to a kind.
        assert!(certificate > size_of::<Confirmation>() + size_of::<usize>());
        assert!(certificate < 2 * size_of::<Confirmation>());
        assert_eq!(key, certificate + KEY_BYTES);
    }
}
