//! The terms of all denials with the same members: when each ends, and which time of issue it
//! applies to.
//!
//! A term is redundant if another one ends at the same time or later and applies to all of its
//! tokens. The other terms are the steps: the later a step ends, the fewer tokens it applies to. A
//! lookup takes the first step that has not ended, whatever the number of terms.

use std::collections::{BTreeMap, BTreeSet};

use super::source::DenialSource;

/// The term of one denial.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Term {
    /// The end as the denial states it, in seconds since 1970.
    pub(super) end: u64,
    /// Tokens that were issued before this second; [`u64::MAX`] for all tokens.
    pub(super) issued_before: u64,
    pub(super) source: DenialSource,
}

/// The terms of the denials with the same members.
#[derive(Debug, Clone)]
pub(super) enum Terms {
    /// The usual case: one denial for these members.
    One(Term),
    Many(Box<Steps>),
}

#[derive(Debug, Clone, Default)]
pub(super) struct Steps {
    terms: BTreeSet<Term>,
    /// By end; `issued_before` falls while the end rises.
    steps: BTreeMap<u64, u64>,
}

impl Terms {
    pub(super) fn insert(&mut self, term: Term) {
        match self {
            Self::One(first) => {
                let mut steps = Steps::default();
                steps.insert(*first);
                steps.insert(term);
                *self = Self::Many(Box::new(steps));
            }
            Self::Many(steps) => steps.insert(term),
        }
    }

    /// Removes one of the terms. Returns whether it was the last one, which stays.
    pub(super) fn remove(&mut self, term: Term) -> bool {
        match self {
            Self::One(_) => true,
            Self::Many(steps) if steps.terms.len() == 1 => true,
            Self::Many(steps) => {
                steps.remove(term);
                false
            }
        }
    }

    /// Of the terms that end at `first_end` or later, the one for the most tokens.
    pub(super) fn issued_before(&self, first_end: u64) -> Option<u64> {
        match self {
            Self::One(term) => (term.end >= first_end).then_some(term.issued_before),
            Self::Many(steps) => steps.first(first_end),
        }
    }
}

impl Steps {
    fn insert(&mut self, term: Term) {
        self.terms.insert(term);
        if self
            .first(term.end)
            .is_some_and(|it| it >= term.issued_before)
        {
            return;
        }
        while let Some((&end, _)) = (self.steps.range(..=term.end).next_back())
            .filter(|(_, issued_before)| **issued_before <= term.issued_before)
        {
            self.steps.remove(&end);
        }
        self.steps.insert(term.end, term.issued_before);
    }

    fn remove(&mut self, term: Term) {
        self.terms.remove(&term);
        if self.steps.get(&term.end) != Some(&term.issued_before) {
            return;
        }
        self.steps.remove(&term.end);
        // The terms between the two neighbours were redundant only because of this step.
        let before = self.steps.range(..term.end).next_back();
        let first_end = before.map_or(0, |(end, _)| end.saturating_add(1));
        let mut most = self.first(term.end);
        let lowest = |end| Term {
            end,
            issued_before: 0,
            source: DenialSource::File,
        };
        let mut between: Vec<_> = (self.terms.range(lowest(first_end)..))
            .take_while(|it| it.end <= term.end)
            .copied()
            .collect();
        while let Some(it) = between.pop() {
            if most.is_none_or(|most| it.issued_before > most) {
                self.steps.insert(it.end, it.issued_before);
                most = Some(it.issued_before);
            }
        }
    }

    fn first(&self, first_end: u64) -> Option<u64> {
        let mut steps = self.steps.range(first_end..);
        steps.next().map(|(_, issued_before)| *issued_before)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn term(end: u64, issued_before: u64) -> Term {
        Term {
            end,
            issued_before,
            source: DenialSource::Shared,
        }
    }

    // Each lookup is compared with a search of all terms, while terms are added and removed.
    #[test]
    fn the_steps_give_the_verdict_of_all_terms() {
        let mut state = 1_u64;
        let mut random = |below: u64| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            (state >> 33) % below
        };
        let always = term(0, 0);
        let mut terms = Terms::One(always);
        let mut all = BTreeSet::from([always]);

        for _ in 0..5_000 {
            let one = term(random(20), random(20));
            if random(2) == 0 {
                terms.insert(one);
                all.insert(one);
            } else if one != always && all.remove(&one) {
                assert!(!terms.remove(one));
            }

            for first_end in 0..21 {
                let active = all.iter().filter(|it| it.end >= first_end);
                let expected = active.map(|it| it.issued_before).max();
                assert_eq!(terms.issued_before(first_end), expected, "{all:?}");
            }
        }
    }

    #[test]
    fn the_removal_of_the_last_term_is_reported() {
        let mut terms = Terms::One(term(1, 1));

        terms.insert(term(2, 2));

        assert!(!terms.remove(term(1, 1)));
        assert!(terms.remove(term(2, 2)));
    }
}
