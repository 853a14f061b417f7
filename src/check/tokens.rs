//! The tokens of a check, and what is known of them.

use std::collections::HashMap;

use crate::issuer::ProofMaker;
use crate::token::Scope;

use super::faults::DECLARED;
use super::forge::Forged;
use super::issued::Issued;
use super::opaque_token::{OpaqueBinding, OpaqueToken};
use super::parts::Parts;
use super::presented::{Support, is_bound_to};

/// Tokens to check with. Their `Debug` does not show them.
#[derive(Clone, Default)]
pub struct Tokens {
    good: Vec<String>,
    /// What is known of the opaque ones.
    opaque: HashMap<String, OpaqueToken>,
    refused: Vec<String>,
    /// Tokens that the API must refuse, each with the check that it makes and its name.
    declared: Vec<(&'static str, &'static str, String)>,
    /// The key of bound tokens.
    holder: Option<ProofMaker>,
    /// A bound token, where the good ones are not bound.
    bound: Option<String>,
    /// Tokens that are not bound, where the good ones are.
    unbound: Vec<String>,
    /// Why there is no good token, and what to add.
    pub why_no_good: String,
    /// Why there is no token with fewer scopes, and what to add.
    pub why_no_lesser: String,
}

impl Tokens {
    /// A token that the API should accept for the scopes that it has; add the best one first.
    #[must_use]
    pub fn with_good(mut self, token: String) -> Self {
        self.good.push(token);
        self
    }

    /// A good token that may be opaque. What is `known` of it counts only if it is not a JWT.
    #[must_use]
    pub fn with_granted(mut self, token: String, known: OpaqueToken) -> Self {
        if Parts::read(&token).is_none() {
            self.opaque.insert(token.clone(), known);
        }
        self.with_good(token)
    }

    /// A token that the API must refuse, and what is wrong with it: a word of [`DECLARED`]. An
    /// opaque token does not show that itself.
    ///
    /// # Errors
    ///
    /// The token, if the word is unknown.
    pub fn with_declared(mut self, what: &str, token: String) -> Result<Self, String> {
        match DECLARED.iter().find(|(word, ..)| *word == what) {
            Some((_, check, name)) => {
                self.declared.push((check, name, token));
                Ok(self)
            }
            None => Err(token),
        }
    }

    /// The key that bound tokens are sent with a proof of.
    #[must_use]
    pub fn with_holder(mut self, holder: ProofMaker) -> Self {
        self.holder = Some(holder);
        self
    }

    /// A bound token as good as the first one, with which thefts are tried. An API may accept bound
    /// tokens or not, but none without its proof.
    #[must_use]
    pub fn with_bound(mut self, token: String) -> Self {
        self.bound = Some(token);
        self
    }

    /// A token that is as good as the first one, but not bound to a key. It must be refused where only
    /// bound tokens are accepted. What is `known` of it counts only if it is not a JWT.
    #[must_use]
    pub fn with_unbound(mut self, token: String, known: OpaqueToken) -> Self {
        if Parts::read(&token).is_none() {
            let binding = OpaqueBinding::Unbound;
            let known = OpaqueToken { binding, ..known };
            self.opaque.insert(token.clone(), known);
        }
        self.unbound.push(token);
        self
    }

    /// Whether there is a bound token for thefts.
    pub fn has_bound(&self) -> bool {
        self.bound.is_some()
    }

    /// Tokens that the API must refuse, such as an expired one or an ID token.
    #[must_use]
    pub fn with_refused(mut self, tokens: Vec<String>) -> Self {
        self.refused.extend(tokens);
        self
    }

    /// The first token, for reading its issuer.
    pub fn first(&self) -> Option<&str> {
        self.good.first().map(String::as_str)
    }

    /// Whether one of the tokens lacks some of `required`.
    pub fn has_lacking(&self, required: &Scope) -> bool {
        self.lacking(std::slice::from_ref(required)).is_some()
    }

    /// The good tokens by issuer and form, in the order in which they were added.
    pub(super) fn by_issuer(&self) -> Vec<Issued<'_>> {
        Issued::all(self.good.iter().map(|token| self.with_known(token)))
    }

    /// Those of them that are bound to a key, or may be.
    pub(super) fn bound_by_issuer(&self) -> Vec<Issued<'_>> {
        let bound = self.good.iter().filter(|token| !self.is_unbound(token));
        Issued::all(bound.map(|token| self.with_known(token)))
    }

    /// The tokens that are not bound to a key, by issuer and form. The `declared` ones come first.
    pub(super) fn unbound_by_issuer<'a>(&'a self, declared: &'a [Forged]) -> Vec<Issued<'a>> {
        // An opaque token does not show whether the declaration is right.
        let declared = declared.iter().map(|(.., token)| token);
        let declared = declared.filter(|token| !names_key(token));
        let others = self.unbound.iter().chain(&self.good);
        let others = others.filter(|token| self.is_unbound(token));
        Issued::all(declared.chain(others).map(|token| self.with_known(token)))
    }

    fn with_known<'a>(&'a self, token: &'a str) -> (&'a str, Option<&'a OpaqueToken>) {
        (token, self.known(token))
    }

    /// The key that a token is bound to; `None` if none of them is bound.
    pub(super) fn holder(&self) -> Option<&ProofMaker> {
        let mut all = self.good.iter().chain(&self.bound);
        self.key().filter(|_| all.any(|token| self.is_bound(token)))
    }

    /// The key of bound tokens, whether there are any or not.
    pub(super) fn key(&self) -> Option<&ProofMaker> {
        self.holder.as_ref()
    }

    /// Whether a token is bound to that key.
    pub(super) fn is_bound(&self, token: &str) -> bool {
        let is_named = |key: &ProofMaker| is_bound_to(token, key);
        self.binding(token) == Some(OpaqueBinding::Bound) || self.key().is_some_and(is_named)
    }

    /// Whether it is unknown if a token is bound.
    pub(super) fn may_be_bound(&self, token: &str) -> bool {
        self.binding(token) == Some(OpaqueBinding::Unknown)
    }

    /// Whether it is known that a token is not bound to any key.
    pub(super) fn is_unbound(&self, token: &str) -> bool {
        match Parts::read(token) {
            Some(_) => !names_key(token),
            None => self.binding(token) == Some(OpaqueBinding::Unbound),
        }
    }

    /// What is known of the binding of a token that cannot be read.
    pub(super) fn binding(&self, token: &str) -> Option<OpaqueBinding> {
        Some(self.opaque.get(token)?.binding)
    }

    pub(super) fn set_binding(&mut self, token: &str, binding: OpaqueBinding) {
        if let Some(known) = self.opaque.get_mut(token) {
            known.binding = binding;
        }
    }

    /// The token that a thief has: the good one if it is bound.
    pub(super) fn stolen<'a>(&'a self, good: Option<&'a str>) -> Option<(&'a str, Support)> {
        self.holder()?;
        match good.filter(|token| self.is_bound(token)) {
            Some(token) => Some((token, Support::Known)),
            None => Some((self.bound.as_deref()?, Support::Tried)),
        }
    }

    /// A good token that lacks a scope of each of these sets.
    fn lacking(&self, required: &[Scope]) -> Option<&str> {
        let issued = self.by_issuer();
        issued.iter().find_map(|issued| issued.lacking(required))
    }

    /// What is known of an opaque token.
    pub(super) fn known(&self, token: &str) -> Option<&OpaqueToken> {
        self.opaque.get(token)
    }

    pub(super) fn good(&self) -> &[String] {
        &self.good
    }

    pub(super) fn refused(&self) -> &[String] {
        &self.refused
    }

    pub(super) fn declared(&self) -> &[(&'static str, &'static str, String)] {
        &self.declared
    }
}

/// Whether a JWT names the key or the certificate that it is bound to.
pub(super) fn names_key(token: &str) -> bool {
    Parts::read(token).is_some_and(|parts| parts.payload.contains_key("cnf"))
}

impl std::fmt::Debug for Tokens {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "Tokens({} good, {} to refuse)",
            self.good.len(),
            self.refused.len() + self.declared.len()
        )
    }
}
