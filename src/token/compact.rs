//! Splits a compact JWS into its three segments (RFC 7515 section 3.1).
//!
//! Decoding a segment checks its characters.

use memchr::memchr_iter;

/// The segments of a compact JWS, still in base64url.
pub(super) struct Compact<'a> {
    pub(super) header: &'a str,
    pub(super) payload: &'a str,
    pub(super) signature: &'a str,
    pub(super) signing_input: &'a [u8],
}

/// Why a string has not the form of a compact JWS.
pub(super) enum CompactError {
    /// A character outside `A-Z a-z 0-9 - _ .` (RFC 7515 section 7.1).
    IllegalCharacter,
    /// Not three segments joined by two dots.
    Segments(usize),
}

impl<'a> Compact<'a> {
    #[inline]
    pub(super) fn parse(text: &'a str) -> Result<Self, CompactError> {
        let mut dots = memchr_iter(b'.', text.as_bytes());
        let (Some(first), Some(second), None) = (dots.next(), dots.next(), dots.next()) else {
            return Err(CompactError::in_text(text));
        };
        Ok(Self {
            header: &text[..first],
            payload: &text[first + 1..second],
            signature: &text[second + 1..],
            signing_input: &text.as_bytes()[..second],
        })
    }
}

impl CompactError {
    #[cold]
    fn in_text(text: &str) -> Self {
        // A loop without an early exit lets the compiler compare many bytes at once.
        let are_legal = |legal, byte| legal & is_compact_character(byte);
        if !text.bytes().fold(true, are_legal) {
            return Self::IllegalCharacter;
        }
        Self::Segments(1 + memchr_iter(b'.', text.as_bytes()).count())
    }
}

pub(super) fn is_compact_character(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_' || byte == b'.'
}
