//! Reads the header of a proof (RFC 9449 section 4.2).
//!
//! A client sends the same header with each proof. A header that is byte for byte that of an earlier
//! proof with the same token, whose signature verified, is not read again.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::token::json::{self, Json, Object};
use crate::token::proof_key::{MAX_KNOWN_BYTES, ProofKey};
use crate::token::{Algorithm, Confirmation, MAX_HEADER_BYTES, Thumbprint, jwk};

use super::error::ProofError;

/// The header of a proof.
pub(super) enum ProofHeader<'a> {
    /// That of an earlier proof with the same token, whose signature this key verified.
    Known(&'a ProofKey),
    New(NewHeader),
}

/// A header whose key is not parsed yet.
pub(super) struct NewHeader {
    pub(super) algorithm: Algorithm,
    thumbprint: Thumbprint,
    jwk: Object<'static>,
}

impl<'a> ProofHeader<'a> {
    /// Reads a header, still in base64url. `confirmation` is that of the token, if there is one.
    pub(super) fn read(
        segment: &str,
        confirmation: Option<&'a Confirmation>,
    ) -> Result<Self, ProofError> {
        match confirmation.and_then(Confirmation::known_key) {
            Some(known) if known.header.as_deref() == Some(segment) => Ok(Self::Known(known)),
            _ => NewHeader::read(segment).map(Self::New),
        }
    }

    pub(super) fn thumbprint(&self) -> &Thumbprint {
        match self {
            Self::Known(key) => &key.thumbprint,
            Self::New(header) => &header.thumbprint,
        }
    }

    pub(super) fn algorithm(&self) -> Algorithm {
        match self {
            Self::Known(key) => key.algorithm,
            Self::New(header) => header.algorithm,
        }
    }
}

impl NewHeader {
    pub(super) fn read(segment: &str) -> Result<Self, ProofError> {
        let bytes = decode(segment).filter(|bytes| bytes.len() <= MAX_HEADER_BYTES);
        let bytes = bytes.ok_or(ProofError::Malformed)?;
        let header = json::object_of_at_most(MAX_VALUES, &bytes);
        let mut header = header.ok_or(ProofError::Malformed)?;
        if header.text("typ") != Some(TYPE) {
            return Err(ProofError::WrongType);
        }
        let algorithm = header.text("alg").and_then(Algorithm::find_for_client);
        let algorithm = algorithm.ok_or(ProofError::AlgorithmNotAllowed)?;
        if header.contains("crit") || header.contains("b64") {
            return Err(ProofError::Critical);
        }
        let Some(Json::Object(jwk)) = header.remove("jwk") else {
            return Err(ProofError::MissingKey);
        };
        Ok(Self {
            algorithm,
            thumbprint: Thumbprint::from_members(&jwk).ok_or(ProofError::KeyNotAccepted)?,
            jwk: jwk.into_owned(),
        })
    }

    /// Parses the key. `segment` is this header in base64url.
    pub(super) fn key(&self, segment: &str) -> Result<ProofKey, ProofError> {
        let public_key = jwk::read_for(&self.jwk, self.algorithm);
        Ok(ProofKey {
            algorithm: self.algorithm,
            thumbprint: self.thumbprint,
            public_key: public_key.map_err(|it| ProofError::from_key(&it))?,
            header: (segment.len() <= MAX_KNOWN_BYTES).then(|| segment.into()),
        })
    }

    /// Checks the members of the key that do not belong to the thumbprint.
    pub(super) fn check_members(&self) -> Result<(), ProofError> {
        let checked = jwk::check_for(&self.jwk, self.algorithm);
        checked.map_err(|it| ProofError::from_key(&it))
    }
}

pub(super) fn decode(segment: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(segment).ok()
}

/// RFC 9449 section 4.2.
pub(super) const TYPE: &str = "dpop+jwt";
/// A header with a key as `WebCrypto` exports it has 16, and the claims are fewer.
pub(super) const MAX_VALUES: usize = 32;

#[cfg(all(test, feature = "dev"))]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::dev::{SigningAlgorithm, SigningKey};

    /// A header with this key, of this length in base64url.
    fn header(key: &SigningKey, length: usize) -> String {
        let written = |more: usize| {
            let more = "x".repeat(more);
            json!({ "typ": TYPE, "alg": "ES256", "jwk": key.public_jwk(), "more": more })
                .to_string()
        };
        let segment = URL_SAFE_NO_PAD.encode(written(length * 3 / 4 - written(0).len()));
        assert_eq!(segment.len(), length);
        segment
    }

    fn parsed(segment: &str) -> ProofKey {
        let header = NewHeader::read(segment).expect("it is a header");
        header.key(segment).expect("it has a key")
    }

    #[test]
    fn a_header_is_kept_up_to_the_maximum_length() {
        let key = SigningKey::generate(SigningAlgorithm::Es256);
        for (length, is_kept) in [(MAX_KNOWN_BYTES, true), (MAX_KNOWN_BYTES + 2, false)] {
            let segment = header(&key, length);
            let kept = parsed(&segment).header;

            assert_eq!(kept.is_some(), is_kept, "{length}");
            assert!(kept.is_none_or(|kept| *kept == *segment), "{length}");
        }
    }

    #[test]
    fn only_the_header_of_the_proof_that_was_accepted_first_is_not_read_again() {
        let key = SigningKey::generate(SigningAlgorithm::Es256);
        let [first, other] = [512, 516].map(|length| header(&key, length));
        let confirmation = Confirmation::by_proof_key(parsed(&first).thumbprint);
        let is_known = |segment: &str| {
            let header = ProofHeader::read(segment, Some(&confirmation));
            matches!(header, Ok(ProofHeader::Known(_)))
        };
        assert!(!is_known(&first));

        confirmation.keep_key(parsed(&first));

        assert!(is_known(&first));
        assert!(!is_known(&other));
    }
}
