//! Fields a message was sent but does not know: raw wire bytes, kept and sent on.

use core::fmt;

use crate::limits::{Budget, OverBudget};
use crate::thin::ThinBytes;
use crate::wire;

/// The unknown fields of one message: whole wire records, verbatim, in the order they came.
///
/// One pointer wide; takes memory only when there is something to keep, and then in one piece.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct UnknownFields(Option<ThinBytes>);

impl UnknownFields {
    /// No unknown fields.
    pub const fn new() -> Self {
        Self(None)
    }

    /// Whether there are none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.as_bytes().is_empty()
    }

    /// The records, as on the wire.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_ref().map_or(&[], ThinBytes::as_slice)
    }

    /// Appends whole wire records (tag and value each), verbatim.
    ///
    /// They are not checked here: bytes that are no records make the encoded message unreadable.
    pub fn append_raw(&mut self, records: &[u8]) {
        if records.is_empty() {
            return;
        }
        match &mut self.0 {
            Some(bytes) => bytes.append(records),
            none => *none = Some(ThinBytes::from(records)),
        }
    }

    /// Appends on behalf of a decoder, which pays for it.
    #[inline]
    pub(crate) fn append_within(&mut self, records: &[u8], budget: &mut Budget) -> Result<(), OverBudget> {
        match &mut self.0 {
            Some(bytes) => {
                let (old, new) = bytes.memory_with(records.len());
                if new > old {
                    budget.exchange(old, new)?;
                }
                bytes.append(records);
            }
            none => {
                budget.take(ThinBytes::taken_by(records.len()))?;
                *none = Some(ThinBytes::from(records));
            }
        }
        Ok(())
    }

    /// Removes the records that `keep` says no to; it is given the tag and the whole record. What is no record
    /// stays, and so does all behind it.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(u32, &[u8]) -> bool) {
        let Some(bytes) = &mut self.0 else { return };
        let (mut kept, mut at) = (0, 0);
        let all = bytes.as_mut_slice();
        while at < all.len() {
            let mut rest = &all[at..];
            let (end, stays) = match wire::record(&mut rest) {
                Some((tag, record)) => (at + record.len(), keep(tag, record)),
                None => (all.len(), true),
            };
            if stays {
                all.copy_within(at..end, kept);
                kept += end - at;
            }
            at = end;
        }
        bytes.truncate(kept);
        if kept == 0 {
            self.0 = None;
        }
    }

    /// Removes all.
    pub fn clear(&mut self) {
        self.0 = None;
    }
}

impl fmt::Debug for UnknownFields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "UnknownFields({} bytes)", self.as_bytes().len())
    }
}
