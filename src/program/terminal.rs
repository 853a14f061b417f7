//! The terminal that the program was started on, which ends it when it is closed.
//!
//! Closing a terminal sends SIGHUP to the processes in its foreground. For a service, SIGHUP is
//! a reload, and a service outlives the terminal of its operator. For a process that somebody
//! started by hand it is the end: otherwise it goes on unseen and keeps its port.

use std::io::{self, IsTerminal};

/// The terminal of a process that was started in its foreground.
#[derive(Debug)]
pub(crate) struct Terminal(());

impl Terminal {
    /// The terminal, if one of the standard streams is a terminal and this process is in its
    /// foreground. `None` for a service, a container without a terminal, and a process behind
    /// `nohup`, `setsid` or `&`.
    pub(crate) fn of_foreground() -> Option<Self> {
        (is_any_stream_a_terminal() && is_in_foreground()).then_some(Self(()))
    }

    /// Whether it was closed. The kernel takes it from the streams before it sends SIGHUP, so a
    /// SIGHUP that somebody sent by hand finds it open.
    pub(crate) fn is_closed(&self) -> bool {
        !is_any_stream_a_terminal()
    }
}

fn is_any_stream_a_terminal() -> bool {
    io::stdin().is_terminal() || io::stdout().is_terminal() || io::stderr().is_terminal()
}

#[cfg(target_os = "linux")]
fn is_in_foreground() -> bool {
    let process = procfs::process::Process::myself();
    let stat = process.and_then(|process| process.stat());
    stat.is_ok_and(|stat| stat.tty_nr != 0 && stat.tpgid == stat.pgrp)
}

/// Nobody says without `unsafe`: a terminal that one of the streams has is taken for ours.
#[cfg(not(target_os = "linux"))]
fn is_in_foreground() -> bool {
    true
}
