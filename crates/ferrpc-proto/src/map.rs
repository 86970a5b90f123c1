//! `Map<K, V>`: a map field, in the order its keys were first inserted.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::borrow::Borrow;
use core::fmt;
use core::hash::{Hash, Hasher};

use crate::limits::{Budget, OverBudget};

/// A map field: keys in the order they were first inserted, each with its last value.
///
/// Small maps are searched; from nine entries on an index hashes the keys, with a secret of the
/// process, so that nobody can choose keys that collide. Two maps are equal if they hold the same
/// entries in any order.
#[derive(Clone)]
pub struct Map<K, V> {
    entries: Vec<(K, V)>,
    index: Option<Box<Index>>,
}

/// Up to this many entries a search costs less than a hash.
const SEARCHED: usize = 8;

impl<K, V> Map<K, V> {
    /// An empty map. Takes no memory.
    pub const fn new() -> Self {
        Self { entries: Vec::new(), index: None }
    }

    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The entries, in the order of insertion.
    pub fn iter(&self) -> Iter<'_, K, V> {
        Iter(self.entries.iter())
    }

    /// All of them at once, in the same order.
    pub(crate) fn as_slice(&self) -> &[(K, V)] {
        &self.entries
    }

    /// The keys, in the order of insertion.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &K> + '_ {
        self.entries.iter().map(|(key, _)| key)
    }

    /// The values, in the order of insertion.
    pub fn values(&self) -> impl ExactSizeIterator<Item = &V> + '_ {
        self.entries.iter().map(|(_, value)| value)
    }

    /// The values to change, in the order of insertion.
    pub fn values_mut(&mut self) -> impl ExactSizeIterator<Item = &mut V> + '_ {
        self.entries.iter_mut().map(|(_, value)| value)
    }

    /// Removes all entries.
    pub fn clear(&mut self) {
        self.entries.clear();
        self.index = None;
    }

    pub(crate) fn entry_at(&self, at: usize) -> (&K, &V) {
        let (key, value) = &self.entries[at];
        (key, value)
    }
}

impl<K: Hash + Eq, V> Map<K, V> {
    /// The value of a key.
    pub fn get<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.position(key).map(|at| &self.entries[at].1)
    }

    /// The value of a key, to change.
    pub fn get_mut<Q: Hash + Eq + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        self.position(key).map(|at| &mut self.entries[at].1)
    }

    /// Whether there is a value for a key.
    pub fn contains_key<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.position(key).is_some()
    }

    /// Sets the value of a key and returns the one it had.
    ///
    /// A key that was there keeps its place in the order.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        if let Some(at) = self.position(&key) {
            return Some(core::mem::replace(&mut self.entries[at].1, value));
        }
        self.push_new(key, value);
        None
    }

    /// Removes a key and returns its value. The rest keeps its order, so this takes linear time.
    pub fn remove<Q: Hash + Eq + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let at = self.position(key)?;
        let (_, value) = self.entries.remove(at);
        self.rebuild();
        Some(value)
    }

    /// Keeps the entries `keep` says yes to.
    pub fn retain(&mut self, mut keep: impl FnMut(&K, &mut V) -> bool) {
        self.entries.retain_mut(|(key, value)| keep(key, value));
        self.rebuild();
    }

    /// Inserts on behalf of a decoder, which pays for what the map grows by.
    pub(crate) fn insert_within(&mut self, budget: &mut Budget, key: K, value: V) -> Result<(), OverBudget> {
        if let Some(at) = self.position(&key) {
            self.entries[at].1 = value;
            return Ok(());
        }
        self.reserve_within(budget, 1)?;
        self.push_new(key, value);
        Ok(())
    }

    /// How many more entries there is room for.
    pub(crate) fn spare(&self) -> usize {
        self.entries.capacity() - self.entries.len()
    }

    /// Makes room for `more` entries on behalf of a decoder, which pays for it and for their index.
    pub(crate) fn reserve_within(&mut self, budget: &mut Budget, more: usize) -> Result<(), OverBudget> {
        let before = self.entries.capacity();
        budget.reserve(&mut self.entries, more)?;
        let after = self.entries.capacity();
        if after > before {
            budget.exchange(Index::taken_by(before), Index::taken_by(after))?;
        }
        Ok(())
    }

    fn push_new(&mut self, key: K, value: V) {
        let at = self.entries.len();
        self.entries.push((key, value));
        match &mut self.index {
            Some(index) if index.has_room(at + 1) => index.add(&self.entries[at].0, at),
            _ if at >= SEARCHED => self.rebuild(),
            _ => {}
        }
    }

    fn position<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<usize>
    where
        K: Borrow<Q>,
    {
        match &self.index {
            None => self.entries.iter().position(|(found, _)| found.borrow() == key),
            Some(index) => {
                index.find(key, |at| self.entries.get(at).is_some_and(|(found, _)| found.borrow() == key))
            }
        }
    }

    fn rebuild(&mut self) {
        self.index = None;
        if self.entries.len() > SEARCHED {
            // As large as it will be when there are as many entries as there is room for.
            let mut index = Box::new(Index::for_len(self.entries.capacity()));
            for (at, (key, _)) in self.entries.iter().enumerate() {
                index.add(key, at);
            }
            self.index = Some(index);
        }
    }
}

/// Open addressing with linear probing: positions of entries, never more than half full.
#[derive(Clone)]
struct Index {
    /// Position + 1; 0 is free. The length is a power of two.
    slots: Vec<u32>,
    secret: (u64, u64),
}

impl Index {
    /// Memory an index takes at most, of so many entries: four slots each, of four bytes. The old one is gone
    /// before a new one is made.
    fn taken_by(entries: usize) -> usize {
        if entries <= SEARCHED { 0 } else { entries.saturating_mul(16).saturating_add(size_of::<Self>()) }
    }

    fn for_len(len: usize) -> Self {
        let slots = alloc::vec![0; len.saturating_mul(2).next_power_of_two()];
        Self { slots, secret: secret() }
    }

    fn has_room(&self, len: usize) -> bool {
        len <= self.slots.len() / 2 && u32::try_from(len).is_ok()
    }

    fn add<K: Hash + ?Sized>(&mut self, key: &K, at: usize) {
        // More than 2³² entries would need 64 GiB; one that has no number is found by nobody.
        let Ok(number) = u32::try_from(at + 1) else { return };
        let mut slot = self.start(key);
        while self.slots[slot] != 0 {
            slot = (slot + 1) & (self.slots.len() - 1);
        }
        self.slots[slot] = number;
    }

    fn find<K: Hash + ?Sized>(&self, key: &K, is_it: impl Fn(usize) -> bool) -> Option<usize> {
        let mut slot = self.start(key);
        loop {
            let at = (self.slots[slot] as usize).checked_sub(1)?;
            if is_it(at) {
                return Some(at);
            }
            slot = (slot + 1) & (self.slots.len() - 1);
        }
    }

    fn start<K: Hash + ?Sized>(&self, key: &K) -> usize {
        // Deprecated in favour of a hasher that only std has; keyed SipHash all the same.
        #[expect(deprecated)]
        let mut hasher = core::hash::SipHasher::new_with_keys(self.secret.0, self.secret.1);
        key.hash(&mut hasher);
        #[expect(clippy::cast_possible_truncation)] // Any of its bits will do.
        let hash = hasher.finish() as usize;
        hash & (self.slots.len() - 1)
    }
}

/// The key of this process's hashes.
#[cfg(feature = "std")]
fn secret() -> (u64, u64) {
    use std::hash::{BuildHasher, RandomState};
    use std::sync::OnceLock;

    static SECRET: OnceLock<(u64, u64)> = OnceLock::new();
    *SECRET.get_or_init(|| {
        let random = RandomState::new();
        (random.hash_one(1), random.hash_one(2))
    })
}

/// Without std there is no source of randomness: the address of a fresh allocation has to do.
#[cfg(not(feature = "std"))]
fn secret() -> (u64, u64) {
    let fresh = Box::new(0u64);
    let address = core::ptr::from_ref(&*fresh).addr() as u64;
    (address.wrapping_mul(0x9e37_79b9_7f4a_7c15), address.rotate_left(32) ^ 0xd1b5_4a32_d192_ed03)
}

impl<K, V> Default for Map<K, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<K: Hash + Eq, V: PartialEq> PartialEq for Map<K, V> {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().all(|(key, value)| other.get(key) == Some(value))
    }
}

impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for Map<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<K: Hash + Eq, V> FromIterator<(K, V)> for Map<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut map = Self::new();
        map.extend(entries);
        map
    }
}

impl<K: Hash + Eq, V> Extend<(K, V)> for Map<K, V> {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, entries: I) {
        for (key, value) in entries {
            self.insert(key, value);
        }
    }
}

impl<K: Hash + Eq, V, const N: usize> From<[(K, V); N]> for Map<K, V> {
    fn from(entries: [(K, V); N]) -> Self {
        entries.into_iter().collect()
    }
}

impl<K, V> IntoIterator for Map<K, V> {
    type Item = (K, V);
    type IntoIter = alloc::vec::IntoIter<(K, V)>;

    fn into_iter(self) -> Self::IntoIter {
        self.entries.into_iter()
    }
}

impl<'a, K, V> IntoIterator for &'a Map<K, V> {
    type Item = (&'a K, &'a V);
    type IntoIter = Iter<'a, K, V>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// The entries of a [`Map`], in the order of insertion.
#[derive(Debug)]
pub struct Iter<'a, K, V>(core::slice::Iter<'a, (K, V)>);

impl<'a, K, V> Iterator for Iter<'a, K, V> {
    type Item = (&'a K, &'a V);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.next().map(|(key, value)| (key, value))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl<K, V> ExactSizeIterator for Iter<'_, K, V> {}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::{String, ToString};

    #[test]
    fn keys_keep_their_place_and_the_last_value_wins() {
        for n in [3, 8, 9, 10, 1000] {
            let mut map: Map<String, usize> = (0..n).map(|i| (i.to_string(), i)).collect();
            assert_eq!(map.insert("1".into(), 77), Some(1), "{n}");
            assert_eq!(map.len(), n);
            assert_eq!(map.get("1"), Some(&77));
            assert!(map.keys().map(String::as_str).eq((0..n).map(|i| i.to_string())), "{n}");
            assert_eq!(map.get(&n.to_string()), None);
        }
    }

    #[test]
    fn removal_keeps_the_order_and_the_index() {
        let mut map: Map<u32, u32> = (0..100).map(|i| (i, i)).collect();
        assert_eq!(map.remove(&40), Some(40));
        assert_eq!(map.remove(&40), None);
        map.retain(|key, _| key % 2 == 1);
        assert!(map.keys().copied().eq((0..100).filter(|key| key % 2 == 1)));
        assert!((0..100).all(|key| map.contains_key(&key) == (key % 2 == 1)));
        map.retain(|key, _| *key < 5);
        assert_eq!(map, Map::from([(3, 3), (1, 1)]));
    }

    #[test]
    fn equality_ignores_order() {
        let up: Map<i32, i32> = (0..50).map(|i| (i, i)).collect();
        let down: Map<i32, i32> = (0..50).rev().map(|i| (i, i)).collect();
        assert_eq!(up, down);
        let mut other = down;
        other.insert(7, 8);
        assert_ne!(up, other);
    }
}
