//! DPoP proofs: whatever is read as one is short, of one alphabet and of three segments.
#![no_main]

use libfuzzer_sys::fuzz_target;
use poem_resource_server::token::{MAX_PROOF_BYTES, reads_as_proof};

fuzz_target!(|proof: &str| {
    if reads_as_proof(proof) {
        assert!(proof.len() <= MAX_PROOF_BYTES);
        assert_eq!(proof.split('.').count(), 3);
        assert!(proof.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte)));
    }
});
