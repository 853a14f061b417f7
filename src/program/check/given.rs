//! The tokens of the command line, and the issuer that each belongs to.
//!
//! 1. `NAME=TOKEN` and `NAME=@FILE` name the issuer. No token has this form: `=` occurs only at the
//!    end of one (RFC 6750 section 2.1).
//! 2. Any other token belongs to the issuer that it names in `iss`, or to the only one.

use std::fs;
use std::time::{Duration, SystemTime};

use crate::check::OpaqueBinding;
use crate::program::command_line::CheckOptions;
use crate::program::explain;
use crate::program::failure::Failure;
use crate::program::issuers::NamedIssuer;

use super::arguments::shown;
use super::found::{issuer, payload};

/// A token of the command line.
pub(super) struct Given {
    /// The name of its issuer, if one was written.
    pub(super) name: Option<String>,
    pub(super) token: String,
    /// What the user says of the binding of a token that cannot be read.
    pub(super) binding: OpaqueBinding,
}

/// The tokens of `--token`, or else the one of `OKTA_TOKEN`.
pub(super) fn tokens(options: &mut CheckOptions) -> Result<Vec<Given>, Failure> {
    let binding = if options.dpop.is_wanted() {
        OpaqueBinding::Bound
    } else {
        OpaqueBinding::Unknown
    };
    let arguments = std::mem::take(&mut options.token);
    let given = arguments.iter().map(|argument| {
        let (name, argument) = split(argument);
        let token = read(argument)?;
        Ok(Given {
            name: name.map(str::to_owned),
            token,
            binding,
        })
    });
    let given: Vec<_> = given.collect::<Result<_, Failure>>()?;
    if given.is_empty() {
        let given = |token| Given {
            name: None,
            token,
            binding,
        };
        return Ok(explain::variable().into_iter().map(given).collect());
    }
    Ok(given)
}

/// A token on the command line: itself, `@FILE`, or `-` for standard input.
pub(super) fn read(argument: &str) -> Result<String, Failure> {
    let text = match argument.strip_prefix('@') {
        Some(path) => fs::read_to_string(path).map_err(|source| Failure::Read {
            path: path.into(),
            source,
        })?,
        None if argument == "-" => explain::standard_input()?,
        None => argument.to_owned(),
    };
    Ok(text.trim().to_owned())
}

/// The name before `=`, if there is one, and the rest.
pub(super) fn split(argument: &str) -> (Option<&str>, &str) {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c);
    match argument.split_once('=') {
        Some((name, token))
            if !name.is_empty()
                && name.chars().all(is_plain)
                && !token.chars().all(|c| c == '=') =>
        {
            (Some(name), token)
        }
        _ => (None, argument),
    }
}

impl Given {
    /// Whether it belongs to this issuer, which may be the only one.
    ///
    /// # Errors
    ///
    /// [`Failure::Flag`] if it is named after this issuer and names another one in `iss`.
    pub(super) fn belongs_to(
        &self,
        named: &NamedIssuer<'_>,
        is_only: bool,
    ) -> Result<bool, Failure> {
        let wanted = named.issuer().map(ToString::to_string);
        let found = issuer(&self.token);
        match &self.name {
            Some(name) if name != named.name => Ok(false),
            Some(name) if found.is_some() && found != wanted => Err(Failure::Flag {
                flag: "--token",
                expected: "a token of the issuer before `=`, as its `iss` says",
                value: shown(&format!("{name}=.. with iss {}", found.unwrap_or_default())),
                example: "partners=@partners.txt",
            }),
            Some(_) => Ok(true),
            None => Ok(is_only || (found.is_some() && found == wanted)),
        }
    }

    /// Whether only its issuer can read it.
    pub(super) fn is_opaque(&self) -> bool {
        payload(&self.token).is_none()
    }

    /// How long ago the token expired; `None` if it is in force or cannot be read.
    pub(super) fn expiry(&self, now: SystemTime) -> Option<Duration> {
        let end = payload(&self.token)?.get("exp")?.as_u64()?;
        let end = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(end))?;
        now.duration_since(end).ok().filter(|ago| !ago.is_zero())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_name_before_a_token_is_split_off() {
        for (row, argument, name, token) in [
            (
                "a file of an issuer",
                "partners=@a.txt",
                Some("partners"),
                "@a.txt",
            ),
            (
                "a token of an issuer",
                "a-1_b=x.y.z",
                Some("a-1_b"),
                "x.y.z",
            ),
            ("a padded token of an issuer", "a=bc==", Some("a"), "bc=="),
            ("standard input", "a=-", Some("a"), "-"),
            ("a token", "eyJh.x.y", None, "eyJh.x.y"),
            ("a padded token", "abc=", None, "abc="),
            ("a twice padded token", "abc==", None, "abc=="),
            ("a file with = in its name", "@a=b.txt", None, "@a=b.txt"),
            ("no name", "=abc", None, "=abc"),
        ] {
            assert_eq!(split(argument), (name, token), "{row}");
        }
    }
}
