//! The `typ` of the header of an access token.

/// The `typ` of a header: one of those that an access token may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenType {
    /// `JWT`, which does not state its use (RFC 7519 section 5.1).
    Jwt,
    /// `at+jwt` or `application/at+jwt`, an access token (RFC 9068 section 2.1).
    AtJwt,
    /// `application/okta-internal-at+jwt`, an access token of an Okta org authorization server. The
    /// key that signs it is not published, so only introspection can verify it.
    OktaInternal,
}

impl TokenType {
    /// The type of this name, in any case.
    pub fn find(name: &str) -> Option<Self> {
        const NAMES: [(&str, TokenType); 5] = [
            ("JWT", TokenType::Jwt),
            ("at+jwt", TokenType::AtJwt),
            ("application/at+jwt", TokenType::AtJwt),
            ("application/okta-internal-at+jwt", TokenType::OktaInternal),
            ("okta-internal-at+jwt", TokenType::OktaInternal),
        ];
        let mut names = NAMES.iter();
        let found = names.find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, token_type)| *token_type)
    }

    /// Its shorter name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Jwt => "JWT",
            Self::AtJwt => "at+jwt",
            Self::OktaInternal => "okta-internal-at+jwt",
        }
    }
}
