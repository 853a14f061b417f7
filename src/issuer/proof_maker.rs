//! Makes DPoP proofs, as a client does (RFC 9449 section 4.2).
//!
//! The commands of the program request and use bound tokens with it, and tests of users do. The
//! service itself makes no proofs.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use aws_lc_rs::rand::{SecureRandom, SystemRandom};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use crate::clock::{Clock, SystemClock};
use crate::token::Thumbprint;

/// A key of a client, which makes DPoP proofs. Clones share the key.
///
/// The key is on the curve P-256, and its proofs are signed with ES256.
///
/// ```
/// use poem_resource_server::issuer::ProofMaker;
///
/// let holder = ProofMaker::generate();
/// let proof = holder.proof("GET", "https://api.example.com/orders?page=2");
/// let proof = proof.for_token("the access token").sign();
/// assert_eq!(proof.split('.').count(), 3);
/// ```
///
/// RFC 9449 section 4.2.
#[derive(Clone)]
pub struct ProofMaker {
    pair: Arc<EcdsaKeyPair>,
    thumbprint: Thumbprint,
    clock: Arc<dyn Clock>,
}

/// A proof that is not signed yet, so that a test can change it.
#[derive(Debug, Clone)]
#[must_use = "a proof is made by `sign`"]
pub struct NewProof<'a> {
    maker: &'a ProofMaker,
    header: Map<String, Value>,
    claims: Map<String, Value>,
}

impl ProofMaker {
    /// A new key.
    ///
    /// # Panics
    ///
    /// If the system has no memory or randomness left.
    pub fn generate() -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING);
        Self::from_pair(pair.expect("the system has randomness and memory"))
    }

    /// The key with this PKCS #8 encoding; `None` if it is not a private key on P-256.
    pub fn from_pkcs8(der: &[u8]) -> Option<Self> {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der);
        Some(Self::from_pair(pair.ok()?))
    }

    /// The private key in its PKCS #8 encoding. Store it only where nobody else can read it.
    ///
    /// # Panics
    ///
    /// If the system has no memory left.
    pub fn to_pkcs8(&self) -> Vec<u8> {
        let document = self.pair.to_pkcs8v1();
        let document = document.expect("the system has memory");
        document.as_ref().to_vec()
    }

    /// Sets the clock that `iat` is taken from.
    #[must_use]
    pub fn with_clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock, ..self }
    }

    /// The thumbprint of the public key. A token is bound to the key if it is the `jkt` in its `cnf`.
    ///
    /// RFC 9449 section 6.1.
    pub fn thumbprint(&self) -> Thumbprint {
        self.thumbprint
    }

    /// The public key as a JSON Web Key.
    pub fn public_jwk(&self) -> Value {
        public_jwk(&self.pair).into()
    }

    /// A proof for a request to `url`, of which the query and the fragment are left out, as
    /// `htu` requires.
    ///
    /// # Panics
    ///
    /// If the system has no randomness left.
    pub fn proof(&self, method: &str, url: &str) -> NewProof<'_> {
        let mut id = [0; 16];
        let filled = SystemRandom::new().fill(&mut id);
        filled.expect("the system has randomness");
        let now = self.clock.now().duration_since(SystemTime::UNIX_EPOCH);
        let header = json!({ "typ": "dpop+jwt", "alg": "ES256", "jwk": self.public_jwk() });
        let claims = json!({
            "htm": method,
            "htu": url.split(['?', '#']).next().unwrap_or_default(),
            "iat": now.unwrap_or_default().as_secs(),
            "jti": URL_SAFE_NO_PAD.encode(id),
        });
        let (Value::Object(header), Value::Object(claims)) = (header, claims) else {
            unreachable!("written as objects above")
        };
        NewProof {
            maker: self,
            header,
            claims,
        }
    }

    fn from_pair(pair: EcdsaKeyPair) -> Self {
        let jwk = public_jwk(&pair);
        Self {
            thumbprint: Thumbprint::from_jwk(&jwk).expect("a complete key"),
            pair: Arc::new(pair),
            clock: Arc::new(SystemClock::new()),
        }
    }
}

impl NewProof<'_> {
    /// Adds `ath`, the digest of the access token that the request contains.
    pub fn for_token(self, token: &str) -> Self {
        self.claim("ath", Thumbprint::digest(token.as_bytes()).to_string())
    }

    /// Adds the nonce that the server requires.
    pub fn with_nonce(self, nonce: &str) -> Self {
        self.claim("nonce", nonce)
    }

    /// Sets a claim, whether it was there before or not.
    pub fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims.insert(name.to_owned(), value.into());
        self
    }

    /// Makes the proof older by this time.
    pub fn with_age(self, age: Duration) -> Self {
        let issued_at = self.claims.get("iat").and_then(Value::as_u64);
        let issued_at = issued_at.unwrap_or_default().saturating_sub(age.as_secs());
        self.claim("iat", issued_at)
    }

    /// Removes a claim.
    pub fn without(mut self, name: &str) -> Self {
        self.claims.shift_remove(name);
        self
    }

    /// Sets a member of the header, whether it was there before or not.
    pub fn header(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.header.insert(name.to_owned(), value.into());
        self
    }

    /// The proof in its compact form, for the header `DPoP`.
    ///
    /// # Panics
    ///
    /// If the system has no memory or randomness left.
    #[must_use]
    pub fn sign(self) -> String {
        let part = |members| URL_SAFE_NO_PAD.encode(Value::Object(members).to_string());
        let signed = format!("{}.{}", part(self.header), part(self.claims));
        let signature = self
            .maker
            .pair
            .sign(&SystemRandom::new(), signed.as_bytes());
        let signature = signature.expect("the system has randomness and memory");
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
    }
}

impl fmt::Debug for ProofMaker {
    /// Does not print the private key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ProofMaker({})", self.thumbprint)
    }
}

/// RFC 7518 section 6.2.1.
fn public_jwk(pair: &EcdsaKeyPair) -> Map<String, Value> {
    // SEC 1 section 2.3.3: 0x04, then both coordinates at full length.
    let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
    let mut jwk = Map::new();
    jwk.insert("kty".to_owned(), "EC".into());
    jwk.insert("crv".to_owned(), "P-256".into());
    jwk.insert("x".to_owned(), URL_SAFE_NO_PAD.encode(x).into());
    jwk.insert("y".to_owned(), URL_SAFE_NO_PAD.encode(y).into());
    jwk
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::{
        Confirmation, DpopProof, ProofError, ProofPolicy, ProvenRequest, RequestTarget,
    };

    fn verdict(proof: &str, holder: &ProofMaker, token: &str) -> Result<(), ProofError> {
        let cnf = json!({ "jkt": holder.thumbprint().to_string() });
        let confirmation = Confirmation::for_tests(&cnf);
        let target = RequestTarget::new("https", "api.example.com", "/orders");
        let request = ProvenRequest {
            method: "GET",
            target: &target,
            token,
            confirmation: &confirmation,
        };
        let now = SystemClock::new().now();
        let checked = DpopProof::parse(proof)?.check(&request, &ProofPolicy::default(), now)?;
        checked.verify().map(|_| ())
    }

    #[test]
    fn a_proof_is_accepted_by_our_own_rules_and_a_changed_one_is_not() {
        let holder = ProofMaker::generate();
        let proof = || {
            let proof = holder.proof("GET", "https://api.example.com/orders?page=2#top");
            proof.for_token("token")
        };
        let judged = |proof: NewProof<'_>| verdict(&proof.sign(), &holder, "token");
        let old = SystemClock::new().now() - Duration::from_secs(600);
        let old = old.duration_since(SystemTime::UNIX_EPOCH).unwrap();

        assert_eq!(judged(proof()), Ok(()));
        assert_eq!(judged(proof().with_nonce("n")), Ok(()));
        for (error, changed) in [
            (ProofError::WrongToken, proof().for_token("other")),
            (ProofError::Expired, proof().claim("iat", old.as_secs())),
            (ProofError::WrongMethod, proof().claim("htm", "POST")),
            (ProofError::WrongType, proof().header("typ", "JWT")),
            (
                ProofError::MissingClaim(crate::token::ProofClaim::Jti),
                proof().without("jti"),
            ),
        ] {
            assert_eq!(judged(changed), Err(error));
        }
    }

    #[test]
    fn a_stored_key_is_the_same_key_and_its_debug_form_is_not_the_private_one() {
        let holder = ProofMaker::generate();
        let stored = holder.to_pkcs8();

        let again = ProofMaker::from_pkcs8(&stored).unwrap();

        assert_eq!(again.thumbprint(), holder.thumbprint());
        assert!(ProofMaker::from_pkcs8(&stored[1..]).is_none());
        assert_eq!(
            format!("{holder:?}"),
            format!("ProofMaker({})", holder.thumbprint())
        );
    }
}
