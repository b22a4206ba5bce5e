//! What the gate costs. Ignored in ordinary runs, because only an optimised build on a quiet machine can tell:
//! `cargo test --release --test gate -- --ignored --nocapture`.

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use bytes::Bytes;
use coscribe::wire::update;

use crate::documents::{replica, state, unhex};
use crate::real::{patch, trace};

/// The best of several rounds: what else the machine does only makes it slower.
fn best_of(rounds: u32, repeats: u32, mut work: impl FnMut()) -> Duration {
    let round = |_| {
        let since = Instant::now();
        (0..repeats).for_each(|_| work());
        since.elapsed() / repeats
    };
    (0..rounds).map(round).min().expect("a round")
}

fn check(bytes: &Bytes) {
    black_box(update::check(black_box(bytes.clone()))).expect("a valid update");
}

#[test]
#[ignore = "a measurement: run it optimised, on a quiet machine"]
fn a_keystroke_takes_less_than_a_microsecond() {
    let keystroke = unhex("01 01 80bcc1960b 8f4e 84 80bcc1960b 8e4e 01 61 00");
    let time = best_of(20, 10_000, || check(&keystroke));
    println!("{} bytes: {time:?}", keystroke.len());
    assert!(time < Duration::from_micros(1), "{time:?}");
}

#[test]
#[ignore = "a measurement: run it optimised, on a quiet machine; making the document takes half a minute"]
fn the_state_of_a_long_paper_takes_about_a_millisecond() {
    let trace = trace("automerge-paper");
    let author = replica(1);
    for transaction in trace["txns"].as_array().expect("transactions") {
        patch(&author, transaction);
    }
    let state = Bytes::from(state(&author));
    let time = best_of(20, 20, || check(&state));
    println!("{} bytes: {time:?}", state.len());
    assert!(time < Duration::from_millis(3), "{time:?}");
}
