//! Required fields of views. What exactly is missing is told by the owned message.

use super::View;
use crate::error::Uninitialized;
use crate::message::Message;
use crate::table::Layout;

/// A oneof's enum in a view.
pub trait Choice {
    /// Whether nothing is missing in its message, if it is one.
    #[inline]
    fn is_whole(&self) -> bool {
        true
    }
}

/// Whether nothing is missing in any of these messages.
#[inline]
pub fn all_whole<'v, 'a: 'v, V: View<'a>>(messages: impl IntoIterator<Item = &'v V>) -> bool {
    !V::Owned::CHECKED || messages.into_iter().all(V::is_whole)
}

/// Asks for the required fields of a view.
///
/// The owned message has the last word: it has no entry of a map any more that a later one replaced.
#[inline]
pub(crate) fn check<'a, V: View<'a>>(view: &V) -> Result<(), Uninitialized> {
    if !V::Owned::CHECKED || view.is_whole() { Ok(()) } else { view.to_owned_message().check_initialized() }
}

/// What a view lacks that is to be encoded.
#[cold]
pub fn missing<'a, V: View<'a>>(view: &V) -> Option<Uninitialized> {
    check(view).err()
}
