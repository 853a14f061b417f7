//! The published example of a proof for a resource.

use std::sync::Arc;
use std::time::Duration;

use poem_resource_server::clock::{Clock, ManualClock};
use poem_resource_server::token::{RequestTarget, Thumbprint};

/// RFC 9449 section 7.1: `ath` is the digest of the token of the example.
#[test]
fn the_digest_of_the_published_token_is_that_of_the_published_proof() {
    let token = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";
    let digest = Thumbprint::digest(token.as_bytes());
    assert_eq!(
        digest.to_string(),
        "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo"
    );

    let target = RequestTarget::new("https", "resource.example.org", "/protectedresource");
    assert!(target.is_named_by("https://resource.example.org/protectedresource"));
    // The time of the example is in the past of every clock.
    let clock = Arc::new(ManualClock::new());
    assert!(clock.now() > std::time::UNIX_EPOCH + Duration::from_secs(1_562_262_618));
}
