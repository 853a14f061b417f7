//! The sections of the settings, a module each: the types that hold them, and how each
//! value is read.
//!
//! A section imports the mechanism ([`super::reader`], [`super::value`], [`super::problem`])
//! and seldom another section. A setting is declared in `config/default.toml` and read
//! here.

pub(super) mod access;
pub(super) mod audit;
pub(super) mod cache;
pub(super) mod client;
pub(super) mod cors;
pub(super) mod decryption;
pub(super) mod denylist;
pub(super) mod dev;
pub(super) mod docs;
pub(super) mod dpop;
pub(super) mod http;
pub(super) mod introspection;
pub(super) mod issuer;
pub(super) mod issuer_rules;
pub(super) mod issuers;
mod limits;
pub(super) mod listen;
pub(super) mod log;
pub(super) mod logout;
pub(super) mod operations;
pub(super) mod proxies;
pub(super) mod rate;
pub(super) mod readiness;
mod requirement;
pub(super) mod security;
pub(super) mod telemetry;
pub(super) mod tls;
