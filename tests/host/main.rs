//! The host, as somebody uses it who has an API: with the public types alone.

#![allow(clippy::unwrap_used)] // A test may stop where it stands.

mod expressions;
mod kinds;
mod same_answers;
mod same_document;
