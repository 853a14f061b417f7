//! Decides whether the claims of one issuer's token are acceptable, at a time that is passed in.
//!
//! 1. It is an access token, not another token that the issuer signs.
//! 2. `iss` is exactly the issuer. `aud` contains one of the audiences exactly.
//! 3. The client is accepted, and the required claims are there.
//! 4. `exp` has not passed, `nbf` and `iat` are not ahead, each within the leeway.
//!
//! Each rule by itself is in [`rules`].

mod rules;

use std::fmt;
use std::ops::Deref;
use std::time::{Duration, SystemTime};

use super::derived::DerivedValues;
use super::{
    Algorithm, Audience, ClaimNames, Claims, Derived, Header, Memo, TokenError, TokenType,
};

/// The maximum leeway. Leeway also extends the lifetime of every token.
pub const MAX_LEEWAY: Duration = Duration::from_secs(300);

const DEFAULT_LEEWAY: Duration = Duration::from_secs(60);

/// What the tokens of one issuer must state.
///
/// ```
/// use poem_resource_server::token::{Audience, ClaimNames, Validation};
///
/// let validation = Validation::new("https://id.example", Audience::parse("api://orders")?)
///     .with_audience(Audience::parse("api://orders-v2")?)
///     .with_clients(["shop-web", "shop-app"])
///     .with_required_claim("tenant", ["acme"])
///     .with_claim_names(ClaimNames::default().with_scope(["permissions"]));
/// # Ok::<(), poem_resource_server::token::AudienceError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Validation {
    issuer: String,
    audiences: Vec<Audience>,
    leeway: Duration,
    token_types: Vec<TokenType>,
    algorithms: Vec<Algorithm>,
    clients: Vec<String>,
    required_claims: Vec<(String, Vec<String>)>,
    claim_names: ClaimNames,
}

impl Validation {
    /// The rules for tokens of exactly this issuer and audience, with 60 s of leeway.
    pub fn new(issuer: impl Into<String>, audience: Audience) -> Self {
        Self {
            issuer: issuer.into(),
            audiences: vec![audience],
            leeway: DEFAULT_LEEWAY,
            token_types: Vec::new(),
            algorithms: Vec::new(),
            clients: Vec::new(),
            required_claims: Vec::new(),
            claim_names: ClaimNames::default(),
        }
    }

    /// Accepts tokens for this audience too, for example while an API moves from one to another.
    #[must_use]
    pub fn with_audience(mut self, audience: Audience) -> Self {
        if !self.audiences.contains(&audience) {
            self.audiences.push(audience);
        }
        self
    }

    /// Accepts the tokens of these clients only. With none, which is the default, the client does
    /// not matter, and a token need not name one.
    #[must_use]
    pub fn with_clients<C: Into<String>>(self, clients: impl IntoIterator<Item = C>) -> Self {
        Self {
            clients: clients.into_iter().map(Into::into).collect(),
            ..self
        }
    }

    /// Requires that a token has this claim. The claim must equal one of `values`, or be an array
    /// that contains one. Without values, any value is accepted.
    #[must_use]
    pub fn with_required_claim<V: Into<String>>(
        mut self,
        claim: impl Into<String>,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        let values = values.into_iter().map(Into::into).collect();
        self.required_claims.push((claim.into(), values));
        self
    }

    /// Sets which claims contain the scopes, and which claims replace those that the issuer does
    /// not send.
    #[must_use]
    pub fn with_claim_names(self, claim_names: ClaimNames) -> Self {
        Self {
            claim_names,
            ..self
        }
    }

    /// Sets the maximum difference between the issuer's clock and ours, at most [`MAX_LEEWAY`].
    #[must_use]
    pub fn with_leeway(self, leeway: Duration) -> Self {
        Self {
            leeway: leeway.min(MAX_LEEWAY),
            ..self
        }
    }

    /// Requires one of these in the header's `typ`. With none, which is the default, `typ` may be
    /// any of them or absent.
    #[must_use]
    pub fn with_token_types(self, types: impl IntoIterator<Item = TokenType>) -> Self {
        Self {
            token_types: types.into_iter().collect(),
            ..self
        }
    }

    /// Allows these signature algorithms alone. With none, which is the default, each
    /// [`Algorithm`] is allowed.
    #[must_use]
    pub fn with_algorithms(self, algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        Self {
            algorithms: algorithms.into_iter().collect(),
            ..self
        }
    }

    /// Validates the `alg` and the `typ` of a header, before a key is chosen.
    ///
    /// # Errors
    ///
    /// [`TokenError::AlgorithmNotAllowed`] or [`TokenError::WrongType`] for a value that is not
    /// allowed.
    ///
    /// RFC 8725 section 3.1, RFC 9068 section 4.
    pub fn check_header(&self, header: &Header) -> Result<(), TokenError> {
        self.check_algorithm(header.algorithm())?;
        self.check_token_type(header.token_type())
    }

    /// Validates claims at the time `now`.
    ///
    /// # Errors
    ///
    /// The [`TokenError`] of the first rule that is broken, in the order of the module's list.
    ///
    /// RFC 7519 section 4.1, RFC 9068 section 4.
    pub fn check(&self, claims: Claims, now: SystemTime) -> Result<Verified<Claims>, TokenError> {
        claims.kind().check()?;
        self.check_issuer(claims.issuer())?;
        self.check_audience(claims.audience())?;
        self.check_clients(claims.client_ids())?;
        self.check_required_claims(&claims)?;
        self.check_times(&claims, now)?;
        Ok(Verified::new(claims))
    }

    /// The required value of `iss`.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The audiences that are accepted. Never empty.
    pub fn audiences(&self) -> impl Iterator<Item = &str> {
        self.audiences.iter().map(Audience::as_str)
    }

    /// The clients that are accepted; empty if every client is.
    pub fn clients(&self) -> &[String] {
        &self.clients
    }

    /// The claims that a token must have, each with the accepted values; without values, any
    /// value is accepted.
    pub fn required_claims(&self) -> &[(String, Vec<String>)] {
        &self.required_claims
    }

    /// Which claims are read.
    pub fn claim_names(&self) -> &ClaimNames {
        &self.claim_names
    }

    /// The maximum difference between the issuer's clock and ours.
    pub fn leeway(&self) -> Duration {
        self.leeway
    }

    /// The signature algorithms that are allowed.
    pub fn algorithms(&self) -> &[Algorithm] {
        if self.algorithms.is_empty() {
            &Algorithm::ALL
        } else {
            &self.algorithms
        }
    }

    /// The accepted values of the header's `typ`; empty if `typ` may be absent.
    pub fn token_types(&self) -> &[TokenType] {
        &self.token_types
    }

    /// Validates the times of claims that passed [`Validation::check`] before: only the time changed.
    ///
    /// # Errors
    ///
    /// [`TokenError::Expired`], or the other errors of times if the clock was set back.
    pub fn check_times(&self, claims: &Claims, now: SystemTime) -> Result<(), TokenError> {
        let now = now
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        self.check_expiry(claims.expires_at(), now)?;
        self.check_not_before(claims.not_before(), now)?;
        self.check_issued_at(claims.issued_at(), now)
    }
}

/// Proof that its content passed every check. Only [`Validation::check`] makes one.
pub struct Verified<T> {
    content: T,
    derived: DerivedValues,
    memo: Memo,
}

impl<T> Verified<T> {
    fn new(content: T) -> Self {
        Self {
            content,
            derived: DerivedValues::default(),
            memo: Memo::default(),
        }
    }
}

impl Verified<Claims> {
    /// What `D` derives from the claims, derived once for each type and kept as long as the
    /// claims are. See [`Derived`] for what is not kept.
    pub fn derived<D: Derived>(&self) -> D {
        self.derived.get(&self.content)
    }

    /// What rules found in the claims.
    pub(crate) fn memo(&self) -> &Memo {
        &self.memo
    }
}

impl<T> Deref for Verified<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.content
    }
}

impl<T: PartialEq> PartialEq for Verified<T> {
    fn eq(&self, other: &Self) -> bool {
        self.content == other.content
    }
}

impl<T: fmt::Debug> fmt::Debug for Verified<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Verified").field(&self.content).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_content_is_equal_and_printed_alike() {
        let (one, other) = (Verified::new(20), Verified::new(20));

        assert_eq!(one, other);
        assert_ne!(one, Verified::new(21));
        assert_eq!(format!("{one:?}"), "Verified(20)");
    }
}
