//! What hostile bytes may take of memory: no more than the budget, and nothing on credit.
#![forbid(unsafe_code)]

#[allow(dead_code)]
mod generated {
    include!("gen/everything.rs");
    pub(crate) mod legacy {
        include!("gen/legacy.rs");
    }
}

use allocation_counter::measure;
use ferrpc_proto::view::{Arena, View as _, Viewable};
use ferrpc_proto::{DecodeError, DecodeErrorKind, Message};
use generated::ferrpc::test::{Everything, Node};
use generated::legacy::ferrpc::test::Tree;

const MIB: usize = 1 << 20;

/// What came of `work`, and the most bytes that it held at once. Only this thread counts, so other tests change
/// nothing; a list that grows holds its old and its new memory for a moment.
fn held_by<T>(work: impl FnOnce() -> T) -> (T, usize) {
    let mut result = None;
    let held = measure(|| result = Some(work())).bytes_max;
    (result.unwrap(), usize::try_from(held).unwrap())
}

/// Decodes and returns what came out with the most bytes that were held on the way.
fn measured<M: Message>(bytes: &[u8]) -> (Result<M, DecodeError>, usize) {
    held_by(|| M::decode(bytes))
}

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

#[test]
fn s34_a_length_takes_no_memory_before_its_bytes_are_there() {
    // string, bytes, a message, a packed list, a map entry, an unknown field.
    for number in [14, 15, 18, 31, 38, 51, 5000] {
        for claimed in [1, 1 << 20, (1 << 31) - 1, u32::MAX as usize, usize::MAX] {
            let bytes = [varint(number << 3 | 2), varint(claimed)].concat();
            let (result, taken) = measured::<Everything>(&bytes);
            let kind = if claimed == usize::MAX {
                DecodeErrorKind::LengthTooLong
            } else {
                DecodeErrorKind::Truncated
            };
            assert_eq!(result.unwrap_err().kind(), kind, "field {number}");
            assert!(taken < 1 << 10, "field {number}: {taken} bytes for a length of {claimed}");
        }
    }
}

#[test]
fn s35_small_elements_cannot_become_more_than_the_budget() {
    // Two or three bytes each: empty messages, strings, bytes, map entries of distinct keys.
    let messages = delimited(48, &[]).repeat(MIB);
    let strings = delimited(44, &[]).repeat(2 * MIB);
    let entries: Vec<u8> = (0..MIB / 4)
        .flat_map(|key| delimited(54, &[vec![0x0a], delimited(1, &varint(key % 128))[1..].to_vec()].concat()))
        .collect();
    for (what, bytes) in [("messages", messages), ("strings", strings), ("entries", entries)] {
        let granted = (64 * MIB).max(16 * bytes.len());
        let (result, taken) = measured::<Everything>(&bytes);
        if let Err(error) = result {
            assert_eq!(
                error.kind(),
                DecodeErrorKind::OverBudget { memory_bytes_max: granted },
                "{what}: {error}"
            );
        }
        assert!(taken <= granted, "{what}: {taken} bytes of {granted}");
    }
    let messages = delimited(48, &[]).repeat(MIB);
    let error = Everything::decode(&messages).unwrap_err();
    assert!(matches!(error.kind(), DecodeErrorKind::OverBudget { .. }));
    assert!(error.path().eq(["nodes"]));
}

/// Decodes both ways, and holds what each took at once against the budget.
fn within_budget<M: Viewable>(what: &str, bytes: &[u8]) {
    let granted = (64 * MIB).max(16 * bytes.len());
    let (result, taken) = measured::<M>(bytes);
    assert!(taken <= granted, "{what}: {taken} bytes of {granted}, {:?}", result.err());
    let (error, taken) = held_by(|| M::View::decode_in(bytes, &Arena::new()).err());
    assert!(taken <= granted, "{what}, a view: {taken} bytes of {granted}, {error:?}");
}

#[test]
fn s35_never_is_more_held_than_the_budget() {
    let tower = (0..90).fold(Vec::new(), |inner, _| delimited(3, &inner));
    within_budget::<Node>("messages nested deep", &tower.repeat(2 * MIB / tower.len()));
    within_budget::<Everything>("messages", &delimited(48, &[]).repeat(MIB));
    let in_turn = [delimited(44, &[]), delimited(45, &[])].concat();
    within_budget::<Everything>("two lists in turn", &in_turn.repeat(MIB / 2));
    // Each entry has a key twice, which views take through the table.
    let odd = delimited(53, &[delimited(1, b"x"), delimited(1, b"y")].concat());
    within_budget::<Everything>("odd records", &odd.repeat(MIB / 8));
}

#[test]
fn s35_packed_lists_take_what_they_hold() {
    let body = vec![1; 4 * MIB];
    for (number, size) in [(31, 4), (32, 8), (43, 1), (38, 8), (41, 4)] {
        let (result, taken) = measured::<Everything>(&delimited(number, &body));
        let count = if [38, 41].contains(&number) { body.len() / size } else { body.len() };
        assert!(result.is_ok());
        assert!(taken <= count * size + (1 << 10), "field {number}: {taken} bytes for {count} values");
    }
}

#[test]
fn s35_unknown_fields_take_what_they_hold() {
    let bytes = [0x78, 0x01].repeat(MIB);
    let (result, taken) = measured::<Node>(&bytes);
    assert_eq!(result.unwrap()._unknown.as_bytes(), bytes);
    assert!(taken <= 5 * bytes.len(), "{taken} bytes for {}", bytes.len());
}

#[test]
fn s35_empty_groups_cannot_become_more_than_the_budget() {
    let groups = [0x13, 0x14].repeat(2 * MIB);
    let granted = (64 * MIB).max(16 * groups.len());
    let (result, taken) = measured::<Tree>(&groups);
    let error = result.unwrap_err();
    assert_eq!(error.kind(), DecodeErrorKind::OverBudget { memory_bytes_max: granted });
    assert!(error.path().eq(["branches"]));
    assert!(taken <= granted, "{taken} bytes of {granted}");
}
