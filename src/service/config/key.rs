//! The name of one setting: a path of segments.
//!
//! A segment may contain dots (the name of a claim is often a URL), so an existing key is
//! never split again.

use std::fmt;

/// The path of a setting, as in `access.operations.whoami.scopes`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key(Vec<String>);

impl Key {
    /// The key written in code or in a message, with a dot between segments.
    pub(super) fn dotted(text: &str) -> Self {
        Self(text.split('.').map(str::to_owned).collect())
    }

    /// The key as [`Key`] prints it, where a segment may be in quotes.
    pub(super) fn written(text: &str) -> Self {
        let mut segments = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let end = match rest.strip_prefix('"') {
                Some(quoted) => quoted.find("\".").map_or(rest.len(), |end| end + 2),
                None => rest.find('.').unwrap_or(rest.len()),
            };
            let (segment, further) = rest.split_at(end);
            let read = serde_json::from_str(segment).ok();
            let is_quoted = segment.starts_with('"');
            segments.push(match read.filter(|_| is_quoted) {
                Some(read) => read,
                None => segment.to_owned(),
            });
            rest = further.strip_prefix('.').unwrap_or(further);
        }
        Self(segments)
    }

    /// The key that a variable names, without its prefix.
    pub(super) fn from_variable(name: &str) -> Self {
        let name = name.to_ascii_lowercase();
        Self(name.split("__").map(str::to_owned).collect())
    }

    /// This key with one more segment. Operation ids and tags are converted to lower case, so that
    /// layers with different spellings set the same key.
    pub(super) fn join(&self, segment: &str) -> Self {
        let mut path = self.0.clone();
        let is_operation = path == OPERATIONS || path == OPERATIONS[1..];
        path.push(if is_operation || path == TAGS {
            segment.to_ascii_lowercase()
        } else {
            segment.to_owned()
        });
        Self(path)
    }

    /// The key of the same setting for the client of a named issuer, if it is one of `client`.
    pub(super) fn for_issuer(self, issuer: &str) -> Self {
        match self.0.first() {
            Some(section) if section == CLIENT => {
                let above = ["issuers", issuer].map(str::to_owned);
                Self([above.to_vec(), self.0].concat())
            }
            _ => self,
        }
    }

    pub(super) fn root() -> Self {
        Self(Vec::new())
    }

    pub(super) fn segments(&self) -> &[String] {
        &self.0
    }

    /// The variable that sets this key.
    pub(super) fn variable(&self) -> String {
        format!("{VARIABLE_PREFIX}{}", self.0.join("__").to_uppercase())
    }

    /// This key with another last segment.
    pub(super) fn sibling(&self, last: &str) -> Self {
        let section = self.0.split_last().map_or(&[][..], |(_, section)| section);
        Self(section.to_vec()).join(last)
    }

    /// This key with the segments of `other` in place of its free ones.
    pub(super) fn filled_from(&self, other: &Self) -> Self {
        let segments = self.0.iter().enumerate();
        let filled = segments.map(|(position, segment)| match other.0.get(position) {
            Some(given) if segment.starts_with('<') => given.clone(),
            _ => segment.clone(),
        });
        Self(filled.collect())
    }

    /// Whether it has a segment in angle brackets, which any name may replace.
    pub(super) fn has_free_segment(&self) -> bool {
        self.0.iter().any(|segment| segment.starts_with('<'))
    }

    /// Whether this key is `other`, or one below it.
    pub(super) fn is_within(&self, other: &Self) -> bool {
        self.0.starts_with(&other.0)
    }

    /// Whether this key belongs to the application.
    pub(super) fn is_application(&self) -> bool {
        self.0.len() > 1 && self.0[0] == APPLICATION
    }

    /// Whether a variable can set this key.
    pub(super) fn has_variable(&self) -> bool {
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        (self.0.iter()).all(|it| it.chars().all(is_plain) && !it.contains("__"))
    }

    /// Whether the last segment is a case-sensitive name that a variable cannot have, such as that
    /// of a claim.
    pub(super) fn is_for_files(&self) -> bool {
        const NAMED: [&str; 4] = ["claims", "not_claims", "owner", "scopes_imply"];
        let segments = self.0.iter().map(String::as_str).collect::<Vec<_>>();
        match segments[..] {
            ["access", "paths", ..] | ["issuers", _, "required_claims", _] => true,
            ["access", .., section, _] => NAMED.contains(&section),
            _ => false,
        }
    }
}

impl fmt::Display for Key {
    /// Segments that TOML would quote are quoted.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, segment) in self.0.iter().enumerate() {
            if position > 0 {
                f.write_str(".")?;
            }
            let bare = |c: char| c.is_ascii_alphanumeric() || "_-<>".contains(c);
            if !segment.is_empty() && segment.chars().all(bare) {
                f.write_str(segment)?;
            } else {
                write!(f, "{segment:?}")?;
            }
        }
        Ok(())
    }
}

/// The beginning of every variable of ours, except the two of Okta's guide.
pub(super) const VARIABLE_PREFIX: &str = "RESOURCE_SERVER_";

/// The section of the application's own settings.
pub(super) const APPLICATION: &str = "app";

/// The section of the client of the issuer `default`.
const CLIENT: &str = "client";

const OPERATIONS: [&str; 2] = ["access", "operations"];
const TAGS: [&str; 2] = ["access", "tags"];
