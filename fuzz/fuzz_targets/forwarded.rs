//! `X-Forwarded-For` and `Forwarded`: whatever the client sent before, the caller is the one that
//! the trusted proxy added, over the scheme that it named.
#![no_main]

use libfuzzer_sys::fuzz_target;
use poem_resource_server::service::caller_behind_proxy;
use poem_resource_server::service::internal::ForwardedHeader::{Forwarded, XForwardedFor};

fuzz_target!(|sent: &[u8]| {
    let caller = "198.51.100.7:0".parse().expect("an address");
    for (header, line, scheme) in [
        (XForwardedFor, [sent, b", 198.51.100.7"].concat(), "http"),
        (Forwarded, [sent, b", for=198.51.100.7;proto=https"].concat(), "https"),
        (Forwarded, [b"for=198.51.100.7;host=\"", &escaped(sent)[..], b"\""].concat(), "http"),
    ] {
        // Other bytes cannot be in a header.
        let Some((address, found)) = caller_behind_proxy(header, &line) else {
            continue;
        };
        assert_eq!(address, caller);
        assert_eq!(found.as_str(), scheme);
    }
});

/// The inside of a quoted string.
fn escaped(text: &[u8]) -> Vec<u8> {
    text.iter().flat_map(|byte| [b'\\', *byte]).collect()
}
