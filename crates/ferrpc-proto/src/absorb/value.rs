//! Each kind of value, and how it is read.

use alloc::boxed::Box;
use alloc::string::String;

use bytes::Bytes;

use super::{At, Known, Sequence, grouped, nested, packed};
use crate::decoding::Decoding;
use crate::enumeration::{Enum, name_of};
use crate::input::{self, ODD, Tag};
use crate::table::kind::{self, Kind};
use crate::{text, wire};

/// A value that is read as kind `K`.
///
/// # Safety
/// What is returned is a position as (2) of [`absorb`](super) says.
pub unsafe trait Absorb<'i, K: Kind>: Default {
    /// Whether another value is merged into the one there is.
    const MERGES: bool = false;

    /// A value to read into, where there was none: `None` if it cannot be paid for.
    #[inline(always)]
    fn new(_: &mut Decoding<'i>) -> Option<Self> {
        Some(Self::default())
    }

    /// Reads a value behind its `tag`. `ODD` leaves `self` as it was, unless there is an error in `d`.
    ///
    /// # Safety
    /// (1)
    unsafe fn absorb(&mut self, tag: Tag, p: At, end: At, d: &mut Decoding<'i>) -> At;

    /// Reads values that follow one another without tags, all from `p` to `end`. Only for numbers.
    ///
    /// # Safety
    /// The bytes from `p` to `end` are readable.
    unsafe fn absorb_all<S: Sequence<'i, Self>>(_: &mut S, _: At, _: At, _: &mut Decoding<'i>) -> bool {
        false
    }
}

macro_rules! varints {
    ($([$($generics:tt)*] $type:ty: $kind:ident as $convert:expr;)*) => { $(
        // SAFETY: the position `varint` returned.
        unsafe impl<'i, $($generics)*> Absorb<'i, kind::$kind> for $type {
            #[inline(always)]
            unsafe fn absorb(&mut self, _: Tag, p: At, _: At, _: &mut Decoding<'i>) -> At {
                // SAFETY: the caller's promise.
                let (value, behind) = unsafe { input::varint(p) };
                let Some(value) = $convert(value) else { return ODD };
                *self = value;
                behind
            }

            #[inline]
            unsafe fn absorb_all<S: Sequence<'i, Self>>(list: &mut S, p: At, end: At, d: &mut Decoding<'i>) -> bool {
                // SAFETY: the caller's promise.
                unsafe { packed::varints(list, p, end, d, $convert) }
            }
        }
    )* };
}

// The language says so: a 32-bit field takes the low half of a longer varint.
#[expect(clippy::cast_possible_truncation)]
#[inline(always)]
fn low(value: u64) -> u32 {
    value as u32
}

#[inline]
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
        // SAFETY: the position behind as many bytes as the number has.
        unsafe impl<'i> Absorb<'i, kind::$kind> for $type {
            #[inline(always)]
            unsafe fn absorb(&mut self, _: Tag, p: At, _: At, _: &mut Decoding<'i>) -> At {
                // SAFETY: the caller's promise: ten bytes are readable.
                unsafe {
                    *self = Self::from_le_bytes(p.cast::<[u8; size_of::<Self>()]>().read());
                    p.add(size_of::<Self>())
                }
            }

            #[inline]
            unsafe fn absorb_all<S: Sequence<'i, Self>>(list: &mut S, p: At, end: At, d: &mut Decoding<'i>) -> bool {
                // SAFETY: the caller's promise; these numbers may have any bits.
                unsafe { packed::fixed(list, p, end, d, Self::to_le) }
            }
        }
    )* };
}

/// Numbers as they lie on the wire, whatever this machine's order is.
trait Fixed {
    fn to_le(self) -> Self;
}

impl Fixed for f32 {
    fn to_le(self) -> Self {
        Self::from_bits(self.to_bits().to_le())
    }
}

impl Fixed for f64 {
    fn to_le(self) -> Self {
        Self::from_bits(self.to_bits().to_le())
    }
}

fixed! {
    u32: fixed32;
    i32: sfixed32;
    f32: float;
    u64: fixed64;
    i64: sfixed64;
    f64: double;
}

// SAFETY: the end that `delimited` returned.
unsafe impl<'i> Absorb<'i, kind::string> for String {
    #[inline]
    unsafe fn absorb(&mut self, _: Tag, p: At, end: At, d: &mut Decoding<'i>) -> At {
        // SAFETY: the caller's promise.
        unsafe { string(self, p, end, d) }
    }
}

/// # Safety
/// (1)
#[inline(never)]
unsafe fn string(field: &mut String, p: At, end: At, d: &mut Decoding<'_>) -> At {
    // SAFETY: the caller's promise; the body's bytes are readable, as `delimited` saw.
    unsafe {
        let (body, end) = input::delimited(p, end);
        if body == ODD {
            return ODD;
        }
        let bytes = core::slice::from_raw_parts(body, end.offset_from_unsigned(body));
        if d.budget.take(bytes.len()).is_err() {
            return ODD;
        }
        let Some(text) = text::copied(bytes) else { return ODD };
        *field = text;
        end
    }
}

// SAFETY: the end that `delimited` returned.
unsafe impl<'i> Absorb<'i, kind::bytes> for Bytes {
    #[inline(never)]
    unsafe fn absorb(&mut self, _: Tag, p: At, end: At, d: &mut Decoding<'i>) -> At {
        // SAFETY: the caller's promise; the body's bytes are readable, as `delimited` saw.
        unsafe {
            let (body, end) = input::delimited(p, end);
            if body == ODD {
                return ODD;
            }
            let bytes = core::slice::from_raw_parts(body, end.offset_from_unsigned(body));
            match d.bytes(bytes, self) {
                Ok(()) => end,
                Err(_) => ODD,
            }
        }
    }
}

macro_rules! messages {
    ($($kind:ident in $boxed:ident by |$message:ident, $tag:ident, $p:ident, $end:ident, $d:ident| $read:expr;)*) => { $(
        // SAFETY: the end of the message.
        unsafe impl<'i, T: Known<'i> + Default> Absorb<'i, kind::$kind> for T {
            const MERGES: bool = true;

            #[inline(always)]
            unsafe fn absorb(&mut self, $tag: Tag, $p: At, $end: At, $d: &mut Decoding<'i>) -> At {
                let $message = self;
                // SAFETY: the caller's promise.
                unsafe { $read }
            }
        }

        // SAFETY: the end of the message.
        unsafe impl<'i, T: Known<'i> + Default> Absorb<'i, kind::$boxed> for Box<T> {
            const MERGES: bool = true;

            #[inline]
            fn new(d: &mut Decoding<'i>) -> Option<Self> {
                d.budget.take(size_of::<T>()).ok()?;
                Some(Self::default())
            }

            #[inline]
            unsafe fn absorb(&mut self, $tag: Tag, $p: At, $end: At, $d: &mut Decoding<'i>) -> At {
                let $message = &mut **self;
                // SAFETY: the caller's promise.
                unsafe { $read }
            }
        }
    )* };
}

messages! {
    message in boxed by |message, _tag, p, end, d| nested(message, p, end, d);
    group in boxed_group by |message, tag, p, end, d| grouped(message, tag, p, end, d);
}
