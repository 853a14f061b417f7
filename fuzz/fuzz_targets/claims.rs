//! The claims, as if their signature had verified: whatever is accepted has a subject,
//! and each claim is the same alone and among all.
#![no_main]

use libfuzzer_sys::fuzz_target;
use poem_resource_server::token::Claims;

fuzz_target!(|payload: &[u8]| {
    if let Ok(claims) = Claims::parse_unverified(payload) {
        assert!(!claims.subject().is_empty());
        for (name, value) in claims.all() {
            assert_eq!(claims.get(&name), Some(value));
        }
    }
});
