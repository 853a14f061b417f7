//! The settings, which the tests in tests/ read without a program.

pub use super::config::*;
