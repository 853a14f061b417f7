//! What rules found in the claims of one token, kept as long as the claims are.
//!
//! 1. Each rule has an id of its own. What it finds is a small number: a verdict, or the place of
//!    a claim.
//! 2. A number has one of a few places, by the id. Rules with the same place replace each other's
//!    number and find it again, so a memo never changes a verdict.
//! 3. An id and its number are one atomic value, so a number is never read for another id.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// The id of a rule. No two rules of a process have the same one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MemoId(u32);

impl MemoId {
    /// An id that no other rule has.
    pub(crate) fn new() -> Self {
        let next = |id: u32| id.checked_add(1);
        let id = NEXT_ID.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
        Self(id.unwrap_or(NO_ID))
    }
}

/// An id is not part of the content of a rule.
impl PartialEq for MemoId {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// The numbers of one token.
#[derive(Debug, Default)]
pub(crate) struct Memo([AtomicU64; PLACES]);

impl Memo {
    /// The number of this rule, if it is kept.
    pub(crate) fn recall(&self, id: MemoId) -> Option<u32> {
        let kept = self.place(id).load(Ordering::Relaxed);
        let [kept_id, number] = halves(kept);
        (kept_id == id.0 && kept_id != NO_ID).then_some(number)
    }

    /// Keeps the number of this rule, in place of that of another rule.
    pub(crate) fn keep(&self, id: MemoId, number: u32) {
        let kept = u64::from(id.0) << 32 | u64::from(number);
        self.place(id).store(kept, Ordering::Relaxed);
    }

    fn place(&self, id: MemoId) -> &AtomicU64 {
        &self.0[id.0 as usize % PLACES]
    }
}

fn halves(kept: u64) -> [u32; 2] {
    [kept >> 32, kept & u64::from(u32::MAX)].map(|half| u32::try_from(half).unwrap_or_default())
}

/// Enough for the rules of the operations that one caller calls in turn.
const PLACES: usize = 8;
/// An empty place has this id. It is also that of rules after the last id, which keep nothing.
const NO_ID: u32 = 0;
static NEXT_ID: AtomicU32 = AtomicU32::new(1);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_recalled_for_its_own_rule_alone() {
        let memo = Memo::default();
        let [one, other] = [MemoId::new(), MemoId::new()];

        assert_eq!(memo.recall(one), None);
        memo.keep(one, 7);
        memo.keep(other, u32::MAX);

        assert_eq!(memo.recall(one), Some(7));
        assert_eq!(memo.recall(other), Some(u32::MAX));
    }

    #[test]
    fn a_rule_replaces_the_number_of_a_rule_with_the_same_place() {
        let memo = Memo::default();
        let [one, same_place] = [MemoId(1), MemoId(1 + u32::try_from(PLACES).unwrap())];

        memo.keep(one, 7);
        memo.keep(same_place, 8);

        assert_eq!(memo.recall(one), None);
        assert_eq!(memo.recall(same_place), Some(8));
    }

    #[test]
    fn a_rule_without_an_id_keeps_nothing() {
        let memo = Memo::default();

        assert_eq!(memo.recall(MemoId(NO_ID)), None);
        memo.keep(MemoId(NO_ID), 7);

        assert_eq!(memo.recall(MemoId(NO_ID)), None);
    }
}
