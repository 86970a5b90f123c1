//! Inputs that mean harm: little to send, much to hold or to do. Only ferrpc has to stand them.

use bench_ferrpc::bench::{
    AnalyticsEvent, ApiResponse, Blob, ColumnBatch, Empty, Google1Proto3, Google2, LogRecord, MediaFrame,
    Mesh, PackedSigned, PackedTile, Updates, Wide,
};
use ferrpc_proto::view::{Arena, View as _, Viewable};

use super::data::wire::Wire;

/// One such input.
pub struct Input {
    /// Its name in tables.
    pub name: &'static str,
    /// To what it is decoded: `owned` or `view`.
    pub way: &'static str,
    /// What is decoded.
    pub octets: Vec<u8>,
    decode: fn(&[u8]) -> bool,
}

impl Input {
    /// Decodes and drops. False: it was refused, which is well.
    pub fn decode(&self) -> bool {
        (self.decode)(&self.octets)
    }
}

/// Two megabytes or a little more of each kind; the default limits hold.
const OCTETS: usize = 2 << 20;

type Maker = (&'static str, fn() -> Vec<u8>, fn() -> Ways);

type Ways = [(&'static str, fn(&[u8]) -> bool); 2];

const MAKERS: &[Maker] = &[
    // A record of two octets makes an element, which may be large in memory.
    ("submessages_of_2_bytes", || repeat(b"\x0a\x00"), ways::<Mesh>),
    ("submessages_with_lists", || repeat(b"\x2a\x00"), ways::<AnalyticsEvent>),
    ("submessages_nested_lists", || within(1, &repeat(b"\x0a\x00")), ways::<Updates>),
    ("groups_of_2_bytes", || repeat(b"\x53\x54"), ways::<Google2>),
    ("empty_strings", || repeat(b"\x42\x00"), ways::<ApiResponse>),
    ("empty_bytes", || repeat(b"\x2a\x00"), ways::<MediaFrame>),
    ("bytes_of_1_byte", || repeat(b"\x2a\x01x"), ways::<MediaFrame>),
    ("strings_of_1_byte", || repeat(b"\x42\x01x"), ways::<ApiResponse>),
    ("map_entries_empty", || repeat(b"\x32\x00"), ways::<LogRecord>),
    ("map_entries_distinct", || map(false), ways::<LogRecord>),
    ("map_entries_backwards", || map(true), ways::<LogRecord>),
    ("map_bytes_distinct", || map(false), ways::<MediaFrame>),
    ("packed_bytes_to_u32", || within(2, &repeat(b"\x01")), ways::<ColumnBatch>),
    ("packed_bytes_to_i64", || within(2, &repeat(b"\x01")), ways::<PackedSigned>),
    (
        "packed_longest_varints",
        || within(2, &repeat(b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")),
        ways::<PackedSigned>,
    ),
    ("packed_in_many_records", || repeat(b"\x0a\x01\x05"), ways::<PackedSigned>),
    ("packed_empty_records", || repeat(b"\x0a\x00"), ways::<PackedSigned>),
    ("unpacked_numbers", || repeat(b"\x08\x05"), ways::<PackedSigned>),
    ("two_lists_alternating", || repeat(b"\x0a\x01\x05\x12\x01\x05"), ways::<PackedSigned>),
    ("lists_alternating_strings", || repeat(b"\x22\x00\x2a\x00"), ways::<AnalyticsEvent>),
    ("unknown_of_2_bytes", || repeat(b"\x08\x00"), ways::<Empty>),
    ("unknown_alternating", || repeat(b"\xf8\x07\x00\x08\x00"), ways::<LogRecord>),
    ("unknown_groups", || repeat(b"\x0b\x0c"), ways::<Empty>),
    ("unknown_groups_deep", || groups(90), ways::<Empty>),
    ("unknown_groups_too_deep", || repeat(b"\x0b"), ways::<Empty>),
    ("messages_too_deep", || deep(OCTETS / 4), ways::<AnalyticsEvent>),
    ("messages_deep_repeated", || repeat(&deep(90)), ways::<AnalyticsEvent>),
    ("singular_messages_repeated", || repeat(b"\x4a\x00"), ways::<LogRecord>),
    ("singular_strings_repeated", || repeat(b"\x2a\x10sixteen octets!!"), ways::<LogRecord>),
    ("oneof_switching", || repeat(&within(4, b"\x12\x01x\x18\x01")), ways::<AnalyticsEvent>),
    ("oneof_switching_one", || within(4, &repeat(b"\x12\x01x\x18\x01")), ways::<AnalyticsEvent>),
    ("wide_all_parts", every_part, ways::<Wide>),
    ("fields_out_of_order", || repeat(b"\x88\x01\x01\x10\x01\x08\x01"), ways::<Google1Proto3>),
    ("longest_tags", || repeat(b"\xf8\xff\xff\xff\x0f\x01"), ways::<Empty>),
    ("overlong_varints", || repeat(b"\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"), ways::<ApiResponse>),
    ("claims_2_gib", || b"\x0a\xff\xff\xff\xff\x07".to_vec(), ways::<Blob>),
    ("claims_2_gib_packed", || b"\x12\xff\xff\xff\xff\x07\x01".to_vec(), ways::<PackedSigned>),
    (
        "claims_in_each_record",
        || [repeat(b"\x0a\x02\x12\x00"), b"\x0a\xff\xff\x7f\x01".to_vec()].concat(),
        ways::<PackedTile>,
    ),
    ("truncated_string", truncated, ways::<LogRecord>),
    ("invalid_utf8_at_the_end", bad_text, ways::<LogRecord>),
    (
        "invalid_utf8_in_the_last",
        || [repeat(b"\x42\x01x"), b"\x42\x01\xff".to_vec()].concat(),
        ways::<ApiResponse>,
    ),
];

/// All of them, each to an owned message and to a view, made one at a time.
pub fn inputs() -> impl Iterator<Item = Input> {
    MAKERS.iter().flat_map(|(name, octets, ways)| {
        ways().map(|(way, decode)| Input { name, way, octets: octets(), decode })
    })
}

fn ways<M: Viewable>() -> Ways {
    [
        ("owned", |octets| M::decode(octets).is_ok()),
        ("view", |octets| M::View::decode_in(octets, &Arena::new()).is_ok()),
    ]
}

fn repeat(record: &[u8]) -> Vec<u8> {
    record.repeat(OCTETS / record.len())
}

/// These octets as the field of this number.
fn within(number: u32, octets: &[u8]) -> Vec<u8> {
    let mut wire = Wire::default();
    wire.bytes(number, octets);
    wire.0
}

/// Field 6: entries with another key each.
fn map(backwards: bool) -> Vec<u8> {
    let mut wire = Wire::default();
    let count = OCTETS / 10;
    for index in 0..count {
        let key = if backwards { count - index } else { index };
        wire.message(6, |entry| entry.bytes(1, format!("{key:06}")));
    }
    wire.0
}

/// Well-formed groups in groups, so many deep, one such tower after the other.
fn groups(depth: usize) -> Vec<u8> {
    repeat(&[[0x0b].repeat(depth), [0x0c].repeat(depth)].concat())
}

/// `AnalyticsEvent.sections` with one child in each other, so many deep.
fn deep(depth: usize) -> Vec<u8> {
    // From within outwards, each octet in front of what is there: built backwards.
    let mut backwards: Vec<u8> = Vec::new();
    for level in (0..depth).rev() {
        let mut head = Wire::default();
        head.tag(if level == 0 { 5 } else { 3 }, 2);
        head.varint(backwards.len() as u64);
        backwards.extend(head.0.iter().rev());
    }
    backwards.reverse();
    backwards
}

fn every_part() -> Vec<u8> {
    let mut all = Wire::default();
    (1..=110).for_each(|part| all.bytes(part, ""));
    repeat(&all.0)
}

fn truncated() -> Vec<u8> {
    let mut wire = Wire::default();
    wire.tag(5, 2);
    wire.varint(OCTETS as u64 + 1);
    wire.0.resize(OCTETS, b'x');
    wire.0
}

fn bad_text() -> Vec<u8> {
    within(5, &[&repeat(b"x")[..], b"\xff"].concat())
}
