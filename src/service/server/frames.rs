//! What a client of HTTP/2 makes us hold, by the headers of its frames.
//!
//! 1. A client preface begins the connection (RFC 9113 section 3.4). Any other beginning is
//!    one of HTTP/1.1, and nothing more is followed.
//! 2. The header of a frame has 9 bytes (section 4.1).
//! 3. A header block without `END_HEADERS` is not complete: its fields are decoded and kept.
//! 4. A second header block of a stream is a trailer section, which is kept until a
//!    handler takes it.
//! 5. Small DATA frames cost more than their bytes.
//! 6. Several requests may arrive at once, before the first of them begins.
//!
//! Nothing else is checked: that is the business of h2.

/// The frames of one connection.
#[derive(Debug)]
pub(super) struct Frames {
    state: State,
    header: [u8; HEADER],
    /// Bytes of the header blocks that are not complete.
    unfinished_block: usize,
    last_stream: u32,
    trailers: usize,
    small: usize,
    /// Heads whose requests have not begun.
    opened: usize,
}

#[derive(Debug, Clone, Copy)]
enum State {
    /// This many bytes of the preface have arrived.
    Preface(usize),
    /// The connection is not one of HTTP/2.
    Other,
    /// This many bytes of a frame's header have arrived.
    Header(usize),
    /// This many bytes of a frame's payload are missing.
    Payload(usize),
}

/// A trailer section is longer than any that an API needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a trailer section is longer than allowed")]
pub(super) struct LongTrailers;

impl Frames {
    pub(super) fn new() -> Self {
        Self {
            state: State::Preface(0),
            header: [0; HEADER],
            unfinished_block: 0,
            last_stream: 0,
            trailers: 0,
            small: 0,
            opened: 0,
        }
    }

    /// Whether the client has sent the preface.
    pub(super) fn is_http2(&self) -> bool {
        matches!(self.state, State::Header(_) | State::Payload(_))
    }

    /// The heads whose requests have not begun. Those of refused streams count until no request
    /// is in flight.
    pub(super) fn opened(&self) -> usize {
        self.opened
    }

    /// A head has become a request.
    pub(super) fn has_begun(&mut self) {
        self.opened = self.opened.saturating_sub(1);
    }

    /// Bytes of header blocks whose fields are kept, since they are not complete.
    pub(super) fn unfinished_block(&self) -> usize {
        self.unfinished_block
    }

    /// Bytes of trailer sections that no handler has taken.
    pub(super) fn trailers(&self) -> usize {
        self.trailers
    }

    /// DATA frames of less than [`SMALL`] bytes that no handler has taken.
    pub(super) fn small_frames(&self) -> usize {
        self.small
    }

    /// A handler has taken a DATA frame of so many bytes.
    pub(super) fn taken(&mut self, bytes: usize) {
        if bytes < SMALL {
            self.small = self.small.saturating_sub(1);
        }
    }

    /// No request is in flight any more, so that nothing of them is kept.
    pub(super) fn all_taken(&mut self) {
        self.small = 0;
        self.trailers = 0;
        self.opened = 0;
    }

    /// Follows what the client has sent next, however it is split.
    ///
    /// # Errors
    ///
    /// [`LongTrailers`] as soon as the header of the frame is complete.
    pub(super) fn follow(&mut self, mut bytes: &[u8]) -> Result<(), LongTrailers> {
        while let Some(first) = bytes.first() {
            self.state = match self.state {
                State::Other => return Ok(()),
                State::Preface(past) if PREFACE[past] != *first => State::Other,
                State::Preface(past) => {
                    bytes = &bytes[1..];
                    match past + 1 {
                        whole if whole == PREFACE.len() => State::Header(0),
                        past => State::Preface(past),
                    }
                }
                State::Payload(left) => {
                    let here = left.min(bytes.len());
                    bytes = &bytes[here..];
                    match left - here {
                        0 => State::Header(0),
                        left => State::Payload(left),
                    }
                }
                State::Header(past) => {
                    let here = (HEADER - past).min(bytes.len());
                    self.header[past..past + here].copy_from_slice(&bytes[..here]);
                    bytes = &bytes[here..];
                    if past + here == HEADER {
                        self.begin_frame()?
                    } else {
                        State::Header(past + here)
                    }
                }
            };
        }
        Ok(())
    }

    fn begin_frame(&mut self) -> Result<State, LongTrailers> {
        let number = |bytes: &[u8]| bytes.iter().fold(0, |sum, it| (sum << 8) | u32::from(*it));
        let length = number(&self.header[..3]) as usize;
        let [kind, flags] = [self.header[3], self.header[4]];
        let stream = number(&self.header[5..]) & 0x7fff_ffff;
        match kind {
            DATA if length < SMALL && flags & END_STREAM == 0 => self.small += 1,
            HEADERS if stream <= self.last_stream => {
                self.trailers += length;
                if length > MAX_TRAILERS || flags & END_HEADERS == 0 {
                    return Err(LongTrailers);
                }
            }
            HEADERS | CONTINUATION => {
                if kind == HEADERS {
                    self.opened += 1;
                }
                self.last_stream = self.last_stream.max(stream);
                self.unfinished_block += length;
                if flags & END_HEADERS != 0 {
                    self.unfinished_block = 0;
                }
            }
            _ => {}
        }
        Ok(match length {
            0 => State::Header(0),
            left => State::Payload(left),
        })
    }
}

/// The client preface.
pub(super) const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const HEADER: usize = 9;
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
/// From this length on, h2 does not count a DATA frame as small.
const SMALL: usize = 256;
/// Each byte may be a whole field.
const MAX_TRAILERS: usize = 256;

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, flags: u8, stream: u32, length: usize) -> Vec<u8> {
        let bytes = u32::try_from(length).unwrap().to_be_bytes();
        let header = [&bytes[1..], &[kind, flags], &stream.to_be_bytes()].concat();
        [header, vec![0; length]].concat()
    }

    fn followed(frames: &[Vec<u8>], part: usize) -> Result<Frames, LongTrailers> {
        let all = [PREFACE.to_vec(), frames.concat()].concat();
        let mut frames = Frames::new();
        for bytes in all.chunks(part) {
            frames.follow(bytes)?;
        }
        Ok(frames)
    }

    #[test]
    fn what_is_kept_is_counted_however_the_bytes_are_split() {
        let rows = [
            (
                "a whole head",
                vec![frame(HEADERS, END_HEADERS, 1, 40)],
                (0, 0, 0),
            ),
            (
                "a part of a head",
                vec![frame(HEADERS, 0, 1, 40)],
                (40, 0, 0),
            ),
            (
                "a head in two parts",
                vec![
                    frame(HEADERS, 0, 1, 40),
                    frame(CONTINUATION, END_HEADERS, 1, 9),
                ],
                (0, 0, 0),
            ),
            (
                "two parts of a head",
                vec![frame(HEADERS, 0, 1, 40), frame(CONTINUATION, 0, 1, 9)],
                (49, 0, 0),
            ),
            (
                "trailers",
                vec![frame(HEADERS, END_HEADERS, 1, 40), frame(HEADERS, 5, 1, 30)],
                (0, 30, 0),
            ),
            (
                "small data",
                vec![frame(DATA, 0, 1, 255), frame(DATA, 0, 1, 1)],
                (0, 0, 2),
            ),
            ("large data", vec![frame(DATA, 0, 1, 256)], (0, 0, 0)),
            (
                "the last data",
                vec![frame(DATA, END_STREAM, 1, 1)],
                (0, 0, 0),
            ),
        ];
        for (name, sent, expected) in rows {
            for part in [1, 7, 10_000] {
                let frames = followed(&sent, part).unwrap();
                let kept = (frames.unfinished_block, frames.trailers, frames.small);
                assert_eq!(kept, expected, "{name}, {part} bytes at once");
                assert!(frames.is_http2());
            }
        }
    }

    #[test]
    fn long_trailers_are_refused_and_short_ones_are_not() {
        let head = frame(HEADERS, END_HEADERS, 1, 40);
        for (length, is_refused) in [(MAX_TRAILERS, false), (MAX_TRAILERS + 1, true)] {
            let sent = [head.clone(), frame(HEADERS, 5, 1, length)];
            assert_eq!(followed(&sent, 8).is_err(), is_refused, "{length}");
        }
    }

    #[test]
    fn another_protocol_is_not_followed() {
        let mut frames = Frames::new();

        frames.follow(b"PRI * HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();

        assert!(!frames.is_http2());
    }
}
