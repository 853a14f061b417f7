//! What a requirement contains besides sets of scopes.

use std::time::Duration;

use crate::token::{Claims, Memo, MemoId, NumericDate};

use super::claim_rule::ClaimRule;
use super::named_check::NamedCheck;
use super::owner::{LocatedClaim, Owner};
use super::scope_sets::ImpliedScopes;

/// The conditions of a requirement, each of which must be met. `None` is no condition.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::guard) struct Conditions {
    /// The accepted values of `iss`.
    pub(in crate::guard) issuers: Option<Vec<String>>,
    /// The accepted values of `acr`.
    pub(in crate::guard) acr: Option<Vec<String>>,
    pub(in crate::guard) max_age: Option<MaxAge>,
    /// The clients of which a token must name one.
    pub(in crate::guard) clients: Option<Vec<String>>,
    pub(in crate::guard) claims: Vec<ClaimRule>,
    pub(in crate::guard) owners: Vec<Owner>,
    pub(in crate::guard) checks: Vec<NamedCheck>,
    pub(in crate::guard) implied: ImpliedScopes,
    /// Whether the issuer is asked about the token.
    pub(in crate::guard) introspect: bool,
    id: Id,
}

#[derive(Debug, Clone, Copy, PartialEq)]
struct Id(MemoId);

impl Default for Id {
    fn default() -> Self {
        Self(MemoId::new())
    }
}

/// The conditions that claims do not meet, of those that depend on nothing but claims.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unmet(u32);

impl Unmet {
    pub(super) const ISSUER: Self = Self(1);
    pub(super) const ACR: Self = Self(2);
    pub(super) const CLIENT: Self = Self(4);
    pub(super) const CLAIM: Self = Self(8);

    pub(super) fn has(self, one: Self) -> bool {
        self.0 & one.0 != 0
    }
}

impl Conditions {
    /// A copy with an id of its own, to be changed.
    pub(super) fn changed(&self) -> Self {
        Self {
            id: Id::default(),
            ..self.clone()
        }
    }

    /// As [`Conditions::unmet`], evaluated once for a remembered token.
    pub(super) fn recall_unmet(&self, claims: &Claims, memo: &Memo) -> Unmet {
        if let Some(known) = memo.recall(self.id.0) {
            return Unmet(known);
        }
        let unmet = self.unmet(claims);
        memo.keep(self.id.0, unmet.0);
        unmet
    }

    /// The conditions that these claims do not meet.
    pub(super) fn unmet(&self, claims: &Claims) -> Unmet {
        let accepts = |accepted: &Option<Vec<String>>, is: &dyn Fn(&String) -> bool| {
            accepted.as_ref().is_none_or(|all| all.iter().any(is))
        };
        let is_client = |accepted: &String| claims.client_ids().any(|id| id == accepted);
        // An array or a number is not accepted, although JSON may write it in the same way.
        let acr = self.acr.as_ref().and_then(|_| claims.get("acr"));
        let is_acr = |accepted: &String| {
            let stated = acr.as_ref().and_then(|acr| acr.as_str());
            stated == Some(accepted)
        };
        let mut unmet = 0;
        for (is_met, bit) in [
            (
                accepts(&self.issuers, &|it| it == claims.issuer()),
                Unmet::ISSUER,
            ),
            (accepts(&self.acr, &is_acr), Unmet::ACR),
            (accepts(&self.clients, &is_client), Unmet::CLIENT),
            (self.claims.iter().all(|it| it.is_met(claims)), Unmet::CLAIM),
        ] {
            if !is_met {
                unmet |= bit.0;
            }
        }
        Unmet(unmet)
    }
}

impl Conditions {
    /// The kind of value of which none is accepted, so that nobody can meet the conditions.
    pub(super) fn impossible(&self) -> Option<&'static str> {
        let is_empty =
            |accepted: &Option<Vec<String>>| accepted.as_ref().is_some_and(Vec::is_empty);
        let is_claim_impossible = |rule: &ClaimRule| rule.values().is_empty() && !rule.is_negated();
        [
            (is_empty(&self.issuers), "issuer"),
            (is_empty(&self.acr), "`acr`"),
            (is_empty(&self.clients), "client"),
            (
                self.claims.iter().any(is_claim_impossible),
                "value of a claim",
            ),
        ]
        .into_iter()
        .find_map(|(is_impossible, what)| is_impossible.then_some(what))
    }
}

/// Accepts of the known values only those that are accepted now too.
pub(super) fn restrict(known: &mut Option<Vec<String>>, accepted: Vec<String>) {
    match known {
        Some(known) => known.retain(|it| accepted.contains(it)),
        None => *known = Some(accepted),
    }
}

/// The greatest age of a sign-in.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::guard) struct MaxAge {
    pub(in crate::guard) limit: Duration,
    auth_time: LocatedClaim,
}

impl MaxAge {
    pub(super) fn new(limit: Duration) -> Self {
        Self {
            limit,
            auth_time: LocatedClaim::new("auth_time"),
        }
    }

    /// Whether the user signed in recently enough at the time `now`, which is the time since 1970.
    /// The age of the token does not matter.
    pub(super) fn is_met(
        &self,
        claims: &Claims,
        memo: &Memo,
        now: Duration,
        leeway: Duration,
    ) -> bool {
        let json = self.auth_time.json(claims, memo);
        let Some(date) = json.and_then(NumericDate::parse) else {
            return false;
        };
        let signed_in = date.since_epoch();
        signed_in <= now.saturating_add(leeway)
            && now <= signed_in.saturating_add(self.limit).saturating_add(leeway)
    }
}
