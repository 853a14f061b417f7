//! The name of a request, which is in its answer and its log lines.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use http::HeaderValue;

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
    /// The value of the header `x-request-id`.
    pub(super) fn to_header(self) -> Option<HeaderValue> {
        let (text, start) = self.digits();
        HeaderValue::from_bytes(&text[start..]).ok()
    }

    /// `{process:08x}-{number:08x}` without a formatter, and where it begins.
    fn digits(self) -> ([u8; MAX_LENGTH], usize) {
        let mut text = [b'-'; MAX_LENGTH];
        let number = write_hexadecimal(&mut text, self.number);
        let start = write_hexadecimal(&mut text[..number - 1], self.process.into());
        (text, start)
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (text, start) = self.digits();
        f.write_str(str::from_utf8(&text[start..]).unwrap_or_default())
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
const MAX_LENGTH: usize = 2 * MAX_DIGITS + 1;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_eight_digits_and_more_when_it_is_larger() {
        for number in [0, 1, 0x1234_abcd, 0xffff_ffff, 0x1_0000_0000, u64::MAX] {
            let process = 0xabc;

            let id = RequestId { process, number };

            assert_eq!(id.to_string(), format!("00000abc-{number:08x}"));
            assert_eq!(id.to_header().unwrap(), id.to_string());
        }
    }
}
