//! SHA-256 thumbprints of keys (RFC 7638) and certificates (RFC 8705 section 3.1).

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

use super::json::Object;

/// A SHA-256 thumbprint. It is printed as tokens contain it: 43 characters of base64url.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Thumbprint([u8; 32]);

impl Thumbprint {
    /// The thumbprint of these bytes, such as the DER of a certificate.
    pub fn digest(bytes: &[u8]) -> Self {
        let mut thumbprint = [0; 32];
        thumbprint.copy_from_slice(digest(&SHA256, bytes).as_ref());
        Self(thumbprint)
    }

    /// Reads the form that tokens contain; `None` for any other string.
    ///
    /// ```
    /// use poem_resource_server::token::Thumbprint;
    ///
    /// let text = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";
    /// assert_eq!(Thumbprint::parse(text).map(|it| it.to_string()).as_deref(), Some(text));
    /// assert_eq!(Thumbprint::parse("short"), None);
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        // One character less could not be, and one more is not canonical.
        let mut thumbprint = [0; 32];
        let length = URL_SAFE_NO_PAD.decode_slice(text, &mut thumbprint).ok()?;
        (length == thumbprint.len()).then_some(Self(thumbprint))
    }

    /// The thumbprint with these bytes.
    #[cfg(feature = "service")]
    pub(crate) fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The thumbprint of a public JSON Web Key: the digest of its required members in
    /// lexicographic order. `None` if one of them is missing or is not base64url or a plain word,
    /// so that nothing in it needs an escape.
    ///
    /// RFC 7638 section 3.
    pub(crate) fn from_jwk(members: &Map<String, Value>) -> Option<Self> {
        Self::from_members(&members.into())
    }

    /// As [`Thumbprint::from_jwk`].
    pub(super) fn from_members(members: &Object<'_>) -> Option<Self> {
        let text = |member: &str| {
            let text = members.text(member)?;
            let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
            text.bytes().all(is_plain).then_some(text)
        };
        let required: &[&str] = match text("kty")? {
            "RSA" => &["e", "kty", "n"],
            "EC" => &["crv", "kty", "x", "y"],
            "OKP" => &["crv", "kty", "x"],
            _ => return None,
        };
        let mut json = String::with_capacity(256);
        for name in required {
            json.push_str(if json.is_empty() { "{\"" } else { ",\"" });
            json.push_str(name);
            json.push_str("\":\"");
            json.push_str(text(name)?);
            json.push('"');
        }
        json.push('}');
        Some(Self::digest(json.as_bytes()))
    }
}

impl fmt::Display for Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl fmt::Debug for Thumbprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Thumbprint({self})")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    // RFC 7638 section 3.1, RFC 9449 section 6.1, RFC 8037 appendix A.3.
    #[test]
    fn the_thumbprints_of_the_published_examples_are_computed() {
        let rsa = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
        for (row, jwk, thumbprint) in [
            (
                "RFC 7638",
                json!({ "kty": "RSA", "n": rsa, "e": "AQAB", "alg": "RS256", "kid": "2011-04-29" }),
                "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs",
            ),
            (
                "RFC 9449",
                json!({
                    "kty": "EC", "crv": "P-256",
                    "x": "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
                    "y": "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA",
                }),
                "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I",
            ),
            (
                "RFC 8037",
                json!({
                    "kty": "OKP", "crv": "Ed25519",
                    "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
                }),
                "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
            ),
        ] {
            let found = Thumbprint::from_jwk(jwk.as_object().unwrap());
            assert_eq!(
                found.map(|it| it.to_string()).as_deref(),
                Some(thumbprint),
                "{row}"
            );
        }
    }

    #[test]
    fn a_key_without_a_required_member_has_no_thumbprint() {
        let key = json!({ "kty": "EC", "crv": "P-256", "x": "AA", "y": "AA" });
        assert!(Thumbprint::from_jwk(key.as_object().unwrap()).is_some());

        for (member, value) in [
            ("kty", Value::Null),
            ("kty", json!("oct")),
            ("crv", json!(7)),
            ("x", json!("A\"A")),
            ("y", Value::Null),
        ] {
            let mut key = key.clone();
            key[member] = value;
            assert_eq!(
                Thumbprint::from_jwk(key.as_object().unwrap()),
                None,
                "{key}"
            );
        }
    }

    #[test]
    fn a_thumbprint_has_one_spelling() {
        let text = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";
        assert!(Thumbprint::parse(text).is_some());

        for other in [
            "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4J",
            "0ZcOCORZNYy+DWpqq30jZyJGHTN0d2HglBV3uiguA4I",
            "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I=",
            "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4IA",
            "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA",
            "",
        ] {
            assert_eq!(Thumbprint::parse(other), None, "{other}");
        }
    }
}
