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
    // `-`, `.`, `/` and the digits follow each other.
    let is_letter = (byte | 0x20).wrapping_sub(b'a') < 26;
    let is_digit_or_before = byte.wrapping_sub(b'-') <= b'9' - b'-';
    is_letter || is_digit_or_before || matches!(byte, b'_' | b'~' | b'+')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_characters_of_a_b64token_are_those_of_its_grammar() {
        for byte in 0..=u8::MAX {
            let others = b"-._~+/";
            let expected = byte.is_ascii_alphanumeric() || others.contains(&byte);
            assert_eq!(is_b64token(&[byte]), expected, "{byte}");
        }
    }

    #[test]
    fn a_b64token_has_its_characters_and_padding_at_its_end_alone() {
        for (text, expected) in [
            ("a", true),
            ("AZaz09-._~+/", true),
            ("a=", true),
            ("a==", true),
            ("", false),
            ("=", false),
            ("a=a", false),
            ("a b", false),
            ("a\n", false),
            ("a,", false),
            ("ab\u{e4}", false),
            ("\x1b[2Ja", false),
        ] {
            assert_eq!(is_b64token(text.as_bytes()), expected, "{text:?}");
        }
    }
}
