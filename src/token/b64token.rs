//! The characters of a bearer token (RFC 6750 section 2.1).

/// `b64token = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="`.
pub(crate) fn is_b64token(bytes: &[u8]) -> bool {
    let unpadded = bytes
        .iter()
        .rposition(|byte| *byte != b'=')
        .map_or(0, |last| last + 1);
    // A loop without an early exit lets the compiler compare many bytes at once.
    unpadded > 0
        && bytes[..unpadded]
            .iter()
            .fold(true, |legal, byte| legal & is_b64token_character(*byte))
}

fn is_b64token_character(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'+' | b'/')
}
