//! Reads the numbers of RSA keys in DER (RFC 8017 appendix A.1, RFC 5208 section 5).

/// A modulus and a public exponent, without leading zeros.
pub(super) struct PublicNumbers<'a> {
    pub(super) n: &'a [u8],
    pub(super) e: &'a [u8],
}

/// The numbers of an `RSAPublicKey`.
pub(super) fn public_key(der: &[u8]) -> Option<PublicNumbers<'_>> {
    let (numbers, _) = read(SEQUENCE, der)?;
    let (n, rest) = read(INTEGER, numbers)?;
    let (e, _) = read(INTEGER, rest)?;
    Some(PublicNumbers {
        n: without_zeros(n),
        e: without_zeros(e),
    })
}

/// The length of the modulus of an `RSAPrivateKey`, in bits.
pub(super) fn bits_of_pkcs1(der: &[u8]) -> Option<usize> {
    let (numbers, _) = read(SEQUENCE, der)?;
    let (_, rest) = read(INTEGER, numbers)?;
    let (n, _) = read(INTEGER, rest)?;
    Some(bits(n))
}

/// The length of the modulus of a PKCS #8 document with an RSA key, in bits.
pub(super) fn bits_of_pkcs8(der: &[u8]) -> Option<usize> {
    let (document, _) = read(SEQUENCE, der)?;
    let (_, rest) = read(INTEGER, document)?;
    let (algorithm, rest) = read(SEQUENCE, rest)?;
    let (identifier, _) = read(OBJECT_IDENTIFIER, algorithm)?;
    let (key, _) = read(OCTET_STRING, rest)?;
    bits_of_pkcs1(key).filter(|_| identifier == RSA_ENCRYPTION)
}

/// The length of a number, in bits.
pub(super) fn bits(number: &[u8]) -> usize {
    let digits = without_zeros(number);
    let zeros = digits.first().map_or(0, |first| first.leading_zeros());
    (digits.len() * 8).saturating_sub(zeros as usize)
}

pub(super) fn without_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    &number[zeros..]
}

/// The content of a value with this tag, and what follows the value.
fn read(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&[found, first], rest) = der.split_first_chunk()?;
    let (length, rest) = match usize::from(first) {
        short @ 0..0x80 => (short, rest),
        long => {
            let (bytes, rest) = rest.split_at_checked(long - 0x80)?;
            // A key file is shorter than 64 KiB.
            let bytes = Some(bytes).filter(|bytes| bytes.len() <= 2)?;
            let digit = |sum, byte: &u8| sum * 256 + usize::from(*byte);
            (bytes.iter().fold(0, digit), rest)
        }
    };
    let (content, rest) = rest.split_at_checked(length)?;
    (found == tag).then_some((content, rest))
}

const SEQUENCE: u8 = 0x30;
const INTEGER: u8 = 0x02;
const OCTET_STRING: u8 = 0x04;
const OBJECT_IDENTIFIER: u8 = 0x06;
/// 1.2.840.113549.1.1.1
const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
