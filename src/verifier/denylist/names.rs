//! The members of a denial by which tokens are found.

use serde_json::Value;

use crate::token::Claims;

/// The members of a denial without `issued_before`. `None` fits every token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Names<'a> {
    pub(super) issuer: Option<&'a str>,
    pub(super) token_id: Option<&'a str>,
    pub(super) subject: Option<&'a str>,
    pub(super) user_id: Option<&'a str>,
    /// In lower case.
    pub(super) email: Option<&'a str>,
    pub(super) client: Option<&'a str>,
}

/// The number of shapes of [`Names`]: each of six members is named or not.
pub(super) const SHAPES: usize = 64;
/// The bit of a shape that names an e-mail address.
pub(super) const EMAIL: usize = 2;
const CLIENT: usize = 1;

impl<'a> Names<'a> {
    /// Which members are named, as a number below [`SHAPES`].
    pub(super) fn shape(&self) -> usize {
        [
            self.issuer,
            self.token_id,
            self.subject,
            self.user_id,
            self.email,
            self.client,
        ]
        .into_iter()
        .fold(0, |shape, name| shape * 2 + usize::from(name.is_some()))
    }

    /// The names of this shape that fit these claims: one for each client and each of `emails`, if
    /// the shape names one, and none if the claims lack a member.
    pub(super) fn matching(
        claims: &'a Claims,
        emails: &'a [String],
        shape: usize,
    ) -> impl Iterator<Item = Self> {
        let has = |bit: usize| shape & bit != 0;
        let names = Self {
            issuer: has(32).then(|| claims.issuer()),
            token_id: claims.token_id().filter(|_| has(16)),
            subject: has(8).then(|| claims.subject()),
            user_id: claims.user_id().filter(|_| has(4)),
            email: None,
            client: None,
        };
        let emails = has(EMAIL).then_some(emails).into_iter().flatten();
        let emails = emails.map(|email| Some(email.as_str()));
        let emails = emails.chain((!has(EMAIL)).then_some(None));
        emails
            .flat_map(move |email| {
                let clients = (shape & CLIENT != 0).then(|| claims.client_ids());
                let clients = clients.into_iter().flatten().map(Some);
                let clients = clients.chain((shape & CLIENT == 0).then_some(None));
                clients.map(move |client| Self {
                    email,
                    client,
                    ..names
                })
            })
            .filter(move |names| names.shape() == shape)
    }
}

/// The e-mail addresses in these claims, in lower case. A claim is a string or an array of strings.
pub(super) fn emails(claims: &Claims, email_claims: &[String]) -> Vec<String> {
    let values = email_claims.iter().filter_map(|claim| claims.at(claim));
    let texts = values.flat_map(|value| match value {
        Value::String(text) => vec![text],
        Value::Array(values) => values
            .into_iter()
            .filter_map(|value| match value {
                Value::String(text) => Some(text),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    });
    texts.map(|text| text.to_lowercase()).collect()
}
