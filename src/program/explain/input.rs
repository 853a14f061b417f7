//! Reads the token from its source.

use std::fs;
use std::io::{self, IsTerminal, Read};
use std::path::Path;

use crate::program::failure::Failure;

/// From the argument, which may be `@FILE` or `-`, else from `OKTA_TOKEN`, else from standard
/// input.
pub(crate) fn token(argument: Option<&str>) -> Result<String, Failure> {
    let text = match argument {
        Some("-") => standard_input()?,
        Some(argument) => match argument.strip_prefix('@') {
            Some(path) => read(Path::new(path))?,
            None => argument.to_owned(),
        },
        None => match variable() {
            Some(token) => token,
            None => standard_input()?,
        },
    };
    Ok(without_scheme(text.trim()).to_owned())
}

/// A proof on the command line, or in `@FILE`. It may have been copied with its header field.
pub(super) fn proof(argument: &str) -> Result<String, Failure> {
    let text = match argument.strip_prefix('@') {
        Some(path) => read(Path::new(path))?,
        None => argument.to_owned(),
    };
    let text = text.trim();
    Ok(text.strip_prefix("DPoP:").unwrap_or(text).trim().to_owned())
}

/// The token that the shell has at hand.
pub(crate) fn variable() -> Option<String> {
    #[expect(
        clippy::disallowed_methods,
        reason = "a token is no setting, and is read nowhere else"
    )]
    std::env::var("OKTA_TOKEN").ok()
}

/// All of standard input, up to more than any token that could be accepted. At a terminal, one
/// line, after a prompt on standard error.
pub(crate) fn standard_input() -> Result<String, Failure> {
    let mut text = String::new();
    let mut input = io::stdin().lock().take(MAX_INPUT_BYTES);
    let read = if io::stdin().is_terminal() {
        eprint!("{PROMPT}");
        io::BufRead::read_line(&mut input, &mut text)
    } else {
        input.read_to_string(&mut text)
    };
    read.map_err(Failure::Input)?;
    Ok(text)
}

fn read(path: &Path) -> Result<String, Failure> {
    let failure = |source| Failure::Read {
        path: path.to_owned(),
        source,
    };
    let mut text = String::new();
    let mut file = fs::File::open(path).map_err(failure)?.take(MAX_INPUT_BYTES);
    file.read_to_string(&mut text).map_err(failure)?;
    Ok(text)
}

/// A token that was copied with the rest of its header field.
fn without_scheme(text: &str) -> &str {
    let text = text.strip_prefix("Authorization:").unwrap_or(text).trim();
    match text.split_once(' ') {
        Some((scheme, token))
            if scheme.eq_ignore_ascii_case("Bearer") || scheme.eq_ignore_ascii_case("DPoP") =>
        {
            token.trim()
        }
        _ => text,
    }
}

const MAX_INPUT_BYTES: u64 = 1024 * 1024;
const PROMPT: &str = "Paste the access token and press Enter: ";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_may_be_copied_with_its_header_field() {
        for text in [
            "a.b.c",
            "Bearer a.b.c",
            "Authorization: bearer a.b.c",
            "DPoP a.b.c",
        ] {
            assert_eq!(without_scheme(text), "a.b.c", "{text}");
        }
        assert_eq!(without_scheme("Basic a.b.c"), "Basic a.b.c");
    }
}
