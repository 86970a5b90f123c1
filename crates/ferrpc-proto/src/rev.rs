//! Where encoders write: from the end of a message towards its start.
//!
//! Written that way round, the length of what is inside a field is known when the field's own prefix is
//! due: the difference of two positions. So nothing is measured beforehand and nothing is moved. What
//! outgrows the first space goes on in chunks, each twice as large as all before it, up to a limit.
//!
//! # What makes it sound
//! 1. `low ≤ at`, both in one live space that this writer alone may write to, and all from `at` to the
//!    end of that space is initialised.
//! 2. The functions named `raw_…` go below `at` without looking; each caller has asked `need` for at
//!    least as many bytes just before.

#![expect(unsafe_code)]

use alloc::vec::Vec;
use core::marker::PhantomData;
use core::mem::MaybeUninit;

use bytes::Bytes;

use crate::error::EncodeError;
use crate::wire::{END_GROUP, START_GROUP, low_byte, varint_len};

/// The largest message the format allows.
const BYTES_MAX: usize = i32::MAX as usize;

/// How deep messages may nest when they are encoded, and by default when they are decoded.
pub(crate) const DEPTH_MAX: u32 = 100;

/// The space most messages fit into, on the stack.
pub(crate) const SCRATCH_BYTES: usize = 2048;

/// The smallest chunk on the heap.
const CHUNK_BYTES_MIN: usize = 8 << 10;

/// The largest chunk, unless one thing needs more.
const CHUNK_BYTES_MAX: usize = 1 << 20;

/// The longest tag and the longest varint behind it.
const VARINT_FIELD_BYTES_MAX: usize = 5 + 10;

/// Bytes from this length on are not copied until the message is put together.
const LINKED_BYTES_MIN: usize = 512;

/// `bytes` fields from this length on are shared with a transport that can do so.
const SHARED_BYTES_MIN: usize = 4 << 10;

/// A message, or a oneof's enum, as its own encoder. Implemented by the macros of generated code.
pub trait Encode {
    /// Writes the fields that are set.
    fn encode_rev<'a>(&'a self, w: &mut RevWriter<'a>);
}

impl<V: Encode> Encode for &V {
    #[inline(always)]
    fn encode_rev<'a>(&'a self, w: &mut RevWriter<'a>) {
        V::encode_rev(self, w);
    }
}

/// A part of a message that is done.
#[derive(Clone, Copy, Debug)]
enum Part<'a> {
    /// Start and length, in the scratch space or in a chunk.
    Written(*const u8, usize),
    Linked(&'a [u8]),
    Shared(&'a Bytes),
}

/// A piece of an encoded message.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_enums)] // Callers have to take all there is.
pub enum Piece<'a> {
    /// To be copied: it is gone when the next one comes.
    Copied(&'a [u8]),
    /// A long `bytes` field as the message holds it, which can be sent without a copy by cloning it.
    Shared(&'a Bytes),
}

/// Writes a message backwards. What generated code is given; no part of the API.
#[derive(Debug)]
#[doc(hidden)]
pub struct RevWriter<'a> {
    /// Where the last thing written begins.
    at: *mut u8,
    /// The start of the space at hand.
    low: *mut u8,
    /// `end - at.addr()` is how much has been written in all.
    end: usize,
    /// One past what has been written to the space at hand since it was begun, or since the last link.
    part_end: *const u8,
    /// Parts of the message that are done, the last one first: in the scratch space, in `chunks`, linked.
    parts: Vec<Part<'a>>,
    /// The memory behind some of the parts, and behind the space at hand.
    chunks: Vec<Vec<u8>>,
    /// Levels left.
    depth: u32,
    too_deep: bool,
    /// The scratch space, and the bytes that are linked.
    borrowed: PhantomData<(&'a mut [MaybeUninit<u8>], &'a [u8])>,
}

impl<'a> RevWriter<'a> {
    pub(crate) fn new(scratch: &'a mut [MaybeUninit<u8>]) -> Self {
        let range = scratch.as_mut_ptr_range();
        let (low, at): (*mut u8, *mut u8) = (range.start.cast(), range.end.cast());
        Self {
            at,
            low,
            end: at.addr(),
            part_end: at,
            parts: Vec::new(),
            chunks: Vec::new(),
            depth: DEPTH_MAX,
            too_deep: false,
            borrowed: PhantomData,
        }
    }

    /// Lets messages nest as deep as they do: for what has been decoded within another limit.
    pub(crate) fn at_any_depth(self) -> Self {
        Self { depth: u32::MAX, ..self }
    }

    /// How much has been written; the difference of two of these is a length.
    #[inline(always)]
    pub(crate) fn written(&self) -> usize {
        self.end.wrapping_sub(self.at.addr())
    }

    /// A varint with its tag.
    #[inline(always)]
    pub(crate) fn varint_field(&mut self, tag: u32, value: u64) {
        self.need(VARINT_FIELD_BYTES_MAX);
        // SAFETY: a varint and a tag are no longer than that.
        unsafe {
            self.raw_varint(value);
            self.raw_varint(u64::from(tag));
        }
    }

    /// Four bytes with their tag.
    #[inline(always)]
    pub(crate) fn fixed32_field(&mut self, tag: u32, value: u32) {
        self.need(VARINT_FIELD_BYTES_MAX);
        // SAFETY: four bytes and a tag are no longer than that.
        unsafe {
            self.raw_bytes(&value.to_le_bytes());
            self.raw_varint(u64::from(tag));
        }
    }

    /// Eight bytes with their tag.
    #[inline(always)]
    pub(crate) fn fixed64_field(&mut self, tag: u32, value: u64) {
        self.need(VARINT_FIELD_BYTES_MAX);
        // SAFETY: eight bytes and a tag are no longer than that.
        unsafe {
            self.raw_bytes(&value.to_le_bytes());
            self.raw_varint(u64::from(tag));
        }
    }

    /// Bytes with their length and tag.
    #[inline(always)]
    pub(crate) fn bytes_field(&mut self, tag: u32, bytes: &'a [u8]) {
        if bytes.len() >= LINKED_BYTES_MIN {
            self.link(Part::Linked(bytes), bytes.len());
            self.need(VARINT_FIELD_BYTES_MAX);
        } else {
            self.need(VARINT_FIELD_BYTES_MAX + bytes.len());
            // SAFETY: the bytes, a length and a tag are no longer than that.
            unsafe { self.raw_bytes(bytes) }
        }
        // SAFETY: a length and a tag are no longer than what both ways have left.
        unsafe {
            self.raw_varint(bytes.len() as u64);
            self.raw_varint(u64::from(tag));
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
        if bytes.len() < SHARED_BYTES_MIN {
            return self.bytes_field(tag, bytes);
        }
        self.link(Part::Shared(bytes), bytes.len());
        self.varint_field(tag, bytes.len() as u64);
    }

    /// The length of what has been written since `before`, and a tag.
    #[inline(always)]
    pub(crate) fn close(&mut self, tag: u32, before: usize) {
        let len = self.written() - before;
        self.varint_field(tag, len as u64);
    }

    /// A message with its length and tag, one level deeper.
    #[inline]
    pub(crate) fn message_field(&mut self, tag: u32, write: impl FnOnce(&mut Self)) {
        let Some(depth) = self.depth.checked_sub(1) else {
            self.too_deep = true;
            return;
        };
        self.depth = depth;
        let before = self.written();
        write(self);
        self.close(tag, before);
        self.depth = depth + 1;
    }

    /// A message between two tags, one level deeper; `tag` is the one it begins with.
    #[inline]
    pub(crate) fn group_field(&mut self, tag: u32, write: impl FnOnce(&mut Self)) {
        let Some(depth) = self.depth.checked_sub(1) else {
            self.too_deep = true;
            return;
        };
        self.depth = depth;
        self.varint(u64::from(tag ^ START_GROUP ^ END_GROUP));
        write(self);
        self.varint(u64::from(tag));
        self.depth = depth + 1;
    }

    /// A varint alone.
    #[inline(always)]
    pub(crate) fn varint(&mut self, value: u64) {
        self.need(VARINT_FIELD_BYTES_MAX);
        // SAFETY: a varint is no longer than that.
        unsafe { self.raw_varint(value) }
    }

    /// Bytes alone.
    #[inline]
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.need(bytes.len());
        // SAFETY: as many as was asked for.
        unsafe { self.raw_bytes(bytes) }
    }

    /// The varints of some values, the last one first.
    #[inline]
    pub(crate) fn varints<T>(&mut self, values: &[T], convert: impl Fn(&T) -> u64) {
        // Room is asked for by the block: a check each would cost as much as a short varint.
        for block in values.rchunks(64) {
            self.need(10 * block.len());
            for value in block.iter().rev() {
                // SAFETY: a varint is at most ten bytes long.
                unsafe { self.raw_varint(convert(value)) }
            }
        }
    }

    /// Values of `N` bytes each, the last one first.
    #[inline]
    pub(crate) fn fixed<T, const N: usize>(&mut self, values: &[T], convert: impl Fn(&T) -> [u8; N]) {
        // So what is written is no longer than the slice, and its length no overflow.
        const { assert!(N <= size_of::<T>()) };
        self.need(N * values.len());
        // SAFETY: as many bytes as was asked for; they are written from the front, which is as good
        // since their number is known, and what a compiler turns into one copy.
        unsafe {
            let start = self.at.sub(N * values.len());
            for (i, value) in values.iter().enumerate() {
                start.add(N * i).cast::<[u8; N]>().write_unaligned(convert(value));
            }
            self.at = start;
        }
    }

    /// Makes sure of `bytes` below `at`.
    #[inline(always)]
    fn need(&mut self, bytes: usize) {
        if self.at.addr() - self.low.addr() < bytes {
            self.grow(bytes);
        }
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self, bytes: usize) {
        self.end_part();
        let written = self.written();
        let capacity =
            bytes.max(CHUNK_BYTES_MIN).max(written.saturating_mul(2)).min(CHUNK_BYTES_MAX.max(bytes));
        let mut chunk: Vec<u8> = Vec::with_capacity(capacity);
        self.low = chunk.as_mut_ptr();
        // SAFETY: one past the chunk's memory, which stays where it is when the `Vec` moves.
        self.at = unsafe { self.low.add(chunk.capacity()) };
        self.end = self.at.addr().wrapping_add(written);
        self.part_end = self.at;
        self.chunks.push(chunk);
    }

    /// Takes `len` bytes as a part of their own; the space at hand is written on below.
    #[cold]
    #[inline(never)]
    fn link(&mut self, part: Part<'a>, len: usize) {
        if self.parts.capacity() == 0 {
            // Where one thing is long, others are.
            self.parts.reserve(16);
        }
        self.end_part();
        self.parts.push(part);
        self.end = self.end.wrapping_add(len);
    }

    fn end_part(&mut self) {
        let len = self.part_end.addr() - self.at.addr();
        if len > 0 {
            self.parts.push(Part::Written(self.at, len));
        }
        self.part_end = self.at;
    }

    /// # Safety
    /// `need` has been asked for `bytes.len()` or more, not yet used.
    #[inline(always)]
    unsafe fn raw_bytes(&mut self, bytes: &[u8]) {
        // SAFETY: there is that much room below `at`, in memory only this writer refers to.
        unsafe {
            self.at = self.at.sub(bytes.len());
            core::ptr::copy_nonoverlapping(bytes.as_ptr(), self.at, bytes.len());
        }
    }

    /// # Safety
    /// `need` has been asked for the varint's length or more, not yet used.
    #[inline(always)]
    unsafe fn raw_varint(&mut self, value: u64) {
        // SAFETY: there is that much room below `at`.
        unsafe {
            if value < 1 << 7 {
                self.at = self.at.sub(1);
                self.at.write(low_byte(value));
            } else if value < 1 << 14 {
                self.raw_bytes(&[low_byte(value) | 0x80, low_byte(value >> 7)]);
            } else {
                self.raw_long_varint(value);
            }
        }
    }

    /// # Safety
    /// As [`raw_varint`](Self::raw_varint).
    #[inline(never)]
    unsafe fn raw_long_varint(&mut self, mut value: u64) {
        let len = varint_len(value);
        // SAFETY: there is that much room below `at`; the loop stays within it.
        unsafe {
            self.at = self.at.sub(len);
            for i in 0..len - 1 {
                self.at.add(i).write(low_byte(value) | 0x80);
                value >>= 7;
            }
            self.at.add(len - 1).write(low_byte(value));
        }
    }

    /// Appends what was written to `out`, unless it may not be sent.
    pub(crate) fn finish(self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let len = self.check()?;
        if out.capacity() == 0 {
            out.reserve_exact(len);
        } else {
            out.reserve(len);
        }
        self.pieces(|piece| match piece {
            Piece::Copied(bytes) => out.extend_from_slice(bytes),
            Piece::Shared(bytes) => out.extend_from_slice(bytes),
        });
        Ok(())
    }

    /// The length of what was written, unless it may not be sent.
    pub(crate) fn check(&self) -> Result<usize, EncodeError> {
        let len = self.written();
        if self.too_deep {
            Err(EncodeError::TooDeep)
        } else if len > BYTES_MAX {
            Err(EncodeError::TooLarge { len })
        } else {
            Ok(len)
        }
    }

    /// Hands out what was written, piece by piece from the start. No piece is empty, unless all is.
    #[inline]
    pub(crate) fn pieces(self, mut take: impl FnMut(Piece<'_>)) {
        // The part at hand is the first, and of most messages the only one.
        let first = Part::Written(self.at, self.part_end.addr() - self.at.addr());
        for part in core::iter::once(&first).chain(self.parts.iter().rev()) {
            take(match *part {
                Part::Written(start, len) => {
                    // SAFETY: such a part is initialised, and in memory that is kept in `chunks` or
                    // borrowed for as long as the writer lives.
                    let bytes = unsafe { core::slice::from_raw_parts(start, len) };
                    Piece::Copied(bytes)
                }
                Part::Linked(bytes) => Piece::Copied(bytes),
                Part::Shared(bytes) => Piece::Shared(bytes),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch(bytes: usize) -> Vec<MaybeUninit<u8>> {
        alloc::vec![MaybeUninit::uninit(); bytes]
    }

    fn written<'a>(scratch: &'a mut [MaybeUninit<u8>], write: impl FnOnce(&mut RevWriter<'a>)) -> Vec<u8> {
        let mut writer = RevWriter::new(scratch);
        write(&mut writer);
        let len = writer.written();
        let mut out = b"before".to_vec();
        writer.finish(&mut out).unwrap();
        assert_eq!(out.len() - 6, len);
        out.split_off(6)
    }

    #[test]
    fn what_is_written_last_comes_first_whatever_space_there_is() {
        let text: Vec<u8> = (0..20_000u32).map(|i| low_byte(u64::from(i % 251))).collect();
        for scratch_bytes in [0, 1, 14, 15, 16, 100, 2048, 30_000] {
            let out = written(&mut scratch(scratch_bytes), |w| {
                w.bytes(&text);
                w.varint_field(8, 300);
                w.varints(&[1u64, 128, 1 << 14, u64::MAX], |value| *value);
                w.fixed(&[1u16, 2], |value| value.to_le_bytes());
                let before = w.written();
                w.bytes_field(0x82, b"abc");
                w.fixed32_field(13, 7);
                w.close(10, before);
            });
            let mut expected = alloc::vec![10, 11, 13, 7, 0, 0, 0, 0x82, 1, 3, b'a', b'b', b'c', 1, 0, 2, 0];
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
            let out = written(&mut scratch(scratch_bytes), |w| {
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
            assert_eq!(written(&mut scratch(100), |w| w.bytes(&bytes[..len])), bytes[..len]);
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
            .extend(written(&mut scratch(7), |w| numbers.iter().rev().for_each(|number| w.varint(*number))));
        assert!(one_by_one == all);
        assert!(written(&mut scratch(7), |w| w.varints(&numbers, |number| *number)) == all);
    }
}
