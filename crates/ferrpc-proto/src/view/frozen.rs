//! `Frozen<T>`: a view together with what it borrows from.
//!
//! # What makes it sound
//! 1. The view borrows from `owner` only: from bytes that never change and from an arena that nobody
//!    reaches once decoding is over. Both stay where they are until the last clone is dropped.
//! 2. The lifetime of the view that is lent out is that of the loan; `Viewable::shorten` is where the
//!    compiler checks that a view of a longer life is one of a shorter.

#![expect(unsafe_code)]

use alloc::sync::Arc;
use core::fmt;
use core::ptr::NonNull;

use bytes::Bytes;

use super::{Arena, View, Viewable, read};
use crate::error::{DecodeError, DecodeErrorKind};
use crate::limits::DecodeLimits;

/// A decoded message that borrows from its own input: `'static`, `Send`, `Sync`, and cheap to clone.
///
/// What a handler can keep across an `.await` or pass to another task without turning a view into an
/// owned message first. It holds the input and an arena; the last clone frees both.
///
/// ```
/// use ferrpc_proto::{Bytes, DecodeLimits, Frozen, wkt::FieldMask};
///
/// async fn handler(mask: Frozen<FieldMask>) -> usize {
///     let longest = async { mask.view().paths.iter().map(|path| path.len()).max() }.await;
///     longest.unwrap_or(0) + mask.view().paths.len()
/// }
///
/// let input = Bytes::from_static(b"\x0a\x04name\x0a\x07address");
/// let mask = Frozen::<FieldMask>::decode(input, &DecodeLimits::new())?;
/// assert_eq!(mask.view().paths, ["name", "address"]);
/// let clone = mask.clone();
/// std::thread::spawn(move || assert_eq!(clone.view().paths.len(), 2)).join().unwrap();
/// # let future = handler(mask);
/// # let mut context = std::task::Context::from_waker(std::task::Waker::noop());
/// # assert!(std::pin::pin!(future).poll(&mut context) == std::task::Poll::Ready(9));
/// # Ok::<(), ferrpc_proto::DecodeError>(())
/// ```
pub struct Frozen<T: Viewable> {
    view: NonNull<T::View<'static>>,
    owner: Arc<Owner>,
}

/// What the view borrows from. The same for all types of messages.
struct Owner {
    /// The message's bytes, and what may lie behind them.
    readable: Bytes,
    len: usize,
    /// Holds the memory. Not used again.
    arena: Arena,
}

// SAFETY: shared and dropped anywhere, but used by the one that made it and by nobody after (1).
unsafe impl Sync for Owner {}
// SAFETY: a shared reference to a view and its owner; views are `Sync`.
unsafe impl<T: Viewable> Send for Frozen<T> {}
// SAFETY: as above.
unsafe impl<T: Viewable> Sync for Frozen<T> {}

/// The arena is made twice as large as the input, within these.
const ARENA_BYTES: (usize, usize) = (256, 64 << 10);

impl<T: Viewable> Frozen<T> {
    /// Decodes a message that keeps `bytes` and borrows from them.
    ///
    /// # Errors
    /// Bytes that are no such message, lack a required field, or would take more than `limits` allow.
    pub fn decode(bytes: Bytes, limits: &DecodeLimits) -> Result<Self, DecodeError> {
        let len = bytes.len();
        Self::decode_slack(bytes, len, limits)
    }

    /// Decodes the first `len` bytes of `readable` and keeps all of it. With
    /// [`SlackBytes::SLACK_BYTES`](crate::SlackBytes::SLACK_BYTES) more behind them, no byte of the message is
    /// copied.
    ///
    /// # Errors
    /// As [`decode`](Self::decode), and fewer bytes than `len`.
    pub fn decode_slack(readable: Bytes, len: usize, limits: &DecodeLimits) -> Result<Self, DecodeError> {
        if len > readable.len() {
            return Err(DecodeError::new(DecodeErrorKind::Truncated, readable.len()));
        }
        let arena = Arena::with_capacity(len.saturating_mul(2).clamp(ARENA_BYTES.0, ARENA_BYTES.1));
        let owner = Arc::new(Owner { readable, len, arena });
        // SAFETY: it lives as long as the result keeps it, and is not lent for longer.
        let Owner { readable, arena, .. } = unsafe { &*Arc::as_ptr(&owner) };
        let view = read::whole_root::<T::View<'static>>(readable, len, arena, limits)?;
        Ok(Self { view: NonNull::from(view), owner })
    }

    /// The message.
    #[inline]
    pub fn view(&self) -> &T::View<'_> {
        // SAFETY: what `decode` made, and its owner is alive (1).
        T::shorten(unsafe { self.view.as_ref() })
    }

    /// The message as it came.
    pub fn bytes(&self) -> &[u8] {
        &self.owner.readable[..self.owner.len]
    }

    /// The message with memory of its own.
    pub fn to_owned_message(&self) -> T {
        self.view().to_owned_message()
    }
}

impl<T: Viewable> Clone for Frozen<T> {
    fn clone(&self) -> Self {
        Self { view: self.view, owner: Arc::clone(&self.owner) }
    }
}

impl<T: Viewable> fmt::Debug for Frozen<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.view(), f)
    }
}

impl<T: Viewable> fmt::Display for Frozen<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.view(), f)
    }
}
