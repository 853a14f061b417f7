//! `proof`: prints a DPoP proof for one request, so that a bound token can be used from a terminal.

use http::Method;
use url::Url;

use crate::program::command_line::ProofOptions;
use crate::program::explain;
use crate::program::failure::Failure;
use crate::program::key_file::{self, KeyFileError};
use crate::program::output;
use crate::token::UnverifiedToken;

pub(crate) fn print(options: &ProofOptions) -> Result<(), Failure> {
    let method = method(&options.method)?;
    let url = url(&options.url)?;
    let path = key_file::path(options.key.key.as_deref())?;
    let token = options.token.as_deref();
    let token = token.map(|it| explain::token(Some(it))).transpose()?;
    let key = match token {
        // The key of a token exists already.
        Some(_) => key_file::read(&path)?,
        None => key_file::read_or_create(&path)?,
    };
    let mut proof = key.proof(&method, url);
    match &token {
        Some(token) => {
            let bound_to = UnverifiedToken::new(token).confirmation();
            let bound_to = bound_to.and_then(|it| it.proof_key().copied());
            if let Some(other) = bound_to.filter(|it| *it != key.thumbprint()) {
                return Err(KeyFileError::OtherKey { path, jkt: other }.into());
            }
            proof = proof.for_token(token);
        }
        None => eprintln!("{NO_TOKEN}"),
    }
    if let Some(nonce) = &options.nonce {
        proof = proof.with_nonce(nonce);
    }
    output::print(&format!("{}\n", proof.sign()))
}

/// Methods are compared with case, and a standard one in lower case is never meant.
fn method(text: &str) -> Result<String, Failure> {
    let failure = || Failure::Flag {
        flag: "METHOD",
        expected: "a method of HTTP",
        value: printable(text),
        example: "GET https://api.example.com/orders",
    };
    Method::from_bytes(text.as_bytes()).map_err(|_| failure())?;
    let upper = text.to_ascii_uppercase();
    let is_standard = STANDARD.contains(&upper.as_str());
    Ok(if is_standard { upper } else { text.to_owned() })
}

/// The URL as it was written, because the API normalizes it no further than RFC 3986 says.
fn url(text: &str) -> Result<&str, Failure> {
    let url = Url::parse(text).ok();
    let is_http = url.is_some_and(|it| matches!(it.scheme(), "http" | "https") && it.has_host());
    if is_http && text.contains("://") {
        return Ok(text);
    }
    Err(Failure::Url {
        flag: "URL",
        value: printable(text),
    })
}

fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(100).collect()
}

const STANDARD: [&str; 9] = [
    "GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH",
];
const NO_TOKEN: &str = "The proof has no `ath`, because no token was given with --token. A token \
    endpoint accepts it, and an API refuses it.";
