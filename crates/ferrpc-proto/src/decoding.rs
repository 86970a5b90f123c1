//! What a decode carries along, whichever code is at work on a message.

use bytes::Bytes;

use crate::error::DecodeError;
use crate::limits::{Budget, DecodeLimits, OverBudget};

/// One decode under way: what is left of its limits, and what went wrong.
#[derive(Debug)]
#[doc(hidden)]
pub struct Decoding {
    pub(crate) budget: Budget,
    /// Levels left.
    pub(crate) depth: u32,
    pub(crate) depth_max: u32,
    /// Address of the first byte of the input, to tell offsets by.
    pub(crate) start: usize,
    /// What went wrong in an inner message.
    pub(crate) error: Option<DecodeError>,
    /// What the input is a part of, if it may be shared.
    shared: Option<Bytes>,
}

/// Shorter bytes are copied: they would keep a whole input alive for little.
const SHARED_BYTES_MIN: usize = 1 << 10;

/// What a field's function says to a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[doc(hidden)]
#[expect(clippy::exhaustive_enums)] // Generated code matches on all of it.
pub enum Outcome {
    /// Not mine.
    Next,
    /// Mine and read; the input begins behind it.
    Done,
    /// Mine and odd: the input still begins with it, and the field is as it was. Or, if
    /// [`Decoding::error`] is set, something inside it is wrong.
    Odd,
}

impl Decoding {
    pub(crate) fn new(input: &[u8], limits: &DecodeLimits) -> Self {
        Self {
            budget: limits.budget(input),
            depth: limits.depth_max,
            depth_max: limits.depth_max,
            start: input.as_ptr().addr(),
            error: None,
            shared: None,
        }
    }

    /// Lets the message share the memory of `input`.
    pub(crate) fn sharing(self, input: &Bytes) -> Self {
        Self { shared: Some(input.clone()), ..self }
    }

    /// Some bytes of the input as bytes of the message, paid for if they are copied.
    #[inline]
    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> Result<Bytes, OverBudget> {
        if let Some(shared) = &self.shared
            && bytes.len() >= SHARED_BYTES_MIN
        {
            return Ok(shared.slice_ref(bytes));
        }
        self.budget.take(bytes.len())?;
        Ok(Bytes::copy_from_slice(bytes))
    }
}
