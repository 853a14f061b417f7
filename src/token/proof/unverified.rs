//! Reads a proof without verification, and evaluates each rule by itself, for an explanation.
//!
//! It uses the same functions as the verification. Nothing here decides on a request.

use std::time::SystemTime;

use serde_json::{Map, Value};

use crate::token::json::{self, Object};
use crate::token::{Algorithm, MAX_HEADER_BYTES, NumericDate, Thumbprint, jwk};

use super::header::{MAX_VALUES, TYPE, decode};
use super::{Compact, DpopProof, ProofClaim, ProofError, ProofPolicy, ProvenRequest};

/// The parts of a proof, as far as they can be read.
pub(crate) struct UnverifiedProof<'a> {
    text: &'a str,
    compact: Option<Compact<'a>>,
    header: Option<Map<String, Value>>,
    claims: Option<Map<String, Value>>,
}

impl<'a> UnverifiedProof<'a> {
    pub(crate) fn new(text: &'a str) -> Self {
        let compact = Compact::parse(text).ok();
        let object = |segment: &str, max_bytes: usize| {
            let bytes = decode(segment).filter(|bytes| bytes.len() <= max_bytes)?;
            json::object_of_at_most(MAX_VALUES, &bytes).map(Map::from)
        };
        let header = compact
            .as_ref()
            .and_then(|it| object(it.header, MAX_HEADER_BYTES));
        let claims = compact
            .as_ref()
            .and_then(|it| object(it.payload, usize::MAX));
        Self {
            text,
            compact,
            header,
            claims,
        }
    }

    /// The members of the header; `None` if it cannot be read.
    pub(crate) fn header(&self) -> Option<&Map<String, Value>> {
        self.header.as_ref()
    }

    /// The claims; `None` if they cannot be read.
    pub(crate) fn claims(&self) -> Option<&Map<String, Value>> {
        self.claims.as_ref()
    }

    /// The length, the alphabet, three segments, and JSON objects in the first two.
    pub(crate) fn check_form(&self) -> Result<(), ProofError> {
        if let Err(error @ ProofError::TooLong) = DpopProof::parse(self.text) {
            return Err(error);
        }
        let is_whole = self.header.is_some() && self.claims.is_some();
        let signature = self.compact.as_ref().and_then(|it| decode(it.signature));
        if is_whole && signature.is_some() {
            return Ok(());
        }
        Err(ProofError::Malformed)
    }

    pub(crate) fn check_type(&self) -> Result<(), ProofError> {
        let typ = self.header_member("typ");
        if typ.is_some_and(|typ| typ == TYPE) {
            return Ok(());
        }
        Err(ProofError::WrongType)
    }

    pub(crate) fn check_algorithm(&self, policy: &ProofPolicy) -> Result<(), ProofError> {
        let algorithm = self.algorithm()?;
        if policy.algorithms().contains(&algorithm) {
            return Ok(());
        }
        Err(ProofError::AlgorithmNotAllowed)
    }

    pub(crate) fn check_critical(&self) -> Result<(), ProofError> {
        match (self.header_member("crit"), self.header_member("b64")) {
            (None, None) => Ok(()),
            _ => Err(ProofError::Critical),
        }
    }

    /// The form of `jwk`, and whether it fits `alg`.
    pub(crate) fn check_key(&self) -> Result<(), ProofError> {
        let jwk = self.jwk()?;
        // A fault of `alg` is a fault of another rule.
        let algorithm = self.algorithm().ok();
        let key = algorithm.map(|algorithm| jwk::read_for(&jwk, algorithm));
        key.transpose().map_err(|it| ProofError::from_key(&it))?;
        self.thumbprint().map(|_| ())
    }

    /// The thumbprint of `jwk`.
    pub(crate) fn thumbprint(&self) -> Result<Thumbprint, ProofError> {
        Thumbprint::from_members(&self.jwk()?).ok_or(ProofError::KeyNotAccepted)
    }

    /// Whether the key is that of the token.
    pub(crate) fn check_binding(&self, request: &ProvenRequest<'_>) -> Result<(), ProofError> {
        match request.confirmation.proof_key() {
            Some(wanted) if *wanted == self.thumbprint()? => Ok(()),
            _ => Err(ProofError::WrongKey),
        }
    }

    pub(crate) fn check_method(&self, request: &ProvenRequest<'_>) -> Result<(), ProofError> {
        if self.text(ProofClaim::Htm)? == request.method {
            return Ok(());
        }
        Err(ProofError::WrongMethod)
    }

    pub(crate) fn check_target(&self, request: &ProvenRequest<'_>) -> Result<(), ProofError> {
        if request.target.is_named_by(self.text(ProofClaim::Htu)?) {
            return Ok(());
        }
        Err(ProofError::WrongTarget)
    }

    pub(crate) fn check_token(&self, request: &ProvenRequest<'_>) -> Result<(), ProofError> {
        let digest = Thumbprint::parse(self.text(ProofClaim::Ath)?);
        let digest = digest.ok_or(ProofError::MalformedClaim(ProofClaim::Ath))?;
        if digest == *request.confirmation.token_digest(request.token) {
            return Ok(());
        }
        Err(ProofError::WrongToken)
    }

    /// `iat`.
    pub(crate) fn issued_at(&self) -> Result<NumericDate, ProofError> {
        let value = self.claims.as_ref().and_then(|claims| claims.get("iat"));
        let value = value.ok_or(ProofError::MissingClaim(ProofClaim::Iat))?;
        let seconds = value.as_number().and_then(NumericDate::read);
        seconds.ok_or(ProofError::MalformedClaim(ProofClaim::Iat))
    }

    pub(crate) fn check_age(
        &self,
        policy: &ProofPolicy,
        now: SystemTime,
    ) -> Result<(), ProofError> {
        let now = now.duration_since(SystemTime::UNIX_EPOCH);
        policy.check_age(self.issued_at()?.since_epoch(), now.unwrap_or_default())
    }

    pub(crate) fn check_id(&self) -> Result<(), ProofError> {
        self.text(ProofClaim::Jti).map(|_| ())
    }

    /// `nonce`; `None` if it is absent.
    pub(crate) fn nonce(&self) -> Result<Option<&str>, ProofError> {
        match self.text(ProofClaim::Nonce) {
            Err(ProofError::MissingClaim(_)) => Ok(None),
            nonce => nonce.map(Some),
        }
    }

    pub(crate) fn check_signature(&self) -> Result<(), ProofError> {
        let key = jwk::read_for(&self.jwk()?, self.algorithm()?)
            .map_err(|it| ProofError::from_key(&it))?;
        let compact = self.compact.as_ref().ok_or(ProofError::Malformed)?;
        let signature = decode(compact.signature).ok_or(ProofError::Malformed)?;
        let verified = key.verify_sig(compact.signing_input, &signature);
        verified.map_err(|_| ProofError::BadSignature)
    }

    fn algorithm(&self) -> Result<Algorithm, ProofError> {
        let name = self.header_member("alg").and_then(Value::as_str);
        let algorithm = name.and_then(Algorithm::find_for_client);
        algorithm.ok_or(ProofError::AlgorithmNotAllowed)
    }

    fn jwk(&self) -> Result<Object<'_>, ProofError> {
        let jwk = self.header_member("jwk").and_then(Value::as_object);
        jwk.map(Object::from).ok_or(ProofError::MissingKey)
    }

    fn header_member(&self, name: &str) -> Option<&Value> {
        self.header.as_ref()?.get(name)
    }

    fn text(&self, claim: ProofClaim) -> Result<&str, ProofError> {
        let value = self
            .claims
            .as_ref()
            .and_then(|claims| claims.get(claim.name()));
        match value {
            None => Err(ProofError::MissingClaim(claim)),
            Some(Value::String(text)) if !text.is_empty() => Ok(text),
            Some(_) => Err(ProofError::MalformedClaim(claim)),
        }
    }
}
