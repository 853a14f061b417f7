use std::num::NonZeroU32;
use std::time::Duration;

use super::*;
use crate::clock::ManualClock;
use crate::guard::BearerError;
use crate::token::TokenError;

const BAD: Rejection = Rejection::InvalidToken(TokenError::BadSignature);

/// Three refusals a minute: after them, one in 20 s.
fn limits() -> (RateLimits, ManualClock) {
    let clock = ManualClock::new();
    let rate = Rate {
        calls: NonZeroU32::new(3).unwrap(),
        per: Duration::from_secs(60),
    };
    let limits = RateLimits::new(Arc::new(clock.clone())).with_refusals(rate);
    (limits, clock)
}

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

fn refuse(limits: &RateLimits, from: &str, times: usize) {
    for _ in 0..times {
        limits.count_refusal(Some(address(from)), &BAD);
    }
}

#[test]
fn an_address_is_admitted_until_its_refusals_are_used_up_and_again_after_a_pause() {
    let (limits, clock) = limits();
    let here = Some(address("192.0.2.1"));

    refuse(&limits, "192.0.2.1", 2);
    assert_eq!(limits.check_address(here), Ok(()));

    refuse(&limits, "192.0.2.1", 1);
    let retry_after = Duration::from_secs(20);
    let paused = Err(Rejection::TooManyRequests { retry_after });
    assert_eq!(limits.check_address(here), paused);

    clock.advance(Duration::from_secs(20));
    assert_eq!(limits.check_address(here), Ok(()));

    refuse(&limits, "192.0.2.1", 1);
    assert_eq!(limits.check_address(here), paused);

    clock.advance(Duration::from_secs(60));
    refuse(&limits, "192.0.2.1", 2);
    assert_eq!(limits.check_address(here), Ok(()));
}

#[test]
fn addresses_count_each_for_themselves_and_those_of_one_network_together() {
    let rows = [
        ("192.0.2.1", "192.0.2.1", true),
        ("192.0.2.1", "192.0.2.2", false),
        ("2001:db8::1", "2001:db8::ffff:1", true),
        ("2001:db8::1", "2001:db8:0:1::1", false),
        ("192.0.2.1", "::ffff:192.0.2.1", true),
    ];
    for (one, other, expected) in rows {
        let (limits, _) = limits();
        refuse(&limits, one, 3);
        let is_paused = limits.check_address(Some(address(other))).is_err();
        assert_eq!(is_paused, expected, "{one} {other}");
    }
}

#[test]
fn only_refusals_for_a_bad_token_or_header_are_counted() {
    let rows = [
        (BAD, true),
        (Rejection::InvalidRequest(BearerError::Malformed), true),
        (Rejection::MissingCredentials, false),
        (Rejection::Unavailable, false),
    ];
    let here = Some(address("192.0.2.1"));
    for (rejection, expected) in rows {
        let (limits, _) = limits();
        for _ in 0..3 {
            limits.count_refusal(here, &rejection);
        }
        let is_paused = limits.check_address(here).is_err();
        assert_eq!(is_paused, expected, "{rejection:?}");
    }
}

#[test]
fn a_flood_of_addresses_is_counted_in_bounded_memory() {
    let (limits, _) = limits();
    for number in 0..200_000_u32 {
        let address = IpAddr::from(number.to_be_bytes());
        limits.count_refusal(Some(address), &BAD);
    }
    let counted = limits.refusals.unwrap().counts.len();
    assert!(counted <= MAX_COUNTED, "{counted}");
}
