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
/// list makes room for no more elements than the input has; a varint ends within ten bytes and a tag within
/// five; a group ends with its own tag; text is UTF-8; unknown fields take the bytes they came in, and no more;
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

impl DecodeLimits {
    /// Depth 100; memory 64 MiB or 16 times the input, whichever is more; input up to 2 GiB.
    pub const fn new() -> Self {
        Self { depth_max: 100, memory_bytes_max: 64 << 20, message_bytes_max: MESSAGE_BYTES_MAX }
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
