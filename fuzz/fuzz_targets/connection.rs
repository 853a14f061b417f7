//! A connection: whatever a client sends, of HTTP/1.1 or of HTTP/2 and in parts of any size, the
//! connection ends with its client, nothing panics, and the budget is charged with nothing more.
#![no_main]

use libfuzzer_sys::fuzz_target;
use poem_resource_server::service::charge_after;

fuzz_target!(|sent: &[u8]| {
    let Some((part, bytes)) = sent.split_first() else {
        return;
    };
    assert_eq!(charge_after(bytes, usize::from(*part) * 16), 0);
});
