//! Decides whether typed claims are acceptable, at a time that the caller passes.
//!
//! 1. It is an access token, not another one that the issuer signs, and a bearer token (no `cnf`).
//! 2. `iss` is ours to the byte; `aud` contains ours to the byte.
//! 3. `exp` has not passed, `nbf` and `iat` are not ahead, each within the leeway.
//!
//! Each rule by itself is in [`rules`].

mod rules;

use std::fmt;
use std::ops::Deref;
use std::time::{Duration, SystemTime};

use super::derived::DerivedValues;
use super::{Algorithm, Claims, Derived, Header, Memo, TokenError, TokenType};

/// The maximum leeway. Leeway also extends the lifetime of every token.
pub const MAX_LEEWAY: Duration = Duration::from_secs(300);

const DEFAULT_LEEWAY: Duration = Duration::from_secs(60);

/// The rules that the claims and the header of a token must satisfy.
#[derive(Debug, Clone)]
pub struct Validation {
    issuer: String,
    audience: Audience,
    leeway: Duration,
    token_types: Vec<TokenType>,
    algorithms: Vec<Algorithm>,
}

impl Validation {
    /// The rules for tokens of exactly this issuer and audience, with 60 s of leeway.
    pub fn new(issuer: impl Into<String>, audience: Audience) -> Self {
        Self {
            issuer: issuer.into(),
            audience,
            leeway: DEFAULT_LEEWAY,
            token_types: Vec::new(),
            algorithms: Vec::new(),
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
        Self::check_kind(claims.kind())?;
        Self::check_binding(claims.are_bound_to_a_proof())?;
        self.check_issuer(claims.issuer())?;
        self.check_audience(claims.audience())?;
        self.check_times(&claims, now)?;
        Ok(Verified::new(claims))
    }

    /// The required value of `iss`.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The value that `aud` must contain.
    pub fn audience(&self) -> &str {
        self.audience.as_str()
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

/// The name by which tokens identify this API: a string that is not empty, compared byte by byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audience(String);

impl Audience {
    /// Accepts any string that is not empty.
    ///
    /// # Errors
    ///
    /// [`AudienceError`] for the empty string, which tokens without an audience could match.
    pub fn parse(text: impl Into<String>) -> Result<Self, AudienceError> {
        match text.into() {
            text if text.is_empty() => Err(AudienceError),
            text => Ok(Self(text)),
        }
    }

    /// The audience as it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The audience is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the audience is empty")]
pub struct AudienceError;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_audience_is_not_empty() {
        assert_eq!(Audience::parse(""), Err(AudienceError));
        assert_eq!(Audience::parse("a").as_ref().map(Audience::as_str), Ok("a"));
    }

    #[test]
    fn the_same_content_is_equal_and_printed_alike() {
        let (one, other) = (Verified::new(20), Verified::new(20));

        assert_eq!(one, other);
        assert_ne!(one, Verified::new(21));
        assert_eq!(format!("{one:?}"), "Verified(20)");
    }
}
