//! What hostile bytes may cost beside memory: no stack, no time, and always a plain error.
//!
//! Numbers such as `s32` are those of attacks, here and in `memory.rs`: nesting (32), lengths that promise (34),
//! amplification (35), well-known types out of range (36, in `src/wkt/time.rs`), whatever else is at the edge of
//! the format (37).
#![forbid(unsafe_code)]

#[allow(dead_code)]
mod generated {
    include!("gen/everything.rs");
    pub(crate) mod legacy {
        include!("gen/legacy.rs");
    }
}

use ferrpc_proto::{DecodeErrorKind, DecodeLimits, EncodeError, Message};
use generated::ferrpc::test::{Everything, Node};
use generated::legacy::ferrpc::test::Tree;

fn varint(mut value: usize) -> Vec<u8> {
    let mut out = Vec::new();
    while value > 0x7f {
        out.push(u8::try_from(value & 0x7f).unwrap() | 0x80);
        value >>= 7;
    }
    out.push(u8::try_from(value).unwrap());
    out
}

/// A record of a length-delimited field.
fn delimited(number: usize, body: &[u8]) -> Vec<u8> {
    [varint(number << 3 | 2), varint(body.len()), body.to_vec()].concat()
}

/// What is wrong, as all decoders say.
fn kind<M: Message>(bytes: &[u8]) -> DecodeErrorKind {
    let own = M::decode(bytes).unwrap_err();
    let by_table = ferrpc_proto::__private::decode_all_by_table::<M>(bytes, &DecodeLimits::new());
    assert_eq!(by_table.unwrap_err().to_string(), own.to_string());
    own.kind()
}

const TOO_DEEP: DecodeErrorKind = DecodeErrorKind::TooDeep { depth_max: 100 };

#[test]
fn s32_nesting_of_any_sort_ends_at_the_limit() {
    // Messages in a field, in a list, in a oneof, as a map's value.
    for number in [2, 3, 4] {
        let nest = |levels| (0..levels).fold(Vec::new(), |inner, _| delimited(number, &inner));
        assert!(Node::decode(&nest(100)).is_ok(), "field {number}");
        assert_eq!(kind::<Node>(&nest(101)), TOO_DEEP, "field {number}");
        assert_eq!(kind::<Node>(&nest(20_000)), TOO_DEEP, "field {number}");
    }
    // An entry of a map is a message, too.
    let deep = (0..98).fold(Vec::new(), |inner, _| delimited(2, &inner));
    let in_map = |value: &[u8]| delimited(54, &delimited(2, value));
    assert!(Everything::decode(&in_map(&deep)).is_ok());
    assert_eq!(kind::<Everything>(&in_map(&delimited(2, &deep))), TOO_DEEP);
    let mut message = Everything::decode(&in_map(&deep)).unwrap();
    assert!(message.encode_to_vec().is_ok());
    let inner = Node { next: message.string_node.get("").unwrap().clone().into(), ..Default::default() };
    message.string_node.insert(String::new(), inner);
    assert_eq!(message.encode_to_vec(), Err(EncodeError::TooDeep));
    assert_eq!(ferrpc_proto::__private::encode_all_by_table(&message), Err(EncodeError::TooDeep));
}

#[test]
fn s32_an_error_deep_down_names_no_more_fields_than_it_is_worth() {
    let nest = (0..500).fold(vec![0x0f], |inner, _| delimited(2, &inner));
    let error = Node::decode_with(&nest, &DecodeLimits::new().depth_max(1000)).unwrap_err();
    assert_eq!((error.kind(), error.path().count()), (DecodeErrorKind::InvalidWireType, 128));
}

#[test]
fn s32_groups_nobody_knows_count_as_nesting() {
    assert_eq!(kind::<Node>(&[0x7b; 1_000_000]), TOO_DEEP);
    let nest = |levels: usize| [vec![0x7b; levels], vec![0x7c; levels]].concat();
    let node = Node::decode(&nest(100)).unwrap();
    assert_eq!(node._unknown.as_bytes(), nest(100));
    assert_eq!(kind::<Node>(&nest(101)), TOO_DEEP);
    // Deep in a message there are fewer levels left, whether in a field or beside a map's entry.
    assert_eq!(kind::<Node>(&delimited(2, &nest(100))), TOO_DEEP);
    assert!(Node::decode(&delimited(2, &nest(99))).is_ok());
    assert_eq!(kind::<Everything>(&delimited(54, &nest(101))), TOO_DEEP);
}

#[test]
fn s35_a_smaller_budget_is_kept_to() {
    let node = Node { name: "x".repeat(1000), ..Default::default() };
    // Sixteen times the input is always granted, so it takes an input that is small.
    let bytes = delimited(48, &[]).repeat(500);
    let limits = DecodeLimits::new().memory_bytes_max(1000);
    let error = Everything::decode_with(&bytes, &limits).unwrap_err();
    assert_eq!(error.kind(), DecodeErrorKind::OverBudget { memory_bytes_max: 16 * bytes.len() });
    assert!(Everything::decode(&bytes).is_ok());
    assert!(Node::decode_with(&node.encode_to_vec().unwrap(), &limits).is_ok());
}

#[test]
fn s37_numbers_and_wire_types_at_their_edges() {
    let largest = (1usize << 29) - 1;
    assert_eq!(
        Node::decode(&delimited(largest, b"x")).unwrap()._unknown.as_bytes(),
        delimited(largest, b"x")
    );
    assert_eq!(kind::<Node>(&[0x00]), DecodeErrorKind::InvalidTag);
    assert_eq!(kind::<Node>(&[0x02, 0x00]), DecodeErrorKind::InvalidTag);
    assert_eq!(kind::<Node>(&varint((1 << 29) << 3)), DecodeErrorKind::InvalidTag);
    assert_eq!(kind::<Node>(&[0x0e]), DecodeErrorKind::InvalidWireType);
    assert_eq!(kind::<Node>(&[0x0f]), DecodeErrorKind::InvalidWireType);
    assert_eq!(kind::<Node>(&[0x0c]), DecodeErrorKind::UnmatchedEndGroup);
    assert_eq!(kind::<Node>(&[0x0a, 0x01, 0xff]), DecodeErrorKind::InvalidUtf8);
    let eleven = [&[0x08][..], &[0x80; 10], &[0x01]].concat();
    assert_eq!(kind::<Everything>(&eleven), DecodeErrorKind::VarintTooLong);
    assert_eq!(kind::<Everything>(&delimited(37, &[0; 5])), DecodeErrorKind::InvalidPackedLength);
    // Five bytes of length are read, however little they say, and six are not.
    assert!(Node::decode(&[0x0a, 0x81, 0x80, 0x80, 0x80, 0x00, b'x']).is_ok());
    let six = [0x0a, 0x81, 0x80, 0x80, 0x80, 0x80, 0x00, b'x'];
    assert_eq!(kind::<Node>(&six), DecodeErrorKind::LengthTooLong);
    let unknown = [&[0x7a][..], &six[1..]].concat();
    assert_eq!(kind::<Node>(&unknown), DecodeErrorKind::LengthTooLong);
    // A map's key is a string like any other.
    assert_eq!(kind::<Everything>(&delimited(53, &[0x0a, 0x01, 0xff])), DecodeErrorKind::InvalidUtf8);
}

#[test]
fn s37_a_map_of_many_keys_is_not_quadratic() {
    let entries: Vec<u8> =
        (0..100_000).flat_map(|key| delimited(51, &[vec![0x08], varint(key)].concat())).collect();
    let message = Everything::decode(&entries).unwrap();
    assert_eq!(message.int32_int64.len(), 100_000);
    assert!(message.int32_int64.keys().copied().eq(0..100_000));
}

#[test]
fn s32_known_groups_count_as_nesting_wherever_they_lie() {
    // In a field, in a list, in a oneof.
    for number in [1, 2, 4] {
        let nest = |levels| {
            [varint(number << 3 | 3).repeat(levels), varint(number << 3 | 4).repeat(levels)].concat()
        };
        assert!(Tree::decode(&nest(100)).is_ok(), "field {number}");
        assert_eq!(kind::<Tree>(&nest(101)), TOO_DEEP, "field {number}");
        // Tags of their start alone: the stack ends before the input does, if nobody counts.
        assert_eq!(kind::<Tree>(&varint(number << 3 | 3).repeat(1_000_000)), TOO_DEEP, "field {number}");
        assert_eq!(kind::<Tree>(&varint(number << 3 | 3).repeat(50)), DecodeErrorKind::Truncated);
    }
    // An entry without a value counts as one with it, for it is written so: all that is decoded can be encoded.
    let last = |levels| (0..levels).fold(delimited(3, &[]), |inner, _| delimited(6, &inner));
    assert!(Tree::decode(&last(98)).unwrap().encode_to_vec().is_ok());
    assert_eq!(kind::<Tree>(&last(99)), TOO_DEEP);
    // By turns with messages behind their length, and in values of maps, where an entry is a level too.
    let turns = |levels| {
        (0..levels).fold(Vec::new(), |inner, level| match level % 3 {
            0 => [varint(1 << 3 | 3), inner, varint(1 << 3 | 4)].concat(),
            1 => delimited(6, &inner),
            _ => delimited(3, &delimited(2, &inner)),
        })
    };
    assert!(Tree::decode(&turns(75)).is_ok());
    assert_eq!(kind::<Tree>(&turns(76)), TOO_DEEP);
    assert_eq!(kind::<Tree>(&turns(3000)), TOO_DEEP);
}

#[test]
fn s32_unknown_groups_in_known_ones_count_as_nesting() {
    let nest = |known: usize, unknown: usize| {
        [vec![0x0b; known], vec![0x7b; unknown], vec![0x7c; unknown], vec![0x0c; known]].concat()
    };
    assert!(Tree::decode(&nest(50, 50)).is_ok());
    assert_eq!(kind::<Tree>(&nest(50, 51)), TOO_DEEP);
}

#[test]
fn s37_a_key_that_comes_again_and_again_is_kept_once() {
    let entries = delimited(53, &[delimited(1, b"key"), delimited(2, b"value")].concat()).repeat(100_000);
    let message = Everything::decode(&entries).unwrap();
    assert_eq!(message.string_string.len(), 1);
    assert_eq!(message.string_string.get("key").map(String::as_str), Some("value"));
}

#[test]
fn s37_a_group_ends_with_its_own_tag() {
    assert_eq!(kind::<Tree>(&[0x0b, 0x14]), DecodeErrorKind::UnmatchedEndGroup);
    assert_eq!(kind::<Tree>(&[0x0b, 0x13, 0x0c, 0x14]), DecodeErrorKind::UnmatchedEndGroup);
    assert_eq!(kind::<Tree>(&delimited(6, &[0x0c])), DecodeErrorKind::UnmatchedEndGroup);
}

#[test]
fn input_over_the_limit_is_not_looked_at() {
    let limits = DecodeLimits::new().message_bytes_max(3);
    assert!(Node::decode_with(&delimited(1, b"a"), &limits).is_ok());
    let too_long = [0xff; 4];
    let expected = DecodeErrorKind::TooLarge { len: 4, message_bytes_max: 3 };
    let by_table = ferrpc_proto::__private::decode_all_by_table::<Node>(&too_long, &limits);
    for error in [
        Node::decode_with(&too_long, &limits).unwrap_err(),
        Node::decode_partial(&too_long, &limits).unwrap_err(),
        Node::decode_shared(&ferrpc_proto::Bytes::from_static(&[0xff; 4]), &limits).unwrap_err(),
        Node::default().merge_from(&too_long, &limits).unwrap_err(),
        by_table.unwrap_err(),
    ] {
        assert_eq!(error.kind(), expected);
    }
}
