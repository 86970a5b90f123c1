//! Fields to header blocks (RFC 7541 §6).
//!
//! The table is frozen: what enters it stays until the peer changes its size, so a field that repeats
//! costs one octet and one look-up from its second time on, and nothing is ever evicted. Strings are
//! not Huffman coded, which costs more at both ends than the octets are worth.

use std::fmt;

use super::TABLE_BYTES_DEFAULT;
use super::static_table::{FIELDS, STATIC, STATIC_LEN, name, value};
use crate::headers::{FIELD_OVERHEAD_BYTES, Indexing};

/// The sending side of a connection's header compression.
pub(crate) struct Encoder {
    /// Octets of all entries, oldest first; an entry's value lies right behind its name.
    octets: Vec<u8>,
    entries: Vec<Entry>,
    /// Where to find a field, and where a name: both by hash.
    fields: Slots,
    names: Slots,
    /// Size as RFC 7541 §4.1 counts it, and what it may grow to.
    size: usize,
    size_max: usize,
    /// The size changed since the last block.
    update: Update,
    generation: u64,
}

#[derive(Clone, Copy)]
struct Entry {
    at: u16,
    name_len: u16,
    len: u16,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Update {
    None,
    /// The table may grow, its entries stay.
    Grown,
    /// It had to shrink and begins anew.
    Emptied,
}

impl Encoder {
    /// An encoder with the table size every peer has at first.
    pub(crate) const fn new() -> Self {
        Self {
            octets: Vec::new(),
            entries: Vec::new(),
            fields: STATIC_FIELDS,
            names: STATIC_NAMES,
            size: 0,
            size_max: TABLE_BYTES_DEFAULT,
            update: Update::None,
            generation: 0,
        }
    }

    /// The peer's SETTINGS_HEADER_TABLE_SIZE. Of a larger table than 4,096 octets we make no use.
    pub(crate) fn set_peer_table_bytes_max(&mut self, table_bytes_max: usize) {
        //= RFC 7541 §4.2 size-within-the-maximum: table_bytes_max.min(TABLE_BYTES_DEFAULT) → TABLE_BYTES_DEFAULT.max(table_bytes_max.min(1))
        let size_max = table_bytes_max.min(TABLE_BYTES_DEFAULT);
        if size_max == self.size_max {
            return;
        }
        self.generation += 1;
        if size_max > self.size_max {
            if self.update == Update::None {
                self.update = Update::Grown;
            }
        } else {
            self.octets.clear();
            self.entries.clear();
            (self.fields, self.names) = (STATIC_FIELDS, STATIC_NAMES);
            self.size = 0;
            self.update = Update::Emptied;
        }
        self.size_max = size_max;
    }

    /// Changes with every change of the table. Octets written between two equal readings, of a block
    /// from [`begin`](Self::begin) on, may be sent again while the reading stays the same.
    pub(crate) const fn generation(&self) -> u64 {
        self.generation
    }

    /// Starts a header block.
    #[inline]
    pub(crate) fn begin(&mut self, out: &mut Vec<u8>) {
        if self.update != Update::None {
            self.say_size(out);
        }
    }

    #[cold]
    fn say_size(&mut self, out: &mut Vec<u8>) {
        // RFC 7541 §4.2: the smallest size since the last block, then the final one. Zero stands for
        // whatever was the smallest: it empties the peer's table as ours is empty.
        if self.update == Update::Emptied && self.size_max > 0 {
            //= RFC 7541 §4.2 smallest-size-said
            put_integer(0x20, 5, 0, out);
        }
        //= RFC 9113 §4.3.1 shrunk-table-is-announced
        put_integer(0x20, 5, self.size_max, out);
        self.update = Update::None;
        self.generation += 1;
    }

    /// Appends a field to the block begun last.
    pub(crate) fn field(&mut self, name: &[u8], value: &[u8], indexing: Indexing, out: &mut Vec<u8>) {
        //= RFC 7541 §6.2.3 never-indexed
        if indexing == Indexing::Never {
            let index = self.find_name(name);
            return put_literal(0x10, 4, index, name, value, out);
        }
        let hash = hash_field(name, value);
        if let Some(id) = self.fields.find(hash, |id| self.field_of(id) == (name, value)) {
            return put_integer(0x80, 7, self.index_of(id), out);
        }
        let index = self.find_name(name);
        if self.admits(name, value, indexing, index) {
            put_literal(0x40, 6, index, name, value, out);
            self.insert(name, value, hash, index.is_none());
        } else {
            put_literal(0, 4, index, name, value, out);
        }
    }

    /// Whether a field may enter the table. One whose value varies enters for the sake of its name,
    /// if no field gave the name an index yet, and only while the table is half empty: its first value
    /// takes room that others use better.
    fn admits(&self, name: &[u8], value: &[u8], indexing: Indexing, name_index: Option<usize>) -> bool {
        let room = match indexing {
            Indexing::Index => self.size_max,
            Indexing::Literal if name_index.is_none() && value.len() <= NAME_VALUE_BYTES_MAX => {
                self.size_max / 2
            }
            Indexing::Literal | Indexing::Never => return false,
        };
        self.size + name.len() + value.len() + FIELD_OVERHEAD_BYTES <= room
    }

    fn insert(&mut self, name: &[u8], value: &[u8], hash: u8, name_is_new: bool) {
        let len = name.len() + value.len();
        let (Ok(at), Ok(name_len), Ok(entry_len), Ok(id)) = (
            self.octets.len().try_into(),
            name.len().try_into(),
            len.try_into(),
            (STATIC_LEN + 1 + self.entries.len()).try_into(),
        ) else {
            debug_assert!(false, "a table of 4,096 octets has few and small entries");
            return;
        };
        self.octets.extend_from_slice(name);
        self.octets.extend_from_slice(value);
        self.entries.push(Entry { at, name_len, len: entry_len });
        self.size += len + FIELD_OVERHEAD_BYTES;
        self.generation += 1;
        self.fields.insert(hash, id);
        if name_is_new {
            self.names.insert(hash_field(name, b""), id);
        }
    }

    /// An index whose entry has this name.
    fn find_name(&self, name: &[u8]) -> Option<usize> {
        let id = self.names.find(hash_field(name, b""), |id| self.field_of(id).0 == name)?;
        Some(self.index_of(id))
    }

    /// The field with an id: a static index, or behind them an entry, counted from the oldest.
    fn field_of(&self, id: u8) -> (&[u8], &[u8]) {
        let at = usize::from(id) - 1;
        if let Some(field) = STATIC.get(at) {
            return (name(field), value(field));
        }
        match self.entries.get(at - STATIC_LEN) {
            Some(entry) => self.octets[usize::from(entry.at)..][..usize::from(entry.len)]
                .split_at(usize::from(entry.name_len)),
            None => (b"", b""),
        }
    }

    /// The index a peer knows the id by: new entries push the older ones away (RFC 7541 §2.3.3).
    fn index_of(&self, id: u8) -> usize {
        let id = usize::from(id);
        if id <= STATIC_LEN { id } else { 2 * STATIC_LEN + 1 + self.entries.len() - id }
    }
}

/// Counts, not contents.
impl fmt::Debug for Encoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encoder")
            .field("entries", &self.entries.len())
            .field("table_bytes", &self.size)
            .field("table_bytes_max", &self.size_max)
            .finish_non_exhaustive()
    }
}

/// Largest value that enters the table for its name's sake.
const NAME_VALUE_BYTES_MAX: usize = 64;

/// Ids by hash: an open-addressed table that never loses one and is never full, since both tables
/// together have at most 61 + 128 entries.
struct Slots([u8; 256]);

impl Slots {
    #[inline]
    fn find(&self, hash: u8, is_it: impl Fn(u8) -> bool) -> Option<u8> {
        let mut at = hash;
        loop {
            match self.0[usize::from(at)] {
                0 => return None,
                id if is_it(id) => return Some(id),
                _ => at = at.wrapping_add(1),
            }
        }
    }

    const fn insert(&mut self, hash: u8, id: u8) {
        let mut at = hash;
        while self.0[at as usize] != 0 {
            at = at.wrapping_add(1);
        }
        self.0[at as usize] = id;
    }
}

const STATIC_FIELDS: Slots = static_slots(false);
const STATIC_NAMES: Slots = static_slots(true);

#[expect(clippy::cast_possible_truncation, reason = "there are 61")]
const fn static_slots(names: bool) -> Slots {
    let mut slots = Slots([0; 256]);
    let mut at = 0;
    while at < STATIC_LEN {
        let field = &FIELDS[at];
        if !names {
            slots.insert(hash_field(name(field), value(field)), at as u8 + 1);
        } else if at == 0 || !equal(name(field), name(&FIELDS[at - 1])) {
            // Fields of one name stand together; the first one's index is as good as any.
            slots.insert(hash_field(name(field), b""), at as u8 + 1);
        }
        at += 1;
    }
    slots
}

const fn equal(a: &[u8], b: &[u8]) -> bool {
    let mut at = 0;
    while at < a.len() && at < b.len() && a[at] == b[at] {
        at += 1;
    }
    at == a.len() && at == b.len()
}

/// A few instructions, from lengths and ends: fields of a connection differ there. Those which do not
/// cost a comparison each, and there are at most 128.
#[inline]
const fn hash_field(name: &[u8], value: &[u8]) -> u8 {
    let mixed = hash_ends(name).rotate_left(31) ^ hash_ends(value);
    (mixed.wrapping_mul(ODD) >> 56) as u8
}

#[inline]
const fn hash_ends(octets: &[u8]) -> u64 {
    let (first, last) = match (octets.first_chunk::<8>(), octets.last_chunk::<8>()) {
        (Some(first), Some(last)) => (u64::from_le_bytes(*first), u64::from_le_bytes(*last)),
        _ => match (octets.first_chunk::<4>(), octets.last_chunk::<4>()) {
            (Some(first), Some(last)) => {
                (u32::from_le_bytes(*first) as u64, u32::from_le_bytes(*last) as u64)
            }
            _ => match (octets.first(), octets.last()) {
                (Some(first), Some(last)) => {
                    (*first as u64, (octets[octets.len() / 2] as u64) << 8 | *last as u64)
                }
                _ => (0, 0),
            },
        },
    };
    (first ^ last.rotate_left(20) ^ octets.len() as u64).wrapping_mul(ODD)
}

/// 2⁶⁴ over the golden ratio.
const ODD: u64 = 0x9e37_79b9_7f4a_7c15;

#[inline]
fn put_literal(
    kind: u8,
    prefix: u32,
    name_index: Option<usize>,
    name: &[u8],
    value: &[u8],
    out: &mut Vec<u8>,
) {
    out.reserve(name.len() + value.len() + 12);
    match name_index {
        Some(index) => put_integer(kind, prefix, index, out),
        None => {
            out.push(kind);
            put_string(name, out);
        }
    }
    put_string(value, out);
}

#[inline]
fn put_string(octets: &[u8], out: &mut Vec<u8>) {
    put_integer(0, 7, octets.len(), out);
    out.extend_from_slice(octets);
}

/// An integer behind the bits of `kind` (RFC 7541 §5.1).
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "each is compared or masked first")]
fn put_integer(kind: u8, prefix: u32, value: usize, out: &mut Vec<u8>) {
    let full = (1 << prefix) - 1;
    if value < full {
        return out.push(kind | value as u8);
    }
    out.push(kind | full as u8);
    let mut rest = value - full;
    while rest > 0x7f {
        out.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    out.push(rest as u8);
}
