//! What holds for any message and any bytes.
#![forbid(unsafe_code)]

#[allow(dead_code)]
mod generated {
    include!("gen/everything.rs");
}

use ferrpc_proto::view::{Arena, View, Viewable};
use ferrpc_proto::{Bytes, DecodeLimits, Map, Message, SlackBytes, Sub, wkt};
use generated::ferrpc::test::{Everything, EverythingView, Mood, Node, Point, everything, node};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

fn point() -> impl Strategy<Value = Point> {
    (any::<i32>(), any::<i32>()).prop_map(|(x, y)| Point { x: x.into(), y: y.into(), ..Default::default() })
}

fn a_node() -> impl Strategy<Value = Node> {
    let leaf = (".{0,8}", any::<i64>()).prop_map(|(name, leaf)| Node {
        name,
        kind: Some(node::Kind::Leaf(leaf)),
        ..Default::default()
    });
    leaf.prop_recursive(4, 16, 3, |inner| {
        (".{0,8}", vec(inner.clone(), 0..3), proptest::option::of(inner)).prop_map(
            |(name, children, next)| Node {
                name,
                children,
                next: Sub::from(next.clone()),
                kind: next.map(|node| node::Kind::Link(Box::new(node))),
                ..Default::default()
            },
        )
    })
}

fn bytes() -> impl Strategy<Value = Bytes> {
    vec(any::<u8>(), 0..20).prop_map(Bytes::from)
}

fn everything() -> impl Strategy<Value = Everything> {
    let numbers =
        (any::<(i32, i64, u32, u64)>(), any::<(i32, i64, u32, u64)>(), any::<(i32, i64, i32, bool)>());
    let lists =
        (vec(any::<i32>(), 0..6), vec(any::<i64>(), 0..6), vec(any::<u64>(), 0..6), vec(any::<bool>(), 0..6));
    let nested = (vec(a_node(), 0..3), vec(point(), 0..3), vec(bytes(), 0..3), ".{0,20}", bytes());
    let maps = (
        vec((any::<i32>(), any::<i64>()), 0..12),
        vec((".{0,4}", a_node()), 0..3),
        vec((any::<u64>(), any::<i32>()), 0..3),
    );
    let choice = prop_oneof![
        Just(None),
        any::<i32>().prop_map(|value| Some(everything::Choice::OneInt32(value))),
        a_node().prop_map(|value| Some(everything::Choice::OneNode(Box::new(value)))),
        point().prop_map(|value| Some(everything::Choice::OnePoint(value))),
        (any::<i64>(), any::<i32>()).prop_map(|(seconds, nanos)| Some(everything::Choice::OneDuration(
            wkt::Duration { seconds, nanos, ..Default::default() }
        ))),
    ];
    (numbers, lists, nested, maps, choice, proptest::option::of(any::<i32>())).prop_map(
        |((a, b, c), lists, nested, maps, choice, maybe)| Everything {
            int32: a.0,
            int64: a.1,
            uint32: a.2,
            uint64: a.3,
            sint32: b.0,
            sint64: b.1,
            fixed32: b.2,
            fixed64: b.3,
            sfixed32: c.0,
            sfixed64: c.1,
            mood: Mood(c.2),
            bool: c.3,
            int32s: lists.0.clone(),
            sfixed32s: lists.0.clone(),
            moods: lists.0.into_iter().map(Mood).collect(),
            sint64s: lists.1.clone(),
            loose: lists.1,
            uint64s: lists.2.clone(),
            doubles: lists.2.into_iter().map(|value| value as f64).collect(),
            bools: lists.3,
            nodes: nested.0,
            points: nested.1,
            byteses: nested.2,
            string: nested.3.clone(),
            strings: vec![nested.3],
            bytes: nested.4,
            int32_int64: maps.0.into_iter().collect(),
            string_node: maps.1.into_iter().collect(),
            uint64_double: maps
                .2
                .into_iter()
                .map(|(key, value)| (key, value.into()))
                .collect::<Map<_, f64>>(),
            choice,
            maybe_int32: maybe,
            maybe_mood: maybe.map(Mood),
            ..Default::default()
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        // The same cases every time; a long run elsewhere takes another seed.
        rng_seed: RngSeed::Fixed(4),
        ..ProptestConfig::with_cases(200)
    })]

    #[test]
    fn decoding_undoes_encoding(message in everything()) {
        let bytes = message.encode_to_vec().unwrap();
        prop_assert_eq!(bytes.len(), message.encoded_len());
        prop_assert_eq!(&message.encode_to_bytes().unwrap()[..], &bytes[..]);
        prop_assert_eq!(&Everything::decode(&bytes).unwrap(), &message);
        decoded_as_by_table::<Everything>(&bytes, &DecodeLimits::new())?;
        decoded_as_by_table::<Everything>(&bytes, &DecodeLimits::new().depth_max(1))?;
        let arena = Arena::new();
        let view = EverythingView::decode_in(&bytes, &arena).unwrap();
        prop_assert_eq!(&view.encode_to_vec().unwrap(), &bytes);
        prop_assert_eq!(view.to_string(), message.to_string());
        let mut out = b"before".to_vec();
        message.encode_into(&mut out).unwrap();
        prop_assert_eq!(&out[6..], &bytes[..]);
        // A message's own encoder against the one that goes by the table.
        prop_assert_eq!(&ferrpc_proto::__private::encode_all_by_table(&message).unwrap(), &bytes);
        let sorted = message.encode_deterministic().unwrap();
        prop_assert_eq!(&ferrpc_proto::__private::encode_deterministic_by_table(&message).unwrap(), &sorted);
        prop_assert_eq!(Everything::decode(&sorted).unwrap().encode_to_vec().unwrap(), sorted);
        let pieces: Vec<Bytes> = message.encode_to_segments().unwrap().into_pieces().collect();
        prop_assert_eq!(pieces.concat(), bytes);
    }

    #[test]
    fn a_message_of_another_type_passes_through_unharmed(message in everything()) {
        // A node knows a few of these fields, with other types; whatever it takes it gives back.
        let bytes = message.encode_to_vec().unwrap();
        if let Ok(node) = Node::decode(&bytes) {
            let again = Node::decode(&node.encode_to_vec().unwrap()).unwrap();
            prop_assert_eq!(again, node);
        }
    }

    #[test]
    fn merging_is_decoding_one_behind_the_other(one in everything(), two in everything()) {
        let (first, second) = (one.encode_to_vec().unwrap(), two.encode_to_vec().unwrap());
        let (mut merged, mut by_value) = (one.clone(), one);
        merged.merge_from(&second, &DecodeLimits::new()).unwrap();
        by_value.merge(&two);
        prop_assert_eq!(&by_value, &merged);
        let mut by_slack = Everything::decode(&first).unwrap();
        let readable = [&second[..], &[0xff; 16]].concat();
        let input = SlackBytes::new(&readable, second.len()).unwrap();
        by_slack.merge_slack(input, &DecodeLimits::new()).unwrap();
        prop_assert_eq!(&by_slack, &merged);
        let both = [first, second].concat();
        prop_assert_eq!(&Everything::decode(&both).unwrap(), &merged);
        let arena = Arena::new();
        let view = EverythingView::decode_in(&both, &arena).unwrap();
        prop_assert_eq!(&view.to_owned_message(), &merged);
        prop_assert_eq!(&Everything::decode(&view.encode_to_vec().unwrap()).unwrap(), &merged);
    }

    #[test]
    fn no_bytes_do_harm(bytes in vec(any::<u8>(), 0..200)) {
        harmless(&bytes)?;
    }

    #[test]
    fn no_damaged_message_does_harm(message in everything(), damage in vec((any::<prop::sample::Index>(), any::<u8>()), 1..8)) {
        let mut bytes = message.encode_to_vec().unwrap();
        for (at, byte) in damage {
            if !bytes.is_empty() {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
        }
        harmless(&bytes)?;
    }
}

/// A message's own decoder does with bytes what the one that goes by the table does.
fn decoded_as_by_table<M: Viewable>(bytes: &[u8], limits: &DecodeLimits) -> Result<(), TestCaseError> {
    let by_table = ferrpc_proto::__private::decode_all_by_table::<M>(bytes, limits);
    match (M::decode_with(bytes, limits), by_table) {
        (Ok(own), Ok(by_table)) => {
            // By bytes: a NaN does not equal itself.
            prop_assert_eq!(own.encode_to_vec().unwrap(), by_table.encode_to_vec().unwrap());
        }
        (Err(own), Err(by_table)) => prop_assert_eq!(own.to_string(), by_table.to_string()),
        (own, by_table) => prop_assert!(false, "own: {own:?}, by table: {by_table:?}"),
    }
    viewed_as_owned::<M>(bytes, limits)
}

/// A view takes and refuses what an owned message does, and holds the same.
fn viewed_as_owned<M: Viewable>(bytes: &[u8], limits: &DecodeLimits) -> Result<(), TestCaseError> {
    let arena = Arena::new();
    match (M::decode_with(bytes, limits), M::View::decode_in_with(bytes, &arena, limits)) {
        (Ok(owned), Ok(view)) => {
            let owned = owned.encode_to_vec().unwrap();
            prop_assert_eq!(&view.to_owned_message().encode_to_vec().unwrap(), &owned);
            let again = view.encode_to_vec().unwrap();
            prop_assert_eq!(&M::decode(&again).unwrap().encode_to_vec().unwrap(), &owned);
        }
        (Err(owned), Err(view)) => prop_assert_eq!(owned.to_string(), view.to_string()),
        (owned, view) => prop_assert!(false, "owned: {owned:?}, view: {view:?}"),
    }
    Ok(())
}

/// Either an error that can be printed, or a message that encodes to one that is equal.
fn harmless(bytes: &[u8]) -> Result<(), TestCaseError> {
    decoded_as_by_table::<Everything>(bytes, &DecodeLimits::new())?;
    decoded_as_by_table::<Everything>(bytes, &DecodeLimits::new().depth_max(2))?;
    decoded_as_by_table::<Node>(bytes, &DecodeLimits::new())?;
    match Everything::decode(bytes) {
        Err(error) => prop_assert!(error.offset() <= bytes.len() && !error.to_string().is_empty()),
        Ok(message) => {
            let again = message.encode_to_vec().unwrap();
            prop_assert_eq!(&ferrpc_proto::__private::encode_all_by_table(&message).unwrap(), &again);
            // By bytes: a NaN does not equal itself.
            prop_assert_eq!(Everything::decode(&again).unwrap().encode_to_vec().unwrap(), again);
            let printed = (message.to_string(), format!("{message:?}"));
            prop_assert!(!printed.1.is_empty());
        }
    }
    Ok(())
}
