use std::time::Duration;

use futures_util::FutureExt;

use std::sync::atomic::Ordering;

use super::charged::ChargedConnection;
use super::*;

const PRICE: usize = price::CONNECTION;

fn connect(memory: &Memory) -> (Holding, Arc<Notify>) {
    let woken = Arc::new(Notify::new());
    (memory.hold(woken.clone()), woken)
}

fn bytes(bytes: usize) -> Charge {
    Charge {
        price: PRICE,
        more: bytes - PRICE,
    }
}

/// Lets the budget choose again, which it does once in a tick.
fn next_tick(memory: &Memory) {
    memory.budget.relieved.store(0, Ordering::Relaxed);
}

#[test]
fn a_charge_is_given_back_when_its_connection_ends() {
    let memory = Memory::new(100 * PRICE);
    let (one, _) = connect(&memory);
    let (two, _) = connect(&memory);

    one.set(bytes(3 * PRICE));
    let both = memory.used();
    one.set(bytes(2 * PRICE));
    let less = memory.used();
    drop((one, two));

    assert_eq!((both, less, memory.used()), (4 * PRICE, 3 * PRICE, 0));
}

#[test]
fn new_work_is_refused_above_the_limit_and_not_at_it() {
    let memory = Memory::new(16 * PRICE);
    let (one, _) = connect(&memory);
    let operator = memory.for_operators().hold(Arc::default());

    for (sum, is_spent) in [(16 * PRICE, false), (16 * PRICE + 1, true)] {
        one.set(bytes(sum - PRICE));
        assert_eq!(one.is_budget_spent(), is_spent, "{sum}");
        assert!(!operator.is_budget_spent(), "operators, {sum}");
    }
}

#[test]
fn connections_are_accepted_up_to_seven_eighths() {
    let memory = Memory::new(16 * PRICE);
    let (one, _) = connect(&memory);

    for (sum, may_accept) in [(14 * PRICE, true), (14 * PRICE + 1, false)] {
        one.set(bytes(sum));
        assert_eq!(memory.may_accept(), may_accept, "{sum}");
        assert!(memory.for_operators().may_accept(), "operators, {sum}");
    }
}

#[test]
fn the_connection_that_holds_most_is_closed_and_others_stay() {
    let memory = Memory::new(16 * PRICE);
    let small: Vec<_> = (0..4).map(|_| connect(&memory).0).collect();
    let (large, woken) = connect(&memory);

    large.set(bytes(10 * PRICE));
    assert!(!large.must_leave(), "14 of 16");
    next_tick(&memory);
    large.set(bytes(11 * PRICE));

    assert!(large.must_leave());
    assert!(woken.notified().now_or_never().is_some());
    assert!(small.iter().all(|it| !it.must_leave()));
}

#[test]
fn the_connection_without_useful_work_weighs_more_at_equal_memory() {
    let memory = Memory::new(16 * PRICE);
    let (idle, _) = connect(&memory);
    let (busy, _) = connect(&memory);
    let later = now() + Duration::from_secs(60);
    for one in [&idle, &busy] {
        one.set(bytes(2 * PRICE));
    }

    busy.has_worked(later);

    let tick = memory.budget.tick(later);
    let [idle, busy] = [idle, busy].map(|it| it.weight(tick).unwrap());
    assert!(idle > 100 * busy, "{idle}, {busy}");
}

#[test]
fn the_first_second_and_the_handshake_do_not_count_against_a_connection() {
    let memory = Memory::new(16 * PRICE);
    let (one, _) = connect(&memory);
    let start = now();
    let weight_after = |millis| {
        let at = start + Duration::from_millis(millis);
        one.weight(memory.budget.tick(at))
    };
    assert_eq!(
        (weight_after(900), weight_after(1_100).is_some()),
        (None, true)
    );

    one.begins(start + Duration::from_millis(500));

    let weights = [1_100, 1_400, 1_600].map(|millis| weight_after(millis).is_some());
    assert_eq!(weights, [false, false, true]);
}

#[test]
fn a_small_newcomer_stays_while_others_hold_more() {
    let memory = Memory::new(16 * PRICE);
    let (newcomer, _) = connect(&memory);
    let (holder, _) = connect(&memory);
    holder.set(bytes(2 * PRICE));
    let tick = memory.budget.tick(now() + Duration::from_millis(1_500));

    let [newcomer, holder] = [newcomer, holder].map(|it| it.weight(tick).unwrap());

    assert!(holder > 20 * newcomer, "{holder}, {newcomer}");
}

#[test]
fn operators_are_never_asked_to_leave() {
    let memory = Memory::new(16 * PRICE);
    let woken = Arc::new(Notify::new());
    let operator = memory.for_operators().hold(woken);
    let (caller, _) = connect(&memory);
    caller.set(bytes(2 * PRICE));
    next_tick(&memory);

    operator.set(bytes(30 * PRICE));

    assert!(!operator.must_leave());
    assert!(caller.must_leave());
}

#[test]
fn a_connection_that_works_after_it_was_chosen_to_leave_stays() {
    for (row, works, stays) in [("no work", false, false), ("work", true, true)] {
        let connection = ChargedConnection::new(1, Arc::default(), false);
        connection.has_worked(2);
        connection.leave();
        assert!(connection.may_stay(), "{row}");

        if works {
            connection.has_worked(3);
        }

        assert_eq!(connection.has_worked_since(), stays, "{row}");
    }
}

#[test]
fn a_connection_stays_open_once_until_it_works() {
    let connection = ChargedConnection::new(1, Arc::default(), false);
    connection.leave();

    connection.keep_open(6);

    assert!(!connection.is_leaving() && !connection.may_stay());
    connection.has_worked(7);
    assert!(connection.may_stay());
}
