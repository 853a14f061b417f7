//! Tells of exchanges, for traces: when they begin, what they are asked for, how they end.

use std::fmt;

use http::StatusCode;
use openidconnect::HttpRequest;

use super::FetchError;

/// Whoever is told of exchanges. Shows a tracer what leaves this process.
pub trait ExchangeWitness: fmt::Debug + Send + Sync {
    /// An exchange begins; header fields may be added to its request. What is returned is told
    /// how it ends, and dropped untold when nobody waits for the end any more.
    fn begins(&self, request: &mut HttpRequest) -> EndOfExchange;

    /// The task that calls this waits for what the next exchange will bring.
    fn wanted(&self) {}
}

/// Is told the status of the answer, whatever it is, or why there is none.
pub type EndOfExchange = Box<dyn FnOnce(Result<StatusCode, &FetchError>) + Send>;
