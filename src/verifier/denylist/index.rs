//! Denials by what they are found by.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::SystemTime;

use crate::token::Claims;

use super::denial::{Denial, Handle, is_before};
use super::source::DenialSource;

/// All denials, each where a look-up comes by.
#[derive(Debug, Clone)]
pub(super) struct Index {
    by_token_id: Table,
    by_subject: Table,
    by_client: Table,
    of_all: Vec<Row>,
    /// The same rows, to be told apart at once however many have one handle.
    rows: HashSet<Row>,
    /// No row ends before; in seconds since 1970.
    soonest_end: u64,
}

impl Default for Index {
    fn default() -> Self {
        Self {
            by_token_id: Table::new(),
            by_subject: Table::new(),
            by_client: Table::new(),
            of_all: Vec::new(),
            rows: HashSet::new(),
            soonest_end: u64::MAX,
        }
    }
}

type Row = (DenialSource, Arc<Denial>);
type Table = HashMap<Box<str>, Vec<Row>>;

impl Index {
    pub(super) fn len(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn holds(&self, source: DenialSource, denial: &Denial) -> bool {
        self.rows.contains(&(source, Arc::new(denial.clone())))
    }

    /// A denial that a source repeats counts once.
    pub(super) fn insert(&mut self, source: DenialSource, denial: Denial) {
        let denial = Arc::new(denial);
        if self.rows.insert((source, denial.clone())) {
            self.soonest_end = self.soonest_end.min(denial.expires_at());
            match self.table(&denial) {
                Some((table, name)) => table.entry(name.into()).or_default(),
                None => &mut self.of_all,
            }
            .push((source, denial.clone()));
        }
    }

    /// Whether there was such a one.
    pub(super) fn remove(&mut self, source: DenialSource, denial: &Denial) -> bool {
        let row = (source, Arc::new(denial.clone()));
        let was_there = self.rows.remove(&row);
        if was_there {
            match self.table(denial) {
                Some((table, name)) => {
                    let rows = table.get_mut(name).expect("the row is in its table");
                    rows.retain(|known| *known != row);
                    if rows.is_empty() {
                        table.remove(name);
                    }
                }
                None => self.of_all.retain(|known| *known != row),
            }
        }
        was_there
    }

    /// Leaves out what has ended; one look where nothing has.
    pub(super) fn purge(&mut self, now: SystemTime) {
        if !is_before(now, self.soonest_end) {
            self.retain_rows(|(_, denial)| denial.is_in_force(now));
        }
    }

    /// Of this source; those of others stay.
    pub(super) fn retain_of(&mut self, source: DenialSource, is_kept: impl Fn(&Denial) -> bool) {
        self.retain_rows(|(of, denial)| *of != source || is_kept(denial));
    }

    pub(super) fn denies(&self, claims: &Claims, now: SystemTime) -> bool {
        let found = |table: &Table, name: Option<&str>| {
            let rows = name.and_then(|name| table.get(name));
            rows.is_some_and(|rows| denied(rows, claims, now))
        };
        found(&self.by_token_id, claims.token_id())
            || found(&self.by_subject, Some(claims.subject()))
            || found(&self.by_client, claims.client_id())
            || denied(&self.of_all, claims, now)
    }

    /// Where it stands, and under which name; none for what stands among those of all.
    fn table<'d>(&mut self, denial: &'d Denial) -> Option<(&mut Table, &'d str)> {
        match denial.handle() {
            Handle::TokenId(name) => Some((&mut self.by_token_id, name)),
            Handle::Subject(name) => Some((&mut self.by_subject, name)),
            Handle::Client(name) => Some((&mut self.by_client, name)),
            Handle::All => None,
        }
    }

    fn retain_rows(&mut self, is_kept: impl Fn(&Row) -> bool) {
        for table in [
            &mut self.by_token_id,
            &mut self.by_subject,
            &mut self.by_client,
        ] {
            table.retain(|_, rows| {
                rows.retain(&is_kept);
                !rows.is_empty()
            });
        }
        self.of_all.retain(&is_kept);
        self.rows.retain(is_kept);
        let ends = self.rows.iter().map(|(_, denial)| denial.expires_at());
        self.soonest_end = ends.min().unwrap_or(u64::MAX);
    }
}

fn denied(rows: &[Row], claims: &Claims, now: SystemTime) -> bool {
    let mut rows = rows.iter();
    rows.any(|(_, denial)| denial.is_in_force(now) && denial.fits(claims))
}
