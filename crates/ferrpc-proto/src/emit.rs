//! What a message's own encoder is made of: a function for each way a field holds its values, and for
//! each kind of value how it is written.
//!
//! Small and inlined: `__message!` calls them with a field number that is a constant. All write to the
//! front of what is there, see [`RevWriter`].

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Ordering;

use bytes::Bytes;

pub use crate::rev::Encode;

use crate::enumeration::Enum;
use crate::map::Map;
use crate::rev::RevWriter;
use crate::sub::{InSub, Sub};
use crate::table::kind::{self, Kind};
use crate::unknown::UnknownFields;
use crate::wire;

/// A singular message field.
pub trait Single {
    type Message;
    fn single(&self) -> Option<&Self::Message>;
}

impl<T: InSub> Single for Sub<T> {
    type Message = T;

    #[inline(always)]
    fn single(&self) -> Option<&T> {
        self.as_ref()
    }
}

/// A repeated field.
pub trait Elements {
    type Element;
    fn elements(&self) -> &[Self::Element];
}

impl<T> Elements for Vec<T> {
    type Element = T;

    #[inline(always)]
    fn elements(&self) -> &[T] {
        self
    }
}

/// A map field.
pub trait Entries<K, V> {
    fn entries(&self) -> &[(K, V)];
}

impl<K, V> Entries<K, V> for Map<K, V> {
    #[inline(always)]
    fn entries(&self) -> &[(K, V)] {
        self.as_slice()
    }
}

/// A value that is written as kind `K`.
pub trait Emit<K: Kind> {
    /// Whether it is what an unset field without presence reads as.
    fn is_default(&self) -> bool;

    /// Writes it, and its tag.
    fn emit<'a>(&'a self, w: &mut RevWriter<'a>, tag: u32);

    /// Writes values one after the other without tags. Only for numbers.
    fn emit_all<'a>(values: &'a [Self], w: &mut RevWriter<'a>)
    where
        Self: Sized;
}

macro_rules! varints {
    ($($type:ty: $kind:ident as $convert:expr;)*) => { $(
        impl Emit<kind::$kind> for $type {
            #[inline(always)]
            fn is_default(&self) -> bool {
                *self == <$type>::default()
            }

            #[inline(always)]
            fn emit<'a>(&'a self, w: &mut RevWriter<'a>, tag: u32) {
                w.varint_field(tag, $convert(*self));
            }

            #[inline]
            fn emit_all<'a>(values: &'a [Self], w: &mut RevWriter<'a>) {
                w.varints(values, |value| $convert(*value));
            }
        }
    )* };
}

varints! {
    i32: int32 as |value| i64::from(value).cast_unsigned();
    i64: int64 as i64::cast_unsigned;
    u32: uint32 as u64::from;
    u64: uint64 as |value| value;
    i32: sint32 as |value| u64::from(wire::zigzag32(value));
    i64: sint64 as wire::zigzag64;
}

macro_rules! fixed {
    ($($type:ty: $kind:ident by $write:ident as $convert:expr;)*) => { $(
        impl Emit<kind::$kind> for $type {
            #[inline(always)]
            fn is_default(&self) -> bool {
                // By its bits: -0.0 is not the default.
                $convert(*self) == 0
            }

            #[inline(always)]
            fn emit<'a>(&'a self, w: &mut RevWriter<'a>, tag: u32) {
                w.$write(tag, $convert(*self));
            }

            #[inline]
            fn emit_all<'a>(values: &'a [Self], w: &mut RevWriter<'a>) {
                w.plain(values);
            }
        }
    )* };
}

fixed! {
    u32: fixed32 by fixed32_field as |value| value;
    i32: sfixed32 by fixed32_field as i32::cast_unsigned;
    f32: float by fixed32_field as f32::to_bits;
    u64: fixed64 by fixed64_field as |value| value;
    i64: sfixed64 by fixed64_field as i64::cast_unsigned;
    f64: double by fixed64_field as f64::to_bits;
}

impl Emit<kind::bool> for bool {
    #[inline(always)]
    fn is_default(&self) -> bool {
        !*self
    }

    #[inline(always)]
    fn emit<'a>(&'a self, w: &mut RevWriter<'a>, tag: u32) {
        w.varint_field(tag, u64::from(*self));
    }

    #[inline]
    fn emit_all<'a>(values: &'a [Self], w: &mut RevWriter<'a>) {
        // Each is a varint of one byte, 0 or 1, as in memory.
        w.plain(values);
    }
}

impl<E: Enum> Emit<kind::open> for E {
    #[inline(always)]
    fn is_default(&self) -> bool {
        self.number() == 0
    }

    #[inline(always)]
    fn emit<'a>(&'a self, w: &mut RevWriter<'a>, tag: u32) {
        w.varint_field(tag, i64::from(self.number()).cast_unsigned());
    }

    #[inline]
    fn emit_all<'a>(values: &'a [Self], w: &mut RevWriter<'a>) {
        w.varints(values, |value| i64::from(value.number()).cast_unsigned());
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
    String: string by text_field;
    Bytes: bytes by shared_field;
}

macro_rules! messages {
    ($($type:ty: $kind:ident by $write:ident;)*) => { $(
        impl<T: Encode> Emit<kind::$kind> for $type {
            fn is_default(&self) -> bool {
                false
            }

            #[inline]
            fn emit<'a>(&'a self, w: &mut RevWriter<'a>, tag: u32) {
                w.$write(tag, |w| T::encode_rev(self, w));
            }

            fn emit_all<'a>(_: &'a [Self], _: &mut RevWriter<'a>) {
                unreachable!("only numbers can be packed")
            }
        }
    )* };
}

messages! {
    T: message by message_field;
    T: group by group_field;
    Box<T>: boxed by message_field;
    Box<T>: boxed_group by group_field;
}

#[inline(always)]
const fn tag<K: Kind>(number: u32) -> u32 {
    number << 3 | K::VALUE.wire_type()
}

/// One value of a field, whatever it is.
#[inline(always)]
pub fn field<'a, K: Kind, T: Emit<K>>(w: &mut RevWriter<'a>, number: u32, value: &'a T) {
    value.emit(w, tag::<K>(number));
}

#[inline(always)]
pub fn implicit<'a, K: Kind, T: Emit<K>>(w: &mut RevWriter<'a>, number: u32, value: &'a T) {
    if !value.is_default() {
        value.emit(w, tag::<K>(number));
    }
}

#[inline(always)]
pub fn optional<'a, K: Kind, T: Emit<K>>(w: &mut RevWriter<'a>, number: u32, value: &'a Option<T>) {
    if let Some(value) = value {
        value.emit(w, tag::<K>(number));
    }
}

#[inline(always)]
pub fn sub<'a, K: Kind, S: Single<Message: Emit<K>>>(w: &mut RevWriter<'a>, number: u32, value: &'a S) {
    if let Some(value) = value.single() {
        value.emit(w, tag::<K>(number));
    }
}

#[inline]
pub fn repeated<'a, K: Kind, C: Elements<Element: Emit<K>>>(
    w: &mut RevWriter<'a>,
    number: u32,
    values: &'a C,
) {
    for value in values.elements().iter().rev() {
        value.emit(w, tag::<K>(number));
    }
}

#[inline]
pub fn packed<'a, K: Kind, C: Elements<Element: Emit<K>>>(w: &mut RevWriter<'a>, number: u32, values: &'a C) {
    let values = values.elements();
    if !values.is_empty() {
        let before = w.written();
        C::Element::emit_all(values, w);
        w.close(number << 3 | wire::LEN, before);
    }
}

#[inline]
pub fn map<'a, A: Kind, B: Kind, K: Emit<A> + Ord + 'a, V: Emit<B> + 'a>(
    w: &mut RevWriter<'a>,
    number: u32,
    map: &'a impl Entries<K, V>,
) {
    let entries = map.entries();
    let order = if w.is_sorted() {
        sorted(entries.len(), &|one, other| entries[one].0.cmp(&entries[other].0))
    } else {
        Vec::new()
    };
    for at in (0..entries.len()).rev() {
        let (key, value) = &entries[order.get(at).copied().unwrap_or(at)];
        let before = w.written();
        value.emit(w, tag::<B>(2));
        key.emit(w, tag::<A>(1));
        w.close(number << 3 | wire::LEN, before);
    }
}

/// Positions by ascending key. Not compiled for each type of map, which would be a lot of code.
#[cold]
fn sorted(len: usize, order: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut positions: Vec<usize> = (0..len).collect();
    positions.sort_unstable_by(|one, other| order(*one, *other));
    positions
}

#[inline(always)]
pub fn unknown<'a>(w: &mut RevWriter<'a>, fields: &'a UnknownFields) {
    if !fields.is_empty() {
        w.bytes(fields.as_bytes());
    }
}
