#[cfg(all(feature = "redis", feature = "dev"))]
mod clocks;
#[cfg(feature = "redis")]
mod faulty_redis;
#[cfg(feature = "redis")]
mod redis_server;

use std::time::Duration;

use crate::service::config::{Config, Sources};
use crate::verifier::{MarkError, UsedProof};

use super::*;

fn config(flags: &[(&'static str, &'static str, &str)]) -> DpopConfig {
    let mut sources = Sources::default();
    for (flag, key, value) in flags {
        sources.flags.push((flag, key, (*value).to_owned()));
    }
    Config::load(&sources).expect("the settings fit").dpop
}

#[tokio::test]
async fn a_reload_keeps_the_store_and_follows_the_other_settings() {
    let config = config(&[
        ("test", "dpop.max_age", "30s"),
        ("test", "dpop.nonce", "true"),
    ]);
    let used = UsedProofs::start(&config).unwrap();
    let proof = UsedProof::new([7; 16], Duration::from_secs(100), Duration::from_secs(130));

    let before = used.proofs(&config);
    assert_eq!(before.store().mark(proof).await, Ok(()));
    let after = used.proofs(&config);

    assert_eq!(after.store().mark(proof).await, Err(MarkError::Used));
    assert_eq!(after.policy().max_age(), Duration::from_secs(30));
    assert!(after.requires_nonces());
    let (bytes, max_bytes) = used.memory_bytes();
    assert!(bytes > 0);
    assert_eq!(max_bytes, 64 * 1024 * 1024);
    assert_eq!(used.failures(), None);
}

#[cfg(feature = "redis")]
#[tokio::test]
async fn without_redis_each_proof_is_refused_or_accepted_once_here_as_configured() {
    // Nobody listens on the port 1.
    let redis = ("test", "dpop.redis_url", "redis://127.0.0.1:1");
    let secret = ("test", "dpop.secret", "0123456789abcdef0123456789abcdef");
    let proof = UsedProof::new([7; 16], Duration::from_secs(100), Duration::from_secs(130));

    let refuse = config(&[redis, secret]);
    let used = UsedProofs::start(&refuse).unwrap();
    let proofs = used.proofs(&refuse);
    for _ in 0..2 {
        assert_eq!(
            proofs.store().mark(proof).await,
            Err(MarkError::Unavailable)
        );
    }
    assert_eq!(used.failures(), Some(2));
    assert_eq!(used.memory_bytes().0, 0);

    let last_known = config(&[redis, secret, ("test", "dpop.on_failure", "last_known")]);
    let used = UsedProofs::start(&last_known).unwrap();
    let proofs = used.proofs(&last_known);
    assert_eq!(proofs.store().mark(proof).await, Ok(()));
    assert_eq!(proofs.store().mark(proof).await, Err(MarkError::Used));
    assert_eq!(used.failures(), Some(1));
}
