//! A message's own decoder, its view's and the table's do the same, whatever the input is and whatever lies behind it.
#![forbid(unsafe_code)]
#![allow(clippy::cast_possible_truncation, reason = "octets are cut out of numbers")]

#[allow(dead_code)]
mod generated {
    include!("gen/everything.rs");
}
#[allow(dead_code)]
mod groups {
    include!("gen/legacy.rs");
}

use ferrpc_proto::view::{Arena, View, Viewable};
use ferrpc_proto::{Bytes, DecodeError, DecodeLimits, Frozen, Message, SlackBytes};
use generated::ferrpc::test::{Everything, Node};
use groups::ferrpc::test::Legacy;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// A closed enum wherever one may be: numbers it does not know are unknown fields.
mod closed {
    use ferrpc_proto::view::{List, MapView, UnknownView};
    use ferrpc_proto::{Map, UnknownFields};

    #[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
    #[repr(transparent)]
    pub(super) struct Bit(pub(super) i32);

    ferrpc_proto::__enum! { Bit, true; (0 "OFF") (1 "ON") }

    #[derive(Clone, Copy, Debug, PartialEq)]
    pub(super) enum Choice {
        Bit(Bit),
        Number(i32),
        // So many that the right one is looked up.
        A(i32),
        B(i64),
        C(f32),
        D(f64),
        E(bool),
        F(u32),
        G(u64),
    }

    ferrpc_proto::__oneof! { Choice, itself; (14 "bit" Bit open) (15 "number" Number int32) (16 "a" A sint32)
    (17 "b" B int64) (18 "c" C float) (19 "d" D double) (20 "e" E bool) (200 "f" F fixed32) (2000 "g" G fixed64) }

    #[derive(Clone, Default, PartialEq)]
    pub(super) struct Bits {
        plain: Bit,
        maybe: Option<Bit>,
        loose: Vec<Bit>,
        packed: Vec<Bit>,
        map: Map<i32, Bit>,
        choice: Option<Choice>,
        _unknown: UnknownFields,
    }

    #[derive(Clone, Copy, Default, PartialEq)]
    pub(super) struct BitsView<'a> {
        plain: Bit,
        maybe: Option<Bit>,
        loose: List<'a, Bit>,
        packed: List<'a, Bit>,
        map: MapView<'a, i32, Bit>,
        choice: Option<Choice>,
        _unknown: UnknownView<'a>,
    }

    ferrpc_proto::__message! {
        Bits, "Bits", boxed, BitsView;
        (1 "plain" plain implicit open)
        (2 "maybe" maybe optional open)
        (3 "loose" loose repeated open)
        (4 "packed" packed packed open)
        (5 "map" map map int32 open)
        (oneof choice)
    }
}

/// Records as some sender may write them: any field, in any order, with any wire type, packed or not, with
/// varints longer than need be, and with records inside.
fn records() -> impl Strategy<Value = Vec<u8>> {
    let flat = vec(record(vec(any::<u8>(), 0..4).boxed()), 0..6).prop_map(|records| records.concat());
    flat.prop_recursive(4, 64, 6, |inner| {
        let body = prop_oneof![
            3 => inner,
            1 => ".{0,40}".prop_map(String::into_bytes),
            1 => "[a-z]{0,40}".prop_map(String::into_bytes),
            1 => vec(1_u8..0x80, 0..40),
            1 => vec(varint(), 0..12).prop_map(|varints| varints.concat()),
            1 => vec(any::<u8>(), 0..40),
        ];
        vec(record(body.boxed()), 0..6).prop_map(|records| records.concat())
    })
}

fn record(body: BoxedStrategy<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    // Numbers that mean something to one of the messages, mostly those that nest.
    let number = prop_oneof![
        4 => 1_u64..=6,
        4 => 14_u64..=20,
        3 => 21_u64..=90,
        1 => prop_oneof![Just(200_u64), Just(536_870_911)],
        1 => 0_u64..=2000,
    ];
    let value = prop_oneof![
        3 => varint().prop_map(|varint| (0, varint)),
        1 => any::<[u8; 8]>().prop_map(|fixed| (1, fixed.to_vec())),
        6 => (body.clone(), 0_u8..20).prop_map(|(body, longer)| {
            (2, [length(body.len(), if longer == 0 { 3 } else { 0 }), body].concat())
        }),
        2 => body.prop_map(|body| (3, body)),
        1 => any::<[u8; 4]>().prop_map(|fixed| (5, fixed.to_vec())),
    ];
    // Three times the same makes a run.
    (number, value, 1_usize..4).prop_map(|(number, (wire_type, value), times)| {
        let tag = length((number << 3 | wire_type) as usize, 0);
        let end = if wire_type == 3 { length((number << 3 | 4) as usize, 0) } else { Vec::new() };
        [tag, value, end].concat().repeat(times)
    })
}

/// A varint, at times with zeros that nobody needs.
fn varint() -> impl Strategy<Value = Vec<u8>> {
    let value =
        prop_oneof![0_u64..3, 0_u64..0x4000, any::<i32>().prop_map(|value| value as u64), any::<u64>()];
    (value, 0_usize..30).prop_map(|(mut value, longer)| {
        let mut bytes = Vec::new();
        while value > 0x7f {
            bytes.push((value & 0x7f) as u8 | 0x80);
            value >>= 7;
        }
        bytes.push(value as u8);
        while longer > 26 && bytes.len() < longer - 17 {
            *bytes.last_mut().unwrap() |= 0x80;
            bytes.push(0);
        }
        bytes
    })
}

fn length(mut value: usize, longer: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value > 0x7f {
        bytes.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    for _ in 0..longer {
        *bytes.last_mut().unwrap() |= 0x80;
        bytes.push(0);
    }
    bytes
}

/// Decodes in each way there is and holds it against the table.
fn same<M: Viewable>(bytes: &[u8], limits: &DecodeLimits) -> Result<(), TestCaseError> {
    let by_table = ferrpc_proto::__private::decode_all_by_table::<M>(bytes, limits);
    let expected = outcome(by_table);
    // In memory that ends where the message does.
    let exact: Box<[u8]> = bytes.into();
    prop_assert_eq!(&outcome(M::decode_with(&exact, limits)), &expected);
    let arena = Arena::new();
    prop_assert_eq!(&viewed(M::View::decode_in_with(&exact, &arena, limits)), &expected);
    let frozen = Frozen::<M>::decode(Bytes::copy_from_slice(&exact), limits);
    prop_assert_eq!(&outcome(frozen.map(|frozen| frozen.to_owned_message())), &expected);
    let shared = Bytes::from(exact);
    prop_assert_eq!(&outcome(M::decode_shared(&shared, limits)), &expected);
    // Behind it what would end a varint, what would go on with one, and what would be the next records.
    for behind in [&[0; 16][..], &[0xff; 16], &[bytes, &[0x08; 16]].concat()] {
        let readable: Box<[u8]> = [bytes, behind].concat().into();
        let input = SlackBytes::new(&readable, bytes.len()).expect("enough slack");
        prop_assert_eq!(&outcome(M::decode_slack(input, limits)), &expected, "with {:x?} behind", behind);
        let mut there = M::default();
        let merged = there.merge_slack(input, limits).map(|()| there);
        prop_assert_eq!(&outcome(merged), &expected, "on top of nothing, with {:x?} behind", behind);
        let view = M::View::decode_slack_in(input, &arena, limits);
        prop_assert_eq!(&viewed(view), &expected, "a view, with {:x?} behind", behind);
        let block = Bytes::from(readable);
        let input = SlackBytes::shared(&block, 0..bytes.len()).expect("enough slack");
        prop_assert_eq!(&outcome(M::decode_slack(input, limits)), &expected);
    }
    Ok(())
}

/// The message by its bytes, since a NaN does not equal itself; or the error in full.
fn outcome<M: Message>(result: Result<M, DecodeError>) -> Result<Vec<u8>, String> {
    match result {
        Ok(message) => Ok(ferrpc_proto::__private::encode_all_by_table(&message).unwrap()),
        Err(error) => Err(error.to_string()),
    }
}

/// The same of a view. What it encodes to is read again as the same message.
fn viewed<'a, V: View<'a>>(result: Result<&V, DecodeError>) -> Result<Vec<u8>, String> {
    if let Ok(view) = result {
        let again = V::Owned::decode(&view.encode_to_vec().unwrap()).unwrap();
        assert_eq!(outcome(Ok(again)), outcome(Ok(view.to_owned_message())));
    }
    outcome(result.map(V::to_owned_message))
}

fn same_for_all(bytes: &[u8], limits: &DecodeLimits) -> Result<(), TestCaseError> {
    same::<Everything>(bytes, limits)?;
    same::<Node>(bytes, limits)?;
    same::<closed::Bits>(bytes, limits)?;
    same::<Legacy>(bytes, limits)
}

fn cases(cases: u32) -> ProptestConfig {
    let cases = if cfg!(miri) { cases / 20 } else { cases };
    ProptestConfig {
        failure_persistence: None,
        // The same cases every time; a long run elsewhere takes another seed.
        rng_seed: RngSeed::Fixed(5),
        ..ProptestConfig::with_cases(cases)
    }
}

proptest! {
    #![proptest_config(cases(600))]

    #[test]
    fn any_records_are_decoded_as_by_the_table(bytes in records(), depth in 0_u32..6) {
        same_for_all(&bytes, &DecodeLimits::new())?;
        same_for_all(&bytes, &DecodeLimits::new().depth_max(depth))?;
    }

    #[test]
    fn damaged_records_are_decoded_as_by_the_table(
        mut bytes in records(),
        damage in vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        for (at, byte) in damage {
            if !bytes.is_empty() {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
        }
        same_for_all(&bytes, &DecodeLimits::new())?;
    }
}

proptest! {
    #![proptest_config(cases(40))]

    #[test]
    fn records_are_decoded_as_by_the_table_wherever_they_are_cut_off(bytes in records()) {
        for len in 0..bytes.len() {
            same_for_all(&bytes[..len], &DecodeLimits::new())?;
        }
    }
}

#[test]
fn finds_of_the_fuzzer_are_decoded_as_by_the_table() {
    // A point behind a tag of three octets, in which a field has no number: a view tries a copy of it first.
    let copied = [&[0x8a, 0x81, 0x00, 46, 0x02, 8][..], &[b'{'; 80]].concat();
    let finds: [&[u8]; 1] = [&copied];
    for bytes in finds {
        same_for_all(bytes, &DecodeLimits::new()).unwrap();
    }
}
