//! `FixedSlice<'a, T>`: a repeated field of numbers that always take four or eight bytes.

use alloc::vec::Vec;
use core::fmt;

use super::list::List;

/// Numbers of four or eight bytes each, as they stand in the input: little endian, at any address.
///
/// The field of a view for repeated `fixed32`, `sfixed32`, `float` and their twins of 64 bits. A packed
/// list that came in one piece is borrowed from the input as it is.
///
/// ```
/// use ferrpc_proto::view::FixedSlice;
///
/// let bytes = [0, 0, 0x80, 0x3f, 0, 0, 0, 0x40];
/// let samples = FixedSlice::<f32>::from_le_bytes(&bytes);
/// assert_eq!((samples.len(), samples.get(1)), (2, Some(2.0)));
/// assert_eq!(samples.iter().sum::<f32>(), 3.0);
/// assert_eq!(samples.to_vec(), [1.0, 2.0]);
/// ```
pub struct FixedSlice<'a, T: Fixed> {
    pub(crate) values: List<'a, T::Bytes>,
}

/// A number of four or eight bytes on the wire.
pub trait Fixed: Copy + PartialEq + fmt::Debug {
    /// Its bytes, the lowest first.
    type Bytes: Copy + Default + Eq + Send + Sync + fmt::Debug + 'static;

    /// The number of these bytes.
    fn of(bytes: Self::Bytes) -> Self;

    #[doc(hidden)]
    fn chunks(bytes: &[u8]) -> (&[Self::Bytes], &[u8]);
}

macro_rules! numbers {
    ($($type:ident: $bytes:literal;)*) => { $(
        impl Fixed for $type {
            type Bytes = [u8; $bytes];

            #[inline]
            fn of(bytes: Self::Bytes) -> Self {
                Self::from_le_bytes(bytes)
            }

            #[inline]
            fn chunks(bytes: &[u8]) -> (&[Self::Bytes], &[u8]) {
                bytes.as_chunks()
            }
        }
    )* };
}

numbers! {
    u32: 4;
    i32: 4;
    f32: 4;
    u64: 8;
    i64: 8;
    f64: 8;
}

impl<'a, T: Fixed> FixedSlice<'a, T> {
    /// The numbers of these bytes. What is left at the end and makes no whole one is left out.
    #[inline]
    pub fn from_le_bytes(bytes: &'a [u8]) -> Self {
        Self { values: T::chunks(bytes).0.into() }
    }

    /// How many numbers there are.
    #[inline]
    pub fn len(self) -> usize {
        self.values.len()
    }

    /// Whether there are none.
    #[inline]
    pub fn is_empty(self) -> bool {
        self.values.is_empty()
    }

    /// The number at an index, if there is one.
    #[inline]
    pub fn get(self, at: usize) -> Option<T> {
        self.values.get(at).map(|bytes| T::of(*bytes))
    }

    /// All of them.
    #[inline]
    pub fn iter(self) -> FixedIter<'a, T> {
        FixedIter(self.values.iter())
    }

    /// All of them, as numbers of this machine.
    pub fn to_vec(self) -> Vec<T> {
        self.iter().collect()
    }
}

/// The numbers of a [`FixedSlice`].
#[derive(Clone, Debug)]
pub struct FixedIter<'a, T: Fixed>(core::slice::Iter<'a, T::Bytes>);

impl<T: Fixed> Iterator for FixedIter<'_, T> {
    type Item = T;

    #[inline]
    fn next(&mut self) -> Option<T> {
        self.0.next().map(|bytes| T::of(*bytes))
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.0.size_hint()
    }
}

impl<T: Fixed> DoubleEndedIterator for FixedIter<'_, T> {
    #[inline]
    fn next_back(&mut self) -> Option<T> {
        self.0.next_back().map(|bytes| T::of(*bytes))
    }
}

impl<T: Fixed> ExactSizeIterator for FixedIter<'_, T> {}

impl<'a, T: Fixed> IntoIterator for FixedSlice<'a, T> {
    type Item = T;
    type IntoIter = FixedIter<'a, T>;

    #[inline]
    fn into_iter(self) -> FixedIter<'a, T> {
        self.iter()
    }
}

impl<T: Fixed> Clone for FixedSlice<'_, T> {
    #[inline]
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Fixed> Copy for FixedSlice<'_, T> {}

impl<T: Fixed> Default for FixedSlice<'_, T> {
    #[inline]
    fn default() -> Self {
        Self { values: List::new() }
    }
}

impl<T: Fixed> PartialEq for FixedSlice<'_, T> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl<T: Fixed> PartialEq<[T]> for FixedSlice<'_, T> {
    fn eq(&self, other: &[T]) -> bool {
        self.iter().eq(other.iter().copied())
    }
}

impl<T: Fixed, const N: usize> PartialEq<[T; N]> for FixedSlice<'_, T> {
    fn eq(&self, other: &[T; N]) -> bool {
        *self == other[..]
    }
}

impl<T: Fixed> fmt::Debug for FixedSlice<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
