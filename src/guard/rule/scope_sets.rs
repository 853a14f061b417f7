//! Sets of scopes of which a caller needs one, and scopes that include others.
//!
//! 1. A caller needs every scope of at least one set. Without a set, no scope is needed.
//! 2. Of two sets of which one contains the other, only the smaller one decides.
//! 3. A challenge names the set of which the fewest scopes are missing, and of several the first.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::token::{Scope, ScopeToken};

/// The sets that satisfy both: each of the one together with each of the other.
pub(super) fn both(one: &[Scope], other: &[Scope]) -> Vec<Scope> {
    if one.is_empty() {
        return least(other.to_vec());
    }
    if other.is_empty() {
        return least(one.to_vec());
    }
    let pairs = one.iter().flat_map(|one| {
        other.iter().map(move |other| {
            let scopes = one.iter().chain(other.iter());
            scopes.cloned().collect::<Scope>()
        })
    });
    least(pairs.collect())
}

/// The sets that contain no other one, in their order. The empty set is no rule.
fn least(sets: Vec<Scope>) -> Vec<Scope> {
    let mut least: Vec<Scope> = Vec::new();
    for set in sets {
        if least.iter().any(|known| set.covers(known)) {
            continue;
        }
        least.retain(|known| !known.covers(&set));
        least.push(set);
    }
    least.retain(|set| !set.is_empty());
    least
}

/// Which scopes include which others.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::guard) struct ImpliedScopes {
    /// For each scope those that include it, directly or by others.
    included_in: Arc<BTreeMap<ScopeToken, Vec<ScopeToken>>>,
}

impl ImpliedScopes {
    /// Reads what each scope includes directly.
    ///
    /// # Errors
    ///
    /// The scopes of a circle, in which each includes the next.
    pub(super) fn new(direct: &BTreeMap<ScopeToken, Scope>) -> Result<Self, Vec<ScopeToken>> {
        let mut included_in: BTreeMap<ScopeToken, Vec<ScopeToken>> = BTreeMap::new();
        for including in direct.keys() {
            let mut included = BTreeSet::new();
            collect(direct, including, &mut vec![including], &mut included)?;
            for scope in included {
                let known = included_in.entry(scope.clone()).or_default();
                known.push(including.clone());
            }
        }
        Ok(Self {
            included_in: Arc::new(included_in),
        })
    }

    /// Whether a caller with these scopes has this one.
    pub(super) fn grant(&self, granted: &Scope, required: &ScopeToken) -> bool {
        let has = |scope: &ScopeToken| granted.iter().any(|it| it == scope);
        let including = self.included_in.get(required);
        has(required) || including.into_iter().flatten().any(has)
    }

    /// The scopes that include this one.
    pub(super) fn including(&self, scope: &ScopeToken) -> &[ScopeToken] {
        self.included_in.get(scope).map_or(&[], Vec::as_slice)
    }
}

/// Adds everything that `scope` includes. `path` leads to it.
fn collect<'a>(
    direct: &'a BTreeMap<ScopeToken, Scope>,
    scope: &ScopeToken,
    path: &mut Vec<&'a ScopeToken>,
    included: &mut BTreeSet<&'a ScopeToken>,
) -> Result<(), Vec<ScopeToken>> {
    for next in direct.get(scope).into_iter().flat_map(Scope::iter) {
        if let Some(start) = path.iter().position(|known| *known == next) {
            let circle = path[start..].iter().copied().chain([next]);
            return Err(circle.cloned().collect());
        }
        if included.insert(next) {
            path.push(next);
            collect(direct, next, path, included)?;
            path.pop();
        }
    }
    Ok(())
}

/// The set of which a caller with these scopes lacks the fewest; `None` if it lacks nothing of
/// some set, or if there is none.
pub(super) fn cheapest_missing<'a>(
    sets: &'a [Scope],
    granted: &Scope,
    implied: Option<&ImpliedScopes>,
) -> Option<&'a Scope> {
    let missing = |set: &Scope| {
        set.iter()
            .filter(|scope| !has(granted, scope, implied))
            .count()
    };
    let cheapest = sets.iter().min_by_key(|set| missing(set))?;
    (missing(cheapest) > 0).then_some(cheapest)
}

/// The first set of which a caller with these scopes has every one.
pub(super) fn first_met<'a>(
    sets: &'a [Scope],
    granted: &Scope,
    implied: Option<&ImpliedScopes>,
) -> Option<&'a Scope> {
    let is_met = |set: &&Scope| set.iter().all(|scope| has(granted, scope, implied));
    sets.iter().find(is_met)
}

fn has(granted: &Scope, required: &ScopeToken, implied: Option<&ImpliedScopes>) -> bool {
    match implied {
        Some(implied) => implied.grant(granted, required),
        None => granted.iter().any(|it| it == required),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(text: &str) -> Scope {
        text.parse().unwrap()
    }

    fn sets(texts: &[&str]) -> Vec<Scope> {
        texts.iter().map(|text| scope(text)).collect()
    }

    #[test]
    fn both_lists_of_sets_are_met_by_each_pair_of_them() {
        #[rustfmt::skip] // A row a line.
        let rows = [
            ("no set", &[][..], &[][..], &[][..]),
            ("the first alone", &["a", "b"], &[], &["a", "b"]),
            ("the second alone", &[], &["a", "b"], &["a", "b"]),
            ("one and one", &["a"], &["b"], &["a b"]),
            ("one and two", &["a"], &["b", "c"], &["a b", "a c"]),
            ("two and two", &["a", "b"], &["c", "d"], &["a c", "a d", "b c", "b d"]),
            ("the same", &["a"], &["a"], &["a"]),
            ("one of two again", &["a"], &["a", "b"], &["a"]),
            ("a larger set", &["a", "a b"], &[], &["a"]),
            ("the empty set", &[""], &["a"], &["a"]),
            ("the empty set as an alternative", &["", "a"], &[], &[]),
        ];
        for (row, one, other, expected) in rows {
            assert_eq!(both(&sets(one), &sets(other)), sets(expected), "{row}");
        }
    }

    #[test]
    fn the_set_with_the_fewest_missing_scopes_is_named() {
        #[rustfmt::skip] // A row a line.
        let rows = [
            ("nothing granted", &["a b", "c"][..], "", Some("c")),
            ("one of two granted", &["a b", "c d"], "d", Some("c d")),
            ("a tie is for the first", &["a b", "c d"], "", Some("a b")),
            ("one set is complete", &["a b", "c"], "c", None),
            ("no set", &[], "", None),
        ];
        for (row, alternatives, granted, expected) in rows {
            let alternatives = sets(alternatives);
            let named = cheapest_missing(&alternatives, &scope(granted), None);

            assert_eq!(named.map(ToString::to_string).as_deref(), expected, "{row}");
        }
    }

    fn direct(rows: &[(&str, &str)]) -> BTreeMap<ScopeToken, Scope> {
        let rows = rows.iter();
        rows.map(|(including, included)| (ScopeToken::parse(including).unwrap(), scope(included)))
            .collect()
    }

    #[test]
    fn a_scope_grants_what_it_includes_directly_and_by_others() {
        let implied = direct(&[("admin", "write"), ("write", "read list")]);
        let implied = ImpliedScopes::new(&implied).unwrap();
        #[rustfmt::skip] // A row a line.
        let rows = [
            ("itself", "read", "read", true),
            ("directly", "write", "list", true),
            ("by another", "admin", "read", true),
            ("not the other way round", "read", "write", false),
            ("not a scope beside it", "list", "read", false),
            ("nothing", "", "read", false),
        ];
        for (row, granted, required, expected) in rows {
            let required = ScopeToken::parse(required).unwrap();

            assert_eq!(implied.grant(&scope(granted), &required), expected, "{row}");
        }
    }

    #[test]
    fn a_scope_that_includes_itself_is_an_error() {
        for (row, rows, circle) in [
            ("directly", &[("a", "a")][..], "a a"),
            ("by another", &[("a", "b"), ("b", "c a")], "a b a"),
            ("further in", &[("a", "b"), ("b", "c"), ("c", "b")], "b c b"),
        ] {
            let found = ImpliedScopes::new(&direct(rows)).unwrap_err();
            let found: Vec<_> = found.iter().map(ScopeToken::as_str).collect();

            assert_eq!(found.join(" "), circle, "{row}");
        }
        let twice = direct(&[("a", "b c"), ("b", "d"), ("c", "d")]);
        assert!(
            ImpliedScopes::new(&twice).is_ok(),
            "a scope twice is no circle"
        );
    }
}
