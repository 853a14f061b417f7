//! Reads `WWW-Authenticate` (RFC 9110 section 11.6.1), both repeated fields and lists.

use http::HeaderMap;
use http::header::WWW_AUTHENTICATE;

/// One challenge.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ReceivedChallenge {
    scheme: String,
    parameters: Vec<(String, String)>,
}

impl ReceivedChallenge {
    #[cfg(any(test, feature = "testing"))]
    pub(crate) fn is_bearer(&self) -> bool {
        self.has_scheme("bearer")
    }

    /// Schemes are compared without regard to case.
    pub(crate) fn has_scheme(&self, scheme: &str) -> bool {
        self.scheme.eq_ignore_ascii_case(scheme)
    }

    #[cfg(feature = "testing")]
    pub(crate) fn is_dpop(&self) -> bool {
        self.scheme.eq_ignore_ascii_case("dpop")
    }

    /// A parameter; names are compared without regard to case.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        let mut parameters = self.parameters.iter();
        let (_, value) = parameters.find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        Some(value)
    }
}

/// Every challenge of an answer.
pub(crate) fn challenges(headers: &HeaderMap) -> Vec<ReceivedChallenge> {
    let fields = headers.get_all(WWW_AUTHENTICATE).iter();
    fields
        .flat_map(|field| parse(&String::from_utf8_lossy(field.as_bytes())))
        .collect()
}

/// The challenges of one field.
pub(crate) fn parse(field: &str) -> Vec<ReceivedChallenge> {
    let mut challenges: Vec<ReceivedChallenge> = Vec::new();
    for element in elements(field) {
        let parameter = match scheme(element) {
            Some((scheme, rest)) => {
                challenges.push(ReceivedChallenge {
                    scheme: scheme.to_owned(),
                    parameters: Vec::new(),
                });
                rest
            }
            None => element,
        };
        if let (Some(challenge), Some((name, value))) =
            (challenges.last_mut(), parameter.split_once('='))
        {
            let name = name.trim().to_owned();
            challenge.parameters.push((name, unquoted(value.trim())));
        }
    }
    challenges
}

/// The parts between the commas, except commas inside quotes.
fn elements(field: &str) -> Vec<&str> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    let split = field.split(move |character| {
        let is_end = character == ',' && !is_quoted;
        if character == '"' && !is_escaped {
            is_quoted = !is_quoted;
        }
        is_escaped = is_quoted && character == '\\' && !is_escaped;
        is_end
    });
    let trimmed = split.map(str::trim);
    trimmed.filter(|element| !element.is_empty()).collect()
}

/// A word that is not followed by `=` begins a challenge.
fn scheme(element: &str) -> Option<(&str, &str)> {
    let end = element.find([' ', '\t', '=']).unwrap_or(element.len());
    let (word, rest) = element.split_at(end);
    let rest = rest.trim_start();
    (!rest.starts_with('=')).then_some((word, rest))
}

fn unquoted(value: &str) -> String {
    let Some(inner) = (value.strip_prefix('"')).and_then(|value| value.strip_suffix('"')) else {
        return value.to_owned();
    };
    let mut text = String::new();
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => text.extend(characters.next()),
            character => text.push(character),
        }
    }
    text
}
