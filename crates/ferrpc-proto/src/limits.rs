//! How much a message may ask of the side that decodes it.

use core::mem::size_of;

use alloc::vec::Vec;

use crate::error::{DecodeError, DecodeErrorKind};

/// Bounds on what one message may take of the side that decodes it, and which attack each stops.
///
/// | attack | what stops it |
/// |---|---|
/// | an input without end | [`message_bytes_max`](Self::message_bytes_max), and what carries the input: gRPC's largest message |
/// | nesting that overflows the stack: messages, groups, groups nobody knows, values of maps | [`depth_max`](Self::depth_max) |
/// | amplification: few bytes that become many in memory | [`memory_bytes_max`](Self::memory_bytes_max) |
///
/// Rules of the format need no setting, and hold always: a length takes no memory before its bytes are there; a
/// list makes room for no more elements than the input has; a varint ends within ten bytes, a tag and a length
/// within five; a group ends with its own tag; text is UTF-8; unknown fields take the bytes they came in, and no more;
/// keys of maps are hashed with a secret, so that nobody can choose keys that collide.
///
/// An [`Extension`](crate::Extension) is decoded each time it is read, within limits that are given then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodeLimits {
    pub(crate) depth_max: u32,
    pub(crate) memory_bytes_max: usize,
    message_bytes_max: usize,
}

/// The largest message the format allows.
const MESSAGE_BYTES_MAX: usize = i32::MAX as usize;

/// A message of `n` bytes may always take this many times `n`, whatever the budget says.
const MEMORY_PER_INPUT_BYTE: usize = 16;

/// Part of the budget that is kept for what is taken without asking: the error with its path, the struct of a
/// view, and copies of the last few bytes of an input. Of a small budget, less: one part in sixteen.
const KEPT_BYTES: usize = 128 << 10;

impl DecodeLimits {
    /// Depth 100; memory 64 MiB or 16 times the input, whichever is more; input up to 2 GiB.
    pub const fn new() -> Self {
        Self { depth_max: 100, memory_bytes_max: 64 << 20, message_bytes_max: MESSAGE_BYTES_MAX }
    }

    /// How deep messages and groups may nest, unknown groups and entries of maps included. Default 100, as
    /// everywhere.
    ///
    /// Stops inputs that overflow the stack: a level costs its sender two bytes, and the receiver a
    /// stack frame.
    pub const fn depth_max(mut self, depth: u32) -> Self {
        self.depth_max = depth;
        self
    }

    /// Memory one message may take, in bytes, apart from the message struct itself. Default 64 MiB.
    ///
    /// Sixteen times the input is always granted. Only memory that is taken counts: strings, bytes,
    /// growth of lists and maps, boxes, kept unknown fields, chunks of an arena. A list that moves to a larger
    /// piece of memory needs the budget for both until it has moved, so that what is held at once is never more
    /// than the budget. Stops amplification: two bytes on the wire can be a list element of hundreds in memory.
    pub const fn memory_bytes_max(mut self, bytes: usize) -> Self {
        self.memory_bytes_max = bytes;
        self
    }

    /// How long the encoded message may be, in bytes. Default 2 GiB - 1, where the format ends.
    ///
    /// Stops inputs that take time and memory in proportion to a length that their sender chooses. gRPC has a
    /// limit of its own, which is asked before the message has come.
    pub const fn message_bytes_max(mut self, bytes: usize) -> Self {
        self.message_bytes_max = bytes;
        self
    }

    /// Lets input of this length in.
    #[inline]
    pub(crate) fn admit(&self, len: usize) -> Result<(), DecodeError> {
        if len <= self.message_bytes_max { Ok(()) } else { Err(self.too_large(len)) }
    }

    #[cold]
    fn too_large(&self, len: usize) -> DecodeError {
        DecodeError::new(DecodeErrorKind::TooLarge { len, message_bytes_max: self.message_bytes_max }, 0)
    }

    pub(crate) fn budget(&self, input_bytes: usize) -> Budget {
        let granted = self.memory_bytes_max.max(input_bytes.saturating_mul(MEMORY_PER_INPUT_BYTE));
        Budget { granted, left: granted - KEPT_BYTES.min(granted / 16) }
    }
}

impl Default for DecodeLimits {
    fn default() -> Self {
        Self::new()
    }
}

/// What is left of the memory a message may take.
#[derive(Clone, Debug)]
pub(crate) struct Budget {
    granted: usize,
    left: usize,
}

/// The budget does not reach.
#[derive(Debug)]
pub(crate) struct OverBudget;

impl Budget {
    /// For memory that is not somebody else's to ask for.
    pub(crate) fn unlimited() -> Self {
        Self { granted: usize::MAX, left: usize::MAX }
    }

    /// Of exactly so many bytes.
    #[cfg(test)]
    pub(crate) fn of(bytes: usize) -> Self {
        Self { granted: bytes, left: bytes }
    }

    pub(crate) fn granted(&self) -> usize {
        self.granted
    }

    pub(crate) fn left(&self) -> usize {
        self.left
    }

    /// Takes `bytes`, before they are allocated.
    #[inline]
    pub(crate) fn take(&mut self, bytes: usize) -> Result<(), OverBudget> {
        self.left = self.left.checked_sub(bytes).ok_or(OverBudget)?;
        Ok(())
    }

    /// Takes `new` bytes in the place of `old` ones, which are given back only then.
    #[inline]
    pub(crate) fn exchange(&mut self, old: usize, new: usize) -> Result<(), OverBudget> {
        self.take(new)?;
        self.give_back(old);
        Ok(())
    }

    /// Gives back what was taken, and is free again.
    #[inline]
    pub(crate) fn give_back(&mut self, bytes: usize) {
        self.left += bytes;
    }

    /// Makes room for `more` elements, at least doubling when it must grow; pays for the growth.
    #[inline]
    pub(crate) fn reserve<T>(&mut self, vec: &mut Vec<T>, more: usize) -> Result<(), OverBudget> {
        if vec.capacity() - vec.len() >= more { Ok(()) } else { self.grow(vec, more) }
    }

    // One for each type, however many functions make its lists longer.
    #[inline(never)]
    fn grow<T>(&mut self, vec: &mut Vec<T>, more: usize) -> Result<(), OverBudget> {
        let smallest = if size_of::<T>() == 1 { 16 } else { 4 };
        if vec.capacity() == 0 {
            // Most lists come in one piece.
            let capacity = if more > 1 { more } else { smallest };
            self.take(capacity.checked_mul(size_of::<T>()).ok_or(OverBudget)?)?;
            *vec = Vec::with_capacity(capacity);
            return Ok(());
        }
        let needed = vec.len().checked_add(more).ok_or(OverBudget)?;
        let capacity = if more > 1 { needed } else { smallest }.max(needed).max(vec.capacity() * 2);
        let bytes = capacity.checked_mul(size_of::<T>()).ok_or(OverBudget)?;
        self.exchange(vec.capacity() * size_of::<T>(), bytes)?;
        vec.reserve_exact(capacity - vec.len());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_that_grows_is_paid_for_in_both_places_until_it_has_moved() {
        let mut list: Vec<u64> = Vec::new();
        // 4 and 8 of them at once: 96 bytes, and then only the 64.
        let mut enough = Budget::of(96);
        for value in 0..5 {
            enough.reserve(&mut list, 1).unwrap();
            list.push(value);
        }
        assert_eq!((list.capacity(), enough.left()), (8, 32));
        assert!(enough.reserve(&mut list, 11).is_err());
        let mut short = Budget::of(95);
        let mut list: Vec<u64> = Vec::new();
        short.reserve(&mut list, 4).unwrap();
        assert!(short.reserve(&mut list, 5).is_err());
        assert_eq!(list.capacity(), 4);
    }

    #[test]
    fn a_part_of_each_budget_is_kept_for_what_nobody_asks_for() {
        for (input, granted, kept) in [(0, 64 << 20, 128 << 10), (5 << 20, 80 << 20, 128 << 10)] {
            let budget = DecodeLimits::new().budget(input);
            assert_eq!((budget.granted(), budget.left()), (granted, granted - kept));
        }
        let small = DecodeLimits::new().memory_bytes_max(160).budget(0);
        assert_eq!((small.granted(), small.left()), (160, 150));
    }
}
