//! Views: messages that borrow from their input.
//!
//! A view is decoded like an owned message, by the same functions ([`absorb`](crate::absorb)) from the same
//! list of fields, and encoded by the same too. What differs is where values go: texts and bytes stay where
//! they are in the input, and everything that must have memory of its own lies in an [`Arena`]. So a view
//! is `Copy`, all of it, and dropping one is nothing.
//!
//! Decoders look up to 16 bytes ahead. So the last few bytes of an input that ends with its message, and all of
//! a small one, are read from a copy in the arena; [`SlackBytes`] is input that needs none.

use alloc::vec::Vec;
use core::fmt;

use bytes::Bytes;

use crate::decoding::Known;
use crate::encoding;
use crate::error::{DecodeError, EncodeError};
use crate::limits::DecodeLimits;
use crate::message::Message;
use crate::rev::Encode;
use crate::segments::Segments;
use crate::slack::SlackBytes;

mod fixed;
mod frozen;
mod list;
mod map;
mod own;
mod read;
mod unknown;
mod whole;
mod write;

pub use crate::arena::Arena;
pub use fixed::{Fixed, FixedIter, FixedSlice};
pub use frozen::Frozen;
pub use list::List;
pub use map::MapView;
pub use unknown::UnknownView;

#[doc(hidden)]
pub use {
    own::{Own, boxed},
    read::{rest_of, variant},
    whole::{Choice, all_whole, missing},
};

/// A message that borrows from its input, as `PersonView<'a>` for a `Person`. Implemented by generated code.
///
/// ```
/// use ferrpc_proto::view::{Arena, View};
/// use ferrpc_proto::wkt::FieldMaskView;
///
/// let (input, arena) = (b"\x0a\x04name\x0a\x07address", Arena::new());
/// let mask = FieldMaskView::decode_in(input, &arena)?;
/// assert_eq!(mask.paths, ["name", "address"]);
/// assert_eq!(mask.to_owned_message().paths[1], "address");
/// # Ok::<(), ferrpc_proto::DecodeError>(())
/// ```
/// Views can be built by hand too, and encoded:
/// ```
/// # use ferrpc_proto::{view::View, wkt::FieldMaskView};
/// let mask = FieldMaskView { paths: (&["name"]).into(), ..Default::default() };
/// assert_eq!(mask.encode_to_vec().unwrap(), b"\x0a\x04name");
/// ```
/// A message field is an `Option<&PersonView>`, a list of messages a [`List`] of them. `Debug` and
/// `Display` print what those of the owned message print.
pub trait View<'a>:
    Known<'a> + Encode + Own<Self::Owned> + Copy + Default + fmt::Debug + fmt::Display + Send + Sync + 'a
{
    /// The message with memory of its own.
    type Owned: Viewable;

    /// Decodes a message within the default limits, into an arena where it must have memory.
    ///
    /// # Errors
    /// Bytes that are no such message, lack a required field, or would take more than [`DecodeLimits`]
    /// allow.
    #[inline]
    fn decode_in(input: &'a [u8], arena: &'a Arena) -> Result<&'a Self, DecodeError> {
        Self::decode_in_with(input, arena, const { &DecodeLimits::new() })
    }

    /// Decodes a message within limits. All that it takes of the arena counts.
    ///
    /// # Errors
    /// Bytes that are no such message, lack a required field, or would take more than `limits` allow.
    #[inline]
    fn decode_in_with(
        input: &'a [u8],
        arena: &'a Arena,
        limits: &DecodeLimits,
    ) -> Result<&'a Self, DecodeError> {
        read::whole_root(input, input.len(), arena, limits)
    }

    /// Decodes a message from input that can be read a little past its end, which saves a copy of its last
    /// bytes.
    ///
    /// # Errors
    /// As [`decode_in_with`](Self::decode_in_with).
    #[inline]
    fn decode_slack_in(
        input: SlackBytes<'a>,
        arena: &'a Arena,
        limits: &DecodeLimits,
    ) -> Result<&'a Self, DecodeError> {
        read::whole_root(input.readable(), input.as_slice().len(), arena, limits)
    }

    /// Decodes a message that may lack required fields, within limits.
    ///
    /// # Errors
    /// As [`decode_in_with`](Self::decode_in_with), but for fields that are missing.
    #[inline]
    fn decode_partial_in(
        input: &'a [u8],
        arena: &'a Arena,
        limits: &DecodeLimits,
    ) -> Result<&'a Self, DecodeError> {
        read::root(input, input.len(), arena, limits)
    }

    /// Whether all required fields are set, those of the messages inside included.
    #[doc(hidden)]
    fn is_whole(&self) -> bool;

    /// The view in which nothing is set: one for the whole process.
    #[doc(hidden)]
    fn unset() -> &'a Self;

    #[doc(hidden)]
    fn unknown_mut(&mut self) -> &mut UnknownView<'a>;

    /// The message with memory of its own.
    fn to_owned_message(&self) -> Self::Owned {
        self.own()
    }

    /// Encodes into a new `Vec` of exactly the right size.
    ///
    /// Fields come as in [`Message::encode_to_vec`], except that a oneof whose fields lie apart from one
    /// another comes where its first one would. Entries of maps come as often as they did.
    ///
    /// # Errors
    /// A message of 2 GiB or more, nested deeper than 100, or without a required field.
    fn encode_to_vec(&self) -> Result<Vec<u8>, EncodeError> {
        encoding::to_vec(self, false)
    }

    /// Encodes at the end of `out`.
    ///
    /// # Errors
    /// As [`encode_to_vec`](Self::encode_to_vec); `out` is then as it was.
    fn encode_into(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        encoding::append(self, out)
    }

    /// Encodes for a transport, as [`Message::encode_to_segments`] does, but `bytes` fields are copied too:
    /// the view only borrows them.
    ///
    /// # Errors
    /// As [`encode_to_vec`](Self::encode_to_vec).
    fn encode_to_segments(&self) -> Result<Segments, EncodeError> {
        encoding::to_segments(self)
    }

    /// Encodes into new [`Bytes`].
    ///
    /// # Errors
    /// As [`encode_to_vec`](Self::encode_to_vec).
    fn encode_to_bytes(&self) -> Result<Bytes, EncodeError> {
        self.encode_to_vec().map(Bytes::from)
    }
}

/// A message that has a view. Implemented by generated code, unless told not to.
pub trait Viewable: Message {
    /// The view.
    type View<'a>: View<'a, Owned = Self>;

    /// A view of a longer life is one of a shorter.
    #[doc(hidden)]
    fn shorten<'short>(view: &'short Self::View<'static>) -> &'short Self::View<'short>;
}
