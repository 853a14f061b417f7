//! `[cache]`: accepted tokens that are remembered.

use super::limits::CACHE_SIZE;
use crate::service::config::reader::Reader;
use crate::service::config::value;

/// The rules for remembering tokens.
#[derive(Debug, Clone)]
pub struct CacheConfig {
    /// The maximum memory for them; `None` remembers no token.
    pub max_bytes: Option<u64>,
}

impl CacheConfig {
    pub(in crate::service::config) fn read(reader: &mut Reader<'_>) -> Self {
        let enabled = reader.read("cache.enabled", value::boolean);
        let max_bytes = reader.read("cache.max_size", |it| value::size(it, &CACHE_SIZE));
        Self {
            max_bytes: enabled.then_some(max_bytes),
        }
    }
}
