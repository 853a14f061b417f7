//! Why used proofs cannot be remembered.

/// Why used proofs cannot be remembered.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UsedProofsError {
    /// The URL of Redis cannot be used.
    #[cfg(feature = "redis")]
    #[error(
        "`dpop.redis_url` cannot be used; write it as rediss://:password@redis.example.com:6379"
    )]
    Redis(#[source] Box<dyn std::error::Error + Send + Sync>),
}
