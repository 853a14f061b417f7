//! Scopes: what a token grants and what a rule requires (RFC 6749 section 3.3).

use std::fmt;
use std::str::FromStr;

/// One scope: at least one printable ASCII character, none of them space, `"` or `\`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScopeToken(Box<str>);

impl ScopeToken {
    /// Reads one scope.
    ///
    /// # Errors
    ///
    /// [`ScopeError::Empty`] without a character, [`ScopeError::IllegalCharacter`] outside
    /// the grammar of RFC 6749 section 3.3.
    pub fn parse(text: &str) -> Result<Self, ScopeError> {
        if text.is_empty() {
            return Err(ScopeError::Empty);
        }
        if !text.bytes().all(is_scope_character) {
            return Err(ScopeError::IllegalCharacter);
        }
        Ok(Self(text.into()))
    }

    /// The scope as it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether OpenID Connect defines it, so that it is about a user (OpenID Connect Core 1.0
    /// sections 5.4 and 11).
    pub(crate) fn is_of_openid_connect(&self) -> bool {
        const DEFINED: [&str; 6] = [
            "openid",
            "profile",
            "email",
            "address",
            "phone",
            "offline_access",
        ];
        DEFINED.contains(&self.as_str())
    }
}

impl fmt::Display for ScopeToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A set of scopes, in the order in which they were given.
///
/// ```
/// use poem_resource_server::token::Scope;
///
/// let granted: Scope = "profile:read reports:read".parse()?;
/// let required: Scope = "reports:read".parse()?;
/// assert!(granted.covers(&required));
/// assert!(!required.covers(&granted));
/// # Ok::<(), poem_resource_server::token::ScopeError>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope(Vec<ScopeToken>);

impl Scope {
    /// The empty set, which every token covers.
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// Whether this set contains every scope of `required`.
    pub fn covers(&self, required: &Scope) -> bool {
        required.0.iter().all(|scope| self.0.contains(scope))
    }

    /// Adds a scope, unless the set contains it.
    pub fn insert(&mut self, scope: ScopeToken) {
        if !self.0.contains(&scope) {
            self.0.push(scope);
        }
    }

    /// Whether the set has no scope.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The scopes in their order.
    pub fn iter(&self) -> impl Iterator<Item = &ScopeToken> {
        self.0.iter()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The memory of the list, without the strings of the scopes and the overhead of the allocator.
    pub(super) fn heap_bytes(&self) -> usize {
        self.0.capacity() * size_of::<ScopeToken>()
    }

    /// Releases the unused capacity of the list.
    #[must_use]
    pub(super) fn shrunk(mut self) -> Self {
        self.0.shrink_to_fit();
        self
    }

    /// Whether both have the same scopes, in any order.
    pub(crate) fn same_set(&self, other: &Scope) -> bool {
        self.covers(other) && other.covers(self)
    }
}

impl FromStr for Scope {
    type Err = ScopeError;

    /// Reads a list that is separated by single spaces. The empty string is the empty set.
    fn from_str(text: &str) -> Result<Self, ScopeError> {
        if text.is_empty() {
            return Ok(Self::none());
        }
        text.split(' ').map(ScopeToken::parse).collect()
    }
}

impl FromIterator<ScopeToken> for Scope {
    fn from_iter<I: IntoIterator<Item = ScopeToken>>(scopes: I) -> Self {
        let mut scope = Self::none();
        scope.extend(scopes);
        scope
    }
}

impl Extend<ScopeToken> for Scope {
    fn extend<I: IntoIterator<Item = ScopeToken>>(&mut self, scopes: I) {
        for scope in scopes {
            self.insert(scope);
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, scope) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            f.write_str(scope.as_str())?;
        }
        Ok(())
    }
}

/// Why a string is not a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScopeError {
    /// A scope is empty. Two spaces in a row are an empty scope too.
    #[error("a scope is empty")]
    Empty,
    /// A character outside `%x21 / %x23-5B / %x5D-7E`.
    #[error("a scope has a character that is not allowed (RFC 6749 section 3.3)")]
    IllegalCharacter,
}

fn is_scope_character(byte: u8) -> bool {
    matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e)
}

#[cfg(test)]
mod tests;
