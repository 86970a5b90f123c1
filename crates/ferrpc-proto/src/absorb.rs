//! What a message's own decoder is made of: a function for each way a field holds its values, and for
//! each kind of value how it is read.
//!
//! `__message!` tests the tags of the fields one after the other, in the order in which senders write
//! them, and calls the function of the one that fits. The functions do what is usual and nothing else.
//! What is odd (an unknown field or enum number, a wrong length, a limit) is left where it is, untouched,
//! for the engine that goes by the table, which takes one record and hands back.
//!
//! All read as `input.rs` says, and return the position behind what they read, or `ODD` for
//! what is odd. With that and `Decoding::error`, something inside an inner message is wrong.
//!
//! # What makes it sound
//! 1. A function with a position `p` and an `end` is called with both in one input, everything before `end`
//!    readable, and `p` behind a tag that began before [`Decoding::limit`] of `end`: ten bytes are readable.
//! 2. A position that is returned lies in the same input. Only numbers can end behind `end`; who calls looks.
//! 3. The input outlives `'i`, apart from the copies that `with_slack` makes: values that
//!    borrow from the input must not be read from those.

#![expect(unsafe_code)]

use core::mem::MaybeUninit;

use bytes::Bytes;

use crate::decoding::Decoding;
use crate::engine::decode;
use crate::error::DecodeError;
use crate::input::{self, ODD, SLACK_BYTES};
use crate::limits::DecodeLimits;
use crate::sub::{InSub, Slot, Sub};
use crate::table::kind::Kind;
use crate::table::{Layout, MessageMut, Table};
use crate::wire;

pub(crate) mod list;
pub(crate) mod map;
pub(crate) mod packed;
mod value;

pub use crate::decoding::Known;
pub use crate::input::{At, Groups, Tag};
pub use list::Repeated;
pub use map::Entries;
pub use packed::Sequence;
pub use value::Absorb;

/// The first `len` bytes of `readable` as a new message, which may share the memory of `block`.
#[inline(always)] // So that an empty input costs next to nothing.
pub(crate) fn new<'i, M: Layout>(
    readable: &'i [u8],
    len: usize,
    block: Option<&'i Bytes>,
    limits: &DecodeLimits,
) -> Result<M, DecodeError> {
    // Made where it is returned: a message is large, and would be moved there otherwise.
    let mut result = Ok(M::default());
    if len > 0
        && let Ok(there) = &mut result
        && let Err(error) = message(there, readable, len, block, limits)
    {
        result = Err(error);
    }
    result
}

/// Decodes the first `len` bytes of `readable` on top of what `message` holds.
///
/// For owned messages only, as (3) says: they may be read from a copy that is gone afterwards.
#[inline]
pub(crate) fn message<'i, M: Layout>(
    message: &mut M,
    readable: &'i [u8],
    len: usize,
    block: Option<&'i Bytes>,
    limits: &DecodeLimits,
) -> Result<(), DecodeError> {
    owned(message, readable, len, block, limits)
}

/// The same, one function for all messages.
#[inline(never)]
fn owned<'i>(
    message: &mut dyn Owned<'i>,
    readable: &'i [u8],
    len: usize,
    block: Option<&'i Bytes>,
    limits: &DecodeLimits,
) -> Result<(), DecodeError> {
    assert!(len <= readable.len(), "what is decoded can be read");
    limits.admit(len)?;
    let d = &mut Decoding::new(readable, len, block, limits);
    let slack = readable.len() - len;
    // SAFETY: (1) the pointer may read all of `readable`, and `d` knows how far that goes; of a copy alike.
    let behind = unsafe {
        if slack < SLACK_BYTES && len <= COPIED_BYTES_MAX {
            with_slack::<{ COPIED_BYTES_MAX + SLACK_BYTES }>(&readable[..len], d, |p, end, d| {
                let at = message.known(p, end, d);
                if at == end { at } else { rest(message, at, end, d) }
            })
        } else {
            let p = readable.as_ptr();
            let end = p.add(len);
            let at = message.known(p, end, d);
            if at == end { at } else { rest(message, at, end, d) }
        }
    };
    if behind == ODD { Err(failure(d)) } else { Ok(()) }
}

/// An input without slack of up to this length is copied as a whole: less work than to change over to a copy
/// of its last bytes, wherever they are.
pub(crate) const COPIED_BYTES_MAX: usize = 256;

/// Decodes a copy of some bytes of an input that has slack behind it. What is left is at most `N`, with the
/// slack.
#[inline(always)]
fn with_slack<'i, const N: usize>(
    bytes: &[u8],
    d: &mut Decoding<'i>,
    decode: impl FnOnce(At, At, &mut Decoding<'i>) -> At,
) -> At {
    assert!(bytes.len() + SLACK_BYTES <= N, "room for the bytes and their slack");
    let mut copy = [const { MaybeUninit::<u8>::uninit() }; N];
    let p = copy.as_mut_ptr().cast::<u8>();
    // SAFETY: there is room, as seen above.
    let end = unsafe {
        core::ptr::copy_nonoverlapping(bytes.as_ptr(), p, bytes.len());
        p.add(bytes.len()).write_bytes(0, SLACK_BYTES);
        p.add(bytes.len())
    };
    let (fast_end, start) = (d.fast_end, d.start);
    // Offsets are told as if the copy lay where the bytes do.
    d.start = start.wrapping_sub(bytes.as_ptr().addr()).wrapping_add(p.addr());
    d.fast_end = end.wrapping_add(1);
    let behind = decode(p, end, d);
    (d.fast_end, d.start) = (fast_end, start);
    behind
}

/// As [`message`], where the input lies and nowhere else.
#[inline]
pub(crate) fn in_place<'i, M: Known<'i>>(
    message: &mut M,
    readable: &'i [u8],
    len: usize,
    d: &mut Decoding<'i>,
) -> Result<(), DecodeError> {
    assert!(len <= readable.len(), "what is decoded can be read");
    // SAFETY: (1) the pointer may read all of `readable`, and `d` knows how far that goes.
    let behind = unsafe {
        let p = readable.as_ptr();
        whole(message, p, p.add(len), d)
    };
    if behind == ODD { Err(failure(d)) } else { Ok(()) }
}

/// Decodes from `p` to `end`; returns `end`, or `ODD` with an error in `d`.
///
/// # Safety
/// As (1) says.
#[inline(always)]
unsafe fn whole<'i, M: Known<'i>>(message: &mut M, p: At, end: At, d: &mut Decoding<'i>) -> At {
    // SAFETY: the caller's promise; what stopped is a position of the same input.
    unsafe {
        let at = message.decode_known(p, end, d);
        if at == end { at } else { message.decode_rest(at, end, d) }
    }
}

#[cold]
fn failure(d: &mut Decoding<'_>) -> DecodeError {
    let Some(error) = d.error.take() else { unreachable!("whoever fails says why") };
    error
}

/// A message inside another one, from behind its tag; `ODD` without an error in `d` if it is odd.
///
/// # Safety
/// As (1) says.
#[inline(always)]
unsafe fn nested<'i, M: Known<'i>>(message: &mut M, p: At, end: At, d: &mut Decoding<'i>) -> At {
    // SAFETY: the caller's promise.
    unsafe {
        let (body, end) = input::delimited(p, end);
        if body == ODD || d.depth == 0 {
            return ODD;
        }
        d.depth -= 1;
        let behind = whole(message, body, end, d);
        d.depth += 1;
        behind
    }
}

/// A message between two tags, from behind the first; `ODD` without an error in `d` if it is odd.
///
/// # Safety
/// As (1) says.
#[inline(always)]
unsafe fn grouped<'i, M: Known<'i>>(message: &mut M, tag: Tag, p: At, end: At, d: &mut Decoding<'i>) -> At {
    if d.depth == 0 || p > end {
        return ODD;
    }
    // SAFETY: the caller's promise; what stopped is a position of the same input, and below the limit a
    // record begins there.
    unsafe {
        d.depth -= 1;
        let at = message.decode_known(p, end, d);
        let tag = tag.of_end();
        let behind = if at < d.limit(end) && tag.follows(at) && d.error.is_none() {
            at.add(tag.width())
        } else {
            message.decode_rest_of_group(tag, at, end, d)
        };
        d.depth += 1;
        behind
    }
}

/// What [`rest`] asks of an owned message; one function for all of them.
trait Owned<'i> {
    fn fields(&mut self) -> MessageMut<'_>;

    /// # Safety
    /// As for [`Known::decode_known`].
    unsafe fn known(&mut self, p: At, end: At, d: &mut Decoding<'i>) -> At;
}

impl<'i, T: Layout> Owned<'i> for T {
    fn fields(&mut self) -> MessageMut<'_> {
        MessageMut::of(self)
    }

    unsafe fn known(&mut self, p: At, end: At, d: &mut Decoding<'i>) -> At {
        // SAFETY: the caller's promise.
        unsafe { self.decode_known(p, end, d) }
    }
}

/// [`Known::decode_rest`] of an owned message.
///
/// # Safety
/// As for that.
#[inline]
pub unsafe fn rest_of_owned<'i, T: Layout>(message: &mut T, at: At, end: At, d: &mut Decoding<'i>) -> At {
    // SAFETY: the caller's promise.
    unsafe { rest(message, at, end, d) }
}

/// [`Known::decode_rest_of_group`] of an owned message.
///
/// # Safety
/// As for that.
#[inline]
pub unsafe fn rest_of_owned_group<'i, T: Layout>(
    message: &mut T,
    tag: Tag,
    at: At,
    end: At,
    d: &mut Decoding<'i>,
) -> At {
    // SAFETY: the caller's promise.
    unsafe { rest_of_group(message, tag, at, end, d) }
}

/// Reads what [`Known::decode_known`] left: odd records by the table, the last few bytes of an input
/// without slack in a copy that has some, and what is usual again by the message's own code.
#[cold]
#[inline(never)]
unsafe fn rest<'i>(message: &mut dyn Owned<'i>, mut at: At, end: At, d: &mut Decoding<'i>) -> At {
    loop {
        // SAFETY: (1), with `at` as (2) says.
        let left = unsafe { core::slice::from_raw_parts(at, end.offset_from_unsigned(at)) };
        if d.error.is_some() {
            d.error = Some(decode::inside(message.fields().table(), left, d));
            return ODD;
        }
        if left.is_empty() {
            return end;
        }
        if at >= d.fast_end {
            // SAFETY: (1) of the copy; (3) owned messages copy what they read.
            let behind = with_slack::<{ 2 * SLACK_BYTES }>(left, d, |p, end, d| unsafe {
                let at = message.known(p, end, d);
                if at == end { at } else { rest(message, at, end, d) }
            });
            return if behind == ODD { ODD } else { end };
        }
        // SAFETY: the caller's promise, and as many bytes as there are between the two.
        let unknown =
            unsafe { &left[..unknown(message.fields().table(), at, end, d).offset_from_unsigned(at)] };
        let read = if !unknown.is_empty()
            && message.fields().unknown().append_within(unknown, &mut d.budget).is_ok()
        {
            unknown.len()
        } else {
            let mut input = left;
            if let Err(error) = decode::record(&mut message.fields(), &mut input, d) {
                d.error = Some(error);
                return ODD;
            }
            left.len() - input.len()
        };
        // SAFETY: as many bytes as were read; and then as the caller promises.
        unsafe {
            at = at.add(read);
            if at == end {
                return end;
            }
            at = message.known(at, end, d);
        }
    }
}

/// Where a run of records for unknown fields ends that begins at `at`. Those are kept in one piece.
///
/// # Safety
/// As for [`Known::decode_known`].
pub(crate) unsafe fn unknown(table: &Table, mut at: At, end: At, d: &Decoding<'_>) -> At {
    let limit = d.limit(end);
    // SAFETY: (1): records begin at all these positions, and before the limit a tag is readable, and a
    // number behind it if the tag is no longer than a tag may be.
    unsafe {
        while at < limit {
            let (tag, value) = input::varint(at);
            let Ok(tag) = u32::try_from(tag) else { return at };
            // Number 0 is also what a varint that is too long gives.
            if tag >> 3 == 0 || value.offset_from_unsigned(at) > TAG_BYTES_MAX || table.find(tag).is_some() {
                return at;
            }
            let behind = match tag & 7 {
                wire::VARINT => input::varint(value).1,
                wire::FIXED64 => value.add(8),
                wire::LEN => input::delimited(value, end).1,
                wire::FIXED32 => value.add(4),
                _ => break,
            };
            if behind > end {
                return at;
            }
            at = behind;
        }
        let mut input = core::slice::from_raw_parts(at, end.offset_from_unsigned(at));
        let len = input.len();
        let mut left = len;
        while let Ok(tag) = wire::tag(&mut input)
            && table.find(tag).is_none()
            && wire::skip(&mut input, tag, d.depth) == Ok(Some(()))
        {
            left = input.len();
        }
        at.add(len - left)
    }
}

const TAG_BYTES_MAX: usize = 5;

/// As [`rest`], up to the end of a group. Its last records are all read by the table if they lie too close
/// to the end of what is readable.
#[cold]
#[inline(never)]
unsafe fn rest_of_group<'i>(
    message: &mut dyn Owned<'i>,
    tag: Tag,
    mut at: At,
    end: At,
    d: &mut Decoding<'i>,
) -> At {
    loop {
        // SAFETY: (1), with `at` as (2) says.
        let left = unsafe { core::slice::from_raw_parts(at, end.offset_from_unsigned(at)) };
        if d.error.is_some() {
            d.error = Some(decode::inside(message.fields().table(), left, d));
            return ODD;
        }
        let mut input = left;
        match wire::tag(&mut input) {
            // SAFETY: as many bytes as were read.
            Ok(found) if found == tag.number() => return unsafe { at.add(left.len() - input.len()) },
            // Whoever reads the whole group by the table finds the same, and says so.
            Ok(found) if found & 7 == wire::END_GROUP => return ODD,
            Err(_) => return ODD,
            Ok(_) => {}
        }
        let mut input = left;
        if let Err(error) = decode::record(&mut message.fields(), &mut input, d) {
            d.error = Some(error);
            return ODD;
        }
        // SAFETY: as many bytes as were read; and then as the caller promises.
        unsafe {
            at = at.add(left.len() - input.len());
            at = message.known(at, end, d);
        }
    }
}

/// Where a message stops that read up to `behind` a record that began at `record`.
#[inline(always)]
pub fn stop(record: At, behind: At, end: At) -> At {
    if behind > end { record } else { behind }
}

// The functions `__message!` names, each for one way of holding values. All are as (1) and (2) say.

/// # Safety
/// (1)
#[inline(always)]
pub unsafe fn implicit<'i, K: Kind, T: Absorb<'i, K>>(
    field: &mut T,
    tag: Tag,
    p: At,
    end: At,
    d: &mut Decoding<'i>,
) -> At {
    // SAFETY: the caller's promise.
    unsafe { field.absorb(tag, p, end, d) }
}

/// # Safety
/// (1)
#[inline(always)]
pub unsafe fn optional<'i, K: Kind, T: Absorb<'i, K>>(
    field: &mut Option<T>,
    tag: Tag,
    p: At,
    end: At,
    d: &mut Decoding<'i>,
) -> At {
    if K::VALUE.wire_type() == wire::LEN {
        // Odd ones of these are wrong, so the field need not stay as it was.
        // SAFETY: the caller's promise.
        return unsafe { field.get_or_insert_default().absorb(tag, p, end, d) };
    }
    let mut value = T::default();
    // SAFETY: the caller's promise.
    let behind = unsafe { value.absorb(tag, p, end, d) };
    if behind != ODD {
        *field = Some(value);
    }
    behind
}

/// A field of one message.
///
/// # Safety
/// What is returned is a position as (2) says.
pub unsafe trait Single<'i, K: Kind> {
    /// Reads into the message, a new one if there is none and that can be paid for.
    ///
    /// # Safety
    /// (1)
    unsafe fn absorb(&mut self, tag: Tag, p: At, end: At, d: &mut Decoding<'i>) -> At;
}

// SAFETY: what the message returns.
unsafe impl<'i, K: Kind, T: InSub + Absorb<'i, K>> Single<'i, K> for Sub<T> {
    #[inline(never)]
    unsafe fn absorb(&mut self, tag: Tag, p: At, end: At, d: &mut Decoding<'i>) -> At {
        if T::Slot::BOXED_BYTES != 0 && self.is_none() && d.budget.take(T::Slot::BOXED_BYTES).is_err() {
            return ODD;
        }
        // SAFETY: the caller's promise.
        unsafe { self.get_or_insert_default().absorb(tag, p, end, d) }
    }
}

/// # Safety
/// (1)
#[inline(always)]
pub unsafe fn sub<'i, K: Kind, S: Single<'i, K>>(
    field: &mut S,
    tag: Tag,
    p: At,
    end: At,
    d: &mut Decoding<'i>,
) -> At {
    // SAFETY: the caller's promise.
    unsafe { field.absorb(tag, p, end, d) }
}

/// Elements with a tag each, of which `p` is behind the first one.
///
/// # Safety
/// (1)
#[inline(always)]
pub unsafe fn elements<'i, K: Kind, R: Repeated<'i, K>>(
    field: &mut R,
    tag: Tag,
    p: At,
    end: At,
    d: &mut Decoding<'i>,
) -> At {
    // SAFETY: the caller's promise.
    unsafe { field.elements(tag, p, end, d) }
}

/// Values that follow one another behind one length.
///
/// # Safety
/// (1)
#[inline(always)]
pub unsafe fn values<'i, K: Kind, R: Repeated<'i, K>>(
    field: &mut R,
    p: At,
    end: At,
    d: &mut Decoding<'i>,
) -> At {
    // SAFETY: the caller's promise; the body's bytes are readable, as `delimited` saw.
    unsafe {
        let (body, end) = input::delimited(p, end);
        if body != ODD && field.values(body, end, d) { end } else { ODD }
    }
}

/// # Safety
/// (1)
#[inline(always)]
pub unsafe fn map<'i, A: Kind, B: Kind, E: Entries<'i, A, B>>(
    field: &mut E,
    tag: Tag,
    p: At,
    end: At,
    d: &mut Decoding<'i>,
) -> At {
    // SAFETY: the caller's promise.
    unsafe { field.entries(tag, p, end, d) }
}

/// One variant of a oneof: `there` is its payload, if it is the one that is set; a new one comes back.
///
/// # Safety
/// (1)
#[inline(always)]
pub unsafe fn variant<'i, K: Kind, T: Absorb<'i, K>>(
    there: Option<&mut T>,
    tag: Tag,
    p: At,
    end: At,
    d: &mut Decoding<'i>,
) -> (At, Option<T>) {
    if T::MERGES
        && let Some(there) = there
    {
        // SAFETY: the caller's promise.
        return (unsafe { there.absorb(tag, p, end, d) }, None);
    }
    let Some(mut value) = T::new(d) else { return (ODD, None) };
    // SAFETY: the caller's promise.
    let behind = unsafe { value.absorb(tag, p, end, d) };
    (behind, (behind != ODD).then_some(value))
}

/// The variants of a oneof.
///
/// # Safety
/// As for [`Known`].
pub unsafe trait Variants<'i>: Sized {
    /// Reads the record at `p`, if it is for one of them: `p` itself says that it is not.
    ///
    /// # Safety
    /// A record begins at `p`, before [`Decoding::limit`] of `end`.
    unsafe fn absorb(oneof: &mut Option<Self>, p: At, end: At, d: &mut Decoding<'i>) -> At;
}

/// The wire type of a kind, and that of its packed lists.
pub const fn wire_type<K: Kind>() -> u32 {
    K::VALUE.wire_type()
}

/// Whether numbers of this kind may come packed.
pub const fn is_packable<K: Kind>() -> bool {
    K::VALUE.is_packable()
}

pub const LEN: u32 = wire::LEN;
