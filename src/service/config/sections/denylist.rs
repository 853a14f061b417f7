//! `[denylist]`: tokens that are refused though they verify.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use figment::value::Value;

use crate::service::config::problem::Fault;
use crate::service::config::reader::Reader;
use crate::service::config::secret::Secret;
use crate::service::config::value;

/// Where denials come from, and what to do when nobody tells of them.
#[derive(Debug, Clone)]
pub struct DenylistConfig {
    /// A file of denials.
    pub file: Option<PathBuf>,
    /// The token of operators who change the list at the admin listener.
    pub token: Option<Secret>,
    /// The Redis that replicas share denials by.
    pub redis_url: Option<Secret>,
    /// What to do when Redis is silent.
    pub on_failure: OnFailure,
    /// How long it may be silent.
    pub max_age: Duration,
    /// Whether a start waits for Redis for as long as it takes, and not for `max_age`.
    pub wait_for_list: bool,
    /// How many denials there may be.
    pub max_entries: usize,
}

/// What to do when nobody tells of new denials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnFailure {
    /// Go on with those that are known.
    LastKnown,
    /// Refuse every token.
    Refuse,
}

impl DenylistConfig {
    pub(in crate::service::config) fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            file: reader.read_optional("denylist.file", |it| {
                value::filled_text(it).map(PathBuf::from)
            }),
            token: reader.read_optional("denylist.token", token),
            redis_url: reader.read_optional("denylist.redis_url", redis_url),
            on_failure: reader.read("denylist.on_failure", on_failure),
            max_age: reader.read("denylist.max_age", |it| value::duration(it, &MAX_AGE)),
            wait_for_list: reader.read("denylist.wait_for_list", value::boolean),
            max_entries: reader.read("denylist.max_entries", |it| {
                let number = value::number(it, MAX_ENTRIES)?;
                Ok(usize::try_from(number).unwrap_or(usize::MAX))
            }),
        }
    }
}

/// What could be guessed is no token.
fn token(value: &Value) -> Result<Secret, Fault> {
    let token = Secret::read(value)?;
    if token.reveal().len() < MIN_TOKEN_BYTES {
        let fault = Fault::new(format!("must have at least {MIN_TOKEN_BYTES} characters"));
        return Err(fault.fix("make one with `openssl rand -hex 32`"));
    }
    // RFC 6750 section 2.1: nothing else can be sent.
    let is_sent = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte);
    if !token.reveal().trim_end_matches('=').bytes().all(is_sent) {
        let fault = Fault::new("has characters that no bearer token has");
        return Err(fault.fix("make one with `openssl rand -hex 32`"));
    }
    Ok(token)
}

fn redis_url(value: &Value) -> Result<Secret, Fault> {
    let url = Secret::read(value)?;
    let is_redis = |scheme| url.reveal().starts_with(scheme);
    if cfg!(not(feature = "redis")) {
        return Err(Fault::new("needs a build with the feature `redis`"));
    }
    if ["redis://", "rediss://", "redis+unix://"]
        .into_iter()
        .any(is_redis)
    {
        return Ok(url);
    }
    Err(Fault::new("must be the URL of a Redis")
        .fix("write it as rediss://:password@redis.example.com:6379"))
}

fn on_failure(value: &Value) -> Result<OnFailure, Fault> {
    match value.as_str() {
        Some("last_known") => Ok(OnFailure::LastKnown),
        Some("refuse") => Ok(OnFailure::Refuse),
        _ => Err(Fault::new("must be `last_known` or `refuse`").fix("write one of the two")),
    }
}

const MIN_TOKEN_BYTES: usize = 32;
/// Redis is heard of twice a second, and not by the millisecond.
const MAX_AGE: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(86_400);
/// A denial takes about 400 bytes.
const MAX_ENTRIES: RangeInclusive<u32> = 1..=10_000_000;
