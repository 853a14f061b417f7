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
        match self.short() {
            Some(text) => HeaderValue::from_bytes(&text).ok(),
            None => HeaderValue::try_from(self.to_string()).ok(),
        }
    }

    /// `{process:08x}-{number:08x}` without a formatter, if the number has no more digits.
    fn short(self) -> Option<[u8; 17]> {
        let mut text = [b'-'; 17];
        text[..8].copy_from_slice(&hexadecimal(self.process));
        text[9..].copy_from_slice(&hexadecimal(u32::try_from(self.number).ok()?));
        Some(text)
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.short() {
            Some(text) => f.write_str(str::from_utf8(text).unwrap_or_default()),
            None => write!(f, "{:08x}-{:08x}", self.process, self.number),
        }
    }
}

/// Eight digits, all at once.
fn hexadecimal(number: u32) -> [u8; 8] {
    // Each half of a number moves up by its own length, until a byte has one digit.
    let number = u64::from(number);
    let number = (number << 16 | number) & 0x0000_ffff_0000_ffff;
    let number = (number << 8 | number) & 0x00ff_00ff_00ff_00ff;
    let digits = (number << 4 | number) & 0x0f0f_0f0f_0f0f_0f0f;
    let each = 0x0101_0101_0101_0101;
    // Six more than 10 is 16, which is one in the next four bits.
    let letters = (digits + 6 * each) >> 4 & each;
    let after_nine = u64::from(b'a' - b'9' - 1);
    (digits + u64::from(b'0') * each + letters * after_nine).to_be_bytes()
}

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

    #[test]
    fn every_digit_is_written_at_every_place() {
        for place in 0..8 {
            for digit in 0..16 {
                let number = digit << (4 * place);
                for number in [number, !number] {
                    let expected = format!("{number:08x}");
                    assert_eq!(hexadecimal(number), expected.as_bytes());
                }
            }
        }
    }
}
