//! The key set: no document panics, and no set grows beyond its bound.
#![no_main]

use libfuzzer_sys::fuzz_target;
use poem_resource_server::token::{KeySet, MAX_KEYS};

fuzz_target!(|document: &[u8]| {
    if let Ok(parsed) = KeySet::parse(document) {
        assert!(parsed.key_set.keys().len() <= MAX_KEYS);
    }
});
