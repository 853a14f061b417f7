//! Makes tokens, good ones and any other.

use std::sync::{Arc, LazyLock};
use std::time::SystemTime;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use num_bigint::BigUint;
use poem_resource_server::clock::{Clock, ManualClock};
use poem_resource_server::dev::{SigningAlgorithm, SigningKey};
use poem_resource_server::token::{Algorithm, Audience, KeySet, KeySource, Validation};
use poem_resource_server::verifier::Verifier;
use serde_json::{Value, json};

pub const ISSUER: &str = "https://id.example/oauth2/default";
pub const AUDIENCE: &str = "api://default";

/// A key for each algorithm, its `kid` the algorithm's name; then one that nobody published.
static KEYS: LazyLock<Vec<SigningKey>> = LazyLock::new(|| {
    SigningAlgorithm::ALL
        .map(|algorithm| SigningKey::generate_with_kid(algorithm, algorithm.name()))
        .into()
});
pub static ATTACKER: LazyLock<SigningKey> =
    LazyLock::new(|| SigningKey::generate_with_kid(SigningAlgorithm::Rs256, "RS256"));

/// A token, what is wrong with it and what it must be refused for.
#[derive(Clone)]
pub struct Row {
    pub name: String,
    pub token: String,
    pub reason: &'static str,
}

pub fn row(name: impl Into<String>, token: String, reason: &'static str) -> Row {
    Row {
        name: name.into(),
        token,
        reason,
    }
}

pub struct Forge {
    pub clock: ManualClock,
    pub rsa: RawRsa,
}

impl Forge {
    pub fn new() -> Self {
        Self {
            clock: ManualClock::new(),
            rsa: RawRsa::new(),
        }
    }

    /// The keys under attack: one for each algorithm, and the raw ones.
    pub fn key_set(&self) -> Arc<KeySet> {
        let mut jwks: Vec<Value> = KEYS.iter().map(SigningKey::public_jwk).collect();
        jwks.extend(self.rsa.public_jwks());
        key_set(&json!({ "keys": jwks }))
    }

    /// The verifier under attack.
    pub fn verifier(&self) -> Verifier {
        self.verifier_from(Arc::new(self.key_set()))
    }

    pub fn verifier_with(&self, jwks: &Value) -> Verifier {
        self.verifier_from(Arc::new(key_set(jwks)))
    }

    pub fn verifier_from(&self, keys: Arc<dyn KeySource>) -> Verifier {
        self.verifier_of(keys, &[])
    }

    /// With these algorithms alone; with none, every algorithm is allowed.
    pub fn verifier_allowing(&self, jwks: &Value, algorithms: &[Algorithm]) -> Verifier {
        self.verifier_of(Arc::new(key_set(jwks)), algorithms)
    }

    fn verifier_of(&self, keys: Arc<dyn KeySource>, algorithms: &[Algorithm]) -> Verifier {
        let validation = Validation::new(ISSUER, Audience::parse(AUDIENCE).unwrap())
            .with_algorithms(algorithms.iter().copied());
        Verifier::new(keys, validation).with_clock(Arc::new(self.clock.clone()))
    }

    pub fn now(&self) -> u64 {
        let since_epoch = self.clock.now().duration_since(SystemTime::UNIX_EPOCH);
        since_epoch.unwrap().as_secs()
    }

    /// Claims that are accepted.
    pub fn claims(&self) -> Value {
        json!({
            "iss": ISSUER, "aud": AUDIENCE, "sub": "ada", "jti": "AT.1", "cid": "client",
            "iat": self.now(), "exp": self.now() + 300, "scp": ["profile:read"],
        })
    }

    /// A good token of the key for RS256.
    pub fn good(&self) -> String {
        Self::signed(&header("RS256"), &self.claims())
    }

    /// A token with this header, signed by the key for RS256.
    pub fn with_header(&self, header: &Value) -> String {
        Self::signed(header, &self.claims())
    }

    /// A token with one claim set, which its own `jti` distinguishes from others.
    pub fn with_claim(&self, name: &str, value: Value) -> String {
        let mut claims = self.claims();
        claims[name] = value;
        Self::signed(&header("RS256"), &claims)
    }

    pub fn without_claim(&self, name: &str) -> String {
        let mut claims = self.claims();
        claims.as_object_mut().unwrap().shift_remove(name);
        Self::signed(&header("RS256"), &claims)
    }

    pub fn signed(header: &Value, claims: &Value) -> String {
        key("RS256").sign(header, claims)
    }

    /// A token of these very bytes, signed by the key for RS256.
    pub fn signed_bytes(header: &[u8], payload: &[u8]) -> String {
        let input = format!("{}.{}", encode(header), encode(payload));
        let signature = key("RS256").sign_bytes(input.as_bytes());
        format!("{input}.{}", encode(&signature))
    }
}

pub fn key_set(jwks: &Value) -> Arc<KeySet> {
    let parsed = KeySet::parse(jwks.to_string().as_bytes()).unwrap();
    Arc::new(parsed.key_set)
}

pub fn key(algorithm: &str) -> &'static SigningKey {
    KEYS.iter()
        .find(|key| key.algorithm().name() == algorithm)
        .unwrap()
}

pub fn header(algorithm: &str) -> Value {
    json!({ "alg": algorithm, "kid": algorithm })
}

pub fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub fn decode(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

/// Header and payload as they are signed, and the signature.
pub fn split(token: &str) -> (String, Vec<u8>) {
    let (input, signature) = token.rsplit_once('.').unwrap();
    (input.to_owned(), decode(signature))
}

pub fn join(input: &str, signature: &[u8]) -> String {
    format!("{input}.{}", encode(signature))
}

/// RSA without padding, with a key that protects nothing.
pub struct RawRsa {
    pub n: BigUint,
    d: BigUint,
}

impl RawRsa {
    fn new() -> Self {
        let text = include_str!("data/rsa-2048.txt");
        let number = |name: &str| {
            let line = text
                .lines()
                .find_map(|line| line.strip_prefix(name))
                .unwrap();
            BigUint::parse_bytes(line.trim().as_bytes(), 16).unwrap()
        };
        Self {
            n: number("n "),
            d: number("d "),
        }
    }

    /// The one modulus under three names. Nobody has the private half for the exponent 3.
    fn public_jwks(&self) -> Vec<Value> {
        let n = encode(&self.n.to_bytes_be());
        [
            ("raw", "RS256", "AQAB"),
            ("raw-pss", "PS256", "AQAB"),
            ("cube", "RS256", "Aw"),
        ]
        .map(|(kid, alg, e)| json!({ "kty": "RSA", "alg": alg, "kid": kid, "n": n, "e": e }))
        .into()
    }

    /// The 256 bytes that verify to this encoded message.
    pub fn sign(&self, encoded_message: &[u8]) -> Vec<u8> {
        padded(
            &BigUint::from_bytes_be(encoded_message).modpow(&self.d, &self.n),
            256,
        )
    }
}

/// The number in big-endian bytes, as many of them.
pub fn padded(number: &BigUint, length: usize) -> Vec<u8> {
    let bytes = number.to_bytes_be();
    let mut padded = vec![0; length.saturating_sub(bytes.len())];
    padded.extend(bytes);
    padded
}
