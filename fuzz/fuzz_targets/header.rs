//! The JOSE header: whatever is accepted has an allowed algorithm and a short `kid`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use poem_resource_server::token::{Header, MAX_KEY_ID_BYTES};

fuzz_target!(|segment: &str| {
    if let Ok(header) = Header::parse(segment) {
        assert!(header.key_id().is_none_or(|kid| kid.len() <= MAX_KEY_ID_BYTES));
    }
});
