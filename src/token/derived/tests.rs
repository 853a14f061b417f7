use std::cell::Cell;

use serde_json::json;

use super::{DERIVED_BYTES, DerivedValues, MAX_LISTED};
use crate::token::{ClaimNames, Claims, Derived};

thread_local! {
    static DERIVED: Cell<u32> = const { Cell::new(0) };
}

/// One of many types, whose values report that they allocate this many bytes.
#[derive(Debug, Clone, PartialEq)]
struct Value<const TYPE: u8, const BYTES: usize>(String);

impl<const TYPE: u8, const BYTES: usize> Derived for Value<TYPE, BYTES> {
    fn derive(claims: &Claims) -> Self {
        DERIVED.set(DERIVED.get() + 1);
        Self(format!("{} {TYPE}", claims.subject()))
    }

    fn heap_bytes(&self) -> usize {
        BYTES
    }
}

fn claims() -> Claims {
    let long = "x".repeat(2_000);
    let claims = json!({ "iss": "i", "aud": "a", "sub": "s", "exp": 7, "long": long });
    Claims::read(claims.to_string().as_bytes(), &ClaimNames::default()).unwrap()
}

/// The number of times that the type is derived in two uses.
fn times<D: Derived>(values: &DerivedValues, claims: &Claims) -> u32 {
    DERIVED.set(0);
    values.get::<D>(claims);
    values.get::<D>(claims);
    DERIVED.get()
}

#[test]
fn each_type_is_derived_once() {
    let (values, claims) = (DerivedValues::default(), claims());

    assert_eq!(times::<Value<1, 0>>(&values, &claims), 1);
    assert_eq!(times::<Value<2, 0>>(&values, &claims), 1);
    assert_eq!(times::<Value<3, 0>>(&values, &claims), 1);

    assert_eq!(times::<Value<1, 0>>(&values, &claims), 0);
    assert_eq!(times::<Value<2, 0>>(&values, &claims), 0);
    assert_eq!(values.get::<Value<2, 0>>(&claims).0, "s 2");
    assert_eq!(values.get::<Value<3, 0>>(&claims).0, "s 3");
}

#[test]
fn a_value_above_the_counted_size_is_derived_at_each_use() {
    let (values, claims) = (DerivedValues::default(), claims());

    assert_eq!(times::<Value<1, 9_000>>(&values, &claims), 2);
    assert_eq!(times::<Value<2, { usize::MAX / 2 }>>(&values, &claims), 2);
    assert_eq!(times::<Value<3, 1_000>>(&values, &claims), 1);
}

#[test]
fn a_value_is_kept_up_to_exactly_what_is_counted() {
    const STRUCTURE: usize = size_of::<Value<0, 0>>();
    const FILLED: usize = 3_000;
    let claims_of = |long: usize| {
        let claims =
            json!({ "iss": "i", "aud": "a", "sub": "s", "exp": 7, "long": "x".repeat(long) });
        Claims::read(claims.to_string().as_bytes(), &ClaimNames::default()).unwrap()
    };
    let others = claims_of(0).derived_bytes();
    let fitting = claims_of(FILLED + STRUCTURE - DERIVED_BYTES - others);
    let shorter = claims_of(FILLED + STRUCTURE - DERIVED_BYTES - others - 1);

    assert_eq!(
        times::<Value<1, FILLED>>(&DerivedValues::default(), &fitting),
        1
    );
    assert_eq!(
        times::<Value<1, FILLED>>(&DerivedValues::default(), &shorter),
        2
    );
}

#[test]
fn the_values_of_a_token_take_no_more_memory_than_is_counted() {
    let (values, claims) = (DerivedValues::default(), claims());

    assert_eq!(times::<Value<1, 1_000>>(&values, &claims), 1);
    assert_eq!(times::<Value<2, 1_500>>(&values, &claims), 2);
    assert_eq!(times::<Value<3, 900>>(&values, &claims), 1);
}

#[test]
fn the_number_of_types_that_are_kept_is_limited() {
    let (values, claims) = (DerivedValues::default(), claims());

    let times = [
        times::<Value<0, 0>>(&values, &claims),
        times::<Value<1, 0>>(&values, &claims),
        times::<Value<2, 0>>(&values, &claims),
        times::<Value<3, 0>>(&values, &claims),
        times::<Value<4, 0>>(&values, &claims),
        times::<Value<5, 0>>(&values, &claims),
        times::<Value<6, 0>>(&values, &claims),
        times::<Value<7, 0>>(&values, &claims),
        times::<Value<8, 0>>(&values, &claims),
    ];

    assert_eq!(times, [1, 1, 1, 1, 1, 1, 1, 1, 2]);
    assert_eq!(times.len(), MAX_LISTED + 2);
}
