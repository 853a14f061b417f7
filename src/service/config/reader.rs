//! Reads the value of each setting into its type, and notes each one that does not fit.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use figment::value::Value;

use super::chosen::ChosenValue;
use super::key::Key;
use super::problem::{ConfigProblem, Fault};
use super::restart::RestartValues;
use super::settings;
use super::value;

/// Reads settings one after the other. A bad one does not hide the next.
pub(super) struct Reader<'a> {
    chosen: &'a BTreeMap<Key, ChosenValue>,
    faulty: BTreeSet<Key>,
    problems: Vec<ConfigProblem>,
    restart: RestartValues,
}

impl<'a> Reader<'a> {
    pub(super) fn new(
        chosen: &'a BTreeMap<Key, ChosenValue>,
        problems: Vec<ConfigProblem>,
    ) -> Self {
        Self {
            chosen,
            faulty: BTreeSet::new(),
            problems,
            restart: RestartValues::default(),
        }
    }

    /// Reads one setting. A value that does not fit is noted, and replaced by the built-in
    /// default, so that reading can continue.
    pub(super) fn read<T: fmt::Debug>(
        &mut self,
        name: &str,
        parse: impl Fn(&Value) -> Result<T, Fault>,
    ) -> T {
        let key = Key::dotted(name);
        let default = settings::default_of(&key).expect("a setting that the default names");
        let value = self
            .chosen
            .get(&key)
            .map_or(default, |chosen| &chosen.value);
        let parsed = parse(value).unwrap_or_else(|fault| {
            self.note(&key, fault, value);
            parse(default).expect("built-in defaults fit, as tests show")
        });
        if settings::needs_restart(&key) {
            let shown = if settings::is_secret(&key) {
                value::printed(value)
            } else {
                format!("{parsed:?}")
            };
            self.restart.insert(name, shown);
        }
        parsed
    }

    /// Reads a setting for which `""` means that it is not set.
    pub(super) fn read_optional<T: fmt::Debug>(
        &mut self,
        key: &str,
        parse: impl Fn(&Value) -> Result<T, Fault>,
    ) -> Option<T> {
        self.read(key, |value| match value.as_str() {
            Some("") => Ok(None),
            _ => parse(value).map(Some),
        })
    }

    /// The settings below a section with free names.
    pub(super) fn below(&self, section: &str) -> Vec<(&'a Key, &'a Value)> {
        let section = Key::dotted(section);
        self.chosen
            .iter()
            .filter(|(key, _)| key.segments().starts_with(section.segments()))
            .map(|(key, chosen)| (key, &chosen.value))
            .collect()
    }

    /// Notes that a value does not fit. What was found is added to a fault that lacks it.
    pub(super) fn note(&mut self, key: &Key, fault: Fault, value: &Value) {
        let source = self.source_of(key);
        for fault in fault.separate() {
            let fault = if fault.has_found() {
                fault
            } else {
                value::found_in(fault, value)
            };
            let problem = ConfigProblem::with_key(source, key, fault);
            self.problems.push(problem);
        }
        self.faulty.insert(key.clone());
    }

    /// Notes that settings contradict each other, unless one of them already has a fault of
    /// its own. `key` is the one to change.
    pub(super) fn note_conflict(&mut self, key: &str, others: &[&str], fault: Fault) {
        let known = |name: &&str| self.faulty.contains(&Key::dotted(name));
        if known(&key) || others.iter().any(known) {
            return;
        }
        let key = Key::dotted(key);
        let fault = match self.chosen.get(&key) {
            Some(chosen) if !fault.has_found() => value::found_in(fault, &chosen.value),
            _ => fault,
        };
        self.problems
            .push(ConfigProblem::with_key(self.source_of(&key), &key, fault));
    }

    /// Notes that settings contradict each other. `key` may have segments with dots.
    pub(super) fn note_key(&mut self, key: &Key, fault: Fault) {
        if let Some(chosen) = self.chosen.get(key) {
            let value = chosen.value.clone();
            self.note(key, fault, &value);
        }
    }

    /// The values that were read and that only a restart can change.
    pub(super) fn take_restart_values(&mut self) -> RestartValues {
        std::mem::take(&mut self.restart)
    }

    pub(super) fn into_problems(self) -> Vec<ConfigProblem> {
        self.problems
    }

    /// The source of a setting. If it is not set, the source of another one in its section.
    fn source_of(&self, key: &Key) -> &'a str {
        let section = key.segments().split_last();
        let section = section.map_or(&[][..], |(_, section)| section);
        let is_beside = |other: &Key| other.segments().starts_with(section);
        let beside = || {
            let mut all = self.chosen.iter();
            all.find(|(other, _)| is_beside(other)).map(|(_, it)| it)
        };
        let chosen = self.chosen.get(key).or_else(beside);
        chosen.map_or("", |chosen| chosen.source.as_str())
    }
}
