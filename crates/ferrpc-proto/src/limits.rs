//! How much a message may ask of the side that decodes it.

use core::mem::size_of;

use alloc::vec::Vec;

/// Bounds on what decoding one message may take: nesting and memory.
///
/// The size of the input is the transport's business (for gRPC, its largest message); these bound
/// what an input of an allowed size can turn into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecodeLimits {
    pub(crate) depth_max: u32,
    pub(crate) memory_bytes_max: usize,
}

/// A message of `n` bytes may always take this many times `n`, whatever the budget says.
const MEMORY_PER_INPUT_BYTE: usize = 16;

impl DecodeLimits {
    /// Depth 100; memory 64 MiB or 16 times the input, whichever is more.
    pub const fn new() -> Self {
        Self { depth_max: 100, memory_bytes_max: 64 << 20 }
    }

    /// How deep messages and groups may nest, unknown groups included. Default 100, as everywhere.
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
    /// growth of lists and maps, boxes, kept unknown fields. Stops amplification: two bytes on the
    /// wire can be a list element of hundreds in memory.
    pub const fn memory_bytes_max(mut self, bytes: usize) -> Self {
        self.memory_bytes_max = bytes;
        self
    }

    pub(crate) fn budget(&self, input_bytes: usize) -> Budget {
        let granted = self.memory_bytes_max.max(input_bytes.saturating_mul(MEMORY_PER_INPUT_BYTE));
        Budget { granted, left: granted }
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

    pub(crate) fn granted(&self) -> usize {
        self.granted
    }

    #[cfg(test)]
    pub(crate) fn left(&self) -> usize {
        self.left
    }

    /// Takes `bytes`, before they are allocated.
    #[inline]
    pub(crate) fn take(&mut self, bytes: usize) -> Result<(), OverBudget> {
        self.left = self.left.checked_sub(bytes).ok_or(OverBudget)?;
        Ok(())
    }

    /// Makes room for `more` elements, at least doubling when it must grow; pays for the growth.
    #[inline]
    pub(crate) fn reserve<T>(&mut self, vec: &mut Vec<T>, more: usize) -> Result<(), OverBudget> {
        if vec.capacity() - vec.len() >= more { Ok(()) } else { self.grow(vec, more) }
    }

    fn grow<T>(&mut self, vec: &mut Vec<T>, more: usize) -> Result<(), OverBudget> {
        let needed = vec.len().checked_add(more).ok_or(OverBudget)?;
        let smallest = if size_of::<T>() == 1 { 16 } else { 4 };
        let capacity = if more > 1 { needed } else { smallest }.max(needed).max(vec.capacity() * 2);
        let bytes = (capacity - vec.capacity()).checked_mul(size_of::<T>()).ok_or(OverBudget)?;
        self.take(bytes)?;
        vec.reserve_exact(capacity - vec.len());
        Ok(())
    }
}
