//! Floor 5: the ready service.

pub mod config;
