//! Splits a compact JWS into its three segments (RFC 7515 section 3.1).

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
        // A loop without an early exit lets the compiler compare many bytes at once.
        if !text
            .bytes()
            .fold(true, |legal, byte| legal & is_compact_character(byte))
        {
            return Err(CompactError::IllegalCharacter);
        }
        let found = 1 + dots(text);
        let mut segments = text.split('.');
        let (3, Some(header), Some(payload), Some(signature)) =
            (found, segments.next(), segments.next(), segments.next())
        else {
            return Err(CompactError::Segments(found));
        };
        Ok(Self {
            header,
            payload,
            signature,
            signing_input: &text.as_bytes()[..header.len() + 1 + payload.len()],
        })
    }
}

/// Counts in chunks whose sum fits a byte, so that the compiler can compare many bytes at once.
fn dots(text: &str) -> usize {
    let in_piece = |piece: &[u8]| piece.iter().map(|byte| u8::from(*byte == b'.')).sum::<u8>();
    let pieces = text.as_bytes().chunks(usize::from(u8::MAX));
    pieces.map(|piece| usize::from(in_piece(piece))).sum()
}

pub(super) fn is_compact_character(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_' || byte == b'.'
}
