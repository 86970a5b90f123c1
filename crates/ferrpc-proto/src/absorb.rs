//! What a message's own decoder is made of: a function for each way a field holds its values, and for
//! each kind of value how it is read.
//!
//! Small and inlined: `__message!` calls them one after the other, with field numbers that are
//! constants, and each looks whether the record at hand is one for its field. They do what is usual and
//! nothing else. What is odd (an unknown field or enum number, a wrong length, a limit) is left where it
//! is, untouched, for the engine that goes by the table, which takes one record and hands back.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::hash::Hash;

use bytes::Bytes;

pub use crate::decoding::Outcome;

use crate::decoding::Decoding;
use crate::engine::decode;
use crate::enumeration::{Enum, name_of};
use crate::error::DecodeError;
use crate::map::Map;
use crate::sub::{Slot, Sub};
use crate::table::kind::{self, Kind};
use crate::table::{Layout, MessageMut};
use crate::{text, wire};

/// Decodes `input` on top of what `message` holds.
pub(crate) fn message<M: Layout>(
    message: &mut M,
    mut input: &[u8],
    d: &mut Decoding,
) -> Result<(), DecodeError> {
    loop {
        input = message.decode_known(input, d);
        if d.error.is_some() {
            return Err(decode::inside(M::table(), input, d));
        }
        if input.is_empty() {
            return Ok(());
        }
        decode::record(&mut MessageMut::of(message), &mut input, d)?;
    }
}

/// The tag at the front, and what follows it.
#[inline(always)]
pub fn tag(input: &[u8]) -> Option<(u32, &[u8])> {
    match input {
        [a, rest @ ..] if *a < 0x80 => Some((u32::from(*a), rest)),
        [a, b, rest @ ..] if *b < 0x80 => Some((u32::from(a & 0x7f) | u32::from(*b) << 7, rest)),
        _ => long_tag(input),
    }
}

#[cold]
fn long_tag(mut input: &[u8]) -> Option<(u32, &[u8])> {
    let tag = wire::tag(&mut input).ok()?;
    Some((tag, input))
}

#[inline(always)]
fn varint(at: &mut &[u8]) -> Option<u64> {
    let (value, rest) = match *at {
        [a, rest @ ..] if *a < 0x80 => (u64::from(*a), rest),
        [a, b, rest @ ..] if *b < 0x80 => (u64::from(a & 0x7f) | u64::from(*b) << 7, rest),
        _ => long_varint(at)?,
    };
    *at = rest;
    Some(value)
}

#[inline(never)]
fn long_varint(mut at: &[u8]) -> Option<(u64, &[u8])> {
    let value = wire::varint(&mut at).ok()?;
    Some((value, at))
}

#[inline(always)]
fn delimited<'i>(at: &mut &'i [u8]) -> Option<&'i [u8]> {
    let len = usize::try_from(varint(at)?).ok()?;
    let (body, rest) = at.split_at_checked(len)?;
    *at = rest;
    Some(body)
}

/// A value that is read as kind `K`.
pub trait Absorb<K: Kind>: Default {
    /// Whether another value is merged into the one there is.
    const MERGES: bool = false;

    /// Bytes a new value takes from the heap before it is read.
    const BOXED_BYTES: usize = 0;

    /// Reads a value. `None` leaves `self` as it was, unless there is an error in `d`.
    fn absorb(&mut self, at: &mut &[u8], d: &mut Decoding) -> Option<()>;

    /// Reads values that follow one another without tags. Only for numbers.
    fn absorb_all(_: &mut Vec<Self>, _: &[u8], _: &mut Decoding) -> Option<()> {
        None
    }
}

macro_rules! varints {
    ($([$($generics:tt)*] $type:ty: $kind:ident as $convert:expr;)*) => { $(
        impl<$($generics)*> Absorb<kind::$kind> for $type {
            #[inline(always)]
            fn absorb(&mut self, at: &mut &[u8], _: &mut Decoding) -> Option<()> {
                *self = $convert(varint(at)?)?;
                Some(())
            }

            #[inline]
            fn absorb_all(list: &mut Vec<Self>, mut body: &[u8], d: &mut Decoding) -> Option<()> {
                // Each varint has one byte without the top bit.
                let count = body.iter().filter(|byte| **byte < 0x80).count();
                d.budget.reserve(list, count).ok()?;
                while !body.is_empty() {
                    list.push($convert(varint(&mut body)?)?);
                }
                Some(())
            }
        }
    )* };
}

// The language says so: a 32-bit field takes the low half of a longer varint.
#[expect(clippy::cast_possible_truncation)]
fn low(value: u64) -> u32 {
    value as u32
}

fn known<E: Enum>(value: u64) -> Option<E> {
    let number = low(value).cast_signed();
    (!E::CLOSED || name_of(E::VALUES, number).is_some()).then(|| E::from_number(number))
}

varints! {
    [] i32: int32 as |value| Some(low(value).cast_signed());
    [] i64: int64 as |value: u64| Some(value.cast_signed());
    [] u32: uint32 as |value| Some(low(value));
    [] u64: uint64 as Some;
    [] i32: sint32 as |value| Some(wire::unzigzag32(low(value)));
    [] i64: sint64 as |value| Some(wire::unzigzag64(value));
    [] bool: bool as |value| Some(value != 0);
    [E: Enum] E: open as known;
}

macro_rules! fixed {
    ($($type:ty: $kind:ident;)*) => { $(
        impl Absorb<kind::$kind> for $type {
            #[inline(always)]
            fn absorb(&mut self, at: &mut &[u8], _: &mut Decoding) -> Option<()> {
                let (value, rest) = at.split_first_chunk()?;
                (*self, *at) = (<$type>::from_le_bytes(*value), rest);
                Some(())
            }

            #[inline]
            fn absorb_all(list: &mut Vec<Self>, body: &[u8], d: &mut Decoding) -> Option<()> {
                let (values, rest) = body.as_chunks();
                if !rest.is_empty() {
                    return None;
                }
                d.budget.reserve(list, values.len()).ok()?;
                list.extend(values.iter().map(|value| <$type>::from_le_bytes(*value)));
                Some(())
            }
        }
    )* };
}

fixed! {
    u32: fixed32;
    i32: sfixed32;
    f32: float;
    u64: fixed64;
    i64: sfixed64;
    f64: double;
}

impl Absorb<kind::string> for String {
    #[inline]
    fn absorb(&mut self, at: &mut &[u8], d: &mut Decoding) -> Option<()> {
        let text = text::utf8(delimited(at)?)?;
        d.budget.take(text.len()).ok()?;
        *self = Self::from(text);
        Some(())
    }
}

impl Absorb<kind::bytes> for Bytes {
    #[inline]
    fn absorb(&mut self, at: &mut &[u8], d: &mut Decoding) -> Option<()> {
        *self = d.bytes(delimited(at)?).ok()?;
        Some(())
    }
}

impl<T: Layout> Absorb<kind::message> for T {
    const MERGES: bool = true;

    #[inline]
    fn absorb(&mut self, at: &mut &[u8], d: &mut Decoding) -> Option<()> {
        let body = delimited(at)?;
        d.depth = d.depth.checked_sub(1)?;
        if let Err(error) = message(self, body, d) {
            d.error = Some(error);
            return None;
        }
        d.depth += 1;
        Some(())
    }
}

impl<T: Layout> Absorb<kind::group> for T {
    const MERGES: bool = true;

    #[inline(always)]
    fn absorb(&mut self, _: &mut &[u8], _: &mut Decoding) -> Option<()> {
        None
    }
}

impl<T: Layout> Absorb<kind::boxed_group> for Box<T> {
    const MERGES: bool = true;

    #[inline(always)]
    fn absorb(&mut self, _: &mut &[u8], _: &mut Decoding) -> Option<()> {
        None
    }
}

impl<T: Layout> Absorb<kind::boxed> for Box<T> {
    const MERGES: bool = true;
    const BOXED_BYTES: usize = size_of::<T>();

    #[inline]
    fn absorb(&mut self, at: &mut &[u8], d: &mut Decoding) -> Option<()> {
        Absorb::<kind::message>::absorb(&mut **self, at, d)
    }
}

/// What an inner function returned, as an outcome.
#[inline(always)]
fn outcome<'i>(read: Option<()>, input: &mut &'i [u8], at: &'i [u8]) -> Outcome {
    if read.is_none() {
        return Outcome::Odd;
    }
    *input = at;
    Outcome::Done
}

#[inline(always)]
const fn own_tag<K: Kind>(number: u32) -> u32 {
    number << 3 | K::VALUE.wire_type()
}

// The functions `__absorb!` names: `input` begins with the record, `at` behind its tag.

#[inline(always)]
pub fn implicit<'i, K: Kind, T: Absorb<K>>(
    (tag, number): (u32, u32),
    field: &mut T,
    input: &mut &'i [u8],
    mut at: &'i [u8],
    d: &mut Decoding,
) -> Outcome {
    if tag != own_tag::<K>(number) {
        return Outcome::Next;
    }
    let read = field.absorb(&mut at, d);
    outcome(read, input, at)
}

#[inline(always)]
pub fn optional<'i, K: Kind, T: Absorb<K>>(
    (tag, number): (u32, u32),
    field: &mut Option<T>,
    input: &mut &'i [u8],
    mut at: &'i [u8],
    d: &mut Decoding,
) -> Outcome {
    if tag != own_tag::<K>(number) {
        return Outcome::Next;
    }
    let mut value = T::default();
    let read = value.absorb(&mut at, d);
    if read.is_some() {
        *field = Some(value);
    }
    outcome(read, input, at)
}

#[inline(always)]
pub fn sub<'i, K: Kind, T: Layout + Absorb<K>>(
    (tag, number): (u32, u32),
    field: &mut Sub<T>,
    input: &mut &'i [u8],
    mut at: &'i [u8],
    d: &mut Decoding,
) -> Outcome {
    if tag != own_tag::<K>(number) {
        return Outcome::Next;
    }
    if T::Slot::BOXED_BYTES != 0 && field.is_none() && d.budget.take(T::Slot::BOXED_BYTES).is_err() {
        return Outcome::Odd;
    }
    let read = field.get_or_insert_default().absorb(&mut at, d);
    outcome(read, input, at)
}

#[inline(always)]
pub fn packed<'i, K: Kind, T: Absorb<K>>(
    tag_and_number: (u32, u32),
    list: &mut Vec<T>,
    input: &mut &'i [u8],
    at: &'i [u8],
    d: &mut Decoding,
) -> Outcome {
    repeated(tag_and_number, list, input, at, d)
}

#[inline(always)]
pub fn repeated<'i, K: Kind, T: Absorb<K>>(
    (tag, number): (u32, u32),
    list: &mut Vec<T>,
    input: &mut &'i [u8],
    mut at: &'i [u8],
    d: &mut Decoding,
) -> Outcome {
    if tag == own_tag::<K>(number) {
        return elements::<K, T>(number, list, input, at, d);
    }
    if !K::VALUE.is_packable() || tag != number << 3 | wire::LEN {
        return Outcome::Next;
    }
    let len = list.len();
    let read = delimited(&mut at).and_then(|body| T::absorb_all(list, body, d));
    if read.is_none() {
        list.truncate(len);
    }
    outcome(read, input, at)
}

/// All elements that follow one another.
#[inline]
fn elements<'i, K: Kind, T: Absorb<K>>(
    number: u32,
    list: &mut Vec<T>,
    input: &mut &'i [u8],
    mut at: &'i [u8],
    d: &mut Decoding,
) -> Outcome {
    let tag = own_tag::<K>(number);
    loop {
        if list.len() == list.capacity() {
            // What a sender repeats is paid for before room is made.
            let count = if K::VALUE.wire_type() == wire::LEN { run(tag, input) } else { 1 };
            if d.budget.reserve(list, count).is_err() {
                return Outcome::Odd;
            }
        }
        list.push(T::default());
        let Some(element) = list.last_mut() else { return Outcome::Odd };
        if element.absorb(&mut at, d).is_none() {
            if d.error.is_none() {
                list.pop();
            }
            return Outcome::Odd;
        }
        *input = at;
        match at {
            [next, rest @ ..] if number < 16 && u32::from(*next) == tag => at = rest,
            _ => return Outcome::Done,
        }
    }
}

/// How many records with this tag and a length follow one another, at least one.
fn run(expected: u32, mut input: &[u8]) -> usize {
    let mut count = 0;
    while let Some((found, mut at)) = tag(input)
        && found == expected
        && delimited(&mut at).is_some()
    {
        count += 1;
        input = at;
    }
    count.max(1)
}

#[inline(always)]
pub fn map<'i, A: Kind, B: Kind, K: Absorb<A> + Hash + Eq, V: Absorb<B>>(
    (tag, number): (u32, u32),
    map: &mut Map<K, V>,
    input: &mut &'i [u8],
    mut at: &'i [u8],
    d: &mut Decoding,
) -> Outcome {
    if tag != number << 3 | wire::LEN {
        return Outcome::Next;
    }
    let read = delimited(&mut at).and_then(|entry| insert::<A, B, K, V>(map, entry, d));
    outcome(read, input, at)
}

#[inline]
fn insert<A: Kind, B: Kind, K: Absorb<A> + Hash + Eq, V: Absorb<B>>(
    map: &mut Map<K, V>,
    mut entry: &[u8],
    d: &mut Decoding,
) -> Option<()> {
    let (mut key, mut value) = (K::default(), V::default());
    while let Some((tag, mut at)) = tag(entry) {
        if tag == own_tag::<A>(1) {
            key.absorb(&mut at, d)?;
        } else if tag == own_tag::<B>(2) {
            value.absorb(&mut at, d)?;
        } else {
            return None;
        }
        entry = at;
    }
    if !entry.is_empty() {
        return None;
    }
    map.insert_within(&mut d.budget, key, value).ok()
}

/// One variant of a oneof: `there` is its payload, if it is the one that is set.
#[inline(always)]
pub fn variant<'i, K: Kind, T: Absorb<K>>(
    (tag, number): (u32, u32),
    there: Option<&mut T>,
    input: &mut &'i [u8],
    mut at: &'i [u8],
    d: &mut Decoding,
) -> (Outcome, Option<T>) {
    if tag != own_tag::<K>(number) {
        return (Outcome::Next, None);
    }
    if let Some(there) = there
        && T::MERGES
    {
        let read = there.absorb(&mut at, d);
        return (outcome(read, input, at), None);
    }
    if T::BOXED_BYTES != 0 && d.budget.take(T::BOXED_BYTES).is_err() {
        return (Outcome::Odd, None);
    }
    let mut value = T::default();
    let read = value.absorb(&mut at, d);
    (outcome(read, input, at), read.map(|()| value))
}
