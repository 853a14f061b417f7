//! The beginning of a connection: its first bytes tell which version of HTTP it speaks.
//!
//! A client that speaks HTTP/2 sends a preface first (RFC 9113 section 3.4). Any other beginning is
//! one of HTTP/1.1. The bytes are kept here, and hyper reads them again together with what follows.
//! `hyper_util::server::conn::auto` passes them on alone, and hyper then takes a buffer of 16 KiB for
//! each connection of HTTP/1.1, in place of 8 KiB.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::frames::PREFACE;

/// A version of HTTP.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Protocol {
    Http1,
    Http2,
}

/// A stream whose first bytes are read twice: to learn its protocol, and by hyper.
pub(super) struct Beginning<S> {
    stream: S,
    first: [u8; PREFACE.len()],
    /// How many of `first` have arrived, and are not read again yet.
    kept: u8,
}

impl<S: AsyncRead + Unpin> Beginning<S> {
    pub(super) fn new(stream: S) -> Self {
        Self {
            stream,
            first: [0; PREFACE.len()],
            kept: 0,
        }
    }

    /// Reads no more than the preface of HTTP/2 has. To be called until it is ready, and no more.
    pub(super) fn poll_protocol(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<Protocol>> {
        loop {
            let kept = usize::from(self.kept);
            if kept == PREFACE.len() {
                return Poll::Ready(Ok(Protocol::Http2));
            }
            let mut buffer = ReadBuf::new(&mut self.first[kept..]);
            ready!(Pin::new(&mut self.stream).poll_read(context, &mut buffer))?;
            let arrived = buffer.filled();
            let is_preface = !arrived.is_empty() && PREFACE[kept..].starts_with(arrived);
            self.kept += u8::try_from(arrived.len()).unwrap_or(u8::MAX);
            if !is_preface {
                return Poll::Ready(Ok(Protocol::Http1));
            }
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Beginning<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.kept == 0 {
            return Pin::new(&mut self.stream).poll_read(context, buffer);
        }
        let kept = usize::from(self.kept);
        let taken = kept.min(buffer.remaining());
        buffer.put_slice(&self.first[..taken]);
        self.first.copy_within(taken..kept, 0);
        self.kept -= u8::try_from(taken).unwrap_or(self.kept);
        if buffer.remaining() == 0 {
            return Poll::Ready(Ok(()));
        }
        // What follows is read into the same buffer, if it is there. After an error nothing is answered,
        // whatever came before.
        match Pin::new(&mut self.stream).poll_read(context, buffer) {
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            Poll::Ready(Ok(())) | Poll::Pending => Poll::Ready(Ok(())),
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Beginning<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests;
