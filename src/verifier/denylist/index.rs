//! Indexes denials by their members.
//!
//! Denials with the same members are one entry. A lookup builds the members that an entry for these
//! claims would have, and searches each of them. Its cost depends on the kinds of denials and not on
//! their number.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::token::{Claims, MAX_LEEWAY};

use super::denial::{Denial, is_active_until};
use super::names::{EMAIL, Names, SHAPES, emails};
use super::source::DenialSource;
use super::terms::Terms;

/// The index of all denials.
#[derive(Debug, Clone)]
pub(super) struct Index {
    /// By a keyed hash of their members, which callers cannot predict.
    entries: HashMap<u64, Vec<Entry>>,
    hasher: RandomState,
    /// How many entries name what: see [`Names::shape`].
    shapes: [usize; SHAPES],
    rows: HashSet<Row>,
    /// No row ends before this time, in seconds since 1970.
    soonest_end: u64,
}

/// The denials with the same members.
#[derive(Debug, Clone)]
struct Entry {
    /// One of them.
    first: Arc<Denial>,
    terms: Terms,
}

impl Default for Index {
    fn default() -> Self {
        Self {
            entries: HashMap::new(),
            hasher: RandomState::new(),
            shapes: [0; SHAPES],
            rows: HashSet::new(),
            soonest_end: u64::MAX,
        }
    }
}

type Row = (DenialSource, Arc<Denial>);

impl Index {
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    /// Every denial, with its source.
    #[cfg(feature = "service")]
    pub(super) fn rows(&self) -> Vec<(DenialSource, Arc<Denial>)> {
        self.rows.iter().cloned().collect()
    }

    pub(super) fn contains(&self, source: DenialSource, denial: &Denial) -> bool {
        self.rows.contains(&(source, Arc::new(denial.clone())))
    }

    /// A denial that a source repeats counts once.
    pub(super) fn insert(&mut self, source: DenialSource, denial: Denial) {
        let denial = Arc::new(denial);
        if self.rows.insert((source, denial.clone())) {
            self.enter(source, &denial);
        }
    }

    /// Returns whether the index contained the denial.
    pub(super) fn remove(&mut self, source: DenialSource, denial: &Denial) -> bool {
        let was_there = self.rows.remove(&(source, Arc::new(denial.clone())));
        if was_there {
            self.leave(source, denial);
        }
        was_there
    }

    /// Removes expired denials. If there are none, it compares one number.
    pub(super) fn purge(&mut self, now: SystemTime) {
        if !is_active_until(now, self.soonest_end) {
            self.retain_rows(|(_, denial)| denial.is_active(now));
        }
    }

    /// Removes the denials of this source. Others stay.
    pub(super) fn retain_from_source(
        &mut self,
        source: DenialSource,
        is_kept: impl Fn(&Denial) -> bool,
    ) {
        self.retain_rows(|(of, denial)| *of != source || is_kept(denial));
    }

    /// Whether these claims are denied. An e-mail address may be in each of `email_claims`.
    pub(super) fn denies(&self, claims: &Claims, email_claims: &[String], now: SystemTime) -> bool {
        let first_end = first_end(now);
        let shapes = || (0..SHAPES).filter(|shape| self.shapes[*shape] > 0);
        // The claims are searched only if there is a denial of an e-mail address.
        let emails = if shapes().any(|shape| shape & EMAIL != 0) {
            emails(claims, email_claims)
        } else {
            Vec::new()
        };
        shapes()
            .flat_map(|shape| Names::matching(claims, &emails, shape))
            .filter_map(|names| self.find(&names)?.terms.issued_before(first_end))
            .any(|time| was_issued_before(claims, time))
    }

    fn find(&self, names: &Names<'_>) -> Option<&Entry> {
        let entries = self.entries.get(&self.hasher.hash_one(names))?;
        entries.iter().find(|entry| entry.first.names() == *names)
    }

    fn enter(&mut self, source: DenialSource, denial: &Arc<Denial>) {
        self.soonest_end = self.soonest_end.min(denial.expires_at());
        let names = denial.names();
        let entries = self.entries.entry(self.hasher.hash_one(names)).or_default();
        let term = denial.term(source);
        if let Some(entry) = entries.iter_mut().find(|it| it.first.names() == names) {
            return entry.terms.insert(term);
        }
        entries.reserve_exact(1);
        entries.push(Entry {
            first: denial.clone(),
            terms: Terms::One(term),
        });
        self.shapes[names.shape()] += 1;
    }

    fn leave(&mut self, source: DenialSource, denial: &Denial) {
        let names = denial.names();
        let hash = self.hasher.hash_one(names);
        let entries = self.entries.get_mut(&hash);
        let entries = entries.expect("the row has its entry");
        let position = entries.iter().position(|it| it.first.names() == names);
        let position = position.expect("the row has its entry");
        if entries[position].terms.remove(denial.term(source)) {
            entries.swap_remove(position);
            self.shapes[names.shape()] -= 1;
            if entries.is_empty() {
                self.entries.remove(&hash);
            }
        }
    }

    fn retain_rows(&mut self, is_kept: impl Fn(&Row) -> bool) {
        let mut rows = std::mem::take(self).rows;
        rows.retain(is_kept);
        for (source, denial) in &rows {
            self.enter(*source, denial);
        }
        self.rows = rows;
    }
}

/// The first end that a denial in force may have: see [`is_active_until`].
fn first_end(now: SystemTime) -> u64 {
    let now = now.duration_since(SystemTime::UNIX_EPOCH);
    let ended = now.unwrap_or_default().checked_sub(MAX_LEEWAY);
    ended.map_or(0, |ended| ended.as_secs().saturating_add(1))
}

/// A token that does not state when it was issued may have been issued before.
fn was_issued_before(claims: &Claims, time: u64) -> bool {
    let issued_at = claims.issued_at();
    issued_at.is_none_or(|issued| issued.since_epoch() < Duration::from_secs(time))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_end_is_that_of_the_first_active_denial() {
        for millis in [0, 1, 299_999, 300_000, 300_001, 300_999, 301_000, 1_000_500] {
            let now = SystemTime::UNIX_EPOCH + Duration::from_millis(millis);

            let first = first_end(now);

            assert!(is_active_until(now, first), "{millis}");
            assert!(first == 0 || !is_active_until(now, first - 1), "{millis}");
        }
    }
}
