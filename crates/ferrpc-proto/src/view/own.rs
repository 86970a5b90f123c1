//! From views to owned messages, field by field.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::hash::Hash;

use bytes::Bytes;

use super::{Fixed, FixedSlice, List, MapView, UnknownView};
use crate::map::Map;
use crate::sub::{InSub, Sub};
use crate::unknown::UnknownFields;

/// What becomes a `T` that borrows nothing. Of messages, enums and oneofs, implemented by generated code.
pub trait Own<T> {
    /// The same with memory of its own.
    fn own(&self) -> T;
}

macro_rules! as_they_are {
    ($($type:ty)*) => { $(
        impl Own<$type> for $type {
            #[inline]
            fn own(&self) -> $type {
                *self
            }
        }
    )* };
}

as_they_are! { i32 i64 u32 u64 f32 f64 bool }

impl Own<String> for &str {
    #[inline]
    fn own(&self) -> String {
        String::from(*self)
    }
}

impl Own<Bytes> for &[u8] {
    #[inline]
    fn own(&self) -> Bytes {
        Bytes::copy_from_slice(self)
    }
}

impl<T, V: Own<T>> Own<Option<T>> for Option<V> {
    #[inline]
    fn own(&self) -> Option<T> {
        self.as_ref().map(V::own)
    }
}

impl<T: InSub, V: Own<T>> Own<Sub<T>> for Option<&V> {
    #[inline]
    fn own(&self) -> Sub<T> {
        self.map(V::own).into()
    }
}

impl<T, V: Own<T>> Own<T> for &V {
    #[inline]
    fn own(&self) -> T {
        V::own(self)
    }
}

/// The owned message in a box, where a oneof has one.
#[inline]
pub fn boxed<T, V: Own<T>>(view: &V) -> Box<T> {
    Box::new(view.own())
}

impl<T, V: Own<T>> Own<Vec<T>> for List<'_, V> {
    #[inline]
    fn own(&self) -> Vec<T> {
        self.iter().map(V::own).collect()
    }
}

impl<T: Fixed> Own<Vec<T>> for FixedSlice<'_, T> {
    #[inline]
    fn own(&self) -> Vec<T> {
        self.to_vec()
    }
}

impl<K: Hash + Eq, V, A: Own<K>, B: Own<V>> Own<Map<K, V>> for MapView<'_, A, B> {
    #[inline]
    fn own(&self) -> Map<K, V> {
        self.iter().map(|(key, value)| (key.own(), value.own())).collect()
    }
}

impl Own<UnknownFields> for UnknownView<'_> {
    fn own(&self) -> UnknownFields {
        let mut fields = UnknownFields::new();
        fields.append_raw(self.as_bytes());
        fields
    }
}
