//! `List<'a, T>`: a repeated field of a view.
//!
//! # What makes it sound
//! 1. `len` values from `first` on are initialised and borrowed for `'a`. Up to `capacity` there is room
//!    in an arena which this list alone has.
//! 2. A list is `Copy`, so "alone" is its decoder's doing: only the view under construction grows, and where
//!    a view is copied to go on with it (a message field that comes in two records), the first is given up.

#![expect(unsafe_code)]

use alloc::vec::Vec;
use core::fmt;
use core::marker::PhantomData;
use core::ops::Deref;
use core::ptr::NonNull;

use crate::absorb::Sequence;
use crate::arena::Arena;
use crate::decoding::Decoding;
use crate::limits::{Budget, OverBudget};

/// A repeated field of a view: a slice, in the view's arena or of your own.
///
/// Read it as the slice it dereferences to. It has the size of `&[T]`, is `Copy`, and is made from such a
/// slice by `.into()`.
pub struct List<'a, T> {
    first: NonNull<T>,
    len: u32,
    /// Room in the arena, in values; 0 if the values are somebody else's.
    capacity: u32,
    values: PhantomData<&'a [T]>,
}

/// The least a list has room for once it must grow.
const CAPACITY_MIN: usize = 4;

// SAFETY: shares values, as the slice does. What is behind them only a decoder writes to, see (2).
unsafe impl<T: Sync> Send for List<'_, T> {}
// SAFETY: as above.
unsafe impl<T: Sync> Sync for List<'_, T> {}

impl<'a, T> List<'a, T> {
    /// An empty list.
    #[inline]
    pub const fn new() -> Self {
        Self { first: NonNull::dangling(), len: 0, capacity: 0, values: PhantomData }
    }

    /// The values, for as long as the view's input and arena are borrowed.
    #[inline]
    pub const fn as_slice(self) -> &'a [T] {
        // SAFETY: (1).
        unsafe { core::slice::from_raw_parts(self.first.as_ptr(), self.len as usize) }
    }

    /// The values one by one, for as long as [`as_slice`](Self::as_slice) has them.
    #[inline]
    pub fn iter(self) -> core::slice::Iter<'a, T> {
        self.as_slice().iter()
    }
}

impl<'a, T: Copy> List<'a, T> {
    /// Appends copies of these values, if that can be paid for.
    pub(crate) fn extend(&mut self, values: &[T], d: &mut Decoding<'a>) -> Option<()> {
        let place = self.room(values.len(), d)?;
        // SAFETY: there is room for as many.
        unsafe {
            place.copy_from_nonoverlapping(values.as_ptr(), values.len());
            self.add(values.len());
        }
        Some(())
    }

    #[inline(never)]
    fn grow(&mut self, more: usize, arena: &'a Arena, budget: &mut Budget) -> Result<(), OverBudget> {
        let needed = (self.len as usize).checked_add(more).ok_or(OverBudget)?;
        let smallest = if more > 1 { needed } else { CAPACITY_MIN };
        let doubled = (self.capacity.max(self.len) as usize).saturating_mul(2);
        let capacity = needed.max(smallest).max(doubled);
        let count = u32::try_from(capacity).map_err(|_| OverBudget)?;
        let first = arena.room::<T>(capacity, budget)?;
        if self.len > 0 {
            // SAFETY: the values there are (1), and new room for at least as many, which is somewhere else.
            unsafe { first.copy_from_nonoverlapping(self.first, self.len as usize) };
        }
        (self.first, self.capacity) = (first, count);
        Ok(())
    }
}

// SAFETY: what is behind the values, up to the capacity, is room in the arena that this list alone has,
// as long as (2) is kept to.
unsafe impl<'i, T: Copy> Sequence<'i, T> for List<'i, T> {
    #[inline(always)]
    fn spare(&self) -> usize {
        self.capacity.saturating_sub(self.len) as usize
    }

    #[inline(always)]
    fn room(&mut self, more: usize, d: &mut Decoding<'i>) -> Option<*mut T> {
        if self.spare() < more {
            self.grow(more, d.arena?, &mut d.budget).ok()?;
        }
        // SAFETY: within the room there is, or just behind it.
        Some(unsafe { self.first.add(self.len as usize) }.as_ptr())
    }

    #[inline(always)]
    #[expect(clippy::cast_possible_truncation)] // No more than there is room for.
    unsafe fn add(&mut self, count: usize) {
        self.len += count as u32;
    }

    #[inline]
    fn pop(&mut self) {
        self.len = self.len.saturating_sub(1);
    }
}

impl<T> Clone for List<'_, T> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for List<'_, T> {}

impl<T> Default for List<'_, T> {
    #[inline]
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Deref for List<'_, T> {
    type Target = [T];

    #[inline]
    fn deref(&self) -> &[T] {
        self.as_slice()
    }
}

/// A slice as a list. Of one with 2³² values or more, which no message can carry, the first 2³² − 1.
impl<'a, T> From<&'a [T]> for List<'a, T> {
    #[inline]
    fn from(values: &'a [T]) -> Self {
        let len = u32::try_from(values.len()).unwrap_or(u32::MAX);
        Self { first: NonNull::from(values).cast(), len, capacity: 0, values: PhantomData }
    }
}

impl<'a, T, const N: usize> From<&'a [T; N]> for List<'a, T> {
    fn from(values: &'a [T; N]) -> Self {
        values.as_slice().into()
    }
}

impl<'a, T> From<&'a Vec<T>> for List<'a, T> {
    fn from(values: &'a Vec<T>) -> Self {
        values.as_slice().into()
    }
}

impl<'a, T> IntoIterator for List<'a, T> {
    type Item = &'a T;
    type IntoIter = core::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'a, T> IntoIterator for &List<'a, T> {
    type Item = &'a T;
    type IntoIter = core::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        (*self).iter()
    }
}

impl<T: PartialEq<U>, U> PartialEq<List<'_, U>> for List<'_, T> {
    fn eq(&self, other: &List<'_, U>) -> bool {
        self.as_slice() == other.as_slice()
    }
}

impl<T: Eq> Eq for List<'_, T> {}

macro_rules! equal {
    ($([$($generics:tt)*] $type:ty;)*) => { $(
        impl<T: PartialEq<U>, U, $($generics)*> PartialEq<$type> for List<'_, T> {
            fn eq(&self, other: &$type) -> bool {
                self.as_slice() == &other[..]
            }
        }
    )* };
}

equal! {
    [] [U];
    [] &[U];
    [const N: usize] [U; N];
    [] Vec<U>;
}

impl<T: fmt::Debug> fmt::Debug for List<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_slice().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits::DecodeLimits;

    /// Appends the values and returns what that cost.
    fn pushed<'a>(list: &mut List<'a, u32>, values: impl Iterator<Item = u32>, arena: &'a Arena) -> usize {
        let mut d = Decoding::new(&[], 0, None, &DecodeLimits::new()).within(arena);
        let before = d.budget.left();
        for value in values {
            let place = list.room(1, &mut d).unwrap();
            // SAFETY: there is room for one, which is written.
            unsafe {
                place.write(value);
                list.add(1);
            }
        }
        before - d.budget.left()
    }

    #[test]
    fn a_list_grows_by_doubling_and_keeps_its_values() {
        // One chunk, so that no rest of one is paid for.
        let (arena, mut list) = (Arena::with_capacity(10_000), List::new());
        let paid = pushed(&mut list, 0..1000, &arena);
        assert!(list.iter().copied().eq(0..1000));
        // 4 + 8 + … + 1024, of four bytes each.
        assert_eq!(paid, 4 * (2048 - 4));
    }

    #[test]
    fn a_borrowed_slice_is_never_written_to() {
        let (arena, mine) = (Arena::new(), [1, 2, 3]);
        let mut list = List::from(&mine);
        list.pop();
        pushed(&mut list, 4..6, &arena);
        assert_eq!(list, [1, 2, 4, 5]);
        assert_eq!(mine, [1, 2, 3]);
    }

    #[test]
    fn room_is_made_exactly_when_the_number_is_known() {
        let arena = Arena::new();
        let mut d = Decoding::new(&[], 0, None, &DecodeLimits::new()).within(&arena);
        let mut list = List::<u64>::new();
        assert!(list.room(7, &mut d).is_some());
        assert_eq!(list.spare(), 7);
        assert!(list.room(usize::MAX, &mut d).is_none());
        assert_eq!((list.spare(), list.len()), (7, 0));
    }
}
