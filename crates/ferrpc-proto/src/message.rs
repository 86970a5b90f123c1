//! The trait all generated messages implement.

use alloc::vec::Vec;
use core::fmt;

use bytes::Bytes;

use crate::absorb;
use crate::encoding;
use crate::engine::{check, decode, encode, merge, print};
use crate::error::{DecodeError, EncodeError, Uninitialized};
use crate::limits::DecodeLimits;
use crate::rev::{DEPTH_MAX, RevWriter};
use crate::segments::Segments;
use crate::slack::SlackBytes;
use crate::table::{Layout, MessageMut, MessageRef};

/// A Protobuf message. Implemented by generated code only.
///
/// `Debug` prints the fields that are set as Rust would, `Display` prints Protobuf text format, a
/// line per field.
pub trait Message:
    Layout + Clone + Default + PartialEq + fmt::Debug + fmt::Display + Send + Sync + Sized + 'static
{
    /// The full name in the `.proto` file, as `package.Outer.Inner`.
    const FULL_NAME: &'static str;

    /// Decodes a message within the default limits.
    ///
    /// # Errors
    /// Bytes that are no such message, lack a required field, or would take more than [`DecodeLimits`]
    /// allow.
    #[inline]
    fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        Self::decode_with(bytes, const { &DecodeLimits::new() })
    }

    /// Decodes a message within limits.
    ///
    /// # Errors
    /// Bytes that are no such message, lack a required field, or would take more than `limits` allow.
    #[inline]
    fn decode_with(bytes: &[u8], limits: &DecodeLimits) -> Result<Self, DecodeError> {
        whole(Self::decode_partial(bytes, limits), bytes.len(), limits)
    }

    /// Decodes a message that may lack required fields, within limits.
    ///
    /// # Errors
    /// As [`decode_with`](Self::decode_with), but for fields that are missing.
    #[inline]
    fn decode_partial(bytes: &[u8], limits: &DecodeLimits) -> Result<Self, DecodeError> {
        absorb::new(bytes, bytes.len(), None, limits)
    }

    /// Decodes a message that may share the input's memory: `bytes` fields of 1 KiB and more are slices
    /// of it, which keep all of it alive, instead of copies.
    ///
    /// # Errors
    /// As [`decode_with`](Self::decode_with).
    #[inline]
    fn decode_shared(bytes: &Bytes, limits: &DecodeLimits) -> Result<Self, DecodeError> {
        whole(absorb::new(bytes, bytes.len(), Some(bytes), limits), bytes.len(), limits)
    }

    /// Decodes a message from input that can be read a little past its end, which saves a copy of its last
    /// bytes. Shares the memory of [`SlackBytes::shared`].
    ///
    /// # Errors
    /// As [`decode_with`](Self::decode_with).
    #[inline]
    fn decode_slack(input: SlackBytes<'_>, limits: &DecodeLimits) -> Result<Self, DecodeError> {
        let (readable, len) = (input.readable(), input.as_slice().len());
        whole(absorb::new(readable, len, input.block(), limits), len, limits)
    }

    /// As [`decode_slack`](Self::decode_slack), into a message that is there already, as
    /// [`merge_from`](Self::merge_from) does it: who makes it where it is needed need not move it.
    ///
    /// # Errors
    /// As [`decode_with`](Self::decode_with). The fields before the bad one have been merged by then.
    #[inline]
    fn merge_slack(&mut self, input: SlackBytes<'_>, limits: &DecodeLimits) -> Result<(), DecodeError> {
        let (readable, len) = (input.readable(), input.as_slice().len());
        if len > 0 {
            absorb::message(self, readable, len, input.block(), limits)?;
        }
        seen_whole(self, len, limits)
    }

    /// Decodes on top of what is there: numbers and strings are replaced, lists and maps added to,
    /// messages merged in turn. Required fields are not asked for.
    ///
    /// # Errors
    /// As [`decode_partial`](Self::decode_partial). The fields before the bad one have been merged by then.
    fn merge_from(&mut self, bytes: &[u8], limits: &DecodeLimits) -> Result<(), DecodeError> {
        absorb::message(self, bytes, bytes.len(), None, limits)
    }

    /// Merges another message into this one, as if its bytes had been decoded on top: what it has set
    /// replaces what is here, lists and maps are added to, messages inside are merged in turn.
    ///
    /// ```
    /// use ferrpc_proto::{Message, wkt::FieldMask};
    ///
    /// let mut mask: FieldMask = ["a"].into_iter().collect();
    /// mask.merge(&["b.c"].into_iter().collect());
    /// assert_eq!(mask.paths, ["a", "b.c"]);
    /// ```
    fn merge(&mut self, other: &Self) {
        merge::merge(MessageMut::of(self), MessageRef::of(other));
    }

    /// Whether all required fields are set, those of the messages inside included. Always so for messages
    /// of proto3. [`decode`](Self::decode) and the ways to encode ask this themselves.
    ///
    /// # Errors
    /// The fields that are missing.
    fn check_initialized(&self) -> Result<(), Uninitialized> {
        if self.seems_whole() { Ok(()) } else { check::check(MessageRef::of(self), u32::MAX) }
    }

    /// The length of the encoded message, in bytes. Costs about as much as encoding it.
    ///
    /// What nests deeper than 100, and so cannot be encoded, is left out.
    fn encoded_len(&self) -> usize {
        encoding::len(self)
    }

    /// Encodes into a new `Vec` of exactly the right size.
    ///
    /// Fields come by ascending number, maps in their own order, unknown fields last, as they came: the
    /// same message always gives the same bytes. Equal messages do if none of their maps had its keys
    /// inserted in another order; [`encode_deterministic`](Self::encode_deterministic) does without that.
    ///
    /// While it works it takes up to twice the memory of the encoded message: messages over 2 KiB are
    /// written in chunks, and those are copied to the `Vec` at the end. Texts and bytes of more than 1 KiB go
    /// there directly, and from 512 bytes on where a chunk is full.
    ///
    /// # Errors
    /// A message of 2 GiB or more, nested deeper than 100, or without a required field.
    #[inline]
    fn encode_to_vec(&self) -> Result<Vec<u8>, EncodeError> {
        encoding::to_vec(self, false)
    }

    /// Encodes as [`encode_to_vec`](Self::encode_to_vec) does, but maps by ascending key, so that equal
    /// messages give equal bytes: to hash or sign them, or to compare them byte by byte.
    ///
    /// Equal to what this same version of the schema and of this library writes; the format itself promises
    /// no canonical form. Unknown fields stay in the order they came in.
    ///
    /// # Errors
    /// As [`encode_to_vec`](Self::encode_to_vec).
    fn encode_deterministic(&self) -> Result<Vec<u8>, EncodeError> {
        encoding::to_vec(self, true)
    }

    /// Encodes at the end of `out`.
    ///
    /// # Errors
    /// As [`encode_to_vec`](Self::encode_to_vec); `out` is then as it was.
    fn encode_into(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        encoding::append(self, out)
    }

    /// Encodes for a transport: into memory of a pool, with room in front for a prefix, and without
    /// copying anything a second time. `bytes` fields of 2 KiB and more are not copied at all.
    ///
    /// Each thread keeps up to eight buffers of 4 KiB, and gives out up to eight more; beyond those, messages
    /// are copied once into memory of their own.
    ///
    /// # Errors
    /// As [`encode_to_vec`](Self::encode_to_vec).
    #[inline]
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

/// Asks for the required fields of a message that was decoded from so many bytes.
#[inline]
fn whole<M: Layout>(
    decoded: Result<M, DecodeError>,
    bytes: usize,
    limits: &DecodeLimits,
) -> Result<M, DecodeError> {
    if let Ok(message) = &decoded
        && let Err(error) = seen_whole(message, bytes, limits)
    {
        return Err(error);
    }
    decoded
}

#[inline]
fn seen_whole<M: Layout>(message: &M, bytes: usize, limits: &DecodeLimits) -> Result<(), DecodeError> {
    if M::CHECKED
        && !message.seems_whole()
        && let Err(missing) = check::check(MessageRef::of(message), limits.depth_max)
    {
        return Err(DecodeError::uninitialized(missing, bytes));
    }
    Ok(())
}

/// The required fields that a message lacks which is to be encoded. What lies deeper cannot be encoded anyway.
#[doc(hidden)]
#[cold]
pub fn missing<M: Layout>(message: &M) -> Option<Uninitialized> {
    check::check(MessageRef::of(message), DEPTH_MAX).err()
}

/// Writes a message by its table instead of its own encoder: the same bytes, more slowly.
#[doc(hidden)]
pub fn by_table<'w, 'a, M: Layout>(message: &'a M, w: RevWriter<'w, 'a>) -> RevWriter<'w, 'a> {
    encode::write(w, MessageRef::of(message))
}

/// Decodes by the table alone: what tests hold the messages' own decoders against.
#[doc(hidden)]
pub fn decode_all_by_table<M: Layout>(bytes: &[u8], limits: &DecodeLimits) -> Result<M, DecodeError> {
    let mut message = M::default();
    decode::merge(MessageMut::of(&mut message), bytes, limits)?;
    whole(Ok(message), bytes.len(), limits)
}

/// Encodes by the table alone: what tests hold the messages' own encoders against.
#[doc(hidden)]
pub fn encode_all_by_table<M: Layout>(message: &M) -> Result<Vec<u8>, EncodeError> {
    encoding::to_vec(&MessageRef::of(message), false)
}

/// The same for [`encode_deterministic`](Message::encode_deterministic).
#[doc(hidden)]
pub fn encode_deterministic_by_table<M: Layout>(message: &M) -> Result<Vec<u8>, EncodeError> {
    encoding::to_vec(&MessageRef::of(message), true)
}

/// A message of these records and nothing else, none of them decoded: for what a compiler hands on as others wrote
/// it.
#[doc(hidden)]
pub fn of_raw<M: Layout>(records: &[u8]) -> M {
    let mut message = M::default();
    MessageMut::of(&mut message).unknown().append_raw(records);
    message
}

/// What `Debug` of a message prints.
#[doc(hidden)]
pub fn debug<M: Layout>(message: &M, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    print::debug(MessageRef::of(message), f)
}

/// What `Display` of a message prints.
#[doc(hidden)]
pub fn display<M: Layout>(message: &M, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    print::text(MessageRef::of(message), f)
}
