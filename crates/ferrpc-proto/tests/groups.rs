//! Groups: messages between two tags, as proto2 declares them and editions encode them on demand.
#![forbid(unsafe_code)]

#[allow(dead_code)]
mod generated {
    include!("gen/legacy.rs");
}

use ferrpc_proto::{DecodeErrorKind, EncodeError, Message, Sub};
use generated::ferrpc::test::Legacy;
use generated::ferrpc::test::legacy::{Choice, Data, Large, Row, Small, data};

/// Decodes by both decoders, which must agree.
fn decode(bytes: &[u8]) -> Result<Legacy, DecodeErrorKind> {
    let own = Legacy::decode(bytes).map_err(|error| error.kind());
    let by_table = ferrpc_proto::__private::decode_all_by_table(bytes, &ferrpc_proto::DecodeLimits::new());
    assert_eq!(own, by_table.map_err(|error| error.kind()));
    own
}

/// Encodes by both encoders, which must agree.
fn encode(message: &Legacy) -> Vec<u8> {
    let own = message.encode_to_vec().unwrap();
    assert_eq!(ferrpc_proto::__private::encode_all_by_table(message).unwrap(), own);
    assert_eq!(message.encoded_len(), own.len());
    own
}

fn row(x: i32) -> Row {
    Row { x: Some(x), ..Default::default() }
}

#[test]
fn a_group_lies_between_its_two_tags() {
    let data = Data { number: Some(5), text: Some("hi".into()), ..Default::default() };
    let message = Legacy { data: data.into(), ..Default::default() };
    assert_eq!(encode(&message), b"\x0b\x08\x05\x12\x02hi\x0c");
    let message = Legacy { row: vec![row(1), Row::default(), row(-1)], ..Default::default() };
    assert_eq!(encode(&message), b"\x13\x08\x02\x14\x13\x14\x13\x08\x01\x14");
    let large = Large { text: Some("x".into()), ..Default::default() };
    let message = Legacy { choice: Some(Choice::Large(Box::new(large))), ..Default::default() };
    assert_eq!(encode(&message), b"\xcb\x0c\xd2\x0c\x01x\xcc\x0c");
}

#[test]
fn groups_come_back_wherever_they_are_declared() {
    let inner = data::Inner { numbers: vec![1, 2, 3], ..Default::default() };
    let data = Data { inner: inner.into(), ..Default::default() };
    for choice in [Choice::Small(Small { x: Some(7), ..Default::default() }), Choice::Large(Box::default())] {
        let legacy = Legacy {
            data: data.clone().into(),
            row: vec![row(1), row(2)],
            choice: Some(choice),
            ..Default::default()
        };
        let message = Legacy { legacy: legacy.into(), row: vec![Row::default()], ..Default::default() };
        assert_eq!(decode(&encode(&message)), Ok(message));
    }
}

#[test]
fn a_group_that_comes_again_is_merged() {
    let merged = decode(b"\x0b\x08\x05\x1b\x08\x01\x1c\x0c\x0b\x12\x02hi\x1b\x08\x02\x1c\x0c").unwrap();
    let data = merged.data.as_ref().unwrap();
    assert_eq!((data.number, data.text.as_deref()), (Some(5), Some("hi")));
    assert_eq!(data.inner.as_ref().unwrap().numbers, [1, 2]);
    let merged = decode(b"\xcb\x0c\xd2\x0c\x01x\xcc\x0c\xcb\x0c\xcc\x0c").unwrap();
    let large = Large { text: Some("x".into()), ..Default::default() };
    assert_eq!(merged.choice, Some(Choice::Large(Box::new(large))));
}

#[test]
fn a_group_ends_with_its_own_tag_or_not_at_all() {
    assert_eq!(decode(b"\x0b\x14"), Err(DecodeErrorKind::UnmatchedEndGroup));
    assert_eq!(decode(b"\x0b\x1b\x0c\x1c"), Err(DecodeErrorKind::UnmatchedEndGroup));
    assert_eq!(decode(b"\x0c"), Err(DecodeErrorKind::UnmatchedEndGroup));
    assert_eq!(decode(b"\x0b\x08\x05"), Err(DecodeErrorKind::Truncated));
    // The message around it ends before the group does.
    assert_eq!(decode(b"\x2a\x01\x0b\x0c"), Err(DecodeErrorKind::Truncated));
    // The field of a group takes nothing else.
    assert_eq!(decode(b"\x0a\x00").unwrap()._unknown.as_bytes(), b"\x0a\x00");
}

#[test]
fn errors_in_a_group_say_where() {
    let error = Legacy::decode(b"\x2a\x07\x0b\x12\x03ab\xff\x0c").unwrap_err();
    assert_eq!(
        error.to_string(),
        "cannot decode ferrpc.test.Legacy, field legacy.data.text, at byte 3: a string is not valid UTF-8; \
         binary data belongs in `bytes`"
    );
}

#[test]
fn unknown_fields_of_a_group_stay_in_it() {
    let message = decode(b"\x0b\x78\x01\x0c\x78\x02").unwrap();
    assert_eq!(message.data.as_ref().unwrap()._unknown.as_bytes(), b"\x78\x01");
    assert_eq!(encode(&message), b"\x0b\x78\x01\x0c\x78\x02");
}

#[test]
fn a_group_is_a_level_of_nesting() {
    let nested = |levels: usize| {
        let innermost = Legacy { data: Data::default().into(), ..Default::default() };
        (1..levels).fold(innermost, |legacy, _| Legacy { legacy: Sub::from(legacy), ..Default::default() })
    };
    assert_eq!(decode(&encode(&nested(100))), Ok(nested(100)));
    assert_eq!(nested(101).encode_to_vec(), Err(EncodeError::TooDeep));
    assert_eq!(ferrpc_proto::__private::encode_all_by_table(&nested(101)), Err(EncodeError::TooDeep));
    let limits = ferrpc_proto::DecodeLimits::new().depth_max(2);
    let three = b"\x2a\x04\x0b\x1b\x1c\x0c";
    let error = Legacy::decode_with(three, &limits).unwrap_err();
    assert_eq!(error.kind(), DecodeErrorKind::TooDeep { depth_max: 2 });
    assert!(Legacy::decode_with(three, &limits.depth_max(3)).is_ok());
}

#[test]
fn text_format_calls_a_group_by_its_type() {
    let data = Data { number: Some(1), inner: data::Inner::default().into(), ..Default::default() };
    let message = Legacy {
        data: data.into(),
        row: vec![row(1)],
        choice: Some(Choice::Small(Small::default())),
        ..Default::default()
    };
    assert_eq!(message.to_string(), "Data {\n  number: 1\n  Inner {\n  }\n}\nRow {\n  x: 1\n}\nSmall {\n}");
}

#[test]
fn groups_of_two_messages_are_merged() {
    let mut merged =
        decode(b"\x0b\x08\x05\x0c\x13\x08\x02\x14\xcb\x0c\xd2\x0c\x01x\xcc\x0c\x78\x01").unwrap();
    merged.merge(&decode(b"\x0b\x12\x02hi\x0c\x13\x08\x04\x14\xcb\x0c\xcc\x0c\x78\x02").unwrap());
    let expected =
        b"\x0b\x08\x05\x12\x02hi\x0c\x13\x08\x02\x14\x13\x08\x04\x14\xcb\x0c\xd2\x0c\x01x\xcc\x0c\x78\x01\x78\x02";
    assert_eq!(merged, decode(expected).unwrap());
    merged.merge(&decode(b"\x1b\x1c").unwrap());
    assert_eq!(merged.choice, Some(Choice::Small(Small::default())));
}
