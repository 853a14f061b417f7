//! What is wrong with a configuration: every fault at once, each with its fix.

use std::fmt;

use super::key::Key;
use super::settings;

/// A configuration that cannot be used, with everything that is wrong with it.
///
/// Its text has one line for each problem.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.lines())]
pub struct ConfigError {
    problems: Vec<ConfigProblem>,
}

/// One thing that is wrong, told to whoever can mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigProblem {
    source: String,
    key: Option<String>,
    fault: Fault,
}

/// What is wrong with a value, without saying where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    what: String,
    found: Option<String>,
    fix: Option<String>,
}

impl ConfigError {
    /// An error when there are problems, nothing otherwise.
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
    /// A problem with the whole of a source, such as a file that is not there.
    pub(super) fn with_source(source: &str, fault: Fault) -> Self {
        Self {
            source: source.to_owned(),
            key: None,
            fault,
        }
    }

    /// A problem with one setting; what was found for a secret is masked.
    pub(super) fn with_key(source: &str, key: &Key, mut fault: Fault) -> Self {
        if settings::is_secret(key) {
            fault.found = fault.found.map(|_| MASK.to_owned());
        }
        Self {
            source: source.to_owned(),
            key: Some(key.to_string()),
            fault,
        }
    }

    /// Where the value came from: a file, a variable, a flag or the built-in default.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The setting, unless the source as a whole is at fault.
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// What to do about it.
    pub fn fix(&self) -> Option<&str> {
        self.fault.fix.as_deref()
    }
}

impl fmt::Display for ConfigProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.source)?;
        if let Some(key) = &self.key {
            write!(f, "`{key}` ")?;
        }
        f.write_str(&self.fault.what)?;
        if let Some(found) = &self.fault.found {
            write!(f, ", found {found}")?;
        }
        if let Some(fix) = &self.fault.fix {
            write!(f, "; {fix}")?;
        }
        Ok(())
    }
}

impl Fault {
    pub(super) fn new(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            found: None,
            fix: None,
        }
    }

    pub(super) fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = Some(fix.into());
        self
    }

    /// What is wrong, without what was found.
    pub(super) fn what(&self) -> &str {
        &self.what
    }

    pub(super) fn has_found(&self) -> bool {
        self.found.is_some()
    }

    /// Quotes the text that was found, cut short and without its user name and password
    /// if it is a URL.
    pub(super) fn found(self, text: &str) -> Self {
        self.found_as(format!("{:?}", without_user_info(text)))
    }

    /// Shows what was found as it is written here.
    pub(super) fn found_as(mut self, printed: impl Into<String>) -> Self {
        let mut printed = printed.into();
        if let Some((end, _)) = printed.char_indices().nth(MAX_FOUND_CHARS) {
            printed.truncate(end);
            printed.push('…');
        }
        self.found = Some(printed);
        self
    }
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

/// What stands for a secret wherever one would be shown.
pub(super) const MASK: &str = "********";

// A line of an error should still be read as a line.
const MAX_FOUND_CHARS: usize = 120;
