//! The decoder's dynamic table (RFC 7541 §2.3.2, §4): a queue of fields in one arena, newest first.
//!
//! Knows nothing of the static table, nor of limits on lists.

use std::collections::VecDeque;

use crate::field::Mark;
use crate::headers::{Entry, FIELD_OVERHEAD_BYTES};
use crate::short::SHORT_BYTES;

/// Fields in the order they came. A short one lies in its entry, so reading it is one lookup and one copy; the octets
/// of longer ones are one run in an arena. Nothing is allocated before the first entry.
pub(super) struct DynamicTable {
    /// Octets of evicted entries, then those of the live ones, oldest first.
    octets: Vec<u8>,
    /// Newest first, as the index counts.
    entries: VecDeque<Entry>,
    /// Where `octets` begins in the endless arena that `Entry::at` counts in (wrapping).
    base: u32,
    /// Octets of evicted entries at the front.
    dead: usize,
    /// Size as RFC 7541 §4.1 counts it.
    size: usize,
    size_max: usize,
}

impl DynamicTable {
    pub(super) const fn new(size_max: usize) -> Self {
        Self { octets: Vec::new(), entries: VecDeque::new(), base: 0, dead: 0, size: 0, size_max }
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) const fn size(&self) -> usize {
        self.size
    }

    pub(super) const fn size_max(&self) -> usize {
        self.size_max
    }

    /// The field at `index`, 0 the newest.
    #[inline]
    pub(super) fn get(&self, index: usize) -> Option<&Entry> {
        self.entries.get(index)
    }

    /// The octets of an entry.
    pub(super) fn octets<'a>(&'a self, entry: &'a Entry) -> &'a [u8] {
        if entry.is_short() {
            return &entry.short[..entry.len()];
        }
        let at = entry.at.wrapping_sub(self.base) as usize;
        self.octets.get(at..at + entry.len()).unwrap_or_default()
    }

    /// Adds a field, its value right behind its name. One that is larger than the whole table empties it,
    /// which is no error (RFC 7541 §4.4).
    pub(super) fn insert(&mut self, octets: &[u8], name_len: usize, stamp: u32, mark: Mark) {
        let size = octets.len() + FIELD_OVERHEAD_BYTES;
        self.evict_to(self.size_max.saturating_sub(size));
        if size > self.size_max {
            return;
        }
        let mut short = [0; SHORT_BYTES];
        let mut at = 0;
        match short.get_mut(..octets.len()) {
            Some(short) => short.copy_from_slice(octets),
            None => {
                self.make_room();
                at = self.base.wrapping_add(offset(self.octets.len()));
                self.octets.extend_from_slice(octets);
            }
        }
        let (name_len, len) = (offset(name_len), offset(octets.len()));
        self.entries.push_front(Entry::new(short, at, name_len, len, stamp, mark));
        self.size += size;
    }

    /// Changes the size the table may have, evicting what no longer fits (RFC 7541 §4.3).
    pub(super) fn set_size_max(&mut self, size_max: usize) {
        self.size_max = size_max;
        self.evict_to(size_max);
    }

    fn evict_to(&mut self, size: usize) {
        while self.size > size {
            let Some(entry) = self.entries.pop_back() else { break };
            if !entry.is_short() {
                self.dead += entry.len();
            }
            self.size -= entry.len() + FIELD_OVERHEAD_BYTES;
        }
        if self.entries.is_empty() {
            self.base = self.base.wrapping_add(offset(self.octets.len()));
            self.octets.clear();
            self.dead = 0;
        }
    }

    /// Moves the live octets of the arena to its front if they are fewer than the dead, so each octet is paid for once
    /// and there are never more than twice the live ones.
    fn make_room(&mut self) {
        let live = self.octets.len() - self.dead;
        if self.dead >= live {
            self.octets.copy_within(self.dead.., 0);
            self.octets.truncate(live);
            self.base = self.base.wrapping_add(offset(self.dead));
            self.dead = 0;
        }
    }
}

/// Table sizes are bounded by a SETTINGS value, which has 32 bits.
fn offset(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn insert(table: &mut DynamicTable, octets: &[u8], name_len: usize) {
        table.insert(octets, name_len, 0, Mark::UNKNOWN);
    }

    fn get(table: &DynamicTable, index: usize) -> Option<(&[u8], usize)> {
        let entry = table.get(index)?;
        Some((table.octets(entry), entry.name_len()))
    }

    fn field(table: &DynamicTable, index: usize) -> Option<(&str, &str)> {
        let (octets, name_len) = get(table, index)?;
        let (name, value) = octets.split_at(name_len);
        Some((std::str::from_utf8(name).ok()?, std::str::from_utf8(value).ok()?))
    }

    #[test]
    fn newest_entry_is_first_and_oldest_is_evicted() {
        let mut table = DynamicTable::new(3 * (2 + 32));
        for (octets, len) in [(b"a1", 1), (b"b2", 1), (b"c3", 2)] {
            insert(&mut table, octets, len);
        }
        assert_eq!((field(&table, 0), field(&table, 2)), (Some(("c3", "")), Some(("a", "1"))));
        insert(&mut table, b"d4", 1);
        assert_eq!((field(&table, 0), field(&table, 2)), (Some(("d", "4")), Some(("b", "2"))));
        assert_eq!((get(&table, 3), table.len(), table.size()), (None, 3, 3 * 34));
    }

    #[test]
    fn entry_larger_than_the_table_empties_it() {
        let mut table = DynamicTable::new(64);
        insert(&mut table, b"ab", 1);
        insert(&mut table, &[b'x'; 33], 1);
        assert_eq!((table.len(), table.size()), (0, 0));
        insert(&mut table, &[b'x'; 32], 1);
        assert_eq!((table.len(), table.size()), (1, 64));
    }

    #[test]
    fn arena_stays_below_twice_the_table_however_many_entries_pass() {
        let mut table = DynamicTable::new(4096);
        for i in 0..100_000_u32 {
            let octets = vec![i.to_le_bytes()[0]; (i % 300) as usize];
            insert(&mut table, &octets, (i % 7).min(i % 300) as usize);
            assert_eq!(get(&table, 0), Some((&octets[..], (i % 7).min(i % 300) as usize)));
            assert!(table.size() <= 4096 && table.octets.len() <= 2 * 4096);
        }
        assert!(table.octets.capacity() <= 4 * 4096);
    }

    #[test]
    fn positions_survive_the_arena_wrapping_round() {
        let mut table = DynamicTable::new(200);
        table.base = u32::MAX - 100;
        for i in 0..50_u8 {
            insert(&mut table, &[i; 50], 5);
            assert_eq!(get(&table, 0), Some((&[i; 50][..], 5)));
            if i > 2 {
                assert_eq!(get(&table, 1), Some((&[i - 1; 50][..], 5)));
            }
        }
    }
}
