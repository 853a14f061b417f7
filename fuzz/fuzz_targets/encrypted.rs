//! Encrypted tokens: whatever is read as one is short, of one alphabet and of five segments, and no
//! key decrypts what a fuzzer makes up.
#![no_main]

use libfuzzer_sys::fuzz_target;
use poem_resource_server::token::{MAX_TOKEN_BYTES, reads_as_encrypted};

fuzz_target!(|token: &str| {
    if reads_as_encrypted(token) {
        assert!(token.len() <= MAX_TOKEN_BYTES);
        assert_eq!(token.split('.').count(), 5);
        assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)));
    }
});
