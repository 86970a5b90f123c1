//! Where views put what does not lie in the input: one memory area, filled from front to back.
//!
//! # What makes it sound
//! 1. Memory is handed out through `&self` and given back through `&mut self` or by dropping, so what
//!    borrows the arena lives no longer than its memory.
//! 2. No byte is handed out twice in between.
//! 3. A chunk is known by pointers alone: no `Box` or `Vec` that moves claims it for itself.
//! 4. Only `Copy` types go in, so there is nothing to drop.

#![expect(unsafe_code)]

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::cell::{Cell, RefCell};
use core::fmt;
use core::mem::MaybeUninit;
use core::ptr::NonNull;

use crate::limits::{Budget, OverBudget};

/// What chunks are made of; its alignment is that of all that is handed out.
type Word = u64;

const WORD_BYTES: usize = size_of::<Word>();

/// The first chunk, unless [`Arena::with_capacity`] says otherwise.
const CHUNK_BYTES_MIN: usize = 1 << 10;

/// Chunks double up to this size. Larger ones are made for single lists, and where there are many already.
const CHUNK_BYTES_MAX: usize = 1 << 20;

/// From so many of the largest on, they grow with what is held, so that the list of them stays short.
const CHUNKS: usize = 128;

/// Memory for the parts of views that do not lie in the input: lists, maps, messages in messages.
///
/// Decoding borrows it, and what was decoded borrows it for as long as it is used. One arena serves any
/// number of decodes; [`reset`](Self::reset) empties it and keeps its memory, so that from the second
/// message on a decode need not allocate.
///
/// ```
/// use ferrpc_proto::view::{Arena, View};
/// use ferrpc_proto::wkt::DurationView;
///
/// let mut arena = Arena::new();
/// for input in [[0x08, 0x01], [0x08, 0x02]] {
///     let duration = DurationView::decode_in(&input, &arena)?;
///     assert!(duration.seconds > 0);
///     arena.reset();
/// }
/// # Ok::<(), ferrpc_proto::DecodeError>(())
/// ```
/// How much one decode may take is bounded by [`DecodeLimits`](crate::DecodeLimits).
pub struct Arena {
    /// Where the next thing goes; a multiple of the word's size.
    at: Cell<NonNull<u8>>,
    /// Bytes left from there.
    left: Cell<usize>,
    /// The last one is being filled.
    chunks: RefCell<Vec<Chunk>>,
}

/// Memory of its own, owned.
#[derive(Clone, Copy)]
struct Chunk(NonNull<[MaybeUninit<Word>]>);

// SAFETY: an arena owns its chunks, and of what is in them it only ever touches what nobody has.
unsafe impl Send for Arena {}

impl Arena {
    /// An empty arena. Takes no memory until it is used, then 1 KiB, and twice that each time it is full.
    pub const fn new() -> Self {
        Self {
            at: Cell::new(NonNull::<Word>::dangling().cast()),
            left: Cell::new(0),
            chunks: RefCell::new(Vec::new()),
        }
    }

    /// An empty arena that has so many bytes at once.
    pub fn with_capacity(bytes: usize) -> Self {
        let arena = Self::new();
        if bytes > 0 {
            arena.begin_chunk(bytes);
        }
        arena
    }

    /// Bytes of memory it holds.
    pub fn capacity(&self) -> usize {
        self.chunks.borrow().iter().map(|chunk| chunk.bytes()).sum()
    }

    /// Empties the arena and keeps its memory, as [`Vec::clear`] does.
    ///
    /// If that was in several pieces, one as large as all together takes their place when it is needed.
    #[inline]
    pub fn reset(&mut self) {
        match **self.chunks.get_mut() {
            [] => {}
            [chunk] => self.fill(chunk),
            _ => self.join(),
        }
    }

    /// Puts one chunk in the place of several.
    #[cold]
    fn join(&mut self) {
        let bytes = self.capacity();
        self.free();
        self.begin_chunk(bytes);
    }

    /// Empties the arena and keeps no more than so many bytes of its memory.
    pub fn shrink_to(&mut self, bytes: usize) {
        if self.capacity() > bytes {
            self.free();
        } else {
            self.reset();
        }
    }

    /// Room for `count` values, paid for from `budget`. It is not written yet, and nobody else's.
    #[inline]
    pub(crate) fn room<T: Copy>(&self, count: usize, budget: &mut Budget) -> Result<NonNull<T>, OverBudget> {
        const { assert!(align_of::<T>() <= align_of::<Word>(), "no type of a view asks for more") };
        let bytes = count.checked_mul(size_of::<T>()).ok_or(OverBudget)?;
        self.bytes(bytes.checked_next_multiple_of(WORD_BYTES).ok_or(OverBudget)?, budget).map(NonNull::cast)
    }

    /// A copy of `parts`, one behind the other, with `slack` bytes of zero behind them; all of that is returned.
    #[inline]
    pub(crate) fn with_slack(
        &self,
        parts: &[&[u8]],
        slack: usize,
        budget: &mut Budget,
    ) -> Result<&[u8], OverBudget> {
        let mut len = slack;
        for part in parts {
            len = len.checked_add(part.len()).ok_or(OverBudget)?;
        }
        let place = self.room::<u8>(len, budget)?;
        let mut at = place;
        // SAFETY: room for all of them, of memory that lives as long as `self` is borrowed (1, 2).
        unsafe {
            for part in parts {
                at.copy_from_nonoverlapping(NonNull::from(*part).cast(), part.len());
                at = at.add(part.len());
            }
            at.write_bytes(0, slack);
            Ok(core::slice::from_raw_parts(place.as_ptr(), len))
        }
    }

    /// A value's place, with the value in it. That is made there: it may be large.
    #[inline]
    #[expect(clippy::mut_from_ref)] // Nobody else has it.
    pub(crate) fn put<T: Copy>(
        &self,
        value: impl FnOnce() -> T,
        budget: &mut Budget,
    ) -> Result<&mut T, OverBudget> {
        let place = self.room::<T>(1, budget)?;
        // SAFETY: room for one value, of memory that lives as long as `self` is borrowed (1, 2).
        unsafe {
            place.write(value());
            Ok(&mut *place.as_ptr())
        }
    }

    /// `bytes` is a multiple of the word's size.
    #[inline]
    fn bytes(&self, bytes: usize, budget: &mut Budget) -> Result<NonNull<u8>, OverBudget> {
        budget.take(bytes)?;
        if bytes > self.left.get() {
            self.next_chunk(bytes, budget)?;
        }
        let at = self.at.get();
        // SAFETY: no further than what is left of the chunk.
        self.at.set(unsafe { at.add(bytes) });
        self.left.set(self.left.get() - bytes);
        Ok(at)
    }

    #[cold]
    #[inline(never)]
    fn next_chunk(&self, bytes: usize, budget: &mut Budget) -> Result<(), OverBudget> {
        // What is left here is taken as well, though nobody has use for it.
        budget.take(self.left.get())?;
        let held = self.capacity();
        // What the chunk has beyond the bytes asked for is paid for later, and so must not be more than is left.
        let spare = held
            .clamp(CHUNK_BYTES_MIN, CHUNK_BYTES_MAX.max(held / CHUNKS))
            .min(budget.left() / WORD_BYTES * WORD_BYTES);
        self.begin_chunk(bytes.max(spare));
        Ok(())
    }

    fn begin_chunk(&self, bytes: usize) {
        let memory = Box::into_raw(Box::<[Word]>::new_uninit_slice(bytes.div_ceil(WORD_BYTES)));
        // SAFETY: no box is null.
        let chunk = Chunk(unsafe { NonNull::new_unchecked(memory) });
        self.chunks.borrow_mut().push(chunk);
        self.fill(chunk);
    }

    /// Begins to fill a chunk from its front.
    #[inline]
    fn fill(&self, chunk: Chunk) {
        self.at.set(chunk.0.cast());
        self.left.set(chunk.bytes());
    }

    fn free(&mut self) {
        for chunk in self.chunks.get_mut().drain(..) {
            // SAFETY: from a box, and nothing borrows the arena any more (1).
            drop(unsafe { Box::from_raw(chunk.0.as_ptr()) });
        }
        self.left.set(0);
    }
}

impl Chunk {
    #[inline]
    fn bytes(self) -> usize {
        self.0.len() * WORD_BYTES
    }
}

impl Drop for Arena {
    fn drop(&mut self) {
        self.free();
    }
}

impl Default for Arena {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Arena {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Arena({} bytes, {} free at hand)", self.capacity(), self.left.get())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn budget(bytes: usize) -> Budget {
        Budget::of(bytes)
    }

    #[test]
    fn what_is_put_in_stays_as_it_was_and_lies_apart() {
        let (arena, mut budget) = (Arena::new(), budget(1 << 20));
        let numbers: Vec<&mut u64> = (0..1000).map(|i| arena.put(|| i, &mut budget).unwrap()).collect();
        let bytes: Vec<&mut u8> = (0..=255).map(|i| arena.put(|| i, &mut budget).unwrap()).collect();
        for (i, number) in numbers.into_iter().enumerate() {
            assert_eq!(*number, i as u64);
            *number = 0;
        }
        assert!(bytes.into_iter().map(|byte| *byte).eq(0..=255));
    }

    #[test]
    fn a_copy_has_its_slack() {
        let arena = Arena::new();
        let (two, mut budget) = ([&b"abc"[..], &[]], budget(1 << 10));
        let copies = two.map(|bytes| arena.with_slack(&[bytes, b"d"], 5, &mut budget).unwrap());
        assert_eq!(copies, [&b"abcd\0\0\0\0\0"[..], b"d\0\0\0\0\0"]);
    }

    #[test]
    fn a_reset_arena_serves_the_same_again_from_one_piece() {
        let mut arena = Arena::new();
        for _ in 0..3 {
            for i in 0..5000u64 {
                arena.put(|| i, &mut budget(8)).unwrap();
            }
            arena.reset();
            assert_eq!(arena.chunks.borrow().len(), 1);
        }
        let held = arena.capacity();
        assert!((40_000..80_000).contains(&held), "{held}");
        arena.shrink_to(held);
        assert_eq!(arena.capacity(), held);
        arena.shrink_to(held - 1);
        assert_eq!(arena.capacity(), 0);
        arena.put(|| 1, &mut budget(8)).unwrap();
    }

    #[test]
    fn chunks_double_up_to_a_limit_and_single_lists_get_what_they_need() {
        let (arena, mut all) = (Arena::new(), budget(1 << 30));
        arena.room::<u64>(3 << 17, &mut all).unwrap();
        assert_eq!(arena.capacity(), 3 << 20);
        for _ in 0..(1 << 17) * 5 / 2 {
            arena.room::<u64>(1, &mut all).unwrap();
        }
        assert_eq!(arena.capacity(), 6 << 20);
    }

    #[test]
    fn what_is_taken_is_paid_for_and_no_more_is_handed_out() {
        let (arena, mut small) = (Arena::with_capacity(100), budget(64));
        arena.room::<u8>(1, &mut small).unwrap();
        arena.room::<u64>(7, &mut small).unwrap();
        assert!(arena.room::<u8>(1, &mut small).is_err());
        assert!(arena.room::<u64>(usize::MAX / 8, &mut small).is_err());
        assert!(arena.room::<u64>(usize::MAX / 2, &mut small).is_err());
        assert!(arena.room::<u8>(usize::MAX, &mut small).is_err());
        // 104 bytes in all; the rest of the chunk would be lost to what does not fit.
        assert!(arena.room::<u64>(6, &mut budget(48 + 39)).is_err());
        arena.room::<u64>(6, &mut budget(48 + 40)).unwrap();
    }
}
