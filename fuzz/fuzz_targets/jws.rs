//! The compact JWS: whatever is accepted is short and of three segments, and its header is of one
//! alphabet. The other segments are checked when they are decoded.
#![no_main]

use libfuzzer_sys::fuzz_target;
use poem_resource_server::token::{Jws, MAX_TOKEN_BYTES};

fuzz_target!(|token: &str| {
    if Jws::parse(token).is_ok() {
        assert!(token.len() <= MAX_TOKEN_BYTES);
        assert_eq!(token.split('.').count(), 3);
        let header = token.split('.').next().unwrap_or_default();
        assert!(header.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
    }
});
