//! What a decode carries along, whichever code is at work on a message.

use crate::error::DecodeError;
use crate::limits::{Budget, DecodeLimits};

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
}

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
        }
    }
}
