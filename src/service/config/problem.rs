//! What is wrong with a configuration: every fault at once, each with its fix.

use std::fmt;

use super::key::Key;
use super::settings;

/// A configuration that cannot be used, with everything that is wrong with it.
///
/// Its message has one line for each problem.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.lines())]
pub struct ConfigError {
    problems: Vec<ConfigProblem>,
}

/// One thing that is wrong with the settings, with its source, its value and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigProblem {
    source: String,
    key: Option<String>,
    fault: Fault,
}

/// What is wrong with a value, without its source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::service) struct Fault {
    /// The predicate of a sentence whose subject is the key, as in `must be https`.
    what: String,
    found: Option<String>,
    fix: Option<String>,
    /// What is wrong with further items of the same list.
    others: Vec<Fault>,
}

impl ConfigError {
    /// An error if there are problems.
    pub(super) fn check(problems: Vec<ConfigProblem>) -> Result<(), Self> {
        if problems.is_empty() {
            return Ok(());
        }
        Err(Self { problems })
    }

    /// Everything that is wrong, in the order in which it was found; never empty.
    pub fn problems(&self) -> &[ConfigProblem] {
        &self.problems
    }

    fn lines(&self) -> String {
        let lines: Vec<String> = self.problems.iter().map(ConfigProblem::to_string).collect();
        lines.join("\n")
    }
}

impl ConfigProblem {
    /// A problem with a whole source, such as a file that does not exist.
    pub(super) fn with_source(source: &str, fault: Fault) -> Self {
        Self {
            source: source.to_owned(),
            key: None,
            fault,
        }
    }

    /// A problem with one setting. The value of a secret is masked.
    pub(super) fn with_key(source: &str, key: &Key, fault: Fault) -> Self {
        Self {
            source: source.to_owned(),
            key: Some(key.to_string()),
            fault: if settings::is_secret(key) {
                fault.masked()
            } else {
                fault
            },
        }
    }

    /// The source of the value: a file, a variable, a flag or the built-in default.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The setting, unless the source as a whole is at fault.
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// What to do about it, without a capital letter or a full stop.
    pub fn fix(&self) -> Option<&str> {
        self.fault.fix.as_deref()
    }
}

impl fmt::Display for ConfigProblem {
    /// Whole sentences: what is wrong, where, what was found, what to do.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { source, fault, .. } = self;
        match &self.key {
            Some(key) => write!(f, "`{key}` {} ({source})", fault.what)?,
            None => write!(f, "{source} {}", fault.what)?,
        }
        if let Some(found) = &fault.found {
            write!(f, ": found {found}")?;
        }
        f.write_str(".")?;
        let Some(fix) = &fault.fix else {
            return Ok(());
        };
        let mut characters = fix.chars();
        let first = characters.next().map(|first| first.to_ascii_uppercase());
        let first = first.map_or(String::new(), String::from);
        let end = if fix.ends_with(['.', '?']) { "" } else { "." };
        write!(f, " {first}{}{end}", characters.as_str())
    }
}

impl Fault {
    pub(in crate::service) fn new(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            found: None,
            fix: None,
            others: Vec::new(),
        }
    }

    /// All of these faults; `None` if there are none.
    pub(super) fn all(faults: Vec<Self>) -> Option<Self> {
        let mut faults = faults.into_iter().flat_map(Self::separate);
        let mut first = faults.next()?;
        first.others = faults.collect();
        Some(first)
    }

    /// This fault and those of the other items, each by itself.
    pub(super) fn separate(mut self) -> Vec<Self> {
        let mut faults = std::mem::take(&mut self.others);
        faults.insert(0, self);
        faults
    }

    pub(in crate::service) fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = Some(fix.into());
        self
    }

    /// What is wrong, without what was found.
    pub(super) fn what(&self) -> &str {
        &self.what
    }

    /// Adds a fix to a fault that has none.
    pub(super) fn or_fix(self, fix: &str) -> Self {
        match self.fix {
            Some(_) => self,
            None => self.fix(fix),
        }
    }

    pub(super) fn has_found(&self) -> bool {
        self.found.is_some()
    }

    /// Quotes the string that was found, cut short, and without user name and password if it
    /// is a URL.
    pub(in crate::service) fn found(self, text: &str) -> Self {
        self.found_as(quoted(&without_user_info(text)))
    }

    /// Masks what was found, unless it is the empty string: the secret is not set.
    pub(super) fn masked(mut self) -> Self {
        if self.found.as_deref() != Some(EMPTY) {
            self.found = self.found.map(|_| MASK.to_owned());
        }
        self
    }

    /// Shows what was found exactly as it is given here.
    pub(in crate::service) fn found_as(mut self, printed: impl Into<String>) -> Self {
        let mut printed = printed.into();
        if let Some((end, _)) = printed.char_indices().nth(MAX_FOUND_CHARS) {
            printed.truncate(end);
            printed.push('…');
        }
        self.found = Some(printed);
        self
    }
}

/// The string in quotes, with one space for each character that would leave the line.
fn quoted(text: &str) -> String {
    let shown = text
        .chars()
        .map(|it| if it.is_control() { ' ' } else { it });
    format!("\"{}\"", shown.collect::<String>())
}

fn without_user_info(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else {
        return text.to_owned();
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    match authority.rsplit_once('@') {
        Some((user_info, _)) => format!("{scheme}://{MASK}{}", &rest[user_info.len()..]),
        None => text.to_owned(),
    }
}

/// What is shown in place of a secret.
pub(super) const MASK: &str = "********";

/// The printed form of the empty string, which means that a setting is not set.
pub(super) const EMPTY: &str = "\"\"";

// An error should fit on a few lines of a terminal.
const MAX_FOUND_CHARS: usize = 200;
