//! How long the messages are that a WebSocket client sends, by the headers of its frames.
//!
//! 1. The header of a frame has 2 to 14 bytes (RFC 6455 section 5.2).
//! 2. The payloads of the frames of one message add up; `FIN` ends it (section 5.4).
//! 3. Control frames may be between them, do not count, and have 125 bytes at most
//!    (section 5.5).
//!
//! Nothing else is checked: the reader of the messages checks the rest.

/// The frames of one connection.
#[derive(Debug)]
pub(super) struct Messages {
    max_message_bytes: u64,
    header: [u8; MAX_HEADER],
    header_bytes: usize,
    /// The missing bytes of the payload of the current frame.
    payload_bytes: u64,
    /// Of the frames of the present message.
    message_bytes: u64,
    /// Whether the next data frame begins a message.
    is_complete: bool,
}

/// Why a connection must be cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum MessageError {
    #[error("a message is longer than allowed")]
    TooLong,
    #[error("a control frame is longer than 125 bytes")]
    LongControl,
}

impl Messages {
    pub(super) fn new(max_message_bytes: u64) -> Self {
        Self {
            max_message_bytes,
            header: [0; MAX_HEADER],
            header_bytes: 0,
            payload_bytes: 0,
            message_bytes: 0,
            is_complete: true,
        }
    }

    /// Follows what the client has sent next, however it is split.
    ///
    /// # Errors
    ///
    /// A [`MessageError`], as soon as the header of the frame is complete. The payload need
    /// not have arrived.
    pub(super) fn follow(&mut self, mut bytes: &[u8]) -> Result<(), MessageError> {
        while !bytes.is_empty() {
            if self.payload_bytes > 0 {
                let here = usize::try_from(self.payload_bytes).unwrap_or(usize::MAX);
                let here = here.min(bytes.len());
                self.payload_bytes -= here as u64;
                bytes = &bytes[here..];
                continue;
            }
            self.header[self.header_bytes] = bytes[0];
            self.header_bytes += 1;
            bytes = &bytes[1..];
            if self.header_bytes == self.expected_header_bytes() {
                self.begin_frame()?;
            }
        }
        Ok(())
    }

    /// Bytes of the message that is not complete.
    pub(super) fn unfinished_bytes(&self) -> u64 {
        if self.is_complete && self.payload_bytes == 0 {
            return 0;
        }
        self.message_bytes.saturating_sub(self.payload_bytes)
    }

    fn expected_header_bytes(&self) -> usize {
        if self.header_bytes < 2 {
            return 2;
        }
        let length = match self.header[1] & LENGTH {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        let mask = if self.header[1] & MASKED == 0 { 0 } else { 4 };
        2 + length + mask
    }

    fn begin_frame(&mut self) -> Result<(), MessageError> {
        self.header_bytes = 0;
        let [first, second, rest @ ..] = &self.header;
        let length = match second & LENGTH {
            126 => u64::from(u16::from_be_bytes([rest[0], rest[1]])),
            127 => {
                let (length, _) = rest.split_first_chunk().expect("12 bytes are 8 and more");
                u64::from_be_bytes(*length)
            }
            short => short.into(),
        };
        self.payload_bytes = length;
        if first & CONTROL != 0 {
            if length > MAX_CONTROL_BYTES {
                return Err(MessageError::LongControl);
            }
            return Ok(());
        }
        if self.is_complete {
            self.message_bytes = 0;
        }
        self.is_complete = first & FIN != 0;
        self.message_bytes = self.message_bytes.saturating_add(length);
        if self.message_bytes > self.max_message_bytes {
            return Err(MessageError::TooLong);
        }
        Ok(())
    }
}

const MAX_HEADER: usize = 14;
const FIN: u8 = 0x80;
const CONTROL: u8 = 0x08;
const MASKED: u8 = 0x80;
const LENGTH: u8 = 0x7f;
const MAX_CONTROL_BYTES: u64 = 125;

#[cfg(test)]
mod tests;
