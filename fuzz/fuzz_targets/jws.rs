//! The compact JWS: whatever is accepted is short, of one alphabet and of three segments.
#![no_main]

use libfuzzer_sys::fuzz_target;
use poem_resource_server::token::{Jws, MAX_TOKEN_BYTES};

fuzz_target!(|token: &str| {
    if Jws::parse(token).is_ok() {
        assert!(token.len() <= MAX_TOKEN_BYTES);
        assert_eq!(token.split('.').count(), 3);
        assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)));
    }
});
