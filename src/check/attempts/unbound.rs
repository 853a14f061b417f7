//! Operations that accept only tokens which are bound to a key (RFC 9449).
//!
//! 1. A good token that is known not to be bound is no good token there.
//! 2. It must be refused, and so must a token that was given for this.
//! 3. A token that cannot be read counts as not bound only if that is known.

use crate::description::scheme::accepts_bearer;
use crate::issuer::ProofMaker;
use crate::token::Scope;

use super::super::attempt::Attempt;
use super::super::bound;
use super::super::issued::Issued;
use super::super::shortage;
use super::super::tokens::names_key;
use super::Attempts;

impl<'a> Attempts<'a> {
    /// Whether the document says that the operation accepts only bound tokens.
    pub(super) fn requires_bound(&self) -> bool {
        !accepts_bearer(&self.operation.rule)
    }

    /// The good tokens by issuer, without those that the operation must refuse because they are not
    /// bound.
    pub(super) fn issued(&self) -> Vec<Issued<'a>> {
        let tokens = &self.check.tokens;
        if self.requires_bound() {
            tokens.bound_by_issuer()
        } else {
            tokens.by_issuer()
        }
    }

    /// Whether there are good tokens, of which none is bound although the operation requires it.
    pub(super) fn has_only_unbound(&self) -> bool {
        self.check.tokens.first().is_some() && self.issued().is_empty()
    }

    /// The attempts with tokens that are not bound. `sets` has the sets of scopes of which a token needs
    /// one, so that the API cannot refuse it for its scopes.
    pub(super) fn unbound(&mut self, plain: &Attempt, sets: &[Scope]) {
        let (check, declared) = (self.check, &self.hostile.unbound);
        let issued = check.tokens.unbound_by_issuer(declared).into_iter();
        let unbound: Vec<_> = issued.filter(|it| !self.leaves_out(it)).collect();
        let maker = check.tokens.key().cloned();
        let maker = maker.unwrap_or_else(ProofMaker::generate);
        for issued in &unbound {
            let end = self.name_of_several(issued);
            let end = end.map_or(String::new(), |name| format!(", of {name}"));
            if let Some((token, _)) = issued.covering_one(sets) {
                let attempts = bound::unbound(plain, &maker, token, &end);
                self.made.extend(attempts);
            } else {
                let why = format!(
                    "The token that is not bound{end} lacks the scope `{}`. Add one that has it \
                     with --refuse unbound_token=@FILE.",
                    sets[0]
                );
                self.leave_out("unbound_token", why);
            }
        }
        let is_bound = declared.iter().any(|(.., token)| names_key(token));
        let why = shortage::why_no_unbound(is_bound);
        let expected = check.tokens.by_issuer().into_iter();
        let expected: Vec<_> = expected.filter(|it| !self.leaves_out(it)).collect();
        if unbound.is_empty() && expected.is_empty() {
            self.leave_out("unbound_token", why.to_owned());
        }
        for issued in expected {
            if !unbound.iter().any(|it| may_be_same(it, &issued)) {
                let start = self.name_of_several(&issued);
                let start = start.map_or(String::new(), |name| format!("{name}: "));
                self.leave_out("unbound_token", start + why);
            }
        }
        self.leave_out_issuers();
    }

    /// An issuer of which no good token is bound, although there is one of another issuer.
    fn leave_out_issuers(&mut self) {
        let usable = self.issued();
        if usable.is_empty() {
            return;
        }
        for issued in self.check.tokens.by_issuer() {
            if !usable.iter().any(|it| it.issuer == issued.issuer) {
                let check = if self.leaves_out(&issued) {
                    "issuer_not_accepted"
                } else {
                    "good_token"
                };
                let why = format!("{}: {}", self.name(&issued), shortage::NO_BOUND);
                self.leave_out(check, why);
            }
        }
    }

    /// The name of the issuer in the report, if there are several.
    fn name_of_several(&self, issued: &Issued<'_>) -> Option<String> {
        let all = self.check.tokens.by_issuer();
        let has_others = all.iter().any(|it| it.issuer != issued.issuer);
        (has_others && !issued.issuer.is_empty()).then(|| self.name(issued))
    }
}

/// Whether the tokens may be of the same issuer, which is not known of every opaque token.
fn may_be_same(one: &Issued<'_>, other: &Issued<'_>) -> bool {
    let is_unknown = one.issuer.is_empty() || other.issuer.is_empty();
    one.issuer == other.issuer || (is_unknown && one.is_opaque && other.is_opaque)
}
