//! The name of a request, which is in its answer and its log lines.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

/// Numbers requests. A random start distinguishes them from those of other processes.
pub(super) struct RequestIds {
    process: u32,
    next: AtomicU64,
}

/// The name of one request.
#[derive(Clone, Copy)]
pub(super) struct RequestId {
    process: u32,
    number: u64,
}

impl RequestIds {
    pub(super) fn new() -> Self {
        Self {
            process: fastrand::u32(..),
            next: AtomicU64::new(1),
        }
    }

    pub(super) fn next(&self) -> RequestId {
        RequestId {
            process: self.process,
            number: self.next.fetch_add(1, Ordering::Relaxed),
        }
    }
}

impl RequestId {
    /// As `{process:08x}-{number:08x}`, at a fifth of its price.
    pub(super) fn to_text(self) -> String {
        let mut text = [b'-'; 2 * MAX_DIGITS + 1];
        let number = write_hexadecimal(&mut text, self.number);
        let start = write_hexadecimal(&mut text[..number - 1], self.process.into());
        String::from_utf8_lossy(&text[start..]).into_owned()
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_text())
    }
}

/// Writes to the end of `text`, with leading zeros as needed, and returns where that begins.
fn write_hexadecimal(text: &mut [u8], mut number: u64) -> usize {
    let mut start = text.len();
    while number > 0 || text.len() - start < ID_DIGITS {
        start -= 1;
        let digit = number.to_le_bytes()[0] & 0xf;
        text[start] = b"0123456789abcdef"[usize::from(digit)];
        number >>= 4;
    }
    start
}

const ID_DIGITS: usize = 8;
const MAX_DIGITS: usize = 16;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_eight_digits_and_more_when_it_is_larger() {
        for number in [0, 1, 0x1234_abcd, 0xffff_ffff, 0x1_0000_0000, u64::MAX] {
            let process = 0xabc;

            let text = RequestId { process, number }.to_text();

            assert_eq!(text, format!("00000abc-{number:08x}"));
        }
    }
}
