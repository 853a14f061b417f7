//! Notifies an observer of exchanges, for traces: when they begin, and how they end.

use std::fmt;

use http::{Request, StatusCode};

use super::FetchError;

/// An observer of exchanges. A tracer sees through it every request of this process.
pub trait ExchangeWitness: fmt::Debug + Send + Sync {
    /// An exchange begins. The observer may add header fields to its request. The function that
    /// it returns is called when the exchange ends, or dropped if nobody waits for the answer.
    fn begins(&self, request: &mut Request<Vec<u8>>) -> EndOfExchange;

    /// The task that calls this waits for the outcome of the next exchange.
    fn wanted(&self) {}
}

/// Receives the status of the answer, whatever it is, or the reason why there is none.
pub type EndOfExchange = Box<dyn FnOnce(Result<StatusCode, &FetchError>) + Send>;
