//! Inputs that mean harm: little to send, much to hold or to do. Only ferrpc has to stand them.

use bench_ferrpc::bench::{
    AnalyticsEvent, ApiResponse, Blob, ColumnBatch, Empty, Google1Proto3, Google2, LogRecord, MediaFrame,
    Mesh, PackedSigned, PackedTile, Updates, Wide,
};
use ferrpc_proto::Message;

use super::data::wire::Wire;

/// One such input.
pub struct Input {
    /// Its name in tables.
    pub name: &'static str,
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

type Maker = (&'static str, fn() -> Vec<u8>, fn(&[u8]) -> bool);

const MAKERS: &[Maker] = &[
    // A record of two octets makes an element, which may be large in memory.
    ("submessages_of_2_bytes", || repeat(b"\x0a\x00"), decodes::<Mesh>),
    ("submessages_with_lists", || repeat(b"\x2a\x00"), decodes::<AnalyticsEvent>),
    ("submessages_nested_lists", || within(1, &repeat(b"\x0a\x00")), decodes::<Updates>),
    ("groups_of_2_bytes", || repeat(b"\x53\x54"), decodes::<Google2>),
    ("empty_strings", || repeat(b"\x42\x00"), decodes::<ApiResponse>),
    ("empty_bytes", || repeat(b"\x2a\x00"), decodes::<MediaFrame>),
    ("bytes_of_1_byte", || repeat(b"\x2a\x01x"), decodes::<MediaFrame>),
    ("strings_of_1_byte", || repeat(b"\x42\x01x"), decodes::<ApiResponse>),
    ("map_entries_empty", || repeat(b"\x32\x00"), decodes::<LogRecord>),
    ("map_entries_distinct", || map(false), decodes::<LogRecord>),
    ("map_entries_backwards", || map(true), decodes::<LogRecord>),
    ("map_bytes_distinct", || map(false), decodes::<MediaFrame>),
    ("packed_bytes_to_u32", || within(2, &repeat(b"\x01")), decodes::<ColumnBatch>),
    ("packed_bytes_to_i64", || within(2, &repeat(b"\x01")), decodes::<PackedSigned>),
    (
        "packed_longest_varints",
        || within(2, &repeat(b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")),
        decodes::<PackedSigned>,
    ),
    ("packed_in_many_records", || repeat(b"\x0a\x01\x05"), decodes::<PackedSigned>),
    ("packed_empty_records", || repeat(b"\x0a\x00"), decodes::<PackedSigned>),
    ("unpacked_numbers", || repeat(b"\x08\x05"), decodes::<PackedSigned>),
    ("two_lists_alternating", || repeat(b"\x0a\x01\x05\x12\x01\x05"), decodes::<PackedSigned>),
    ("lists_alternating_strings", || repeat(b"\x22\x00\x2a\x00"), decodes::<AnalyticsEvent>),
    ("unknown_of_2_bytes", || repeat(b"\x08\x00"), decodes::<Empty>),
    ("unknown_alternating", || repeat(b"\xf8\x07\x00\x08\x00"), decodes::<LogRecord>),
    ("unknown_groups", || repeat(b"\x0b\x0c"), decodes::<Empty>),
    ("unknown_groups_deep", || groups(90), decodes::<Empty>),
    ("unknown_groups_too_deep", || repeat(b"\x0b"), decodes::<Empty>),
    ("messages_too_deep", || deep(OCTETS / 4), decodes::<AnalyticsEvent>),
    ("messages_deep_repeated", || repeat(&deep(90)), decodes::<AnalyticsEvent>),
    ("singular_messages_repeated", || repeat(b"\x4a\x00"), decodes::<LogRecord>),
    ("singular_strings_repeated", || repeat(b"\x2a\x10sixteen octets!!"), decodes::<LogRecord>),
    ("oneof_switching", || repeat(&within(4, b"\x12\x01x\x18\x01")), decodes::<AnalyticsEvent>),
    ("oneof_switching_one", || within(4, &repeat(b"\x12\x01x\x18\x01")), decodes::<AnalyticsEvent>),
    ("wide_all_parts", every_part, decodes::<Wide>),
    ("fields_out_of_order", || repeat(b"\x88\x01\x01\x10\x01\x08\x01"), decodes::<Google1Proto3>),
    ("longest_tags", || repeat(b"\xf8\xff\xff\xff\x0f\x01"), decodes::<Empty>),
    ("overlong_varints", || repeat(b"\x08\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"), decodes::<ApiResponse>),
    ("claims_2_gib", || b"\x0a\xff\xff\xff\xff\x07".to_vec(), decodes::<Blob>),
    ("claims_2_gib_packed", || b"\x12\xff\xff\xff\xff\x07\x01".to_vec(), decodes::<PackedSigned>),
    (
        "claims_in_each_record",
        || [repeat(b"\x0a\x02\x12\x00"), b"\x0a\xff\xff\x7f\x01".to_vec()].concat(),
        decodes::<PackedTile>,
    ),
    ("truncated_string", truncated, decodes::<LogRecord>),
    ("invalid_utf8_at_the_end", bad_text, decodes::<LogRecord>),
    (
        "invalid_utf8_in_the_last",
        || [repeat(b"\x42\x01x"), b"\x42\x01\xff".to_vec()].concat(),
        decodes::<ApiResponse>,
    ),
];

/// All of them, made one at a time.
pub fn inputs() -> impl Iterator<Item = Input> {
    MAKERS.iter().map(|(name, octets, decode)| Input { name, octets: octets(), decode: *decode })
}

fn decodes<M: Message>(octets: &[u8]) -> bool {
    M::decode(octets).is_ok()
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
