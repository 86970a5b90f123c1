//! Whole header blocks remembered with what they mean.
//!
//! Most calls of a client repeat the octets of an earlier one. Equal octets, and no change of the
//! compression table since, mean the equal header list: one comparison replaces decompression and all
//! checks. Knows nothing of frames or streams.

use crate::head::Head;

/// What a header list is read as. The same octets may be one and not the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Request,
    Response,
    Trailers,
}

/// Blocks remembered on one connection.
const ENTRIES: usize = 4;
/// Larger blocks are not worth their memory.
const BLOCK_BYTES_MAX: usize = 512;

/// Nothing while no block was noted: a quiet connection has none.
#[derive(Debug, Default)]
pub(crate) struct Memo(Option<Box<Blocks>>);

#[derive(Debug, Default)]
struct Blocks {
    entries: [Option<Entry>; ENTRIES],
    /// Fingerprints of blocks seen once: only the second sight is worth a copy.
    seen: [u64; ENTRIES],
    next_entry: usize,
    next_seen: usize,
}

#[derive(Debug)]
struct Entry {
    /// The decoder's generation when the block was decoded; the block did not change it.
    generation: u64,
    block: Box<[u8]>,
    kind: Kind,
    head: Head,
}

impl Entry {
    #[inline]
    fn is(&self, block: &[u8], generation: u64, kind: Kind) -> bool {
        // Blocks that differ are often of one length, and mostly differ near their ends.
        self.generation == generation
            && self.kind == kind
            && self.block.last_chunk::<8>() == block.last_chunk()
            && *self.block == *block
    }
}

impl Memo {
    /// What the block means, if it is known.
    #[inline]
    pub(crate) fn find(&self, block: &[u8], generation: u64, kind: Kind) -> Option<&Head> {
        let entries = &self.0.as_ref()?.entries;
        entries.iter().flatten().find(|entry| entry.is(block, generation, kind)).map(|entry| &entry.head)
    }

    /// Learns what a block means that left the table alone.
    pub(crate) fn note(&mut self, block: &[u8], generation: u64, kind: Kind, head: &Head) {
        if block.len() > BLOCK_BYTES_MAX {
            return;
        }
        let known = self.0.get_or_insert_default();
        let fingerprint = fingerprint(block, generation ^ (kind as u64) << 60);
        if !known.seen.contains(&fingerprint) {
            known.seen[known.next_seen] = fingerprint;
            known.next_seen = (known.next_seen + 1) % ENTRIES;
            return;
        }
        known.entries[known.next_entry] =
            Some(Entry { generation, block: block.into(), kind, head: head.clone() });
        known.next_entry = (known.next_entry + 1) % ENTRIES;
    }
}

/// FNV-1a over eight octets a step: cheap, and a wrong match costs no more than a copy for nothing.
fn fingerprint(block: &[u8], generation: u64) -> u64 {
    let mix = |hash: u64, word: u64| (hash ^ word).wrapping_mul(0x0100_0000_01b3);
    let start = 0xcbf2_9ce4_8422_2325 ^ generation ^ (block.len() as u64) << 32;
    let (words, rest) = block.as_chunks::<8>();
    let hash = words.iter().fold(start, |hash, word| mix(hash, u64::from_le_bytes(*word)));
    match block.last_chunk::<8>() {
        Some(last) => mix(hash, u64::from_le_bytes(*last)),
        None => rest.iter().fold(hash, |hash, &octet| mix(hash, octet.into())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::head::Spare;
    use crate::headers::Headers;

    fn head(path: &str) -> Head {
        let mut fields = Headers::new();
        for (name, value) in [(":method", "POST"), (":scheme", "http"), (":path", path)] {
            fields.push(name.as_bytes(), value.as_bytes());
        }
        Head::request(&mut fields, &mut Spare::default()).unwrap()
    }

    #[test]
    fn a_block_is_known_from_its_second_sight_while_the_table_stays() {
        let mut memo = Memo::default();
        memo.note(b"block", 1, Kind::Request, &head("/a"));
        assert!(memo.find(b"block", 1, Kind::Request).is_none());
        memo.note(b"block", 1, Kind::Request, &head("/a"));
        assert_eq!(memo.find(b"block", 1, Kind::Request), Some(&head("/a")));
        assert!(memo.find(b"block", 2, Kind::Request).is_none());
        assert!(memo.find(b"blocK", 1, Kind::Request).is_none());
        assert!(memo.find(b"block", 1, Kind::Trailers).is_none());
    }

    #[test]
    fn memory_is_bounded_by_a_few_small_blocks() {
        let mut memo = Memo::default();
        for i in 0..100u8 {
            for _ in 0..2 {
                memo.note(&[i; 8], 1, Kind::Request, &head("/a"));
            }
        }
        assert_eq!(memo.0.as_ref().map(|blocks| blocks.entries.iter().flatten().count()), Some(ENTRIES));
        let large = [7; BLOCK_BYTES_MAX + 1];
        memo.note(&large, 1, Kind::Request, &head("/a"));
        memo.note(&large, 1, Kind::Request, &head("/a"));
        assert!(memo.find(&large, 1, Kind::Request).is_none());
    }
}
