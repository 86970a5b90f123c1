//! Where the values of views are that are encoded: see [`emit`](crate::emit).

use super::{Fixed, FixedSlice, List, MapView};
use crate::emit::{Elements, Entries, Single};

impl<V> Single for Option<&V> {
    type Message = V;

    #[inline(always)]
    fn single(&self) -> Option<&V> {
        *self
    }
}

impl<T> Elements for List<'_, T> {
    type Element = T;

    #[inline(always)]
    fn elements(&self) -> &[T] {
        self
    }
}

impl<T: Fixed> Elements for FixedSlice<'_, T> {
    type Element = T::Bytes;

    #[inline(always)]
    fn elements(&self) -> &[T::Bytes] {
        &self.values
    }
}

impl<K, V> Entries<K, V> for MapView<'_, K, V> {
    #[inline(always)]
    fn entries(&self) -> &[(K, V)] {
        &self.entries
    }
}
