//! Notifies an observer of exchanges, for traces: when they begin, and how they end.

use std::fmt;

use http::{Request, StatusCode};

use super::FetchError;

/// An observer of exchanges. It receives every outbound request of this process, for a tracer.
pub trait ExchangeObserver: fmt::Debug + Send + Sync {
    /// Called when an exchange begins. The observer may add header fields to the request. The
    /// returned function is called when the exchange ends, or dropped if no task waits for the
    /// response.
    fn exchange_begins(&self, request: &mut Request<Vec<u8>>) -> EndOfExchange;

    /// Called by the task that waits for the outcome of the next exchange.
    fn exchange_awaited(&self) {}
}

/// Receives the status of the response, or the reason why there is none.
pub type EndOfExchange = Box<dyn FnOnce(Result<StatusCode, &FetchError>) + Send>;
