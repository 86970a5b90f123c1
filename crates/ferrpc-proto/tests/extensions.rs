//! Extensions: read from and written to the unknown fields of the message they extend.
#![forbid(unsafe_code)]

#[allow(dead_code)]
mod generated {
    include!("gen/legacy.rs");
}

use ferrpc_proto::{Bytes, DecodeErrorKind, DecodeLimits, EncodeError, Message};
use generated::ferrpc::test::apple::IN_BAG;
use generated::ferrpc::test::open::NESTED;
use generated::ferrpc::test::{
    Apple, Bag, Color, DELTA, FIXED, LABEL, LEGACIES, Legacy, NUMBERS, ORDER, Open, Order, PART, PIECE, Part,
    Piece, RAW, TINT, TINTS, WORDS,
};

fn open(bytes: &[u8]) -> Open {
    Open::decode(bytes).unwrap()
}

#[test]
fn what_is_set_is_there_and_goes_over_the_wire() {
    let mut message = Open { own: Some(1), ..Default::default() };
    LABEL.set(&mut message, "x".to_owned()).unwrap();
    DELTA.set(&mut message, -1).unwrap();
    TINT.set(&mut message, Color::RED).unwrap();
    RAW.set(&mut message, Bytes::from_static(b"\0")).unwrap();
    NUMBERS.set(&mut message, vec![1, 300]).unwrap();
    FIXED.set(&mut message, vec![1]).unwrap();
    TINTS.set(&mut message, vec![Color::BLUE]).unwrap();
    PART.set(&mut message, Part { x: Some(1), ..Default::default() }).unwrap();
    let bytes = message.encode_to_vec().unwrap();
    assert_eq!(
        bytes,
        [
            &b"\x08\x01"[..],
            b"\xa2\x06\x01x",
            b"\xa8\x06\x01",
            b"\xb0\x06\x01",
            b"\xba\x06\x01\0",
            b"\xc0\x06\x01\xc0\x06\xac\x02",
            b"\xca\x06\x04\x01\0\0\0",
            b"\xd2\x06\x0a\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01",
            b"\xf3\x06\x08\x01\xf4\x06",
        ]
        .concat()
    );
    let message = open(&bytes);
    assert_eq!(LABEL.get(&message).unwrap().as_deref(), Some("x"));
    assert_eq!(DELTA.get(&message).unwrap(), Some(-1));
    assert_eq!(TINT.get(&message).unwrap(), Some(Color::RED));
    assert_eq!(RAW.get(&message).unwrap().unwrap(), "\0");
    assert_eq!(NUMBERS.get(&message).unwrap(), [1, 300]);
    assert_eq!(FIXED.get(&message).unwrap(), [1]);
    assert_eq!(TINTS.get(&message).unwrap(), [Color::BLUE]);
    assert_eq!(PART.get(&message).unwrap().unwrap().x, Some(1));
    assert_eq!(message.encode_to_vec().unwrap(), bytes);
}

#[test]
fn what_is_not_there_reads_as_nothing_or_as_its_default() {
    let message = Open::default();
    assert_eq!(LABEL.get(&message).unwrap(), None);
    assert_eq!(LABEL.get_or_default(&message).unwrap(), "none");
    assert_eq!(DELTA.get_or_default(&message).unwrap(), -7);
    assert_eq!(TINT.get_or_default(&message).unwrap(), Color::BLUE);
    assert_eq!(RAW.get_or_default(&message).unwrap(), &b"\xff"[..]);
    assert_eq!(NESTED.get_or_default(&message).unwrap(), Legacy::default());
    assert!(WORDS.iter(&message).unwrap().next().is_none());
    assert!(!LABEL.has(&message) && !WORDS.has(&message));
}

#[test]
fn setting_replaces_and_clearing_removes_all_there_is_and_nothing_else() {
    let before = b"\xa2\x06\x01a\xc0\x06\x01\xa2\x06\x01b\xf8\x3e\x01";
    let mut message = open(before);
    assert_eq!(LABEL.get(&message).unwrap().as_deref(), Some("b"), "the last one counts");
    LABEL.set(&mut message, "c".to_owned()).unwrap();
    assert_eq!(message._unknown.as_bytes(), b"\xc0\x06\x01\xf8\x3e\x01\xa2\x06\x01c");
    LABEL.set(&mut message, None).unwrap();
    assert!(!LABEL.has(&message));
    NUMBERS.clear(&mut message);
    assert_eq!(message._unknown.as_bytes(), b"\xf8\x3e\x01");
    // Of another wire type, so it is not this extension's.
    let mut message = open(b"\xa0\x06\x01");
    assert!(!LABEL.has(&message));
    LABEL.clear(&mut message);
    assert_eq!(message._unknown.as_bytes(), b"\xa0\x06\x01");
}

#[test]
fn lists_are_read_packed_or_not_and_added_to() {
    let mut message = open(b"\xc0\x06\x01\xc2\x06\x02\x02\x03\xcd\x06\x07\0\0\0");
    assert_eq!(NUMBERS.get(&message).unwrap(), [1, 2, 3]);
    assert_eq!(FIXED.get(&message).unwrap(), [7]);
    NUMBERS.push(&mut message, 4).unwrap();
    WORDS.push(&mut message, "a".to_owned()).unwrap();
    WORDS.push(&mut message, "b".to_owned()).unwrap();
    assert_eq!(NUMBERS.get(&message).unwrap(), [1, 2, 3, 4]);
    assert!(WORDS.iter(&message).unwrap().eq(["a", "b"]));
    PIECE.push(&mut message, Piece { x: Some(5), ..Default::default() }).unwrap();
    PIECE.push(&mut message, Piece::default()).unwrap();
    assert_eq!(PIECE.get(&message).unwrap().len(), 2);
    LEGACIES.push(&mut message, Legacy::default()).unwrap();
    assert_eq!(LEGACIES.get(&message).unwrap(), [Legacy::default()]);
}

#[test]
fn messages_that_come_in_parts_are_merged() {
    let message = open(
        b"\xf3\x06\x08\x05\xf4\x06\xc2\x0c\x04\x0b\x08\x01\x0c\xf3\x06\xf4\x06\xc2\x0c\x05\x0b\x12\x01x\x0c",
    );
    assert_eq!(PART.get(&message).unwrap().unwrap().x, Some(5));
    let nested = NESTED.get(&message).unwrap().unwrap();
    let data = nested.data.get();
    assert_eq!((data.number, data.text.as_deref()), (Some(1), Some("x")));
}

#[test]
fn numbers_that_a_closed_enum_does_not_know_are_no_values() {
    let mut message = open(b"\xb0\x06\x63\xd2\x06\x02\x01\x63");
    assert!(!TINT.has(&message));
    assert_eq!(TINT.get(&message).unwrap(), None);
    assert_eq!(TINTS.get(&message).unwrap(), [Color::RED]);
    TINT.clear(&mut message);
    assert_eq!(message._unknown.as_bytes(), b"\xb0\x06\x63\xd2\x06\x02\x01\x63");
}

#[test]
fn what_cannot_be_read_or_written_is_said() {
    let error = LABEL.get(&open(b"\xa2\x06\x01\xff")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot decode ferrpc.test.Open, field [ferrpc.test.label], at byte 0: a string is not valid UTF-8; \
         binary data belongs in `bytes`"
    );
    let message = open(b"\xea\x06\x00");
    assert!(ORDER.has(&message));
    assert_eq!(ORDER.get(&message).unwrap_err().kind(), DecodeErrorKind::Uninitialized);
    let mut message = Open::default();
    let error = ORDER.set(&mut message, Order::default()).unwrap_err();
    assert!(matches!(error, EncodeError::Uninitialized(_)));
    assert_eq!(message, Open::default());
    // Somebody appended what are no records.
    message._unknown.append_raw(b"\xa2\x06\x05x");
    assert_eq!(LABEL.get(&message).unwrap_err().kind(), DecodeErrorKind::Truncated);
    assert!(!LABEL.has(&message));
    LABEL.clear(&mut message);
    assert_eq!(message._unknown.as_bytes(), b"\xa2\x06\x05x");
}

#[test]
fn s35_limits_hold_for_each_reading() {
    // 100 empty messages in a few bytes each.
    let message = open(&b"\xe2\x06\x00".repeat(2000));
    assert_eq!(LEGACIES.get(&message).unwrap().len(), 2000);
    let small = DecodeLimits::new().memory_bytes_max(1);
    let error = LEGACIES.get_with(&message, &small).unwrap_err();
    assert_eq!(error.kind(), DecodeErrorKind::OverBudget { memory_bytes_max: 16 * 6000 });
    let message = open(b"\xc2\x0c\x04\x2a\x02\x2a\x00");
    let error = NESTED.get_with(&message, &DecodeLimits::new().depth_max(2)).unwrap_err();
    assert_eq!(error.kind(), DecodeErrorKind::TooDeep { depth_max: 2 });
    assert!(NESTED.get_with(&message, &DecodeLimits::new().depth_max(3)).is_ok());
}

#[test]
fn a_message_set_keeps_its_items() {
    let apple = Apple { weight: Some(5), ..Default::default() };
    let mut bag = Bag::default();
    IN_BAG.set(&mut bag, apple.clone()).unwrap();
    let bytes = bag.encode_to_vec().unwrap();
    assert_eq!(bytes, b"\x0b\x10\xf9\xbb\x5e\x1a\x02\x08\x05\x0c");
    let mut bag = Bag::decode(&bytes).unwrap();
    assert!(IN_BAG.has(&bag));
    assert_eq!(IN_BAG.get(&bag).unwrap(), Some(apple));
    // The number may come last, other items between, and a part as an ordinary field.
    let more =
        b"\x0b\x1a\x03\x12\x01x\x10\xf9\xbb\x5e\x0c\x0b\x10\x04\x1a\x00\x0c\xca\xdf\xf3\x05\x02\x08\x06";
    bag.merge_from(more, &DecodeLimits::new()).unwrap();
    let merged = IN_BAG.get(&bag).unwrap().unwrap();
    assert_eq!((merged.weight, merged.kind.as_deref()), (Some(6), Some("x")));
    IN_BAG.clear(&mut bag);
    assert_eq!(bag._unknown.as_bytes(), b"\x0b\x10\x04\x1a\x00\x0c");
    assert_eq!(IN_BAG.get(&bag).unwrap(), None);
}

#[test]
fn an_extension_knows_its_name_and_number() {
    assert_eq!((LABEL.full_name(), LABEL.number()), ("ferrpc.test.label", 100));
    assert_eq!((IN_BAG.full_name(), IN_BAG.number()), ("ferrpc.test.Apple.in_bag", 1_547_769));
    assert_eq!(format!("{NESTED:?}"), "Extension(ferrpc.test.Open.nested of ferrpc.test.Open)");
}
