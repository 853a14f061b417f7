use std::time::Duration;

use crate::dev::single_use::{CAPACITY, SingleUse};

const START: Duration = Duration::ZERO;
const LIFETIME: Duration = Duration::from_secs(60);

#[test]
fn a_value_is_handed_out_once() {
    let store = SingleUse::with_lifetime(LIFETIME);
    let handle = store.keep("value", START);

    let (first, second) = (store.redeem(&handle, START), store.redeem(&handle, START));

    assert_eq!((first, second), (Some("value"), None));
}

#[test]
fn a_value_is_good_for_less_than_its_lifetime() {
    let store = SingleUse::with_lifetime(LIFETIME);
    let (one, two) = (store.keep(1, START), store.keep(2, START));

    let in_time = store.redeem(&one, LIFETIME.saturating_sub(Duration::from_nanos(1)));
    let too_late = store.redeem(&two, LIFETIME);

    assert_eq!((in_time, too_late), (Some(1), None));
}

#[test]
fn when_full_the_oldest_gives_way() {
    let store = SingleUse::with_lifetime(LIFETIME);
    let handles: Vec<_> = (0..=CAPACITY).map(|n| store.keep(n, START)).collect();

    assert_eq!(store.redeem(&handles[0], START), None);
    assert_eq!(store.redeem(&handles[1], START), Some(1));
    assert_eq!(store.redeem(&handles[CAPACITY], START), Some(CAPACITY));
}
