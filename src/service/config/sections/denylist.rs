//! `[denylist]`: tokens that are refused although they are valid.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use figment::value::Value;

use crate::service::config::problem::Fault;
use crate::service::config::reader::Reader;
use crate::service::config::secret::Secret;
use crate::service::config::value;

/// The sources of denials, and what to do when they cannot be updated.
#[derive(Debug, Clone)]
pub struct DenylistConfig {
    /// A file of denials.
    pub file: Option<PathBuf>,
    /// The token of operators, for changes of the list at the admin listener.
    pub token: Option<Secret>,
    /// The Redis server through which replicas share denials.
    pub redis_url: Option<Secret>,
    /// What to do when Redis does not answer.
    pub on_failure: OnFailure,
    /// How long Redis may not answer.
    pub max_age: Duration,
    /// Whether a start waits for Redis without a limit, and not only for `max_age`.
    pub wait_for_list: bool,
    /// The maximum number of denials.
    pub max_entries: usize,
}

/// What to do when Redis does not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnFailure {
    /// Continue with what this replica knows.
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

/// A token that is too long to guess.
fn token(value: &Value) -> Result<Secret, Fault> {
    let token = Secret::read(value)?;
    if token.reveal().len() < MIN_TOKEN_BYTES {
        let fault = Fault::new(format!("must have at least {MIN_TOKEN_BYTES} characters"));
        return Err(fault.fix("create one with `openssl rand -hex 32`"));
    }
    // RFC 6750 section 2.1: other characters cannot be sent.
    let is_sent = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte);
    if !token.reveal().trim_end_matches('=').bytes().all(is_sent) {
        let fault = Fault::new("must not contain characters that a bearer token cannot have");
        return Err(fault.fix("create one with `openssl rand -hex 32`"));
    }
    Ok(token)
}

pub(super) fn redis_url(value: &Value) -> Result<Secret, Fault> {
    let url = Secret::read(value)?;
    let is_redis = |scheme| url.reveal().starts_with(scheme);
    if cfg!(not(feature = "redis")) {
        return Err(Fault::new("needs a build with the feature `redis`")
            .fix("remove the setting, or build with `--features redis`"));
    }
    if ["redis://", "rediss://", "redis+unix://"]
        .into_iter()
        .any(is_redis)
    {
        return Ok(url);
    }
    Err(Fault::new("must be the URL of a Redis server")
        .fix("write it as rediss://:password@redis.example.com:6379"))
}

pub(super) fn on_failure(value: &Value) -> Result<OnFailure, Fault> {
    match value.as_str() {
        Some("last_known") => Ok(OnFailure::LastKnown),
        Some("refuse") => Ok(OnFailure::Refuse),
        _ => Err(Fault::new("must be `last_known` or `refuse`").fix("write one of the two")),
    }
}

const MIN_TOKEN_BYTES: usize = 32;
/// Redis is read twice a second, so a shorter time makes no sense.
const MAX_AGE: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(86_400);
/// A denial takes about 400 bytes.
const MAX_ENTRIES: RangeInclusive<u32> = 1..=10_000_000;
