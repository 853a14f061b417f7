//! What a refused token or its proof says, and what it should say, for the log line of the refusal.
//!
//! 1. Only the issuer, the audience, the algorithm, the type, the scopes, the times, and the method and
//!    URL of a proof are read. None of them is a secret. The query, the user name and the password of a
//!    URL are not shown.
//! 2. The strings are those of an unverified token or proof, so they are shortened and restricted to
//!    printable ASCII. They prove nothing.
//! 3. Nothing is read while the log line is disabled.

use http::HeaderMap;
use poem::Request;
use tracing::Level;

use crate::token::{
    Claims, DpopProof, ProofError, TokenError, TokenType, UnverifiedValues, readable,
};
use crate::verifier::BindingError;

use super::presented::proof;
use super::principal::Principal;
use super::rejection::Rejection;
use super::{Guard, bearer, web_socket};

/// The accepted value, and the value of the refused token.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Mismatch {
    /// The `iss` of the token.
    pub(crate) issuer: Option<String>,
    /// What the token should say.
    pub(crate) wanted: Option<String>,
    /// What the token says.
    pub(crate) found: Option<String>,
}

impl Mismatch {
    /// Compares the token with what the guard accepts; `None` if there is nothing to compare.
    pub(super) fn find(
        guard: &Guard,
        request: &Request,
        rejection: &Rejection,
        caller: Option<&Principal>,
    ) -> Option<Self> {
        if !tracing::enabled!(target: "access", Level::INFO) {
            return None;
        }
        match rejection {
            Rejection::InvalidToken(error) => Self::find_in_token(guard, request.headers(), error),
            Rejection::InvalidBinding(BindingError::Proof(error)) => {
                Self::find_in_proof(guard, request, *error)
            }
            Rejection::InsufficientScope { required } => caller.map(|caller| Self {
                issuer: Some(shown(caller.claims().issuer())),
                wanted: Some(shown(&required.to_string())),
                found: Some(shown(&caller.claims().scope().to_string())),
            }),
            Rejection::IssuerNotAccepted { .. }
            | Rejection::InsufficientUserAuthentication { .. } => caller.map(|caller| {
                let (wanted, found) = conditions(rejection, caller.claims());
                Self {
                    issuer: Some(shown(caller.claims().issuer())),
                    wanted,
                    found,
                }
            }),
            _ => None,
        }
    }

    /// A proof for another URL is the most frequent mistake: a proxy that does not report the host,
    /// the scheme or a prefix that it removes.
    fn find_in_proof(guard: &Guard, request: &Request, error: ProofError) -> Option<Self> {
        let proof = DpopProof::parse(proof(request).ok()?).ok()?;
        let (wanted, found) = match error {
            ProofError::WrongTarget => {
                let found = without_secrets(proof.unverified_target());
                (guard.target(request).to_string(), shown(&found))
            }
            ProofError::WrongMethod => {
                let method = request.method().as_str();
                (method.to_owned(), word(proof.unverified_method()))
            }
            ProofError::AlgorithmNotAllowed => {
                let accepted = guard.verifier.proofs().policy().algorithms().iter();
                let names = accepted.map(|it| it.name()).collect::<Vec<_>>();
                (names.join(" "), proof.algorithm().name().to_owned())
            }
            _ => return None,
        };
        Some(Self {
            issuer: None,
            wanted: Some(shown(&wanted)),
            found: Some(found),
        })
    }

    fn find_in_token(guard: &Guard, headers: &HeaderMap, error: &TokenError) -> Option<Self> {
        let offered = web_socket::token(headers).ok().flatten();
        let token = match &offered {
            Some(token) => token.as_str(),
            None => bearer::token(headers).ok()?,
        };
        let token = UnverifiedValues::read(token)?;
        let issuers = guard.issuers();
        let issuer = token.issuer.as_deref().map(shown);
        if let TokenError::UnknownIssuer = error {
            let trusted = issuers.all();
            let trusted: Vec<_> = trusted.iter().map(|it| it.identifier()).collect();
            return Some(Self {
                wanted: Some(shown(&trusted.join(" "))),
                found: issuer.clone(),
                issuer,
            });
        }
        let judge = token.issuer.as_deref().and_then(|it| issuers.find(it));
        let judge = judge.or_else(|| issuers.main())?;
        let validation = judge.validation();
        let (wanted, found) = match error {
            TokenError::WrongAudience => {
                let found = shown(&token.audiences.join(" "));
                let wanted: Vec<_> = validation.audiences().collect();
                (Some(shown(&wanted.join(" "))), Some(found))
            }
            TokenError::AlgorithmNotAllowed => {
                let names = validation.algorithms().iter().map(|it| it.name());
                let wanted = names.collect::<Vec<_>>().join(" ");
                (Some(wanted), token.algorithm.as_deref().map(word))
            }
            TokenError::WrongType => {
                let wanted = match validation.token_types() {
                    [] => "JWT at+jwt".to_owned(),
                    required => {
                        let names = required.iter().map(|it: &TokenType| it.name());
                        names.collect::<Vec<_>>().join(" ")
                    }
                };
                (Some(wanted), token.token_type.as_deref().map(word))
            }
            TokenError::Expired { ago } => (None, Some(format!("expired {} ago", readable(*ago)))),
            TokenError::NotYetValid { ahead } => {
                (None, Some(format!("valid in {}", readable(*ahead))))
            }
            TokenError::IssuedInFuture { ahead } => (
                None,
                Some(format!("issued {} in the future", readable(*ahead))),
            ),
            _ => (None, None),
        };
        Some(Self {
            issuer,
            wanted,
            found,
        })
    }
}

/// The conditions of a sign-in, and the values of the token.
fn conditions(rejection: &Rejection, claims: &Claims) -> (Option<String>, Option<String>) {
    let Rejection::InsufficientUserAuthentication {
        acr_values,
        max_age,
        ..
    } = rejection
    else {
        return (None, None);
    };
    let mut wanted = Vec::new();
    if !acr_values.is_empty() {
        wanted.push(format!("acr {}", acr_values.join(" ")));
    }
    if let Some(max_age) = max_age {
        wanted.push(format!("max_age {}", max_age.as_secs()));
    }
    let found = ["acr", "auth_time"].map(|name| {
        let value = claims.get(name);
        value.map_or(format!("no {name}"), |value| format!("{name} {value}"))
    });
    (
        Some(shown(&wanted.join(", "))),
        Some(shown(&found.join(", "))),
    )
}

/// A URL without its query, its fragment, and a user name and password before the host.
fn without_secrets(url: &str) -> String {
    let url = url.split(['?', '#']).next().unwrap_or_default();
    let start = url.find("//").map_or(0, |at| at + 2);
    let (scheme, rest) = url.split_at(start);
    let host_end = rest.find(['/', '\\']).unwrap_or(rest.len());
    let host_start = rest[..host_end].rfind('@').map_or(0, |at| at + 1);
    format!("{scheme}{}", &rest[host_start..])
}

/// A string for the log: printable ASCII, and not long.
fn shown(text: &str) -> String {
    let printable = |c: char| if (' '..='~').contains(&c) { c } else { '?' };
    let mut shown: String = text.chars().take(MAX_CHARS).map(printable).collect();
    if text.chars().nth(MAX_CHARS).is_some() {
        shown.push_str(" ..");
    }
    shown
}

/// A registered name is short. Anything else could be a part of a secret.
fn word(text: &str) -> String {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"+-./_".contains(&byte);
    if text.len() <= MAX_WORD_BYTES && text.bytes().all(is_name) {
        return text.to_owned();
    }
    "not a name".to_owned()
}

const MAX_CHARS: usize = 200;
const MAX_WORD_BYTES: usize = 24;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_without_its_secrets_in_the_log() {
        for (url, shown) in [
            ("https://a.example/b/@c", "https://a.example/b/@c"),
            ("https://a.example/b?c=d#e", "https://a.example/b"),
            ("https://ada:secret@a.example/b", "https://a.example/b"),
            ("https://ada:s@cret@a.example", "https://a.example"),
            ("//ada:secret@a.example/b", "//a.example/b"),
            ("ada:secret@a.example/b", "a.example/b"),
            ("https://ada:secret@a.example?b", "https://a.example"),
            ("?secret", ""),
            ("", ""),
        ] {
            assert_eq!(without_secrets(url), shown, "{url}");
        }
    }

    #[test]
    fn an_unverified_string_is_short_and_printable_in_the_log() {
        assert_eq!(shown("https://id.example"), "https://id.example");
        assert_eq!(shown("a\n\u{1b}[31mé"), "a??[31m?");
        assert_eq!(shown(&"a".repeat(201)).len(), 203);
        assert_eq!(word("HS256"), "HS256");
        assert_eq!(word("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0"), "not a name");
        assert_eq!(word("a b"), "not a name");
    }
}
