//! 1,000,000 seeded hostile inputs and 200,000 drawn messages. Not part of `cargo test`, where it
//! would cost a minute unoptimised: `cargo test --release -p iso8583 --test million`.

mod enemy;

use enemy::{OF_DECODING, OF_ENCODING, assert_all_seen, mutations, valid_mutants};

#[test]
fn a_million_hostile_inputs_give_a_million_clean_answers() {
    let found = mutations(2026, 1_000_000);
    assert_eq!(found.values().sum::<u32>(), 1_000_000);
    assert_all_seen(&found, &OF_DECODING);
}

#[test]
fn two_hundred_thousand_drawn_messages_come_back() {
    let found = valid_mutants(4242, 200_000);
    assert_eq!(found["good"], 200_000);
    assert_all_seen(&found, &OF_ENCODING);
}
