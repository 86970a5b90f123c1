//! A header block to fields (RFC 7541 §3, §6).
//!
//! Checks HPACK's own rules and the size of the list, not what HTTP says about names and values; but a field that
//! enters the table is looked at then, so that it need not be whenever it is named again.

use std::fmt;

use super::dynamic::DynamicTable;
use super::static_table::{STATIC, STATIC_LEN};
use super::texts::Texts;
use super::{HpackError, TABLE_BYTES_DEFAULT};
use crate::field::Mark;
use crate::headers::{Entry, FIELD_OVERHEAD_BYTES, Headers, Indexing};
use crate::short::{self, SHORT_BYTES};

/// How large a header list may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ListLimits {
    /// Octets: name + value + 32 for each field (RFC 9113 §6.5.2).
    pub(crate) list_bytes_max: usize,
    /// Number of fields.
    pub(crate) fields_max: usize,
}

/// What came of a block that kept to the rules of RFC 7541.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// All fields are there.
    Complete,
    /// The list is over its limits, by these counts; the fields from there on were not stored.
    OverLimit { list_bytes: usize, fields: usize },
}

/// The receiving side of a connection's header compression.
pub(crate) struct Decoder {
    pub(super) table: DynamicTable,
    pub(super) texts: Texts,
    /// Our SETTINGS_HEADER_TABLE_SIZE.
    table_bytes_max: usize,
    /// What a size update may ask for.
    update_bytes_max: usize,
    /// The table is larger than the peer acknowledged: its next block must begin with an update.
    must_shrink: bool,
    generation: u64,
    /// The stamp given last. The static table has those up to its length.
    stamp: u32,
}

impl Decoder {
    /// `table_bytes_max` is our SETTINGS_HEADER_TABLE_SIZE. Until the peer has acknowledged it, the
    /// protocol's 4,096 hold, and a smaller one binds nobody.
    pub(crate) const fn new(table_bytes_max: usize) -> Self {
        let update_bytes_max =
            if table_bytes_max > TABLE_BYTES_DEFAULT { table_bytes_max } else { TABLE_BYTES_DEFAULT };
        Self {
            table: DynamicTable::new(TABLE_BYTES_DEFAULT),
            texts: Texts::NONE,
            table_bytes_max,
            update_bytes_max,
            must_shrink: false,
            generation: 0,
            #[expect(clippy::cast_possible_truncation, reason = "there are 61")]
            stamp: STATIC_LEN as u32,
        }
    }

    /// The peer has acknowledged our SETTINGS: from its next block on, our table size binds it.
    // RFC 9113 §4.3.1: "An endpoint MUST treat a field block that follows an acknowledgment of the
    // reduction to the maximum dynamic table size as a connection error […] if it does not start with
    // a conformant Dynamic Table Size Update instruction."
    pub(crate) fn settings_acknowledged(&mut self) {
        self.update_bytes_max = self.table_bytes_max;
        self.must_shrink = self.table.size_max() > self.table_bytes_max;
        // A block known by heart may lack the update that is due now.
        self.generation += 1;
    }

    /// Changes with every change of the table. A block that left it as it was means the same list
    /// again as long as it stays.
    pub(crate) const fn generation(&self) -> u64 {
        self.generation
    }

    /// Gives back what is not state of the protocol.
    pub(crate) fn release(&mut self) {
        self.texts = Texts::NONE;
    }

    /// Decodes a whole header block and appends its fields to `into`.
    ///
    /// A list over its limits is decoded to its end all the same, to keep the table in step with the
    /// peer's, but nothing more is stored.
    ///
    /// # Errors
    /// What breaks RFC 7541, and lists of more than four times a limit. The table is then useless.
    pub(crate) fn decode(
        &mut self,
        block: &[u8],
        limits: &ListLimits,
        into: &mut Headers,
    ) -> Result<Outcome, HpackError> {
        let mut block = Block { octets: block };
        self.size_updates(&mut block)?;
        let mut list = List { bytes: 0, fields: 0, limits: *limits };
        while let Some(&first) = block.octets.first() {
            if first & 0x80 != 0 {
                if self.usual(&mut block, &mut list, into) == 0 {
                    self.indexed(&mut block, &mut list, into)?;
                }
            } else if first & 0x40 != 0 {
                self.literal(&mut block, 6, Indexing::Index, &mut list, into)?;
            } else if first & 0x20 != 0 {
                //= RFC 7541 §4.2 size-update-first: return Err(HpackError::SizeUpdateInsideBlock) → self.table.set_size_max(block.integer(5)?)
                return Err(HpackError::SizeUpdateInsideBlock);
            } else {
                //= RFC 7541 §6.2.3 never-indexed-forwarded: first & 0x10 != 0 → false
                let indexing = if first & 0x10 != 0 { Indexing::Never } else { Indexing::Literal };
                self.literal(&mut block, 4, indexing, &mut list, into)?;
            }
        }
        if list.is_over() {
            return Ok(Outcome::OverLimit { list_bytes: list.bytes, fields: list.fields });
        }
        Ok(Outcome::Complete)
    }

    /// Fields of few octets that are named by one octet each, as many as stand together; returns how many. Most fields
    /// of most calls pass here, so the loop has little in it: the rest is left to [`indexed`](Self::indexed), and so
    /// are all fields near the limits.
    #[inline(never)]
    fn usual(&self, block: &mut Block<'_>, list: &mut List, into: &mut Headers) -> usize {
        let fields_max = list.room().min(block.octets.len());
        let run = block.octets[..fields_max].iter().take_while(|&octet| (0x80..0xff).contains(octet));
        let before = into.len();
        let octets = into.append_short(run.map_while(|octet| find(&self.table, usize::from(octet & 0x7f))));
        let fields = into.len() - before;
        list.take(octets, fields);
        block.octets = &block.octets[fields..];
        fields
    }

    /// A field that is named by its index (RFC 7541 §6.1).
    #[cold]
    fn indexed(&self, block: &mut Block<'_>, list: &mut List, into: &mut Headers) -> Result<(), HpackError> {
        let entry = self.named(block.integer(7)?)?;
        // Counted before it is copied: an octet on the wire may stand for kilobytes.
        if list.add(entry.len())? {
            into.append_entry(entry, self.table.octets(entry));
        }
        Ok(())
    }

    fn named(&self, index: usize) -> Result<&Entry, HpackError> {
        if index == 0 {
            //= RFC 7541 §6.1 index-zero: Err(HpackError::IndexZero) → Ok(&STATIC[0])
            return Err(HpackError::IndexZero);
        }
        //= RFC 7541 §2.3.3 index-behind-the-table: find(&self.table, index) → Some(find(&self.table, index).unwrap_or(&STATIC[0]))
        find(&self.table, index).ok_or(HpackError::IndexOutOfRange { index })
    }

    /// A field whose value, and maybe name, is spelled out (RFC 7541 §6.2).
    fn literal(
        &mut self,
        block: &mut Block<'_>,
        prefix: u32,
        indexing: Indexing,
        list: &mut List,
        into: &mut Headers,
    ) -> Result<(), HpackError> {
        let name_index = block.integer(prefix)?;
        let arena = into.arena();
        let at = arena.len();
        let named = if name_index == 0 {
            block.string()?.append_to(&mut self.texts, arena)?;
            Mark::UNKNOWN
        } else {
            let entry = self.named(name_index)?;
            if entry.is_short() {
                short::append(arena, &entry.short, entry.name_len());
            } else {
                arena.extend_from_slice(&self.table.octets(entry)[..entry.name_len()]);
            }
            entry.mark()
        };
        let name_len = arena.len() - at;
        let value = block.string()?;
        if indexing == Indexing::Never {
            // Secrets are remembered nowhere.
            value.append_to(&mut Texts::default(), arena)?;
        } else {
            value.append_to(&mut self.texts, arena)?;
        }
        let mut mark = named.with_value(name_len, &arena[at + name_len..]);
        let mut stamp = 0;
        //= RFC 9113 §10.5.1 large-block-keeps-state: indexing == Indexing::Index → indexing == Indexing::Index && !list.is_over()
        if indexing == Indexing::Index {
            if mark == Mark::UNKNOWN {
                let (name, value) = arena[at..].split_at(name_len);
                mark = Mark::of(name, value);
            }
            // Behind 2³² entries there are no more.
            stamp = self.stamp.checked_add(1).unwrap_or(0);
            self.stamp = stamp.max(self.stamp);
            self.table.insert(&arena[at..], name_len, stamp, mark);
            self.generation += 1;
        }
        if list.add(arena.len() - at)? {
            into.close(at, name_len, indexing, stamp, mark);
        } else {
            arena.truncate(at);
        }
        Ok(())
    }

    /// RFC 7541 §4.2: updates stand at the beginning of a block. A size that changed several times
    /// since the last block takes two of them, the smallest and the final one.
    fn size_updates(&mut self, block: &mut Block<'_>) -> Result<(), HpackError> {
        let mut updates = 0;
        while block.octets.first().is_some_and(|first| first & 0xe0 == 0x20) {
            let table_bytes = block.integer(5)?;
            updates += 1;
            if updates > 2 {
                return Err(HpackError::TooManySizeUpdates);
            }
            //= RFC 7541 §6.3 size-update-over-the-limit
            if table_bytes > self.update_bytes_max {
                let table_bytes_max = self.update_bytes_max;
                return Err(HpackError::SizeUpdateOverLimit { table_bytes, table_bytes_max });
            }
            self.table.set_size_max(table_bytes);
            self.generation += 1;
            self.must_shrink = false;
        }
        //= RFC 9113 §4.3.1 shrunk-table-must-be-announced: self.must_shrink → false
        if self.must_shrink { Err(HpackError::MissingSizeUpdate) } else { Ok(()) }
    }
}

/// Counts, not contents: the table may hold secrets.
impl fmt::Debug for Decoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoder")
            .field("entries", &self.table.len())
            .field("table_bytes", &self.table.size())
            .field("table_bytes_max", &self.table.size_max())
            .finish_non_exhaustive()
    }
}

/// The field at an index of the joint address space (RFC 7541 §2.3.3).
#[inline]
fn find(table: &DynamicTable, index: usize) -> Option<&Entry> {
    // What calls have in common stands here.
    match table.get(index.wrapping_sub(STATIC_LEN + 1)) {
        Some(entry) => Some(entry),
        None => STATIC.get(index.wrapping_sub(1)),
    }
}

/// The list as it counts, whether stored or not.
struct List {
    bytes: usize,
    fields: usize,
    limits: ListLimits,
}

impl List {
    /// Counts a field of so many octets; true if it may be stored.
    #[inline]
    fn add(&mut self, octets: usize) -> Result<bool, HpackError> {
        self.take(octets, 1);
        if self.is_over() { self.add_over() } else { Ok(true) }
    }

    /// So many short fields may be stored, whatever their length.
    #[inline]
    fn room(&self) -> usize {
        let bytes = self.limits.list_bytes_max.saturating_sub(self.bytes);
        (bytes / (SHORT_BYTES + FIELD_OVERHEAD_BYTES)).min(self.limits.fields_max.saturating_sub(self.fields))
    }

    #[inline]
    fn take(&mut self, octets: usize, fields: usize) {
        self.bytes += octets + FIELD_OVERHEAD_BYTES * fields;
        self.fields += fields;
    }

    #[cold]
    fn add_over(&self) -> Result<bool, HpackError> {
        if self.bytes > self.limits.list_bytes_max.saturating_mul(OVER_MAX)
            || self.fields > self.limits.fields_max.saturating_mul(OVER_MAX)
        {
            return Err(HpackError::TooMuch);
        }
        Ok(false)
    }

    fn is_over(&self) -> bool {
        self.bytes > self.limits.list_bytes_max || self.fields > self.limits.fields_max
    }
}

/// How many times over its limits a list is still decoded.
const OVER_MAX: usize = 4;

/// What is left of a block.
struct Block<'a> {
    octets: &'a [u8],
}

impl<'a> Block<'a> {
    /// An integer whose first octet has `prefix` bits for it (RFC 7541 §5.1).
    #[inline]
    fn integer(&mut self, prefix: u32) -> Result<usize, HpackError> {
        let (&first, rest) = self.octets.split_first().ok_or(HpackError::Truncated)?;
        self.octets = rest;
        let full = (1_u8 << prefix) - 1;
        if first & full != full {
            Ok(usize::from(first & full))
        } else {
            self.long_integer(usize::from(full))
        }
    }

    #[cold]
    fn long_integer(&mut self, full: usize) -> Result<usize, HpackError> {
        let mut value = full;
        for shift in [0, 7, 14, 21] {
            let (&octet, rest) = self.octets.split_first().ok_or(HpackError::Truncated)?;
            self.octets = rest;
            value += usize::from(octet & 0x7f) << shift;
            if octet & 0x80 == 0 {
                return Ok(value);
            }
        }
        // Nothing we take is near 2²⁸.
        //= RFC 7541 §5.1 integer-limit: Err(HpackError::IntegerTooLong) → Ok(value)
        Err(HpackError::IntegerTooLong)
    }

    /// A string as it stands on the wire (RFC 7541 §5.2).
    #[inline]
    fn string(&mut self) -> Result<Coded<'a>, HpackError> {
        let huffman = self.octets.first().is_some_and(|first| first & 0x80 != 0);
        let string_bytes = self.integer(7)?;
        let Some((octets, rest)) = self.octets.split_at_checked(string_bytes) else {
            return Err(HpackError::StringPastBlock { string_bytes, left_bytes: self.octets.len() });
        };
        self.octets = rest;
        Ok(Coded { octets, huffman })
    }
}

/// A string that is in the block as a whole.
struct Coded<'a> {
    octets: &'a [u8],
    huffman: bool,
}

impl Coded<'_> {
    #[inline]
    fn append_to(&self, texts: &mut Texts, arena: &mut Vec<u8>) -> Result<(), HpackError> {
        if self.huffman {
            return texts.decode(self.octets, arena);
        }
        arena.extend_from_slice(self.octets);
        Ok(())
    }
}

/// A lone integer, for tests only.
#[cfg(test)]
pub(super) fn integer_of(prefix: u32, octets: &[u8]) -> Result<usize, HpackError> {
    Block { octets }.integer(prefix)
}
