//! Closed enums: a number without a name is an unknown field, and goes on as it came.
#![forbid(unsafe_code)]

#[allow(dead_code)]
mod generated {
    include!("gen/legacy.rs");
}

use ferrpc_proto::{DecodeLimits, Map, Message};
use generated::ferrpc::test::closed::Choice;
use generated::ferrpc::test::{Closed, Tone};

/// Decodes by both decoders, which must agree; so must the encoders.
fn decode(bytes: &[u8]) -> Closed {
    let message = Closed::decode(bytes).unwrap();
    let by_table = ferrpc_proto::__private::decode_all_by_table::<Closed>(bytes, &DecodeLimits::new());
    assert_eq!(by_table.unwrap(), message);
    message
}

#[track_caller]
fn assert_kept(bytes: &[u8], known: &Closed, unknown: &[u8]) {
    let message = decode(bytes);
    assert_eq!(message._unknown.as_bytes(), unknown);
    assert_eq!(Closed { _unknown: Default::default(), ..message.clone() }, *known);
    let again = message.encode_to_vec().unwrap();
    assert_eq!(decode(&again), message);
    assert_eq!(ferrpc_proto::__private::encode_all_by_table(&message).unwrap(), again);
}

#[test]
fn a_field_keeps_the_last_number_that_has_a_name() {
    let high = Closed { one: Some(Tone::HIGH), ..Default::default() };
    assert_kept(b"\x08\x01", &high, b"");
    assert_kept(b"\x08\x01\x08\x09", &high, b"\x08\x09");
    assert_kept(b"\x08\x02", &Closed::default(), b"\x08\x02");
}

#[test]
fn a_list_leaves_out_numbers_without_a_name() {
    let high = Closed { many: vec![Tone::HIGH, Tone::HIGH], ..Default::default() };
    assert_kept(b"\x10\x01\x10\x07\x10\x01", &high, b"\x10\x07");
    // What came packed is kept one by one, as a receiver that knows it may expect it.
    assert_kept(b"\x12\x04\x01\x07\x01\x08", &high, b"\x10\x07\x10\x08");
    let high = Closed { packed: vec![Tone::HIGH], ..Default::default() };
    assert_kept(b"\x1a\x03\x07\x01\x09", &high, b"\x18\x07\x18\x09");
    assert_kept(b"\x18\x07\x18\x01", &high, b"\x18\x07");
}

#[test]
fn an_entry_of_a_map_is_kept_whole() {
    let named = Closed { named: Map::from([(5, Tone::HIGH)]), ..Default::default() };
    assert_kept(b"\x22\x04\x08\x05\x10\x01\x22\x04\x08\x06\x10\x09", &named, b"\x22\x04\x08\x06\x10\x09");
    // The same key does not lose its value to one that is unknown.
    assert_kept(b"\x22\x04\x08\x05\x10\x01\x22\x04\x08\x05\x10\x09", &named, b"\x22\x04\x08\x05\x10\x09");
    // The last value in the entry counts; one that is missing is the first the enum has.
    assert_kept(b"\x22\x06\x08\x05\x10\x09\x10\x01", &named, b"");
    let low = Closed { named: Map::from([(5, Tone::LOW)]), ..Default::default() };
    assert_kept(b"\x22\x02\x08\x05", &low, b"");
}

#[test]
fn a_oneof_stays_as_it_was() {
    let other = Closed { choice: Some(Choice::Other("x".into())), ..Default::default() };
    assert_kept(b"\x32\x01x\x28\x09", &other, b"\x28\x09");
    let picked = Closed { choice: Some(Choice::Picked(Tone::HIGH)), ..Default::default() };
    assert_kept(b"\x28\x09\x28\x01", &picked, b"\x28\x09");
}

#[test]
fn fields_of_a_map_entry_that_nobody_knows_are_dropped_and_the_entry_stays() {
    let named = Closed { named: Map::from([(5, Tone::HIGH)]), ..Default::default() };
    assert_kept(b"\x22\x06\x08\x05\x10\x01\x18\x07", &named, b"");
    // A key of another wire type is as unknown as that, so the key is missing.
    let zero = Closed { named: Map::from([(0, Tone::HIGH)]), ..Default::default() };
    assert_kept(b"\x22\x05\x0a\x01x\x10\x01", &zero, b"");
    let low = Closed { named: Map::from([(0, Tone::LOW)]), ..Default::default() };
    assert_kept(b"\x22\x00", &low, b"");
}
