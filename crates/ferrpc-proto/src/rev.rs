//! Where encoders write: from the end of a message towards its start.
//!
//! Written that way round, the length of what is inside a field is known when the field's own prefix is
//! due: the difference of two positions. So nothing is measured beforehand and nothing is moved.
//!
//! A writer is handed from function to function by value, two registers wide: one is the position, which
//! so never takes a way through memory.
//!
//! # What makes it sound
//! 1. A writer is the only one of its [`Output`], which it borrows. `at` lies in the space at hand of that,
//!    at `low` or above, and all from `at` to the end of the space is initialised.
//! 2. The functions named `raw_…` go below `at` without looking; each caller has asked `need` for at
//!    least as many bytes before, or was told by its own caller that they are there.
//! 3. Below `low` there are [`SPARE_BYTES`] more in the space: stores may be so much too wide.

#![expect(unsafe_code)]

use bytes::Bytes;

use crate::error::Uninitialized;
use crate::wire::{END_GROUP, START_GROUP, low_byte, varint_len};

mod output;

pub(crate) use output::{Output, Purpose};

use output::{Linked, SPARE_BYTES, flaw};

/// How deep messages may nest when they are encoded, and by default when they are decoded.
pub(crate) const DEPTH_MAX: u32 = 100;

/// The longest tag and the longest varint behind it.
pub(crate) const VARINT_FIELD_BYTES_MAX: usize = 5 + 10;

/// A message, or a oneof's enum, as its own encoder. Implemented by the macros of generated code.
pub trait Encode {
    /// Writes the fields that are set.
    fn encode_rev<'w, 'a>(&'a self, w: RevWriter<'w, 'a>) -> RevWriter<'w, 'a>;

    /// Whether there are no fields that could be set, nor unknown ones: many calls are made of such
    /// messages, and they need not be looked at.
    #[inline]
    fn is_bare(&self) -> bool {
        false
    }

    /// The required fields that are missing. Asked for once the writer `lacks` one.
    fn missing(&self) -> Option<Uninitialized> {
        None
    }
}

impl<V: Encode> Encode for &V {
    #[inline(always)]
    fn encode_rev<'w, 'a>(&'a self, w: RevWriter<'w, 'a>) -> RevWriter<'w, 'a> {
        V::encode_rev(self, w)
    }
}

/// A number whose wire form is its memory, or would be on a little-endian machine.
///
/// # Safety
/// Every byte of a value is initialised.
pub(crate) unsafe trait Plain: Copy {
    /// The same bytes, the lowest one first.
    fn in_wire_order(self) -> Self;
}

macro_rules! plain {
    ($($type:ty: $convert:expr;)*) => { $(
        // SAFETY: a number without gaps.
        unsafe impl Plain for $type {
            fn in_wire_order(self) -> Self {
                $convert(self)
            }
        }
    )* };
}

plain! {
    u32: u32::to_le;
    i32: i32::to_le;
    f32: |value: f32| f32::from_bits(value.to_bits().to_le());
    u64: u64::to_le;
    i64: i64::to_le;
    f64: |value: f64| f64::from_bits(value.to_bits().to_le());
    bool: |value| value;
}

/// Writes a message backwards. What generated code is given; no part of the API.
#[derive(Debug)]
#[doc(hidden)]
pub struct RevWriter<'w, 'a> {
    /// Where the last thing written begins.
    at: *mut u8,
    output: &'w mut Output<'a>,
}

impl<'a> RevWriter<'_, 'a> {
    /// Whether maps are to be written by ascending key.
    #[inline(always)]
    pub(crate) fn is_sorted(&self) -> bool {
        self.output.sorted
    }

    /// Notes that a required field is unset.
    #[inline(always)]
    pub(crate) fn lacks(&mut self) {
        self.output.flaws |= flaw::MISSING;
    }

    /// How much has been written; the difference of two of these is a length.
    #[inline(always)]
    pub(crate) fn written(&self) -> usize {
        self.output.written(self.at)
    }

    /// A varint with its tag.
    #[inline(always)]
    pub(crate) fn varint_field(&mut self, tag: u32, value: u64) {
        self.need(VARINT_FIELD_BYTES_MAX);
        // SAFETY: a varint and a tag are no longer than that.
        unsafe { self.raw_varint_field(tag, value) }
    }

    /// Bytes with their length and tag.
    #[inline(always)]
    pub(crate) fn bytes_field(&mut self, tag: u32, bytes: &'a [u8]) {
        if bytes.len() < self.output.linked_min {
            self.copied_field(tag, bytes);
        } else {
            self.at = linked_field(self.output, self.at, tag, Linked::Lent(bytes));
        }
    }

    /// A text with its length and tag.
    #[inline(always)]
    pub(crate) fn text_field(&mut self, tag: u32, text: &'a str) {
        self.bytes_field(tag, text.as_bytes());
    }

    /// Bytes that can be shared, with their length and tag.
    #[inline(always)]
    pub(crate) fn shared_field(&mut self, tag: u32, bytes: &'a Bytes) {
        if bytes.len() < self.output.shared_min {
            self.copied_field(tag, bytes);
        } else {
            self.at = linked_field(self.output, self.at, tag, Linked::Shared(bytes));
        }
    }

    #[inline(always)]
    fn copied_field(&mut self, tag: u32, bytes: &[u8]) {
        self.need(VARINT_FIELD_BYTES_MAX + bytes.len());
        // SAFETY: the bytes, a length and a tag are no longer than that.
        unsafe {
            self.raw_bytes(bytes);
            self.raw_varint_field(tag, bytes.len() as u64);
        }
    }

    /// The length of what has been written since `before`, and a tag.
    #[inline(always)]
    pub(crate) fn close(&mut self, tag: u32, before: usize) {
        let len = self.written() - before;
        self.varint_field(tag, len as u64);
    }

    /// A message with its length and tag, one level deeper.
    #[inline(always)]
    pub(crate) fn message_field(mut self, tag: u32, write: impl FnOnce(Self) -> Self) -> Self {
        if !self.descend() {
            return self;
        }
        let before = self.written();
        self = write(self);
        self.close(tag, before);
        self.output.depth += 1;
        self
    }

    /// A message between two tags, one level deeper; `tag` is the one it begins with.
    #[inline(always)]
    pub(crate) fn group_field(mut self, tag: u32, write: impl FnOnce(Self) -> Self) -> Self {
        if !self.descend() {
            return self;
        }
        self.tag(tag ^ START_GROUP ^ END_GROUP);
        self = write(self);
        self.tag(tag);
        self.output.depth += 1;
        self
    }

    /// Goes one level deeper, if there is one left.
    #[inline(always)]
    fn descend(&mut self) -> bool {
        let is_there = self.has_depth();
        if is_there {
            self.output.depth -= 1;
        }
        is_there
    }

    /// Whether there is a level left.
    #[inline(always)]
    pub(crate) fn has_depth(&mut self) -> bool {
        let is_there = self.output.depth > 0;
        if !is_there {
            self.output.flaws |= flaw::TOO_DEEP;
        }
        is_there
    }

    /// A tag alone.
    #[inline(always)]
    pub(crate) fn tag(&mut self, tag: u32) {
        self.need(VARINT_FIELD_BYTES_MAX);
        // SAFETY: a tag is no longer than that.
        unsafe { self.raw_tag(tag) }
    }

    /// A varint alone.
    #[inline(always)]
    pub(crate) fn varint(&mut self, value: u64) {
        self.need(VARINT_FIELD_BYTES_MAX);
        // SAFETY: a varint is no longer than that.
        unsafe { self.raw_varint(value) }
    }

    /// A few bytes alone.
    pub(crate) fn small(&mut self, bytes: &[u8]) {
        self.need(bytes.len());
        // SAFETY: as many as was asked for.
        unsafe { self.raw_bytes(bytes) }
    }

    /// Bytes alone.
    #[inline]
    pub(crate) fn bytes(&mut self, bytes: &'a [u8]) {
        if bytes.len() >= self.output.linked_min {
            self.at = self.output.link(self.at, Linked::Lent(bytes));
            return;
        }
        self.need(bytes.len());
        // SAFETY: as many as was asked for.
        unsafe { self.raw_bytes(bytes) }
    }

    /// The varints of some values, the last one first.
    #[inline(always)]
    pub(crate) fn varints<T>(&mut self, values: &[T], convert: impl Fn(&T) -> u64) {
        // Room is asked for by the block: a check each would cost as much as a short varint.
        for block in values.rchunks(64) {
            self.need(10 * block.len());
            for value in block.iter().rev() {
                // SAFETY: a varint is at most ten bytes long.
                unsafe { self.raw_element(convert(value)) }
            }
        }
    }

    /// Numbers as they lie in memory, but with their bytes in the order of the wire.
    #[inline(always)]
    pub(crate) fn plain<T: Plain>(&mut self, values: &'a [T]) {
        if cfg!(target_endian = "little") {
            // SAFETY: a `Plain` is all bytes, without gaps.
            let bytes = unsafe { core::slice::from_raw_parts(values.as_ptr().cast(), size_of_val(values)) };
            return self.bytes(bytes);
        }
        for value in values.iter().rev() {
            self.need(size_of::<T>());
            // SAFETY: there is that much room below `at`.
            unsafe {
                self.at = self.at.sub(size_of::<T>());
                self.at.cast::<T>().write_unaligned(value.in_wire_order());
            }
        }
    }

    /// Makes sure of `bytes` below `at`.
    #[inline(always)]
    pub(crate) fn need(&mut self, bytes: usize) {
        if self.at.addr() - self.output.low.addr() < bytes {
            self.at = self.output.grow(self.at, bytes);
        }
    }

    /// # Safety
    /// There are `N` bytes below `at`.
    #[inline(always)]
    pub(crate) unsafe fn raw_fixed_field<const N: usize>(&mut self, tag: u32, bytes: [u8; N]) {
        // SAFETY: the caller's promise.
        unsafe {
            self.raw_bytes(&bytes);
            self.raw_tag(tag);
        }
    }

    /// # Safety
    /// There are as many bytes below `at` as the two varints take.
    #[inline(always)]
    pub(crate) unsafe fn raw_varint_field(&mut self, tag: u32, value: u64) {
        // SAFETY: the caller's promise.
        unsafe {
            self.raw_varint(value);
            self.raw_tag(tag);
        }
    }

    /// # Safety
    /// There are `bytes.len()` below `at`.
    #[inline(always)]
    unsafe fn raw_bytes(&mut self, bytes: &[u8]) {
        // SAFETY: there is that much room below `at`, in memory only this writer refers to.
        unsafe {
            self.at = self.at.sub(bytes.len());
            core::ptr::copy_nonoverlapping(bytes.as_ptr(), self.at, bytes.len());
        }
    }

    /// A varint, which mostly is small.
    ///
    /// # Safety
    /// There are as many bytes below `at` as the varint takes.
    #[inline(always)]
    unsafe fn raw_varint(&mut self, value: u64) {
        // SAFETY: there is that much room below `at`.
        unsafe {
            if value < 1 << 7 {
                self.raw_bytes(&[low_byte(value)]);
            } else {
                self.at = raw_long_varint(self.at, value);
            }
        }
    }

    /// A varint that is a constant.
    ///
    /// # Safety
    /// As [`raw_varint`](Self::raw_varint).
    #[inline(always)]
    unsafe fn raw_tag(&mut self, tag: u32) {
        let value = u64::from(tag);
        // SAFETY: the caller's promise.
        unsafe {
            if value < 1 << 7 {
                self.raw_bytes(&[low_byte(value)]);
            } else if value < 1 << 14 {
                self.raw_bytes(&two_bytes(value));
            } else {
                self.at = raw_long_varint(self.at, value);
            }
        }
    }

    /// A varint of any length, many times in a row.
    ///
    /// # Safety
    /// As [`raw_varint`](Self::raw_varint).
    #[inline(always)]
    unsafe fn raw_element(&mut self, value: u64) {
        // SAFETY: the caller's promise.
        unsafe {
            if value < 1 << 7 {
                self.raw_bytes(&[low_byte(value)]);
            } else if value < 1 << 14 {
                self.raw_bytes(&two_bytes(value));
            } else {
                self.at = raw_spread(self.at, value);
            }
        }
    }
}

/// What may be too long to be copied, with its length and tag: linked, unless it is not that long and there is room.
#[inline(never)]
fn linked_field<'a>(output: &mut Output<'a>, at: *mut u8, tag: u32, linked: Linked<'a>) -> *mut u8 {
    let bytes = linked.bytes();
    let is_copied = bytes.len() <= COPIED_BYTES_MAX
        && at.addr() - output.low.addr() >= VARINT_FIELD_BYTES_MAX + bytes.len();
    let mut w = RevWriter { at, output };
    if is_copied {
        w.copied_field(tag, bytes);
    } else {
        w.at = w.output.link(at, linked);
        w.varint_field(tag, bytes.len() as u64);
    }
    w.at
}

/// Up to here it costs less to copy bytes once more than to keep note of where they are.
const COPIED_BYTES_MAX: usize = 1 << 10;

/// Writes a varint of more than one byte below `at`.
///
/// # Safety
/// As many bytes as it takes, and eight, are there to be written to.
#[inline(never)]
unsafe fn raw_long_varint(at: *mut u8, value: u64) -> *mut u8 {
    // SAFETY: the caller's promise.
    unsafe {
        if value < 1 << 14 {
            let at = at.sub(2);
            at.cast::<[u8; 2]>().write(two_bytes(value));
            return at;
        }
        raw_spread(at, value)
    }
}

#[inline(always)]
fn two_bytes(value: u64) -> [u8; 2] {
    [low_byte(value) | 0x80, low_byte(value >> 7)]
}

/// The lowest bits of a varint, seven in each of eight bytes.
const SPREAD_BITS: u32 = 56;

/// Writes a varint of any length below `at`.
///
/// # Safety
/// As [`raw_long_varint`].
#[inline(always)]
unsafe fn raw_spread(at: *mut u8, value: u64) -> *mut u8 {
    const CONTINUED: u64 = 0x8080_8080_8080_8080;
    const { assert!(SPARE_BYTES >= size_of::<u64>()) }
    let len = varint_len(value);
    // SAFETY: the caller's promise; the eight bytes end at the varint's end, or lie in it.
    unsafe {
        if let Some(unused) = size_of::<u64>().checked_sub(len) {
            // The last byte comes last; what comes out before the first one is written over.
            let bytes = spread(value) << (8 * unused) | CONTINUED >> 8;
            at.sub(size_of::<u64>()).cast::<u64>().write_unaligned(bytes.to_le());
            return at.sub(len);
        }
        let at = at.sub(len);
        at.cast::<u64>().write_unaligned((spread(value) | CONTINUED).to_le());
        let rest = value >> SPREAD_BITS;
        if len > 9 {
            at.add(8).cast::<[u8; 2]>().write(two_bytes(rest));
        } else {
            at.add(8).write(low_byte(rest));
        }
        at
    }
}

/// The lowest 56 bits, seven to the byte, the lowest ones first.
#[inline(always)]
const fn spread(value: u64) -> u64 {
    // To halves of 28, quarters of 14, eighths of 7 bits.
    let value = (value & 0x0fff_ffff) | (value & 0x00ff_ffff_f000_0000) << 4;
    let value = (value & 0x0000_3fff_0000_3fff) | (value & 0x0fff_c000_0fff_c000) << 2;
    (value & 0x007f_007f_007f_007f) | (value & 0x3f80_3f80_3f80_3f80) << 1
}

#[cfg(test)]
mod tests {
    use super::output::LINKED_BYTES_MIN;
    use super::*;

    use alloc::vec::Vec;
    use core::mem::MaybeUninit;

    type Space = Vec<MaybeUninit<u8>>;

    /// A space for each purpose. What is only measured takes the blocks of packed varints whole.
    fn spaces(bytes: usize) -> [Space; 3] {
        [bytes, bytes, bytes.max(1000)].map(|bytes| alloc::vec![MaybeUninit::uninit(); bytes])
    }

    struct Nothing;

    impl Encode for Nothing {
        fn encode_rev<'w, 'a>(&'a self, w: RevWriter<'w, 'a>) -> RevWriter<'w, 'a> {
            w
        }
    }

    /// What was written, which has to be the same for each purpose.
    fn written<'a>(spaces: &'a mut [Space; 3], write: impl Fn(&mut RevWriter<'_, 'a>)) -> Vec<u8> {
        let [copied, pieces, measured] = spaces;
        let mut output = Output::new(copied, Purpose::Copy, false);
        output.write_by(|mut w| {
            write(&mut w);
            w
        });
        let mut out = b"before".to_vec();
        output.append_to(&mut out);
        let out = out.split_off(6);
        assert!(output.is_sound(&Nothing));
        assert_eq!(out.len(), output.len());
        assert!(output.simple().is_none_or(|all| all == out));
        assert!(*output.to_box() == *out);

        let mut output = Output::new(pieces, Purpose::Pieces, false);
        output.write_by(|mut w| {
            write(&mut w);
            w
        });
        let buffer = output.copy_first(3);
        let mut links = Vec::new();
        let first = output.pieces(&mut links);
        drop(output);
        assert_eq!(buffer.len(), 3 + first);
        let (mut joined, mut at) = (Vec::new(), 3);
        for (before, linked) in links {
            joined.extend_from_slice(&buffer[at..3 + before]);
            joined.extend_from_slice(&linked);
            at = 3 + before;
        }
        joined.extend_from_slice(&buffer[at..]);
        assert!(joined == out);

        let mut output = Output::new(measured, Purpose::Measure, false);
        output.write_by(|mut w| {
            write(&mut w);
            w
        });
        assert_eq!(output.len(), out.len());
        assert!(!output.keeps_anything(), "nothing is kept of what is only measured");
        out
    }

    #[test]
    fn what_is_written_last_comes_first_whatever_space_there_is() {
        let text: Vec<u8> = (0..20_000u32).map(|i| low_byte(u64::from(i % 251))).collect();
        for scratch_bytes in [0, 1, 14, 15, 16, 100, 2048, 30_000] {
            let out = written(&mut spaces(scratch_bytes), |w| {
                w.bytes(&text);
                w.varint_field(8, 300);
                w.varints(&[1u64, 128, 1 << 14, u64::MAX], |value| *value);
                w.plain(&[1u32, 2]);
                let before = w.written();
                w.bytes_field(0x82, b"abc");
                w.small(&[7, 0, 0, 0]);
                w.varint(13);
                w.close(10, before);
            });
            let mut expected =
                alloc::vec![10, 11, 13, 7, 0, 0, 0, 0x82, 1, 3, b'a', b'b', b'c', 1, 0, 0, 0, 2, 0, 0, 0];
            expected.extend([1, 0x80, 1, 0x80, 0x80, 1]);
            expected.extend([[0xff; 9].as_slice(), &[1, 8, 0xac, 2]].concat());
            expected.extend(&text);
            assert!(out == expected, "{scratch_bytes}: {:?}", &out[..40]);
        }
    }

    #[test]
    fn long_bytes_are_linked_in_their_place() {
        let (long, short) = (alloc::vec![7; LINKED_BYTES_MIN], alloc::vec![9; LINKED_BYTES_MIN - 1]);
        for scratch_bytes in [0, 3, 100, 20_000] {
            let out = written(&mut spaces(scratch_bytes), |w| {
                w.bytes_field(10, &long);
                w.bytes_field(18, &short);
                w.bytes_field(26, &long);
                w.bytes_field(34, &long);
                w.varint_field(40, 1);
            });
            let field = |tag: u8, len: &[u8], bytes: &[u8]| [&[tag], len, bytes].concat();
            let fields = [
                alloc::vec![40, 1],
                field(34, &[0x80, 4], &long),
                field(26, &[0x80, 4], &long),
                field(18, &[0xff, 3], &short),
                field(10, &[0x80, 4], &long),
            ];
            assert!(out == fields.concat(), "{scratch_bytes}");
        }
    }

    #[test]
    fn bytes_of_any_length_are_copied_whole() {
        let bytes: Vec<u8> = (1..=70).collect();
        for len in 0..bytes.len() {
            assert_eq!(written(&mut spaces(100), |w| w.bytes(&bytes[..len])), bytes[..len]);
        }
    }

    #[test]
    fn varints_of_any_length_are_written_and_nothing_behind_them() {
        for bits in 0..64 {
            for value in [1 << bits, (1 << bits) - 1, 0x6db6_a596_9b24_d369 >> bits, u64::MAX << bits] {
                let mut expected = Vec::new();
                crate::wire::push_varint(&mut expected, value);
                expected.extend(*b"behind what was there before");
                // No more space than the varint takes, and what there is to spare in each.
                for scratch_bytes in [28 + 15 + 8, 100] {
                    let out = written(&mut spaces(scratch_bytes), |w| {
                        w.small(b"behind what was there before");
                        w.varint(value);
                    });
                    assert!(out == expected, "{value:#x}: {out:02x?}");
                }
            }
        }
    }

    #[test]
    fn many_chunks_keep_their_order() {
        let numbers: Vec<u64> = (0..100_000).collect();
        let (mut one_by_one, mut all) = (Vec::new(), Vec::new());
        for number in &numbers {
            crate::wire::push_varint(&mut all, *number);
        }
        one_by_one
            .extend(written(&mut spaces(7), |w| numbers.iter().rev().for_each(|number| w.varint(*number))));
        assert!(one_by_one == all);
        assert!(written(&mut spaces(7), |w| w.varints(&numbers, |number| *number)) == all);
    }
}
