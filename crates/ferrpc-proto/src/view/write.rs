//! How the values of views are encoded: see [`emit`](crate::emit).

use super::{Fixed, FixedSlice, List, MapView, UnknownView};
use crate::emit::{Elements, Emit, Entries, Single};
use crate::rev::{Encode, RevWriter};
use crate::table::kind;

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

macro_rules! delimited {
    ($($type:ty: $kind:ident by $write:ident;)*) => { $(
        impl Emit<kind::$kind> for $type {
            #[inline(always)]
            fn is_default(&self) -> bool {
                self.is_empty()
            }

            #[inline(always)]
            fn emit<'a>(&'a self, w: &mut RevWriter<'a>, tag: u32) {
                w.$write(tag, self);
            }

            fn emit_all<'a>(_: &'a [Self], _: &mut RevWriter<'a>) {
                unreachable!("only numbers can be packed")
            }
        }
    )* };
}

delimited! {
    &str: string by text_field;
    &[u8]: bytes by bytes_field;
}

macro_rules! messages {
    ($($kind:ident $boxed:ident by $write:ident;)*) => { $(
        impl<V: Encode> Emit<kind::$boxed> for &V {
            fn is_default(&self) -> bool {
                false
            }

            #[inline]
            fn emit<'a>(&'a self, w: &mut RevWriter<'a>, tag: u32) {
                w.$write(tag, |w| V::encode_rev(self, w));
            }

            fn emit_all<'a>(_: &'a [Self], _: &mut RevWriter<'a>) {
                unreachable!("only numbers can be packed")
            }
        }
    )* };
}

messages! {
    message boxed by message_field;
    group boxed_group by group_field;
}

macro_rules! fixed {
    ($bytes:literal $number:ident by $write:ident: $($kind:ident)*) => { $(
        impl Emit<kind::$kind> for [u8; $bytes] {
            #[inline(always)]
            fn is_default(&self) -> bool {
                *self == [0; $bytes]
            }

            #[inline(always)]
            fn emit<'a>(&'a self, w: &mut RevWriter<'a>, tag: u32) {
                w.$write(tag, $number::from_le_bytes(*self));
            }

            #[inline]
            fn emit_all<'a>(values: &'a [Self], w: &mut RevWriter<'a>) {
                w.bytes(values.as_flattened());
            }
        }
    )* };
}

fixed! { 4 u32 by fixed32_field: fixed32 sfixed32 float }
fixed! { 8 u64 by fixed64_field: fixed64 sfixed64 double }

/// Writes unknown fields.
#[inline(always)]
pub fn unknown<'a>(w: &mut RevWriter<'a>, fields: UnknownView<'a>) {
    if !fields.is_empty() {
        w.bytes(fields.as_bytes());
    }
}
