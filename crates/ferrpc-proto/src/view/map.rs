//! `MapView<'a, K, V>`: a map field of a view.

use core::borrow::Borrow;
use core::fmt;

use super::list::List;

/// A map field of a view: its entries in the order they came.
///
/// Nothing is sorted or hashed, so to look a key up is to search from the end. A sender may send a key
/// twice, and then its last value counts: [`get`](Self::get) finds that one, and so does a map made of
/// these entries; [`len`](Self::len) and [`iter`](Self::iter) go by the entries as they came.
pub struct MapView<'a, K, V> {
    pub(crate) entries: List<'a, (K, V)>,
}

impl<'a, K, V> MapView<'a, K, V> {
    /// An empty map.
    #[inline]
    pub const fn new() -> Self {
        Self { entries: List::new() }
    }

    /// How many entries came.
    #[inline]
    pub fn len(self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    #[inline]
    pub fn is_empty(self) -> bool {
        self.entries.is_empty()
    }

    /// The entries, in the order they came.
    pub fn iter(self) -> impl DoubleEndedIterator<Item = (&'a K, &'a V)> + ExactSizeIterator + use<'a, K, V> {
        self.entries.iter().map(|(key, value)| (key, value))
    }

    /// The values, in the order they came.
    pub fn values(self) -> impl DoubleEndedIterator<Item = &'a V> + ExactSizeIterator + use<'a, K, V> {
        self.entries.iter().map(|(_, value)| value)
    }

    /// The value of a key, the last one if it came several times. Searches, so it takes linear time.
    pub fn get<Q: Eq + ?Sized>(self, key: &Q) -> Option<&'a V>
    where
        K: Borrow<Q>,
    {
        self.iter().rev().find(|(found, _)| (*found).borrow() == key).map(|(_, value)| value)
    }
}

impl<K, V> Clone for MapView<'_, K, V> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

impl<K, V> Copy for MapView<'_, K, V> {}

impl<K, V> Default for MapView<'_, K, V> {
    #[inline]
    fn default() -> Self {
        Self::new()
    }
}

/// Pairs of your own as a map.
impl<'a, K, V> From<&'a [(K, V)]> for MapView<'a, K, V> {
    fn from(entries: &'a [(K, V)]) -> Self {
        Self { entries: entries.into() }
    }
}

impl<'a, K, V, const N: usize> From<&'a [(K, V); N]> for MapView<'a, K, V> {
    fn from(entries: &'a [(K, V); N]) -> Self {
        Self { entries: entries.into() }
    }
}

/// Whether the same entries came in the same order.
impl<K: PartialEq, V: PartialEq> PartialEq for MapView<'_, K, V> {
    fn eq(&self, other: &Self) -> bool {
        self.entries == other.entries
    }
}

impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for MapView<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_value_of_a_key_counts() {
        let map = MapView::from(&[("a", 1), ("b", 2), ("a", 3)]);
        assert_eq!((map.get("a"), map.get("b"), map.get("c")), (Some(&3), Some(&2), None));
        assert_eq!(map.len(), 3);
        assert!(map.iter().eq([(&"a", &1), (&"b", &2), (&"a", &3)]));
    }
}
