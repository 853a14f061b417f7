//! Decodes base64url without padding (RFC 4648 section 5), many characters at once.
//!
//! 1. Each byte string has one encoding: padding is refused, and so are bits that are left over.
//! 2. Each step of a block is a loop without an exit, so that the compiler can use instructions
//!    for many bytes. The crate `base64` looks up each character, which takes twice as long.

/// The bytes that `text` encodes; `None` if it is not base64url, or not in the one form.
pub(super) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let (blocks, rest) = text.as_chunks::<CHARACTERS>();
    let mut bytes = Vec::with_capacity(text.len() / CHARACTERS * BYTES + BYTES);
    let mut are_legal = true;
    for block in blocks {
        let (decoded, is_legal) = decode_block(block);
        are_legal &= is_legal;
        bytes.extend_from_slice(&decoded);
    }
    let mut last = [ZERO; CHARACTERS];
    last[..rest.len()].copy_from_slice(rest);
    let (decoded, is_legal) = decode_block(&last);
    // One character has fewer bits than a byte. Two have four bits more, and three have two.
    let whole = rest.len() * 6 / 8;
    let is_whole = rest.len() % 4 != 1 && decoded.get(whole).is_none_or(|left| *left == 0);
    bytes.extend_from_slice(&decoded[..whole]);
    (are_legal && is_legal && is_whole).then_some(bytes)
}

/// Also returns whether each character is one of base64url.
fn decode_block(block: &[u8; CHARACTERS]) -> ([u8; BYTES], bool) {
    let mut sextets = [0; CHARACTERS];
    let mut are_legal = true;
    for (sextet, character) in sextets.iter_mut().zip(block) {
        let (value, is_legal) = sextet_of(*character);
        *sextet = value;
        are_legal &= is_legal;
    }
    let mut bytes = [0; BYTES];
    let eights = sextets.as_chunks::<8>().0.iter();
    for (six, eight) in bytes.as_chunks_mut::<6>().0.iter_mut().zip(eights) {
        six.copy_from_slice(&joined(*eight).to_be_bytes()[2..]);
    }
    (bytes, are_legal)
}

/// The value of a character, and whether it is one of base64url.
fn sextet_of(character: u8) -> (u8, bool) {
    // The only difference between `A` and `a` is this bit.
    let letter = (character | 0x20).wrapping_sub(b'a');
    let digit = character.wrapping_sub(b'0');
    let of_letter = letter.wrapping_add(if character & 0x20 == 0 { 0 } else { 26 });
    let of_digit = digit.wrapping_add(52);
    let is_letter = letter < 26;
    let is_digit = digit < 10;
    let is_minus = character == b'-';
    let is_underscore = character == b'_';
    let masked = |is: bool, value: u8| if is { value } else { 0 };
    let value = masked(is_letter, of_letter)
        | masked(is_digit, of_digit)
        | masked(is_minus, 62)
        | masked(is_underscore, 63);
    (value, is_letter | is_digit | is_minus | is_underscore)
}

/// Eight times six bits, as the lower 48 bits.
fn joined(sextets: [u8; 8]) -> u64 {
    let sextets = u64::from_be_bytes(sextets);
    let twelves = (sextets >> 2 & 0x0fc0_0fc0_0fc0_0fc0) | (sextets & 0x003f_003f_003f_003f);
    let halves = (twelves >> 4 & 0x00ff_f000_00ff_f000) | (twelves & 0x0000_0fff_0000_0fff);
    (halves >> 8 & 0xffff_ff00_0000) | (halves & 0x00ff_ffff)
}

/// Of a block, and the bytes that it encodes.
const CHARACTERS: usize = 32;
const BYTES: usize = 24;
/// The character that means 0.
const ZERO: u8 = b'A';

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;

    #[test]
    fn what_is_encoded_is_decoded_at_every_length() {
        let bytes: Vec<u8> = (0..=u8::MAX).rev().chain(0..=u8::MAX).collect();
        for start in [0, 1, 7] {
            for end in start..bytes.len() {
                let bytes = &bytes[start..end];
                let text = URL_SAFE_NO_PAD.encode(bytes);
                assert_eq!(decode(text.as_bytes()).as_deref(), Some(bytes), "{text}");
            }
        }
    }

    #[test]
    fn every_byte_at_every_place_is_accepted_or_refused_as_by_the_crate_base64() {
        for length in (0..=9).chain([31, 32, 33, 34, 63, 64, 65, 66, 67]) {
            for place in 0..length {
                for byte in 0..=u8::MAX {
                    let mut text = vec![b'Q'; length];
                    text[place] = byte;
                    let expected = URL_SAFE_NO_PAD.decode(&text).ok();
                    assert_eq!(decode(&text), expected, "{byte} at {place} of {length}");
                }
            }
        }
    }

    #[test]
    fn each_pair_of_last_characters_is_accepted_or_refused_as_by_the_crate_base64() {
        for length in [2, 3, 4, 5, 34, 35, 36] {
            for pair in 0..=u16::MAX {
                let mut text = vec![b'A'; length];
                text[length - 2..].copy_from_slice(&pair.to_be_bytes());
                let expected = URL_SAFE_NO_PAD.decode(&text).ok();
                assert_eq!(decode(&text), expected, "{pair} of {length}");
            }
        }
    }
}
