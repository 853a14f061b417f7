//! `[dpop]`: the proofs of callers that they have the key of their token (RFC 9449).

use std::ops::RangeInclusive;
use std::time::Duration;

use figment::value::Value;

use super::denylist::{OnFailure, on_failure, redis_url};
use super::issuer::algorithms;
use crate::service::config::problem::Fault;
use crate::service::config::reader::Reader;
use crate::service::config::secret::Secret;
use crate::service::config::value;
use crate::token::{Algorithm, MAX_PROOF_AGE};

/// Which proofs are accepted, and where used proofs are remembered.
#[derive(Debug, Clone)]
pub struct DpopConfig {
    /// How far the time of a proof may be from that of its request.
    pub max_age: Duration,
    /// Whether proofs need a nonce.
    pub nonce: bool,
    /// The time after which callers get a new nonce.
    pub nonce_lifetime: Duration,
    /// The signature algorithms of proofs; never empty.
    pub algorithms: Vec<Algorithm>,
    /// What protects nonces and the names of used proofs; `None` is a random one.
    pub secret: Option<Secret>,
    /// The maximum memory for used proofs.
    pub max_memory_bytes: usize,
    /// The Redis server through which replicas share used proofs.
    pub redis_url: Option<Secret>,
    /// What to do when Redis does not answer.
    pub on_failure: OnFailure,
}

impl DpopConfig {
    pub(in crate::service::config) fn read(reader: &mut Reader<'_>) -> Self {
        let config = Self {
            max_age: reader.read("dpop.max_age", |it| value::duration(it, &MAX_AGE)),
            nonce: reader.read("dpop.nonce", value::boolean),
            nonce_lifetime: reader.read("dpop.nonce_lifetime", |it| {
                value::duration(it, &NONCE_LIFETIME)
            }),
            algorithms: reader.read("dpop.algorithms", algorithms),
            secret: reader.read_optional("dpop.secret", secret),
            max_memory_bytes: reader.read("dpop.max_memory", |it| value::bytes(it, &MAX_MEMORY)),
            redis_url: reader.read_optional("dpop.redis_url", redis_url),
            on_failure: reader.read("dpop.on_failure", on_failure),
        };
        if config.redis_url.is_some() && config.secret.is_none() {
            let fault = Fault::new(
                "must be set with `dpop.redis_url`, because replicas must give each proof the same \
                 name",
            );
            let fault = fault.found("").fix(
                "create one with `openssl rand -hex 32`, and set the same one for all replicas",
            );
            reader.note_conflict("dpop.secret", &["dpop.redis_url"], fault);
        }
        config
    }
}

/// A secret that is too long to guess.
fn secret(value: &Value) -> Result<Secret, Fault> {
    let secret = Secret::read(value)?;
    if secret.reveal().len() < MIN_SECRET_BYTES {
        let fault = Fault::new(format!("must have at least {MIN_SECRET_BYTES} characters"));
        return Err(fault.fix("create one with `openssl rand -hex 32`"));
    }
    Ok(secret)
}

const MIN_SECRET_BYTES: usize = 32;
/// A proof without time for its journey is of no use.
const MAX_AGE: RangeInclusive<Duration> = Duration::from_secs(1)..=MAX_PROOF_AGE;
/// Nonces are counted in seconds.
const NONCE_LIFETIME: RangeInclusive<Duration> =
    Duration::from_secs(1)..=Duration::from_secs(24 * 60 * 60);
/// From some thousand proofs to what a machine has.
const MAX_MEMORY: RangeInclusive<u64> = 1024 * 1024..=64 * 1024 * 1024 * 1024;
