//! The state of a connection after `101 Switching Protocols`: it no longer carries HTTP, and has
//! its own limits.
//!
//! The handler reads and writes the stream in a separate task. The server keeps only the time of
//! the last progress, and the tasks to wake when the connection is cut. A task that is woken
//! receives an error from the stream, and drops it.

use std::io;
use std::task::{Context, Waker};

use tokio::time::Instant;

use super::connections::UpgradedSlot;
use super::messages::{MessageError, Messages};

/// A change to another protocol, from the head that requests it to the end of the stream.
pub(super) struct Upgrade {
    state: State,
    messages: Option<Messages>,
    fault: Option<MessageError>,
    /// Whether the reader has asked for bytes since the head. hyper does so only when it has
    /// none left, so that the next ones are the first of the new protocol.
    is_at_start: bool,
    is_cut: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

enum State {
    /// The handler may agree.
    Asked(UpgradedSlot),
    /// The handler did not agree. hyper hands the stream out all the same, when it has closed
    /// the connection, if a task waits for it.
    Refused,
    /// The handler has agreed; bytes were moved last at this time.
    Agreed {
        active: Instant,
        _slot: UpgradedSlot,
    },
}

impl Upgrade {
    /// A head requests it. `messages` follows the client's frames, if it requests a WebSocket.
    pub(super) fn asked(slot: UpgradedSlot, messages: Option<Messages>) -> Self {
        Self {
            state: State::Asked(slot),
            messages,
            fault: None,
            is_at_start: false,
            is_cut: false,
            reader: None,
            writer: None,
        }
    }

    /// Whether the client has waited for the answer, as RFC 6455 section 4.1 requires. Frames
    /// that arrived with the head could not be followed.
    pub(super) fn has_waited(&self) -> bool {
        self.is_at_start || self.messages.is_none()
    }

    pub(super) fn agree(self, now: Instant) -> Self {
        let state = match self.state {
            State::Asked(slot) => State::Agreed {
                active: now,
                _slot: slot,
            },
            other => other,
        };
        Self { state, ..self }
    }

    pub(super) fn refuse(&mut self) {
        self.state = State::Refused;
        self.messages = None;
    }

    /// When bytes were moved last; `None` as long as the connection is one of HTTP.
    pub(super) fn active(&self) -> Option<Instant> {
        match self.state {
            State::Agreed { active, .. } => Some(active),
            State::Asked(_) | State::Refused => None,
        }
    }

    /// Bytes of a message that its reader keeps until the rest has arrived.
    pub(super) fn unfinished_bytes(&self) -> u64 {
        let messages = self.messages.as_ref();
        messages.map_or(0, Messages::unfinished_bytes)
    }

    /// Bytes have arrived. Returns whether they are not bytes of HTTP.
    ///
    /// # Errors
    ///
    /// When the connection is cut, or has to be.
    pub(super) fn has_read(&mut self, bytes: &[u8], now: impl Fn() -> Instant) -> io::Result<bool> {
        self.is_at_start = true;
        if let (Some(messages), None) = (&mut self.messages, self.fault) {
            self.fault = messages.follow(bytes).err();
        }
        if let (State::Agreed { active, .. }, false) = (&mut self.state, bytes.is_empty()) {
            *active = now();
        }
        self.go_on()
    }

    /// The client has taken bytes.
    ///
    /// # Errors
    ///
    /// As [`Self::has_read`]; so have the next two.
    pub(super) fn has_written(&mut self, now: Instant) -> io::Result<bool> {
        if let State::Agreed { active, .. } = &mut self.state {
            *active = now;
        }
        self.go_on()
    }

    /// No bytes have arrived, and the reader waits.
    pub(super) fn waits_to_read(&mut self, context: &Context<'_>) -> io::Result<bool> {
        self.is_at_start = true;
        self.reader = Some(context.waker().clone());
        self.go_on()
    }

    /// The client takes nothing, and the writer waits.
    pub(super) fn waits_to_write(&mut self, context: &Context<'_>) -> io::Result<bool> {
        self.writer = Some(context.waker().clone());
        self.go_on()
    }

    /// From now on, reads and writes fail. Returns the tasks that wait for either.
    pub(super) fn cut(&mut self) -> [Option<Waker>; 2] {
        self.is_cut = true;
        [self.reader.take(), self.writer.take()]
    }

    fn go_on(&mut self) -> io::Result<bool> {
        let is_upgraded = matches!(self.state, State::Agreed { .. });
        if self.is_cut {
            return Err(io::ErrorKind::TimedOut.into());
        }
        if let (true, Some(fault)) = (is_upgraded, self.fault) {
            self.is_cut = true;
            return Err(io::Error::other(fault));
        }
        Ok(is_upgraded)
    }
}
