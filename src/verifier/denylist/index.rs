//! Denials by what they are found by.

use std::collections::HashMap;
use std::time::SystemTime;

use crate::token::Claims;

use super::DenialSource;
use super::denial::{Denial, Handle};

/// All denials, each where a look-up comes by.
#[derive(Debug, Clone, Default)]
pub(super) struct Index {
    by_token_id: Table,
    by_subject: Table,
    by_client: Table,
    of_all: Vec<(DenialSource, Denial)>,
    len: usize,
}

type Table = HashMap<Box<str>, Vec<(DenialSource, Denial)>>;

impl Index {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn holds(&self, source: DenialSource, denial: &Denial) -> bool {
        let rows = match denial.handle() {
            Handle::TokenId(name) => self.by_token_id.get(name),
            Handle::Subject(name) => self.by_subject.get(name),
            Handle::Client(name) => self.by_client.get(name),
            Handle::All => Some(&self.of_all),
        };
        let mut rows = rows.into_iter().flatten();
        rows.any(|(of, known)| *of == source && known == denial)
    }

    /// A denial that a source repeats counts once.
    pub(super) fn insert(&mut self, source: DenialSource, denial: Denial) {
        if self.holds(source, &denial) {
            return;
        }
        let place = match denial.handle() {
            Handle::TokenId(name) => self.by_token_id.entry(name.into()).or_default(),
            Handle::Subject(name) => self.by_subject.entry(name.into()).or_default(),
            Handle::Client(name) => self.by_client.entry(name.into()).or_default(),
            Handle::All => &mut self.of_all,
        };
        place.push((source, denial));
        self.len += 1;
    }

    pub(super) fn retain(&mut self, is_kept: impl Fn(&Denial) -> bool) {
        self.retain_rows(|(_, denial)| is_kept(denial));
    }

    /// Of this source; those of others stay.
    pub(super) fn retain_of(&mut self, source: DenialSource, is_kept: impl Fn(&Denial) -> bool) {
        self.retain_rows(|(of, denial)| *of != source || is_kept(denial));
    }

    fn retain_rows(&mut self, is_kept: impl Fn(&(DenialSource, Denial)) -> bool) {
        self.len = 0;
        for table in [
            &mut self.by_token_id,
            &mut self.by_subject,
            &mut self.by_client,
        ] {
            table.retain(|_, rows| {
                rows.retain(&is_kept);
                self.len += rows.len();
                !rows.is_empty()
            });
        }
        self.of_all.retain(is_kept);
        self.len += self.of_all.len();
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
}

fn denied(rows: &[(DenialSource, Denial)], claims: &Claims, now: SystemTime) -> bool {
    let mut rows = rows.iter();
    rows.any(|(_, denial)| denial.is_in_force(now) && denial.fits(claims))
}
