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
    let mut context = hmac::Context::with_key(&hmac::Key::new(authentication, authentication_key));
    context.update(sealed.header);
    context.update(sealed.initialization_vector);
    context.update(sealed.ciphertext);
    context.update(&header_bits.to_be_bytes());
    let tag = context.sign();
    let (tag, _) = tag.as_ref().split_at(authentication_key.len());
    verify_slices_are_equal(tag, sealed.tag).ok()?;
    let vector: [u8; 16] = sealed.initialization_vector.try_into().ok()?;
    let key = UnboundCipherKey::new(algorithm, encryption_key).ok()?;
    let key = PaddedBlockDecryptingKey::cbc_pkcs7(key).ok()?;
    let mut content = sealed.ciphertext.to_vec();
    let context = DecryptionContext::Iv128(vector.into());
    let length = key.decrypt(&mut content, context).ok()?.len();
    content.truncate(length);
    Some(content)
}
