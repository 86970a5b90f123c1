//! Where encoders write: from the end of a message towards its start.
//!
//! Written that way round, the length of what is inside a field is known when the field's own prefix is
//! due: the difference of two positions. So nothing is measured beforehand and nothing is moved. What
//! outgrows the first space goes on in chunks, each twice as large as all before it, up to a limit.
//!
//! # What makes it sound
//! 1. `low ≤ at ≤ end`, all in one live space that this writer alone may write to, and all from `at` to
//!    the end of the space is initialised.
//! 2. The functions named `raw_…` go below `at` without looking; each caller has asked `need` for at
//!    least as many bytes just before.
//! 3. Spaces live as long as the writer: the first one is borrowed, the others are `chunks`. In each, all
//!    from where the next one was begun to its end is initialised and not written to again.

#![expect(unsafe_code)]

use alloc::boxed::Box;
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

/// The smallest chunk on the heap.
const CHUNK_BYTES_MIN: usize = 8 << 10;

/// The largest chunk, unless one thing needs more.
const CHUNK_BYTES_MAX: usize = 1 << 20;

/// The longest tag and the longest varint behind it.
const VARINT_FIELD_BYTES_MAX: usize = 5 + 10;

/// Bytes from this length on are not copied until the message is put together.
const LINKED_BYTES_MIN: usize = 512;

/// `bytes` fields from this length on are shared with a transport: below, a copy costs less.
const SHARED_BYTES_MIN: usize = 2 << 10;

/// Most messages have no more joints than this, and need no memory to keep them.
const FEW_JOINTS: usize = 8;

/// What stands between two runs of bytes that were written.
#[derive(Clone, Copy, Debug)]
enum Linked<'a> {
    /// Nothing: the writer went on in a new chunk.
    Nothing,
    Lent(&'a [u8]),
    Shared(&'a Bytes),
}

impl<'a> Linked<'a> {
    fn bytes(self) -> &'a [u8] {
        match self {
            Self::Nothing => &[],
            Self::Lent(bytes) => bytes,
            Self::Shared(bytes) => bytes,
        }
    }
}

/// Where the bytes of a message do not lie one behind the other.
#[derive(Clone, Copy, Debug)]
struct Joint<'a> {
    /// The end of the run before it.
    until: *const u8,
    linked: Linked<'a>,
    /// The start of the run behind it.
    from: *const u8,
}

/// A message, or a oneof's enum, as its own encoder. Implemented by the macros of generated code.
pub trait Encode {
    /// Writes the fields that are set.
    fn encode_rev<'a>(&'a self, w: &mut RevWriter<'a>);

    /// Whether there are no fields that could be set, nor unknown ones: many calls are made of such
    /// messages, and they need not be looked at.
    #[inline]
    fn is_bare(&self) -> bool {
        false
    }
}

impl<V: Encode> Encode for &V {
    #[inline(always)]
    fn encode_rev<'a>(&'a self, w: &mut RevWriter<'a>) {
        V::encode_rev(self, w);
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

/// What becomes of the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// It is put together in one place: what is long can wait and is copied there at once.
    Copy,
    /// It is handed on in pieces that own what is in them.
    Pieces,
    /// Only its length is of interest.
    Measure,
}

/// What a message takes that is long, or has many long things in it.
#[derive(Debug, Default)]
struct Spill<'a> {
    joints: Vec<Joint<'a>>,
    /// The spaces after the first; the last one is at hand.
    chunks: Vec<Vec<u8>>,
    /// How long the message was when it was found to be too long, or 0.
    too_large: usize,
}

/// A run of bytes that were written, what is linked behind it, and where the next one begins.
struct Run<'w, 'a> {
    bytes: &'w [u8],
    linked: Linked<'a>,
    next: *const u8,
}

/// A message that was written in pieces.
#[derive(Debug)]
pub(crate) struct Pieces {
    /// How much of it lies in the first space, at the end of that.
    pub(crate) first: usize,
    /// The rest; each stands behind so many bytes of the first space.
    pub(crate) links: Vec<(usize, Bytes)>,
}

/// A chunk that is full, or will not be written to any more.
struct Chunk {
    memory: Vec<u8>,
    /// From here on to the end of its capacity it is written.
    start: usize,
}

impl AsRef<[u8]> for Chunk {
    fn as_ref(&self) -> &[u8] {
        // SAFETY: the writer that this was made by wrote all of it, from the end down to `start`.
        unsafe {
            core::slice::from_raw_parts(
                self.memory.as_ptr().add(self.start),
                self.memory.capacity() - self.start,
            )
        }
    }
}

/// Writes a message backwards. What generated code is given; no part of the API.
#[derive(Debug)]
#[doc(hidden)]
#[repr(C)] // What each field looks at comes first, where it is reached by the shortest instructions.
pub struct RevWriter<'a> {
    /// Where the last thing written begins.
    at: *mut u8,
    /// The start of the space at hand.
    low: *mut u8,
    /// `end - at.addr()` is how much has been written in all.
    end: usize,
    /// `bytes` of this length or more are [`Linked::Shared`], texts [`Linked::Lent`].
    shared_min: usize,
    linked_min: usize,
    /// Levels left.
    depth: u32,
    purpose: Purpose,
    /// Whether maps are written by ascending key.
    sorted: bool,
    too_deep: bool,
    /// The end of the space at hand, and that of the first one.
    space_end: *mut u8,
    first_end: *mut u8,
    /// What most messages do without.
    spill: Option<Box<Spill<'a>>>,
    /// How many joints there are, the last one of the message first: in `few`, then in `spill`.
    joints: usize,
    few: [MaybeUninit<Joint<'a>>; FEW_JOINTS],
    /// The first space, and what the message lends.
    borrowed: PhantomData<(&'a mut [MaybeUninit<u8>], &'a [u8])>,
}

impl<'a> RevWriter<'a> {
    pub(crate) fn new(space: &'a mut [MaybeUninit<u8>], purpose: Purpose, sorted: bool) -> Self {
        let range = space.as_mut_ptr_range();
        Self::within(range.start.cast(), range.end.cast(), purpose, sorted)
    }

    /// Writes pieces to a space that is, and stays, initialised.
    pub(crate) fn over(space: &'a mut [u8]) -> Self {
        let range = space.as_mut_ptr_range();
        Self::within(range.start, range.end, Purpose::Pieces, false)
    }

    #[inline]
    fn within(low: *mut u8, at: *mut u8, purpose: Purpose, sorted: bool) -> Self {
        let (shared_min, linked_min) = match purpose {
            Purpose::Copy | Purpose::Measure => (LINKED_BYTES_MIN, LINKED_BYTES_MIN),
            // What the message only lends cannot be handed on.
            Purpose::Pieces => (SHARED_BYTES_MIN, usize::MAX),
        };
        Self {
            at,
            low,
            end: at.addr(),
            space_end: at,
            first_end: at,
            shared_min,
            linked_min,
            purpose,
            sorted,
            too_deep: false,
            depth: DEPTH_MAX,
            joints: 0,
            few: [MaybeUninit::uninit(); FEW_JOINTS],
            spill: None,
            borrowed: PhantomData,
        }
    }

    /// Lets messages nest as deep as they do: for what has been decoded within another limit.
    pub(crate) fn at_any_depth(self) -> Self {
        Self { depth: u32::MAX, ..self }
    }

    /// Whether maps are to be written by ascending key.
    #[inline(always)]
    pub(crate) fn is_sorted(&self) -> bool {
        self.sorted
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
        if bytes.len() >= self.linked_min {
            self.link(Linked::Lent(bytes));
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
        if bytes.len() < self.shared_min {
            return self.bytes_field(tag, bytes);
        }
        self.link(Linked::Shared(bytes));
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

    /// A few bytes alone.
    pub(crate) fn small(&mut self, bytes: &[u8]) {
        self.need(bytes.len());
        // SAFETY: as many as was asked for.
        unsafe { self.raw_bytes(bytes) }
    }

    /// Bytes alone.
    #[inline]
    pub(crate) fn bytes(&mut self, bytes: &'a [u8]) {
        if bytes.len() >= self.linked_min {
            return self.link(Linked::Lent(bytes));
        }
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

    /// Numbers as they lie in memory, but with their bytes in the order of the wire.
    #[inline]
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
    fn need(&mut self, bytes: usize) {
        if self.at.addr() - self.low.addr() < bytes {
            self.grow(bytes);
        }
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self, bytes: usize) {
        let written = self.written();
        self.watch(written, written);
        if self.purpose == Purpose::Measure && self.space_end.addr() - self.low.addr() >= bytes {
            // Nobody will read what lies there.
            self.at = self.space_end;
            self.end = self.at.addr().wrapping_add(written);
            return;
        }
        let capacity =
            bytes.max(CHUNK_BYTES_MIN).max(written.saturating_mul(2)).min(CHUNK_BYTES_MAX.max(bytes));
        let mut chunk: Vec<u8> = Vec::with_capacity(capacity);
        self.low = chunk.as_mut_ptr();
        // SAFETY: one past the chunk's memory, which stays where it is when the `Vec` moves.
        self.space_end = unsafe { self.low.add(chunk.capacity()) };
        self.spill.get_or_insert_default().chunks.push(chunk);
        self.push_joint(Joint { until: self.space_end, linked: Linked::Nothing, from: self.at });
        self.at = self.space_end;
        self.end = self.at.addr().wrapping_add(written);
    }

    /// Takes what the message lends without copying it; the space at hand is written on below.
    #[cold]
    #[inline(never)]
    fn link(&mut self, linked: Linked<'a>) {
        let len = linked.bytes().len();
        self.end = self.end.wrapping_add(len);
        self.watch(self.written(), len);
        if self.purpose != Purpose::Measure {
            self.push_joint(Joint { until: self.at, linked, from: self.at });
        }
    }

    /// Sees to it that a message that is too long takes no more memory, and is known for one even if its
    /// length overflows: it is then less than what was `added` last.
    fn watch(&mut self, written: usize, added: usize) {
        if (written > BYTES_MAX || written < added) && self.purpose != Purpose::Measure {
            self.purpose = Purpose::Measure;
            self.spill.get_or_insert_default().too_large = written.max(BYTES_MAX + 1);
        }
    }

    fn push_joint(&mut self, joint: Joint<'a>) {
        match self.few.get_mut(self.joints) {
            Some(slot) => {
                slot.write(joint);
            }
            None => self.spill.get_or_insert_default().joints.push(joint),
        }
        self.joints += 1;
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

    /// The length of what was written, unless it may not be sent.
    fn check(&self) -> Result<usize, EncodeError> {
        let too_large = self.spill.as_ref().is_some_and(|spill| spill.too_large > 0);
        let len = self.written();
        if self.too_deep || too_large || len > BYTES_MAX { Err(self.error()) } else { Ok(len) }
    }

    /// Why it may not be sent.
    pub(crate) fn error(&self) -> EncodeError {
        if self.too_deep {
            return EncodeError::TooDeep;
        }
        let too_large = self.spill.as_ref().map_or(0, |spill| spill.too_large);
        EncodeError::TooLarge { len: self.written().max(too_large) }
    }

    /// What was written, if all of it lies in the first space, as most messages do, and may be sent.
    #[inline]
    fn first_alone(&self) -> Option<&[u8]> {
        if self.joints > 0 || self.spill.is_some() || self.too_deep {
            return None;
        }
        // SAFETY: initialised to the end of the space (1).
        Some(unsafe { core::slice::from_raw_parts(self.at, self.first_end.addr() - self.at.addr()) })
    }

    /// What was written, in memory of exactly its size.
    #[inline]
    pub(crate) fn to_box(&self) -> Result<Box<[u8]>, EncodeError> {
        if let Some(all) = self.first_alone() {
            return Ok(all.into());
        }
        let len = self.check()?;
        let mut out = Vec::with_capacity(len);
        self.copy_runs(&mut out, len);
        Ok(out.into_boxed_slice())
    }

    /// Appends what was written to `out`.
    #[inline]
    pub(crate) fn append_to(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        if let Some(all) = self.first_alone() {
            out.extend_from_slice(all);
            return Ok(());
        }
        let len = self.check()?;
        out.reserve(len);
        self.copy_runs(out, len);
        Ok(())
    }

    #[inline(never)]
    fn copy_runs(&self, out: &mut Vec<u8>, len: usize) {
        assert!(out.capacity() - out.len() >= len, "room for all of it");
        // SAFETY: there is room for `len` more bytes, which is how long the runs and what is linked are
        // together; `out` is borrowed alone, so none of them lies in it.
        unsafe {
            let mut to = out.as_mut_ptr().add(out.len());
            self.runs().for_each(|Run { bytes, linked, .. }| {
                for part in [bytes, linked.bytes()] {
                    // Half of the runs between links are empty.
                    if !part.is_empty() {
                        core::ptr::copy_nonoverlapping(part.as_ptr(), to, part.len());
                        to = to.add(part.len());
                    }
                }
            });
            out.set_len(out.len() + len);
        }
    }

    /// Copies what was written to the first space, behind `front` bytes, into a new buffer.
    pub(crate) fn copy_first(&self, front: usize) -> Vec<u8> {
        let chunks = self.spill.as_ref().map_or(0, |spill| spill.chunks.len());
        let mut runs = self.runs();
        if chunks > 0 {
            runs.by_ref().filter(|run| matches!(run.linked, Linked::Nothing)).nth(chunks - 1);
        }
        let len: usize = runs.clone().map(|run| run.bytes.len()).sum();
        let mut buffer = Vec::with_capacity(front + len);
        buffer.resize(front, 0);
        runs.for_each(|run| buffer.extend_from_slice(run.bytes));
        buffer
    }

    /// What was written, in pieces that do not need the writer any more, unless it may not be sent.
    pub(crate) fn pieces(&mut self) -> Result<Pieces, EncodeError> {
        if let Some(all) = self.first_alone() {
            return Ok(Pieces { first: all.len(), links: Vec::new() });
        }
        self.check()?;
        let chunks = self.spill.as_mut().map_or_else(Vec::new, |spill| core::mem::take(&mut spill.chunks));
        let mut chunks = chunks.into_iter().rev();
        let mut chunk = |from: *const u8| {
            let memory = chunks.next()?;
            let start = from.addr() - memory.as_ptr().addr();
            Some(Bytes::from_owner(Chunk { memory, start }))
        };
        let mut pieces = Pieces { first: 0, links: Vec::new() };
        let mut at_hand = chunk(self.at);
        for Run { bytes, linked, next } in self.runs() {
            match &at_hand {
                _ if bytes.is_empty() => {}
                Some(chunk) => pieces.links.push((pieces.first, chunk.slice_ref(bytes))),
                None => pieces.first += bytes.len(),
            }
            match linked {
                Linked::Nothing => at_hand = chunk(next),
                Linked::Lent(bytes) => pieces.links.push((pieces.first, Bytes::copy_from_slice(bytes))),
                Linked::Shared(bytes) => pieces.links.push((pieces.first, bytes.clone())),
            }
        }
        Ok(pieces)
    }

    /// What was written, from the start of the message.
    fn runs(&self) -> impl Iterator<Item = Run<'_, 'a>> + Clone {
        let few = &self.few[..self.joints.min(FEW_JOINTS)];
        // SAFETY: as many of them were written.
        let few = few.iter().map(|joint| unsafe { joint.assume_init_ref() });
        let more = self.spill.as_ref().map_or(&[][..], |spill| &spill.joints);
        let last = Joint { until: self.first_end, linked: Linked::Nothing, from: self.first_end };
        let mut at = self.at.cast_const();
        more.iter().rev().chain(few.rev()).copied().chain([last]).map(move |Joint { until, linked, from }| {
            // SAFETY: from one joint to the next, or to the end of its space, a space is initialised (1, 3).
            let bytes = unsafe { core::slice::from_raw_parts(at, until.addr() - at.addr()) };
            at = from;
            Run { bytes, linked, next: from }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Space = Vec<MaybeUninit<u8>>;

    /// A space for each purpose. What is only measured takes the blocks of packed varints whole.
    fn spaces(bytes: usize) -> [Space; 3] {
        [bytes, bytes, bytes.max(1000)].map(|bytes| alloc::vec![MaybeUninit::uninit(); bytes])
    }

    /// What was written, which has to be the same for each purpose.
    fn written<'a>(spaces: &'a mut [Space; 3], write: impl Fn(&mut RevWriter<'a>)) -> Vec<u8> {
        let [copied, pieces, measured] = spaces;
        let mut writer = RevWriter::new(copied, Purpose::Copy, false);
        write(&mut writer);
        let mut out = b"before".to_vec();
        writer.append_to(&mut out).unwrap();
        let out = out.split_off(6);
        assert_eq!(out.len(), writer.written());
        assert!(*writer.to_box().unwrap() == *out);

        let mut writer = RevWriter::new(pieces, Purpose::Pieces, false);
        write(&mut writer);
        let buffer = writer.copy_first(3);
        let Pieces { first, links } = writer.pieces().unwrap();
        drop(writer);
        assert_eq!(buffer.len(), 3 + first);
        let (mut joined, mut at) = (Vec::new(), 3);
        for (before, linked) in links {
            joined.extend_from_slice(&buffer[at..3 + before]);
            joined.extend_from_slice(&linked);
            at = 3 + before;
        }
        joined.extend_from_slice(&buffer[at..]);
        assert!(joined == out);

        let mut writer = RevWriter::new(measured, Purpose::Measure, false);
        write(&mut writer);
        assert_eq!(writer.written(), out.len());
        assert!(writer.spill.is_none(), "nothing is kept of what is only measured");
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
                w.fixed32_field(13, 7);
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
