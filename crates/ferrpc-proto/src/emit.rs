//! What a message's own encoder is made of: a function for each way a field holds its values, and for
//! each kind of value how it is written.
//!
//! Small and inlined: `__message!` calls them with a field number that is a constant. All write to the
//! front of what is there, see [`RevWriter`].
//!
//! # What makes it sound
//! Numbers take few bytes at most. So room is asked for once for several fields that follow one another, by the
//! one that is written first ([`room`]), or for a whole message of such fields by who writes it ([`Bounded`]).
//! `__message!` asks, and passes the same list of fields to [`room`] and to the functions that rely on it.

#![expect(unsafe_code)]

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::cmp::Ordering;

use bytes::Bytes;

pub use crate::rev::Encode;

use crate::enumeration::Enum;
use crate::map::Map;
use crate::rev::{RevWriter, VARINT_FIELD_BYTES_MAX};
use crate::sub::{InSub, Sub};
use crate::table::Value;
use crate::table::kind::{self, Kind};
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

/// A message's own encoder for who has asked for room.
pub trait Bounded: Encode {
    /// The most bytes that its fields take, unknown ones left out, if that is not many; else `usize::MAX`.
    const BYTES_MAX: usize;

    /// Writes the fields that are set.
    ///
    /// # Safety
    /// If `BYTES_MAX` is not `usize::MAX`, the writer was asked for `room_within` before. When this returns,
    /// there is `PREFIX_BYTES_MAX` left of it.
    unsafe fn encode_within<'w, 'a>(&'a self, w: RevWriter<'w, 'a>) -> RevWriter<'w, 'a>;
}

impl<V: Bounded> Bounded for &V {
    const BYTES_MAX: usize = V::BYTES_MAX;

    #[inline(always)]
    unsafe fn encode_within<'w, 'a>(&'a self, w: RevWriter<'w, 'a>) -> RevWriter<'w, 'a> {
        // SAFETY: the caller's promise.
        unsafe { V::encode_within(self, w) }
    }
}

/// The longest tag and length.
const PREFIX_BYTES_MAX: usize = VARINT_FIELD_BYTES_MAX;

/// Room is asked for at once for so much at most: who asks for much leaves more unused at the end of a space.
const ROOM_BYTES_MAX: usize = 256;

/// A field that takes any number of bytes.
pub const UNBOUNDED: usize = usize::MAX;

/// Bytes to ask for before a message of `bytes_max`, its length and its tag.
const fn room_within(bytes_max: usize) -> usize {
    if bytes_max == UNBOUNDED { 0 } else { bytes_max + PREFIX_BYTES_MAX }
}

/// The most bytes that a number takes with its tag; [`UNBOUNDED`] for what is none.
pub const fn bound<K: Kind>(number: u32) -> usize {
    let value = match K::VALUE {
        Value::Bool => 1,
        Value::Uint32 | Value::Sint32 => 5,
        // Those below zero are written as ones of 64 bits.
        Value::Int32 | Value::Enum | Value::Int64 | Value::Uint64 | Value::Sint64 => 10,
        Value::Fixed32 | Value::Sfixed32 | Value::Float => 4,
        Value::Fixed64 | Value::Sfixed64 | Value::Double => 8,
        Value::String | Value::Bytes | Value::Message | Value::Group => return UNBOUNDED,
    };
    wire::varint_len((number as u64) << 3) + value
}

/// [`Bounded::BYTES_MAX`] of a message of these fields, each given with its number and bound.
pub const fn bytes_max(fields: &[(u32, usize)]) -> usize {
    let (mut sum, mut at) = (0usize, 0);
    while at < fields.len() {
        sum = sum.saturating_add(fields[at].1);
        at += 1;
    }
    if sum <= ROOM_BYTES_MAX { sum } else { UNBOUNDED }
}

/// Bytes to ask for before a field is written, for it and those that rely on it; the fields are those of the
/// message, by number and bound, and written from the last to the first.
pub const fn room(fields: &[(u32, usize)], number: u32) -> usize {
    if bytes_max(fields) != UNBOUNDED {
        // Who writes the message has asked.
        return 0;
    }
    let mut at = fields.len();
    while at > 0 {
        let first = fields[at - 1].0;
        let mut sum = 0usize;
        while at > 0 && sum.saturating_add(fields[at - 1].1) <= ROOM_BYTES_MAX {
            (sum, at) = (sum + fields[at - 1].1, at - 1);
        }
        if first == number {
            return sum;
        }
        if sum == 0 {
            at -= 1;
        }
    }
    0
}

/// Whether a number is one of these.
pub const fn contains(numbers: &[u32], number: u32) -> bool {
    let mut at = 0;
    while at < numbers.len() {
        if numbers[at] == number {
            return true;
        }
        at += 1;
    }
    false
}

/// Whether all of these numbers are among those of the fields, given with their bounds.
pub const fn are_listed(numbers: &[u32], fields: &[(u32, usize)]) -> bool {
    let mut at = 0;
    while at < numbers.len() {
        let mut field = 0;
        while field < fields.len() && fields[field].0 != numbers[at] {
            field += 1;
        }
        if field == fields.len() {
            return false;
        }
        at += 1;
    }
    true
}

/// Writes a message by its own list of fields.
#[inline(always)]
pub fn whole<'w, 'a, M: Bounded>(mut w: RevWriter<'w, 'a>, message: &'a M) -> RevWriter<'w, 'a> {
    let room = const { room_within(M::BYTES_MAX) };
    if room > 0 {
        w.need(room);
    }
    // SAFETY: asked for on the line above.
    unsafe { message.encode_within(w) }
}

/// A value that is written as kind `K`.
pub trait Emit<K: Kind> {
    /// Whether it is what an unset field without presence reads as.
    fn is_default(&self) -> bool;

    /// Writes it, and its tag.
    fn emit<'w, 'a>(&'a self, w: RevWriter<'w, 'a>, tag: u32) -> RevWriter<'w, 'a>;

    /// The same for who has asked for room.
    ///
    /// # Safety
    /// If [`bound`] is known for `K`, the writer was asked for as much.
    #[inline(always)]
    unsafe fn emit_within<'w, 'a>(&'a self, w: RevWriter<'w, 'a>, tag: u32) -> RevWriter<'w, 'a> {
        self.emit(w, tag)
    }

    /// Writes values one after the other without tags. Only for numbers.
    fn emit_all<'w, 'a>(_: &'a [Self], _: RevWriter<'w, 'a>) -> RevWriter<'w, 'a>
    where
        Self: Sized,
    {
        unreachable!("only numbers can be packed")
    }
}

macro_rules! number {
    ([$($generics:tt)*] $type:ty: $kind:ident, is_default $is_default:expr, $raw:ident $convert:expr, $all:expr) => {
        impl<$($generics)*> Emit<kind::$kind> for $type {
            #[inline(always)]
            fn is_default(&self) -> bool {
                $is_default(*self)
            }

            #[inline(always)]
            fn emit<'w, 'a>(&'a self, mut w: RevWriter<'w, 'a>, tag: u32) -> RevWriter<'w, 'a> {
                w.need(VARINT_FIELD_BYTES_MAX);
                // SAFETY: no number takes more with its tag.
                unsafe { <Self as Emit<kind::$kind>>::emit_within(self, w, tag) }
            }

            #[inline(always)]
            unsafe fn emit_within<'w, 'a>(&'a self, mut w: RevWriter<'w, 'a>, tag: u32) -> RevWriter<'w, 'a> {
                // SAFETY: the caller has asked for room.
                unsafe { w.$raw(tag, $convert(*self)) }
                w
            }

            #[inline]
            fn emit_all<'w, 'a>(values: &'a [Self], mut w: RevWriter<'w, 'a>) -> RevWriter<'w, 'a> {
                $all(&mut w, values);
                w
            }
        }
    };
}

macro_rules! varints {
    ($($type:ty: $kind:ident as $convert:expr;)*) => { $(
        number! {
            [] $type: $kind, is_default |value| value == <$type>::default(), raw_varint_field $convert,
            |w: &mut RevWriter<'_, 'a>, values: &'a [Self]| w.varints(values, |value| $convert(*value))
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

number! {
    [] bool: bool, is_default |value: bool| !value, raw_varint_field u64::from,
    // Each is a varint of one byte, 0 or 1, as in memory.
    RevWriter::plain
}

number! {
    [E: Enum] E: open, is_default |value: E| value.number() == 0,
    raw_varint_field |value: E| i64::from(value.number()).cast_unsigned(),
    |w: &mut RevWriter<'_, 'a>, values: &'a [Self]| {
        w.varints(values, |value| i64::from(value.number()).cast_unsigned());
    }
}

// The default is known by its bits: -0.0 is another number.
macro_rules! fixed {
    ($($type:ty: $kind:ident by $bytes:literal;)*) => { $(
        number! {
            [] $type: $kind, is_default |value: $type| value.to_le_bytes() == [0; $bytes],
            raw_fixed_field <$type>::to_le_bytes, RevWriter::plain
        }
        // As views hold it.
        number! {
            [] [u8; $bytes]: $kind, is_default |value| value == [0; $bytes], raw_fixed_field |value| value,
            |w: &mut RevWriter<'_, 'a>, values: &'a [Self]| w.bytes(values.as_flattened())
        }
    )* };
}

fixed! {
    u32: fixed32 by 4;
    i32: sfixed32 by 4;
    f32: float by 4;
    u64: fixed64 by 8;
    i64: sfixed64 by 8;
    f64: double by 8;
}

macro_rules! delimited {
    ($($type:ty: $kind:ident by $write:ident;)*) => { $(
        impl Emit<kind::$kind> for $type {
            #[inline(always)]
            fn is_default(&self) -> bool {
                self.is_empty()
            }

            #[inline(always)]
            fn emit<'w, 'a>(&'a self, mut w: RevWriter<'w, 'a>, tag: u32) -> RevWriter<'w, 'a> {
                w.$write(tag, self);
                w
            }
        }
    )* };
}

delimited! {
    String: string by text_field;
    Bytes: bytes by shared_field;
    &str: string by text_field;
    &[u8]: bytes by bytes_field;
}

macro_rules! messages {
    ($([$($generics:tt)*] $type:ty: $kind:ident by $write:ident;)*) => { $(
        impl<$($generics)*> Emit<kind::$kind> for $type {
            fn is_default(&self) -> bool {
                false
            }

            #[inline(always)]
            fn emit<'w, 'a>(&'a self, w: RevWriter<'w, 'a>, tag: u32) -> RevWriter<'w, 'a> {
                $write::<T>(self, w, tag)
            }
        }
    )* };
}

messages! {
    [T: Bounded] T: message by message;
    [T: Bounded] T: group by group;
    [T: Bounded] Box<T>: boxed by message;
    [T: Bounded] Box<T>: boxed_group by group;
    // In views.
    [T: Bounded] &T: boxed by message;
    [T: Bounded] &T: boxed_group by group;
}

#[inline(always)]
fn message<'w, 'a, T: Bounded>(message: &'a T, mut w: RevWriter<'w, 'a>, tag: u32) -> RevWriter<'w, 'a> {
    if T::BYTES_MAX == UNBOUNDED {
        return long_message(message, w, tag);
    }
    // Nothing nests in it.
    if !w.has_depth() {
        return w;
    }
    w.need(const { room_within(T::BYTES_MAX) });
    let before = w.written();
    // SAFETY: asked for above. Then there is room for length and tag.
    unsafe {
        w = message.encode_within(w);
        w.raw_varint_field(tag, (w.written() - before) as u64);
    }
    w
}

/// Once for each message, not for each field that holds such.
fn long_message<'w, 'a, T: Encode>(message: &'a T, w: RevWriter<'w, 'a>, tag: u32) -> RevWriter<'w, 'a> {
    w.message_field(tag, |w| message.encode_rev(w))
}

fn group<'w, 'a, T: Encode>(message: &'a T, w: RevWriter<'w, 'a>, tag: u32) -> RevWriter<'w, 'a> {
    w.group_field(tag, |w| message.encode_rev(w))
}

#[inline(always)]
const fn tag<K: Kind>(number: u32) -> u32 {
    number << 3 | K::VALUE.wire_type()
}

/// One value of a field, whatever it is.
#[inline(always)]
pub fn field<'w, 'a, K: Kind, T: Emit<K>>(
    w: RevWriter<'w, 'a>,
    number: u32,
    value: &'a T,
) -> RevWriter<'w, 'a> {
    value.emit(w, tag::<K>(number))
}

#[inline(always)]
fn ask(w: &mut RevWriter<'_, '_>, room: usize) {
    if room > 0 {
        w.need(room);
    }
}

/// A field without presence.
///
/// # Safety
/// `room`, and those of the fields written before, are what [`room`] says; so for [`optional`].
#[inline(always)]
pub unsafe fn implicit<'w, 'a, K: Kind, T: Emit<K>>(
    mut w: RevWriter<'w, 'a>,
    room: usize,
    number: u32,
    value: &'a T,
) -> RevWriter<'w, 'a> {
    ask(&mut w, room);
    if !value.is_default() {
        // SAFETY: this function, or that of a field before, has asked for room.
        w = unsafe { value.emit_within(w, tag::<K>(number)) };
    }
    w
}

/// A field with presence, which may be `required`.
///
/// # Safety
/// As [`implicit`].
#[inline(always)]
pub unsafe fn optional<'w, 'a, K: Kind, T: Emit<K>>(
    mut w: RevWriter<'w, 'a>,
    room: usize,
    number: u32,
    value: &'a Option<T>,
    required: bool,
) -> RevWriter<'w, 'a> {
    ask(&mut w, room);
    if let Some(value) = value {
        // SAFETY: as in `implicit`.
        w = unsafe { value.emit_within(w, tag::<K>(number)) };
    } else if required {
        w.lacks();
    }
    w
}

#[inline(always)]
pub fn sub<'w, 'a, K: Kind, S: Single<Message: Emit<K>>>(
    mut w: RevWriter<'w, 'a>,
    number: u32,
    value: &'a S,
    required: bool,
) -> RevWriter<'w, 'a> {
    if let Some(value) = value.single() {
        w = value.emit(w, tag::<K>(number));
    } else if required {
        w.lacks();
    }
    w
}

/// Messages of which few are set, in a function of their own: who has seen that one is would hold on to all of them.
#[inline(never)]
pub fn apart<'w, 'a>(
    w: RevWriter<'w, 'a>,
    write: impl FnOnce(RevWriter<'w, 'a>) -> RevWriter<'w, 'a>,
) -> RevWriter<'w, 'a> {
    write(w)
}

/// Notes that a required field is unset.
#[inline(always)]
pub fn lacks<'w, 'a>(mut w: RevWriter<'w, 'a>) -> RevWriter<'w, 'a> {
    w.lacks();
    w
}

/// As [`sub`], of messages [`apart`]: code for each type of message, not for each of many fields.
#[inline(always)]
pub fn sub_apart<'w, 'a, K: Kind, S: Single<Message: Emit<K>>>(
    w: RevWriter<'w, 'a>,
    number: u32,
    value: &'a S,
) -> RevWriter<'w, 'a> {
    match value.single() {
        Some(value) => called(w, tag::<K>(number), value),
        None => w,
    }
}

#[inline(never)]
fn called<'w, 'a, K: Kind, T: Emit<K>>(w: RevWriter<'w, 'a>, tag: u32, value: &'a T) -> RevWriter<'w, 'a> {
    value.emit(w, tag)
}

#[inline(always)]
pub fn oneof<'w, 'a, O: Encode>(w: RevWriter<'w, 'a>, oneof: &'a Option<O>) -> RevWriter<'w, 'a> {
    match oneof {
        Some(oneof) => oneof.encode_rev(w),
        None => w,
    }
}

#[inline]
pub fn repeated<'w, 'a, K: Kind, C: Elements<Element: Emit<K>>>(
    mut w: RevWriter<'w, 'a>,
    number: u32,
    values: &'a C,
) -> RevWriter<'w, 'a> {
    for value in values.elements().iter().rev() {
        w = value.emit(w, tag::<K>(number));
    }
    w
}

#[inline]
pub fn packed<'w, 'a, K: Kind, C: Elements<Element: Emit<K>>>(
    mut w: RevWriter<'w, 'a>,
    number: u32,
    values: &'a C,
) -> RevWriter<'w, 'a> {
    let values = values.elements();
    if !values.is_empty() {
        let before = w.written();
        w = C::Element::emit_all(values, w);
        w.close(number << 3 | wire::LEN, before);
    }
    w
}

#[inline]
pub fn map<'w, 'a, A: Kind, B: Kind, K: Emit<A> + Ord + 'a, V: Emit<B> + 'a>(
    mut w: RevWriter<'w, 'a>,
    number: u32,
    map: &'a impl Entries<K, V>,
) -> RevWriter<'w, 'a> {
    let entries = map.entries();
    let order = if w.is_sorted() {
        sorted(entries.len(), &|one, other| entries[one].0.cmp(&entries[other].0))
    } else {
        Vec::new()
    };
    for at in (0..entries.len()).rev() {
        let (key, value) = &entries[order.get(at).copied().unwrap_or(at)];
        w = w.message_field(number << 3 | wire::LEN, |mut w| {
            w = value.emit(w, tag::<B>(2));
            key.emit(w, tag::<A>(1))
        });
    }
    w
}

/// Positions by ascending key. Not compiled for each type of map, which would be a lot of code.
#[cold]
fn sorted(len: usize, order: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut positions: Vec<usize> = (0..len).collect();
    positions.sort_unstable_by(|one, other| order(*one, *other));
    positions
}

/// The unknown fields of a message, before all others. Leaves `room_within` `bytes_max`, if that was asked for.
#[inline(always)]
pub fn unknown<'w, 'a>(w: RevWriter<'w, 'a>, bytes_max: usize, fields: &'a [u8]) -> RevWriter<'w, 'a> {
    if fields.is_empty() { w } else { some_unknown(w, bytes_max, fields) }
}

#[cold]
fn some_unknown<'w, 'a>(mut w: RevWriter<'w, 'a>, bytes_max: usize, fields: &'a [u8]) -> RevWriter<'w, 'a> {
    w.bytes(fields);
    ask(&mut w, room_within(bytes_max));
    w
}
