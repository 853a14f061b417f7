//! An API as its OpenAPI document describes it, for tools that compare the two.
//!
//! Reads the operations and who may call them from the document and from nothing else, makes
//! requests from its examples and types, and reads the challenges of answers.

pub(crate) mod challenge;
pub(crate) mod operation;
pub(crate) mod request;
pub(crate) mod sample;
pub(crate) mod schema;
pub(crate) mod scheme;

#[cfg(test)]
mod tests;
