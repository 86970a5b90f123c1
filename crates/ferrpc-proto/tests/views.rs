//! Views: where their values lie, what they cost, and that nothing a sender does makes them cost more.
#![forbid(unsafe_code)]

#[allow(dead_code)]
mod generated {
    include!("gen/everything.rs");
}

use ferrpc_proto::view::{Arena, FixedSlice, List, MapView, View};
use ferrpc_proto::{Bytes, DecodeErrorKind, DecodeLimits, Frozen, Message, SlackBytes, wkt};
use generated::ferrpc::test::{
    Everything, EverythingView, Mood, Node, NodeView, Point, PointView, everything, node,
};

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

/// A message that uses most of what a view can hold.
fn message() -> Everything {
    Everything {
        string: "a text that stays where it is".into(),
        bytes: Bytes::from_static(b"and bytes that do"),
        strings: vec!["one".into(), "two".into()],
        int32s: vec![1, -1],
        doubles: vec![1.5, -0.0],
        nodes: vec![Node { name: "leaf".into(), ..Default::default() }],
        string_string: [("key".to_owned(), "value".to_owned())].into_iter().collect(),
        node: Node { kind: Some(node::Kind::Leaf(7)), ..Default::default() }.into(),
        choice: Some(everything::Choice::OnePoint(Point { x: 1.0, ..Default::default() })),
        maybe_mood: Some(Mood::GOOD),
        ..Default::default()
    }
}

#[test]
fn texts_and_bytes_and_packed_numbers_of_fixed_size_stay_in_the_input() {
    // Small inputs are read from a copy in the arena, unless there is slack behind them.
    let mut input = message().encode_to_vec().unwrap();
    let arena = Arena::new();
    let input = SlackBytes::pad(&mut input);
    let view = EverythingView::decode_slack_in(input, &arena, &DecodeLimits::new()).unwrap();
    let input = input.as_slice();
    let range = input.as_ptr_range();
    assert_eq!(view.string, "a text that stays where it is");
    for pointer in [view.string.as_ptr(), view.bytes.as_ptr(), view.strings[1].as_ptr()] {
        assert!(range.contains(&pointer));
    }
    assert_eq!(view.doubles, [1.5, -0.0]);
    assert_eq!((view.doubles.get(1), view.doubles.get(2)), (Some(0.0), None));
    assert_eq!(view.int32s, [1, -1]);
    assert_eq!(view.nodes[0].name, "leaf");
    assert_eq!(view.node.unwrap().kind, Some(node::KindView::Leaf(7)));
    assert_eq!(view.string_string.get("key"), Some(&"value"));
    let Some(everything::ChoiceView::OnePoint(point)) = view.choice else { panic!("{:?}", view.choice) };
    assert_eq!(point.x, 1.0);
    assert_eq!((view.maybe_mood, view.maybe_point, view.any), (Some(Mood::GOOD), None, None));
}

#[test]
fn a_view_can_be_built_by_hand_and_encodes_as_its_owned_message() {
    let (strings, numbers) = (["one", "two"], [1, -1]);
    let leaf = [NodeView { name: "leaf", ..Default::default() }];
    let node = NodeView { kind: Some(node::KindView::Leaf(7)), ..Default::default() };
    let point = PointView { x: 1.0, ..Default::default() };
    let doubles: Vec<u8> = [1.5_f64, -0.0].iter().flat_map(|double| double.to_le_bytes()).collect();
    let view = EverythingView {
        string: "a text that stays where it is",
        bytes: b"and bytes that do",
        strings: List::from(&strings),
        int32s: (&numbers).into(),
        doubles: FixedSlice::from_le_bytes(&doubles),
        nodes: (&leaf).into(),
        string_string: MapView::from(&[("key", "value")]),
        node: Some(&node),
        choice: Some(everything::ChoiceView::OnePoint(&point)),
        maybe_mood: Some(Mood::GOOD),
        ..Default::default()
    };
    assert_eq!(view.to_owned_message(), message());
    let encoded = message().encode_to_vec().unwrap();
    assert_eq!(view.encode_to_vec().unwrap(), encoded);
    let arena = Arena::new();
    assert_eq!(*EverythingView::decode_in(&encoded, &arena).unwrap(), view);
    assert_eq!(format!("{view:?}"), format!("{:?}", message()));
    assert_eq!(view.to_string(), message().to_string());
}

#[test]
fn an_arena_that_is_reset_needs_no_more_memory_for_the_same_again() {
    let input = message().encode_to_vec().unwrap();
    let mut arena = Arena::new();
    EverythingView::decode_in(&input, &arena).unwrap();
    arena.reset();
    let held = arena.capacity();
    for _ in 0..100 {
        EverythingView::decode_in(&input, &arena).unwrap();
        arena.reset();
    }
    assert_eq!(arena.capacity(), held);
}

#[test]
fn frozen_views_go_to_other_threads_and_outlive_who_made_them() {
    let input = Bytes::from(message().encode_to_vec().unwrap());
    let frozen = Frozen::<Everything>::decode(input.clone(), &DecodeLimits::new()).unwrap();
    let clone = frozen.clone();
    drop(frozen);
    let thread = std::thread::spawn(move || {
        let view = clone.view();
        assert_eq!(view.nodes.iter().map(|node| node.name).collect::<String>(), "leaf");
        clone
    });
    let frozen = thread.join().unwrap();
    assert_eq!(frozen.to_owned_message(), message());
    assert_eq!(frozen.bytes(), &input);
    assert_eq!(frozen.to_string(), message().to_string());
    let error = Frozen::<Everything>::decode(Bytes::from_static(b"\x72\x05"), &DecodeLimits::new());
    assert_eq!(error.unwrap_err().kind(), DecodeErrorKind::Truncated);

    // Of a block that goes on behind the message.
    let block = Bytes::from([&input[..], &[0xff; 16]].concat());
    let frozen =
        Frozen::<Everything>::decode_slack(block.clone(), input.len(), &DecodeLimits::new()).unwrap();
    assert_eq!((frozen.bytes(), frozen.to_owned_message()), (&input[..], message()));
    assert!(block.as_ptr_range().contains(&frozen.view().string.as_ptr()));
    let error = Frozen::<Everything>::decode_slack(block.clone(), block.len() + 1, &DecodeLimits::new());
    assert_eq!(error.unwrap_err().kind(), DecodeErrorKind::Truncated);
}

/// What an arena holds after a decode.
fn held(bytes: &[u8]) -> usize {
    let arena = Arena::new();
    EverythingView::decode_in(bytes, &arena).unwrap();
    arena.capacity()
}

#[test]
fn records_that_come_by_turns_take_linear_memory() {
    // A list element, then another field, over and over: no run to count.
    let turns = [
        ("messages", [delimited(48, b""), delimited(44, b"")].concat()),
        ("numbers", [vec![0xf8, 0x01, 1], delimited(44, b"")].concat()),
        ("packed numbers", [delimited(31, &[1, 2]), delimited(44, b"")].concat()),
        ("packed fixed numbers", [delimited(38, &[1; 16]), delimited(44, b"")].concat()),
        ("map entries", [delimited(54, b""), delimited(44, b"")].concat()),
        ("unknown fields", [delimited(5000, b"x"), delimited(44, b"")].concat()),
        ("a message in parts", [delimited(18, &delimited(1, b"x")), delimited(44, b"")].concat()),
    ];
    for (what, turn) in turns {
        let (few, many) = (held(&turn.repeat(2_000)), held(&turn.repeat(16_000)));
        // Eight times the input; doubling lists and chunks may each round up.
        assert!(many <= 8 * few * 4, "{what}: {few} bytes, then {many}");
    }
}

#[test]
fn a_view_is_kept_to_its_budget() {
    let limits = DecodeLimits::new().memory_bytes_max(1000);
    for (what, record) in [("messages", delimited(48, b"")), ("map entries", delimited(54, b""))] {
        let bytes = record.repeat(500);
        let mut arena = Arena::new();
        let error = EverythingView::decode_in_with(&bytes, &arena, &limits).unwrap_err();
        let granted = 16 * bytes.len();
        assert_eq!(error.kind(), DecodeErrorKind::OverBudget { memory_bytes_max: granted }, "{what}");
        assert!(error.offset() < bytes.len() && error.path().count() == 1, "{error}");
        // It is told before memory is taken, and an arena that was used before grants no more than a new one.
        assert!(arena.capacity() <= 2 * granted + 1024, "{what}: {} bytes", arena.capacity());
        EverythingView::decode_in(&bytes, &arena).unwrap();
        arena.reset();
        EverythingView::decode_in_with(&bytes, &arena, &limits).unwrap_err();
    }
    // A small message fits into any budget, however large the arena's chunk at hand.
    let (arena, none) = (Arena::with_capacity(1 << 20), DecodeLimits::new().memory_bytes_max(0));
    assert!(EverythingView::decode_in_with(&delimited(14, b"text"), &arena, &none).is_ok());
}

#[test]
fn small_elements_cannot_become_more_than_the_budget() {
    let bytes = delimited(48, &[]).repeat(1 << 20);
    let (arena, granted) = (Arena::new(), 64 << 20);
    if let Err(error) = EverythingView::decode_in(&bytes, &arena) {
        assert_eq!(error.kind(), DecodeErrorKind::OverBudget { memory_bytes_max: granted });
    }
    assert!(arena.capacity() <= granted + (2 << 20), "{} bytes", arena.capacity());
}

#[test]
fn a_length_takes_no_memory_before_its_bytes_are_there() {
    for number in [14, 15, 18, 31, 38, 44, 48, 51, 5000] {
        for claimed in [1, 1 << 20, (1 << 31) - 1, u32::MAX as usize, usize::MAX] {
            let arena = Arena::new();
            let bytes = [varint(number << 3 | 2), varint(claimed)].concat();
            let error = EverythingView::decode_in(&bytes, &arena).unwrap_err();
            let longest = claimed == usize::MAX;
            let kind = if longest { DecodeErrorKind::LengthTooLong } else { DecodeErrorKind::Truncated };
            assert_eq!(error.kind(), kind, "field {number}");
            assert!(arena.capacity() <= 16 << 10, "field {number}: {} bytes", arena.capacity());
        }
    }
}

#[test]
fn nesting_of_any_sort_ends_at_the_limit() {
    for number in [2, 3, 4] {
        let nest = |levels| (0..levels).fold(Vec::new(), |inner, _| delimited(number, &inner));
        let arena = Arena::new();
        assert!(NodeView::decode_in(&nest(100), &arena).is_ok(), "field {number}");
        for levels in [101, 20_000] {
            let bytes = nest(levels);
            let error = NodeView::decode_in(&bytes, &arena).unwrap_err();
            assert_eq!(error.kind(), DecodeErrorKind::TooDeep { depth_max: 100 }, "field {number}");
            assert_eq!(error.to_string(), Node::decode(&bytes).unwrap_err().to_string());
        }
    }
}

#[test]
fn a_key_that_comes_twice_has_its_last_value() {
    let entry = |key: u8, value: u8| delimited(51, &[0x08, key, 0x10, value]);
    let bytes = [entry(1, 10), entry(2, 20), entry(1, 30)].concat();
    let arena = Arena::new();
    let view = EverythingView::decode_in(&bytes, &arena).unwrap();
    assert_eq!((view.int32_int64.len(), view.int32_int64.get(&1)), (3, Some(&30)));
    assert_eq!(view.to_owned_message(), Everything::decode(&bytes).unwrap());
    assert_eq!(view.encode_to_vec().unwrap(), bytes);
}

#[test]
fn a_tag_that_is_longer_than_need_be_sets_its_field_to_the_default_too() {
    // uint32 3 twice: 5, and 0 behind a tag of two bytes where one would do.
    let bytes = [0x18, 5, 0x98, 0x00, 0];
    let arena = Arena::new();
    let view = EverythingView::decode_in(&bytes, &arena).unwrap();
    assert_eq!(view.to_owned_message(), Everything::decode(&bytes).unwrap());
    assert_eq!(view.uint32, 0);
}

#[test]
fn unknown_fields_are_kept_in_their_order() {
    let (one, two, three) = (delimited(5000, b"1"), delimited(6000, b"22"), vec![0x82, 0xfa, 0x01, 0]);
    for bytes in [
        [one.clone(), two.clone(), three.clone(), delimited(14, b"text")].concat(),
        [one.clone(), delimited(14, b"text"), two.clone(), delimited(44, b"x"), three.clone()].concat(),
    ] {
        let arena = Arena::new();
        let view = EverythingView::decode_in(&bytes, &arena).unwrap();
        assert_eq!(view._unknown.as_bytes(), [&one[..], &two, &three].concat());
    }
}

#[test]
fn well_known_types_have_views() {
    let value = wkt::Struct {
        fields: [(
            "a".to_owned(),
            wkt::Value { kind: Some(wkt::value::Kind::NumberValue(1.0)), ..Default::default() },
        )]
        .into_iter()
        .collect(),
        ..Default::default()
    };
    let (bytes, arena) = (value.encode_to_vec().unwrap(), Arena::new());
    let view = wkt::StructView::decode_in(&bytes, &arena).unwrap();
    assert_eq!(
        view.fields.get("a").and_then(|value| value.kind),
        Some(wkt::value::KindView::NumberValue(1.0))
    );
    assert_eq!(view.to_owned_message(), value);
}
