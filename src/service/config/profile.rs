//! The profile: a named set of settings, which is chosen before any other setting is read.

use std::fmt;

use super::problem::Fault;

/// The name of a profile, which is also the name of its file below `config/`.
///
/// It has 1 to 32 characters of `a-z`, `0-9`, `_` and `-`, so it cannot name a file elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Profile(String);

impl Profile {
    pub(super) fn parse(name: &str) -> Result<Self, Fault> {
        let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-".contains(&b);
        if name.is_empty() || name.len() > MAX_BYTES || !name.bytes().all(allowed) {
            return Err(Fault::new("must be the name of a profile")
                .found(name)
                .fix("write 1 to 32 characters of a-z, 0-9, _ and -"));
        }
        Ok(Self(name.to_owned()))
    }

    /// The name, as in `dev`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is the profile that may use the embedded issuer.
    pub fn is_dev(&self) -> bool {
        self.0 == DEV
    }
}

impl Default for Profile {
    fn default() -> Self {
        Self(DEV.to_owned())
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

const DEV: &str = "dev";
const MAX_BYTES: usize = 32;
