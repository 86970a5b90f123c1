//! `UnknownView<'a>`: the fields of a view that its type does not know.

use core::fmt;

use super::list::List;
use crate::decoding::Decoding;

/// The unknown fields of a view: whole wire records, verbatim, in the order they came.
///
/// Records that came in one piece are borrowed from the input.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct UnknownView<'a> {
    records: List<'a, u8>,
}

impl<'a> UnknownView<'a> {
    /// No unknown fields.
    pub const fn new() -> Self {
        Self { records: List::new() }
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.records.is_empty()
    }

    /// The records, as on the wire.
    pub fn as_bytes(self) -> &'a [u8] {
        self.records.as_slice()
    }

    /// Adds records of the input.
    pub(crate) fn keep(&mut self, records: &'a [u8], d: &mut Decoding<'a>) -> Option<()> {
        if self.is_empty() {
            self.records = records.into();
            return Some(());
        }
        self.append(records, d)
    }

    /// Adds a copy of records.
    pub(crate) fn append(&mut self, records: &[u8], d: &mut Decoding<'a>) -> Option<()> {
        self.records.extend(records, d)
    }
}

impl fmt::Debug for UnknownView<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UnknownView({} bytes)", self.records.len())
    }
}
