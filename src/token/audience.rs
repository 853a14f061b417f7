//! The audience of a token.

/// The name by which tokens identify this API: a string that is not empty, compared byte by byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audience(String);

impl Audience {
    /// Accepts any string that is not empty.
    ///
    /// # Errors
    ///
    /// [`AudienceError`] for the empty string, which tokens without an audience could match.
    pub fn parse(text: impl Into<String>) -> Result<Self, AudienceError> {
        match text.into() {
            text if text.is_empty() => Err(AudienceError),
            text => Ok(Self(text)),
        }
    }

    /// The audience as it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The audience is empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the audience is empty")]
pub struct AudienceError;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_audience_is_not_empty() {
        assert_eq!(Audience::parse(""), Err(AudienceError));
        assert_eq!(Audience::parse("a").as_ref().map(Audience::as_str), Ok("a"));
    }
}
