use std::sync::Arc;

use allocation_counter::measure;

use super::*;

fn used(name: u64, now: u64, until: u64) -> UsedProof {
    let mixed = u128::from(name).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    UsedProof::new(
        mixed.to_le_bytes(),
        Duration::from_secs(now),
        Duration::from_secs(until),
    )
}

#[test]
fn a_proof_is_accepted_once_until_it_is_too_old() {
    let store = MemoryProofStore::default();

    assert_eq!(store.insert(used(1, 1_000, 1_060)), Ok(()));
    assert_eq!(store.insert(used(2, 1_000, 1_060)), Ok(()));
    // The same `jti` with another `iat` is the same name.
    assert_eq!(store.insert(used(1, 1_000, 1_030)), Err(MarkError::Used));
    assert_eq!(store.insert(used(1, 1_060, 1_060)), Err(MarkError::Used));

    // The store may keep a proof a little longer than it has to.
    assert_eq!(store.insert(used(1, 1_080, 1_140)), Ok(()));
}

#[test]
fn what_expired_is_forgotten_in_every_shard() {
    let store = MemoryProofStore::default();
    for name in 0..10_000 {
        assert_eq!(store.insert(used(name, 1_000, 1_060)), Ok(()));
    }
    let full = store.bytes();

    assert_eq!(store.insert(used(0, 1_080, 1_140)), Ok(()));

    assert!(full > 10_000 * 17, "{full}");
    assert!(store.bytes() < 1_000, "{}", store.bytes());
}

#[test]
fn what_expired_is_forgotten_in_the_next_period() {
    let store = MemoryProofStore::default();
    assert_eq!(store.insert(used(1, 1_000, 1_007)), Ok(()));
    let of_one = store.bytes();

    // The period ends after 8 s.
    assert_eq!(store.insert(used(2, 1_007, 1_007)), Ok(()));
    assert_eq!(store.bytes(), 2 * of_one);
    assert_eq!(store.insert(used(3, 1_008, 1_068)), Ok(()));

    assert_eq!(store.bytes(), of_one);
}

#[test]
fn a_proof_that_was_forgotten_too_early_is_still_refused() {
    let store = MemoryProofStore::default();
    for name in 0..1_000 {
        assert_eq!(store.insert(used(name, 1_000, 1_060)), Ok(()));
    }
    let before = store.bytes();

    // The clock is set an hour forward, and back.
    assert_eq!(store.insert(used(2_000, 4_600, 4_660)), Ok(()));
    assert!(store.bytes() < before);
    for name in 0..1_000 {
        let again = store.insert(used(name, 1_001, 1_060));
        assert_eq!(again, Err(MarkError::Used), "{name}");
    }
    assert_eq!(
        store.insert(used(2_000, 1_001, 4_660)),
        Err(MarkError::Used)
    );

    // What expires later than all that was forgotten is accepted, and forgotten in its turn.
    for name in 3_000..4_000 {
        assert_eq!(store.insert(used(name, 1_010, 1_070)), Ok(()));
    }
    assert_eq!(store.insert(used(5_000, 1_080, 1_140)), Ok(()));
    assert!(store.bytes() < before, "{}", store.bytes());
}

#[test]
fn a_full_store_refuses_new_proofs_and_forgets_none() {
    let store = MemoryProofStore::new(100_000);
    let accepted: Vec<u64> = (0..20_000)
        .filter(|name| store.insert(used(*name, 1_000, 1_060)).is_ok())
        .collect();

    assert!(accepted.len() > 1_000, "{}", accepted.len());
    assert!(accepted.len() < 10_000, "{}", accepted.len());
    assert!(store.bytes() <= 100_000);
    for name in &accepted {
        let again = store.insert(used(*name, 1_030, 1_090));
        assert_eq!(again, Err(MarkError::Used), "{name}");
    }
    // There is room again as soon as proofs expire.
    assert_eq!(store.insert(used(30_000, 1_080, 1_140)), Ok(()));
}

#[test]
fn a_million_proofs_take_no_more_than_is_counted() {
    let store = MemoryProofStore::default();
    let mut accepted = 0;

    let allocated = measure(|| {
        accepted = (0..1_000_000)
            .filter(|name| {
                store
                    .insert(used(*name, 1_000 + name / 20_000, 1_060 + name / 20_000))
                    .is_ok()
            })
            .count();
    });

    assert_eq!(accepted, 1_000_000);
    assert!(store.bytes() <= DEFAULT_PROOF_BYTES);
    let current = usize::try_from(allocated.bytes_current).unwrap();
    assert!(current <= store.bytes(), "{current} > {}", store.bytes());
    let max = usize::try_from(allocated.bytes_max).unwrap();
    assert!(max <= DEFAULT_PROOF_BYTES, "{max}");
}

#[test]
fn exactly_one_of_many_callers_with_the_same_proof_is_accepted() {
    let store = Arc::new(MemoryProofStore::default());

    let accepted: usize = std::thread::scope(|scope| {
        let callers: Vec<_> = (0..8)
            .map(|_| {
                let store = store.clone();
                scope.spawn(move || {
                    let all = 0..10_000;
                    all.filter(|name| store.insert(used(*name, 1_000, 1_060)).is_ok())
                        .count()
                })
            })
            .collect();
        callers.into_iter().map(|it| it.join().unwrap()).sum()
    });

    assert_eq!(accepted, 10_000);
}

#[test]
fn a_store_accepts_proofs_until_its_limit_is_reached_exactly() {
    // The names are in one shard, so the first three are in one table of four places.
    let used = |name: u64| UsedProof {
        name: u128::from(name).to_le_bytes(),
        ..used(name, 1_000, 1_060)
    };
    let (four_places, eight_places) = (128 + 4 * 17, 128 + 8 * 17);
    let exact = MemoryProofStore::new(four_places);
    let smaller = MemoryProofStore::new(four_places - 1);
    // A table is freed only after its content was moved to a larger one.
    let both = MemoryProofStore::new(four_places + eight_places);
    let full = Err(MarkError::Full {
        retry_after: PERIOD,
    });

    assert_eq!(exact.insert(used(1)), Ok(()));
    assert_eq!(exact.bytes(), four_places);
    assert_eq!(smaller.insert(used(1)), full);
    assert_eq!(smaller.bytes(), 0);
    for name in 1..=3 {
        assert_eq!(both.insert(used(name)), Ok(()), "{name}");
        assert_eq!(both.bytes(), four_places, "{name}");
    }
    assert_eq!(both.insert(used(4)), Ok(()));
    assert_eq!(both.bytes(), eight_places);
}
