//! Decrypts the content of a token with its content key (RFC 7518 section 5).
//!
//! The content is authenticated before anything is decrypted, so CBC has no padding oracle.

use aws_lc_rs::aead::{AES_128_GCM, AES_192_GCM, AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::cipher::{
    AES_128, AES_192, AES_256, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey,
};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hmac::{self, HMAC_SHA256, HMAC_SHA384, HMAC_SHA512};
use aws_lc_rs::{aead, cipher};

use super::algorithms::ContentEncryption;

/// Encrypted content.
pub(super) struct Sealed<'a> {
    /// The header in base64url, which the tag authenticates too.
    pub(super) header: &'a [u8],
    pub(super) initialization_vector: &'a [u8],
    pub(super) ciphertext: &'a [u8],
    pub(super) tag: &'a [u8],
}

/// The content; `None` if it is not authentic.
pub(super) fn decrypt(
    algorithm: ContentEncryption,
    key: &[u8],
    sealed: &Sealed<'_>,
) -> Option<Vec<u8>> {
    match algorithm {
        ContentEncryption::A128Gcm => gcm(&AES_128_GCM, key, sealed),
        ContentEncryption::A192Gcm => gcm(&AES_192_GCM, key, sealed),
        ContentEncryption::A256Gcm => gcm(&AES_256_GCM, key, sealed),
        ContentEncryption::A128CbcHs256 => cbc(HMAC_SHA256, &AES_128, key, sealed),
        ContentEncryption::A192CbcHs384 => cbc(HMAC_SHA384, &AES_192, key, sealed),
        ContentEncryption::A256CbcHs512 => cbc(HMAC_SHA512, &AES_256, key, sealed),
    }
}

/// RFC 7518 section 5.3.
fn gcm(algorithm: &'static aead::Algorithm, key: &[u8], sealed: &Sealed<'_>) -> Option<Vec<u8>> {
    // A shorter tag could be guessed.
    if sealed.tag.len() != algorithm.tag_len() {
        return None;
    }
    let key = LessSafeKey::new(UnboundKey::new(algorithm, key).ok()?);
    let nonce = Nonce::try_assume_unique_for_key(sealed.initialization_vector).ok()?;
    let mut content = sealed.ciphertext.to_vec();
    let header = Aad::from(sealed.header);
    let opened = key.open_in_place_separate_tag(nonce, header, sealed.tag, &mut content);
    opened.is_ok().then_some(content)
}

/// RFC 7518 section 5.2.2.2.
fn cbc(
    authentication: hmac::Algorithm,
    algorithm: &'static cipher::Algorithm,
    key: &[u8],
    sealed: &Sealed<'_>,
) -> Option<Vec<u8>> {
    let (authentication_key, encryption_key) = key.split_at(key.len() / 2);
    let header_bits = u64::try_from(sealed.header.len()).ok()?.checked_mul(8)?;
    let mut authenticated =
        hmac::Context::with_key(&hmac::Key::new(authentication, authentication_key));
    authenticated.update(sealed.header);
    authenticated.update(sealed.initialization_vector);
    authenticated.update(sealed.ciphertext);
    authenticated.update(&header_bits.to_be_bytes());
    let tag = authenticated.sign();
    let (tag, _) = tag.as_ref().split_at(authentication_key.len());
    verify_slices_are_equal(tag, sealed.tag).ok()?;
    let vector: [u8; 16] = sealed.initialization_vector.try_into().ok()?;
    let key = UnboundCipherKey::new(algorithm, encryption_key).ok()?;
    let key = PaddedBlockDecryptingKey::cbc_pkcs7(key).ok()?;
    let mut content = sealed.ciphertext.to_vec();
    let vector = DecryptionContext::Iv128(vector.into());
    let length = key.decrypt(&mut content, vector).ok()?.len();
    content.truncate(length);
    Some(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(hex: &str) -> Vec<u8> {
        let digits: Vec<_> = hex.bytes().filter(|it| !it.is_ascii_whitespace()).collect();
        let pairs = digits.chunks(2).map(|pair| str::from_utf8(pair).unwrap());
        pairs
            .map(|pair| u8::from_str_radix(pair, 16).unwrap())
            .collect()
    }

    // RFC 7518 appendix B.1.
    #[test]
    fn the_published_example_is_decrypted() {
        let ciphertext = bytes(
            "c8 0e df a3 2d df 39 d5 ef 00 c0 b4 68 83 42 79 a2 e4 6a 1b 80 49 f7 92 f7 6b fe 54 b9 03 \
             a9 c9 a9 4a c9 b4 7a d2 65 5c 5f 10 f9 ae f7 14 27 e2 fc 6f 9b 3f 39 9a 22 14 89 f1 63 62 \
             c7 03 23 36 09 d4 5a c6 98 64 e3 32 1c f8 29 35 ac 40 96 c8 6e 13 33 14 c5 40 19 e8 ca 79 \
             80 df a4 b9 cf 1b 38 4c 48 6f 3a 54 c5 10 78 15 8e e5 d7 9d e5 9f bd 34 d8 48 b3 d6 95 50 \
             a6 76 46 34 44 27 ad e5 4b 88 51 ff b5 98 f7 f8 00 74 b9 47 3c 82 e2 db",
        );
        let key: Vec<u8> = (0..32).collect();
        let sealed = Sealed {
            header: b"The second principle of Auguste Kerckhoffs",
            initialization_vector: &bytes("1a f3 8c 2d c2 b9 6f fd d8 66 94 09 23 41 bc 04"),
            ciphertext: &ciphertext,
            tag: &bytes("65 2c 3f a3 6b 0a 7c 5b 32 19 fa b3 a3 0b c1 c4"),
        };

        let content = decrypt(ContentEncryption::A128CbcHs256, &key, &sealed).unwrap();

        let expected = "A cipher system must not be required to be secret, and it must be able to \
                        fall into the hands of the enemy without inconvenience";
        assert_eq!(str::from_utf8(&content), Ok(expected));
        let longer = [sealed.tag, &[0]].concat();
        let altered = Sealed {
            tag: &longer,
            ..sealed
        };
        assert_eq!(
            decrypt(ContentEncryption::A128CbcHs256, &key, &altered),
            None
        );
    }
}
