//! Numbers that are packed behind one tag, and the lists that they are written to.

use alloc::vec::Vec;

use super::At;
use crate::decoding::Decoding;
use crate::input::{self, ODD};
use crate::wire;

/// A growing list of `T`s in one piece.
///
/// # Safety
/// The pointer [`room`](Self::room) returns may be written to for as many elements as were asked for,
/// until the list is changed in another way.
pub unsafe trait Sequence<'i, T> {
    /// How many more elements there is room for.
    fn spare(&self) -> usize;

    /// Where the next element goes, with room for `more`: at least doubled if it must grow, and paid for;
    /// `None` if that cannot be.
    fn room(&mut self, more: usize, d: &mut Decoding<'i>) -> Option<*mut T>;

    /// Makes the list longer by elements that have been written.
    ///
    /// # Safety
    /// As many have been, where `room` said.
    unsafe fn add(&mut self, count: usize);

    /// Drops the last element.
    fn pop(&mut self);
}

// SAFETY: the spare capacity of the vector.
unsafe impl<'i, T> Sequence<'i, T> for Vec<T> {
    #[inline(always)]
    fn spare(&self) -> usize {
        self.capacity() - self.len()
    }

    #[inline(always)]
    fn room(&mut self, more: usize, d: &mut Decoding<'i>) -> Option<*mut T> {
        d.budget.reserve(self, more).ok()?;
        Some(self.spare_capacity_mut().as_mut_ptr().cast())
    }

    #[inline(always)]
    unsafe fn add(&mut self, count: usize) {
        // SAFETY: the caller's promise.
        unsafe { self.set_len(self.len() + count) }
    }

    #[inline]
    fn pop(&mut self) {
        self.pop();
    }
}

/// Varints, each made a value by `convert`.
///
/// # Safety
/// The bytes from `p` to `end` are readable.
#[inline(always)]
pub(crate) unsafe fn varints<'i, T, S: Sequence<'i, T>>(
    list: &mut S,
    p: At,
    end: At,
    d: &mut Decoding<'i>,
    convert: impl Fn(u64) -> Option<T>,
) -> bool {
    // SAFETY: the caller's promise.
    let body = unsafe { core::slice::from_raw_parts(p, end.offset_from_unsigned(p)) };
    let Some(last) = body.last() else { return true };
    if *last >= 0x80 {
        return false;
    }
    if body.len() <= 8 && p < d.limit(end) {
        // SAFETY: before `limit` 16 bytes are readable.
        return few_varints(list, unsafe { input::load::<u64>(p) }, body.len(), d, convert);
    }
    let count = input::count_varints(body);
    let Some(to) = list.room(count, d) else { return false };
    let limit = d.limit(end);
    // SAFETY: as many varints end in the body as there is room for, each is read once, and none goes on
    // behind the body, whose last byte ends one. Before `limit` 16 bytes are readable; behind it the
    // careful reader goes on.
    unsafe {
        if varints_to(to, p, limit, end, convert).is_none() {
            return false;
        }
        list.add(count);
    }
    true
}

/// The same of the first `len` bytes of a word, of which the last one ends a varint: what most lists are.
#[inline(never)] // So that the loop for many has the registers.
fn few_varints<'i, T, S: Sequence<'i, T>>(
    list: &mut S,
    mut word: u64,
    len: usize,
    d: &mut Decoding<'i>,
    convert: impl Fn(u64) -> Option<T>,
) -> bool {
    let mut ends = !word & input::GOES_ON & u64::MAX >> (64 - 8 * len);
    let count = input::count_ends(ends);
    let Some(mut to) = list.room(count, d) else { return false };
    while ends != 0 {
        let value = if word & 0x80 == 0 { word & 0x7f } else { input::squeeze(word, ends).0 };
        let Some(value) = convert(value) else { return false };
        let last = ends.trailing_zeros();
        (word, ends) = (word >> last >> 1, ends >> last >> 1);
        // SAFETY: there is room for as many as `ends` had bits.
        unsafe {
            to.write(value);
            to = to.add(1);
        }
    }
    // SAFETY: as many were written.
    unsafe { list.add(count) }
    true
}

/// Writes to `to` what the varints from `p` to `end` become; `None` if one of them is odd.
///
/// # Safety
/// The byte before `end` ends a varint; there is room for all; 16 readable before `limit`.
#[inline(always)]
unsafe fn varints_to<T>(
    mut to: *mut T,
    mut p: At,
    limit: At,
    end: At,
    convert: impl Fn(u64) -> Option<T>,
) -> Option<()> {
    // SAFETY: the caller's promise.
    unsafe {
        while p < limit {
            let word = input::load::<u64>(p);
            let ends = !word & input::GOES_ON;
            if ends == input::GOES_ON && end.offset_from_unsigned(p) >= 8 {
                for at in 0..8 {
                    to.add(at).write(convert(word >> (8 * at) & 0x7f)?);
                }
                (to, p) = (to.add(8), p.add(8));
            } else if ends == PAIRS && end.offset_from_unsigned(p) >= 8 {
                let word = (word & 0x7f00_7f00_7f00_7f00) >> 1 | word & 0x007f_007f_007f_007f;
                for at in 0..4 {
                    to.add(at).write(convert(word >> (16 * at) & 0x3fff)?);
                }
                (to, p) = (to.add(4), p.add(8));
            } else {
                let (value, behind) = if ends == 0 {
                    input::longest_varint(p, word)
                } else {
                    let (value, width) = input::squeeze(word, ends);
                    (value, p.add(width))
                };
                if behind == ODD {
                    return None;
                }
                to.write(convert(value)?);
                (to, p) = (to.add(1), behind);
            }
        }
        let mut rest = core::slice::from_raw_parts(p, end.offset_from_unsigned(p));
        while !rest.is_empty() {
            to.write(convert(wire::varint(&mut rest).ok()?)?);
            to = to.add(1);
        }
    }
    Some(())
}

/// Where varints of two bytes each end in a word.
const PAIRS: u64 = 0x8000_8000_8000_8000;

/// Numbers of fixed size.
///
/// # Safety
/// The bytes from `p` to `end` are readable, and a `T` may have any bits.
#[inline(always)]
pub(crate) unsafe fn fixed<'i, T: Copy, S: Sequence<'i, T>>(
    list: &mut S,
    p: At,
    end: At,
    d: &mut Decoding<'i>,
    to_le: impl Fn(T) -> T,
) -> bool {
    // SAFETY: the caller's promise.
    let len = unsafe { end.offset_from_unsigned(p) };
    let count = len / size_of::<T>();
    if !len.is_multiple_of(size_of::<T>()) {
        return false;
    }
    let Some(to) = list.room(count, d) else { return false };
    // SAFETY: there is room for `count`, which are as many bytes as can be read.
    unsafe {
        core::ptr::copy_nonoverlapping(p, to.cast::<u8>(), len);
        if cfg!(target_endian = "big") {
            for at in 0..count {
                to.add(at).write(to_le(to.add(at).read()));
            }
        }
        list.add(count);
    }
    true
}
