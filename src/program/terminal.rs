//! The terminal in which the program was started. The program stops when it is closed.
//!
//! A closed terminal sends SIGHUP to the processes in its foreground. For a service, SIGHUP is a
//! reload, and a service outlives the terminal of its operator. A process that a person started
//! by hand stops: otherwise it would continue unnoticed and keep its port.

use std::io::IsTerminal;
use std::os::fd::BorrowedFd;

/// Whether this process stops with its terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Terminal {
    /// It was started in the foreground of one.
    Ours,
    /// It is a service, runs in a container without a terminal, or was started behind `nohup`,
    /// `setsid` or `&`.
    NotOurs,
}

impl Terminal {
    /// As the process was started: one of the standard streams is a terminal, and the process is
    /// in its foreground.
    pub(crate) fn at_start() -> Self {
        if is_any_stream_a_terminal() && is_in_foreground() {
            Self::Ours
        } else {
            Self::NotOurs
        }
    }

    /// Whether our terminal was closed. The kernel takes it from the streams before it sends
    /// SIGHUP, so a SIGHUP that somebody sent by hand finds it open.
    pub(crate) fn is_closed(self) -> bool {
        self == Self::Ours && !is_any_stream_a_terminal()
    }
}

fn is_any_stream_a_terminal() -> bool {
    streams().iter().any(IsTerminal::is_terminal)
}

/// Whether a stream is the terminal that controls this process, and gives it its signals now.
fn is_in_foreground() -> bool {
    // It is an error for a stream that is another terminal, or none.
    let foreground = |stream| rustix::termios::tcgetpgrp(stream).ok();
    streams()
        .into_iter()
        .any(|it| foreground(it) == Some(rustix::process::getpgrp()))
}

fn streams() -> [BorrowedFd<'static>; 3] {
    [
        rustix::stdio::stdin(),
        rustix::stdio::stdout(),
        rustix::stdio::stderr(),
    ]
}
