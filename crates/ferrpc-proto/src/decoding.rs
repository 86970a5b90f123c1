//! What a decode carries along, whichever code is at work on a message, and what it asks of messages.

#![expect(unsafe_code)]

use core::{mem, ptr};

use bytes::Bytes;

use crate::arena::Arena;
use crate::error::DecodeError;
use crate::input::{At, SLACK_BYTES, Tag};
use crate::limits::{Budget, DecodeLimits, OverBudget};

/// One decode under way: what is left of its limits, and what went wrong. `'i` is the input's life.
#[derive(Debug)]
#[doc(hidden)]
pub struct Decoding<'i> {
    pub(crate) budget: Budget,
    /// Levels left.
    pub(crate) depth: u32,
    pub(crate) depth_max: u32,
    /// Address of the first byte of the input, to tell offsets by.
    pub(crate) start: usize,
    /// Before it, [`SLACK_BYTES`] are readable from everywhere in the input.
    pub(crate) fast_end: At,
    /// What went wrong in an inner message.
    pub(crate) error: Option<DecodeError>,
    /// What the input is a part of, if it may be shared.
    shared: Option<&'i Bytes>,
    /// Where a view has memory of its own.
    pub(crate) arena: Option<&'i Arena>,
}

/// A message that reads its usual records by code of its own.
///
/// # Safety
/// What is returned is a position in the same input, and not behind `end`.
#[doc(hidden)]
pub unsafe trait Known<'i> {
    /// Reads records as long as they are usual ones; returns `end`, or where another one begins, or one
    /// that begins too close to the end of what is readable.
    ///
    /// # Safety
    /// `p` is where a record may begin, at `end` or before it; all before `end` is readable.
    unsafe fn decode_known(&mut self, p: At, end: At, d: &mut Decoding<'i>) -> At;

    /// Reads all that is left from where `decode_known` stopped; returns `end`, or `ODD` with an error in
    /// `d`.
    ///
    /// # Safety
    /// As for `decode_known`.
    unsafe fn decode_rest(&mut self, at: At, end: At, d: &mut Decoding<'i>) -> At;

    /// The same within a group, that is up to the tag `tag` and no further than `end`; returns the
    /// position behind that tag. `ODD` without an error in `d`: the group as a whole is odd.
    ///
    /// # Safety
    /// As for `decode_known`.
    unsafe fn decode_rest_of_group(&mut self, tag: Tag, at: At, end: At, d: &mut Decoding<'i>) -> At;
}

/// Shorter bytes are copied: they would keep a whole input alive for little.
const SHARED_BYTES_MIN: usize = 1 << 10;

impl<'i> Decoding<'i> {
    /// Of the first `len` of `readable` bytes: all of them, or some with slack behind them. What is read
    /// may share the memory of `block`, which they are a part of.
    #[inline]
    pub(crate) fn new(
        readable: &'i [u8],
        len: usize,
        block: Option<&'i Bytes>,
        limits: &DecodeLimits,
    ) -> Self {
        let fast = (readable.len() + 1).saturating_sub(SLACK_BYTES);
        Self {
            budget: limits.budget(len),
            depth: limits.depth_max,
            depth_max: limits.depth_max,
            start: readable.as_ptr().addr(),
            fast_end: readable.as_ptr().wrapping_add(fast),
            error: None,
            shared: block,
            arena: None,
        }
    }

    /// Lets a view lie in `arena` where it must have memory.
    #[inline]
    pub(crate) fn within(self, arena: &'i Arena) -> Self {
        Self { arena: Some(arena), ..self }
    }

    /// Before it, in a message that ends at `end`, records may be read without looking at their length.
    #[doc(hidden)]
    #[inline(always)]
    pub fn limit(&self, end: At) -> At {
        if end < self.fast_end { end } else { self.fast_end }
    }

    /// Puts some bytes of the input into a field, paid for if they are copied.
    #[inline]
    pub(crate) fn bytes(&mut self, bytes: &[u8], field: &mut Bytes) -> Result<(), OverBudget> {
        if let Some(shared) = self.shared
            && bytes.len() >= SHARED_BYTES_MIN
        {
            *field = shared.slice_ref(bytes);
            return Ok(());
        }
        self.budget.take(bytes.len())?;
        // What was there goes first. Else the new value waits on the stack meanwhile, written in words and read in
        // larger pieces, which stalls a core.
        drop(mem::take(field));
        // SAFETY: `field` holds what `take` left, empty bytes, which own nothing that would have to be dropped.
        unsafe { ptr::write(field, Bytes::copy_from_slice(bytes)) };
        Ok(())
    }
}
