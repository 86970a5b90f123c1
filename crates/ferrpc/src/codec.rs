//! The seam between messages and octets. Generated code names the Protobuf codec; other formats
//! implement [`Codec`] for their own types.

use bytes::Bytes;
pub use ferrpc_http2::Chunk;
use ferrpc_proto::view::{View, Viewable};
use ferrpc_proto::{DecodeError, DecodeLimits, Frozen, Message, SlackBytes};
pub use ferrpc_proto::{Piece, Segments};

use crate::status::{Phase, Status};

/// Turns messages of one type into octets and back. Has no state that calls could share.
pub trait Codec<T>: Send + Sync + 'static {
    /// Encodes a message. A format that knows nothing of [`Segments`] writes to their
    /// [`buffer`](Segments::buffer).
    ///
    /// # Errors
    /// A status that ends the call, if the message cannot be encoded.
    fn encode(&self, message: &T) -> Result<Segments, Status>;

    /// Reads one whole message, already decompressed and within the size limit. A codec that keeps its octets
    /// clones the chunk, which then keeps the block it lies in.
    ///
    /// # Errors
    /// A status that ends the call, by convention [`Code::Internal`](crate::Code::Internal) for octets
    /// that are no message.
    fn decode(&self, octets: &Chunk, limits: &DecodeLimits) -> Result<T, Status>;

    /// As [`decode`](Self::decode), into a place that the caller has: a message of a stream is moved once less. Default:
    /// what `decode` returns. Who writes it by hand fills the place or returns an error: a stream whose place stays empty
    /// reads as if it had ended. What is there after an error is for nobody.
    ///
    /// # Errors
    /// As [`decode`](Self::decode).
    #[inline]
    fn decode_into(
        &self,
        octets: &Chunk,
        limits: &DecodeLimits,
        place: &mut Option<T>,
    ) -> Result<(), Status> {
        *place = Some(self.decode(octets, limits)?);
        Ok(())
    }
}

/// Protobuf messages of `ferrpc-proto`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Proto;

/// A message keeps the block it was received in, unless that is more than so many times as large.
const KEPT_BLOCK_MAX: usize = 4;

impl<T: Message> Codec<T> for Proto {
    fn encode(&self, message: &T) -> Result<Segments, Status> {
        message
            .encode_to_segments()
            .map_err(|error| Status::internal(format!("cannot encode the message: {error}")))
    }

    fn decode(&self, octets: &Chunk, limits: &DecodeLimits) -> Result<T, Status> {
        // Each by itself, so that a message is moved once.
        match input(octets) {
            Some(input) => T::decode_slack(input, limits).map_err(|error| wrong(octets, &error)),
            None => T::decode_with(octets.as_slice(), limits).map_err(|error| wrong(octets, &error)),
        }
    }

    fn decode_into(
        &self,
        octets: &Chunk,
        limits: &DecodeLimits,
        place: &mut Option<T>,
    ) -> Result<(), Status> {
        let Some(input) = input(octets) else {
            *place = Some(self.decode(octets, limits)?);
            return Ok(());
        };
        place.insert(T::default()).merge_slack(input, limits).map_err(|error| wrong(octets, &error))
    }
}

/// A message's octets, and of which block its long `bytes` fields may be slices.
#[inline]
fn input(octets: &Chunk) -> Option<SlackBytes<'_>> {
    let (block, part) = octets.within();
    if octets.len() >= block.len() / KEPT_BLOCK_MAX {
        SlackBytes::shared(block, part)
    } else {
        SlackBytes::new(octets.with_slack(), octets.len())
    }
}

#[cold]
fn wrong(octets: &Chunk, error: &DecodeError) -> Status {
    Status::internal(format!("cannot decode a message of {} octets: {error}", octets.len())).at(Phase::Decode)
}

/// Protobuf messages that stay where they were received: what is decoded is a [`Frozen`] view. Generated code
/// has it where `ferrpc_build` was told so of a method (`frozen`).
#[derive(Clone, Copy, Debug, Default)]
pub struct FrozenProto;

impl<T: Viewable> Codec<Frozen<T>> for FrozenProto {
    fn encode(&self, message: &Frozen<T>) -> Result<Segments, Status> {
        message
            .view()
            .encode_to_segments()
            .map_err(|error| Status::internal(format!("cannot encode the message: {error}")))
    }

    fn decode(&self, octets: &Chunk, limits: &DecodeLimits) -> Result<Frozen<T>, Status> {
        // A small message would keep a whole block alive for little.
        let is_small = octets.block_bytes() / KEPT_BLOCK_MAX > octets.len();
        let octets = if is_small { Chunk::copy_of(octets.as_slice()) } else { octets.clone() };
        let (readable, len) = octets.into_slack();
        Frozen::decode_slack(readable, len, limits).map_err(|error| {
            Status::internal(format!("cannot decode a message of {len} octets: {error}")).at(Phase::Decode)
        })
    }
}

/// Messages as octets: for proxies, and for programs that know their messages otherwise.
#[derive(Clone, Copy, Debug, Default)]
pub struct Raw;

impl Codec<Bytes> for Raw {
    fn encode(&self, message: &Bytes) -> Result<Segments, Status> {
        let mut out = Segments::new();
        out.link(message.clone());
        Ok(out)
    }

    fn decode(&self, octets: &Chunk, _: &DecodeLimits) -> Result<Bytes, Status> {
        let (block, part) = octets.within();
        // A small message would keep a whole block alive for little.
        let is_small = octets.len() < block.len() / KEPT_BLOCK_MAX;
        Ok(if is_small { Bytes::copy_from_slice(octets.as_slice()) } else { block.slice(part) })
    }
}

#[cfg(test)]
mod tests {
    use ferrpc_proto::wkt::{BytesValue, StringValue};

    use super::*;

    #[test]
    fn frozen_messages_stay_in_their_block_unless_it_is_much_larger() {
        for (text_bytes, block_bytes, stays) in [(1000, 2000, true), (1000, 60_000, false)] {
            let message = StringValue { value: "x".repeat(text_bytes), ..Default::default() };
            let octets = message.encode_to_vec().unwrap();
            let len = octets.len();
            let mut block = Chunk::from_vec([octets, vec![0xff; block_bytes]].concat());
            let chunk = block.split_to(len);
            let range = chunk.as_slice().as_ptr_range();
            let codec: &dyn Codec<Frozen<StringValue>> = &FrozenProto;
            let frozen = codec.decode(&chunk, &DecodeLimits::new()).unwrap();
            assert_eq!(frozen.view().value, message.value);
            assert_eq!(range.contains(&frozen.view().value.as_ptr()), stays);
            let pieces: Vec<Bytes> = codec.encode(&frozen).unwrap().into_pieces().collect();
            assert_eq!(pieces.concat(), message.encode_to_vec().unwrap());
        }
        let bad = FrozenProto.decode(&Chunk::from_vec(vec![0x0a, 9]), &DecodeLimits::new());
        let status = bad.map(|_: Frozen<StringValue>| ()).unwrap_err();
        assert!(status.message().starts_with("cannot decode a message of 2 octets"), "{}", status.message());
    }

    fn decoded(octets: Chunk) -> BytesValue {
        Proto.decode(&octets, &DecodeLimits::new()).expect("a message")
    }

    #[test]
    fn long_bytes_are_neither_copied_when_they_are_sent_nor_when_they_are_received() {
        let value = Bytes::from(vec![7; 3000]);
        let sent =
            Proto.encode(&BytesValue { value: value.clone(), ..BytesValue::default() }).expect("short");
        let shared = sent.pieces().filter(|piece| matches!(piece, Piece::Shared(_)));
        assert_eq!(shared.collect::<Vec<_>>(), [Piece::Shared(&value)]);

        let octets = Chunk::from_vec(sent.into_pieces().collect::<Vec<_>>().concat());
        let memory = octets.as_slice().as_ptr_range();
        let received = decoded(octets);
        assert_eq!(received.value, value);
        assert!(memory.contains(&received.value.as_ptr()));
    }

    #[test]
    fn a_short_message_does_not_keep_a_long_block_alive() {
        let sent = Proto.encode(&BytesValue { value: vec![7; 2000].into(), ..BytesValue::default() });
        let mut octets = sent.expect("short").into_pieces().collect::<Vec<_>>().concat();
        let len = octets.len();
        octets.resize(64 << 10, 0);
        let octets = Chunk::from_vec(octets).split_to(len);
        let memory = octets.as_slice().as_ptr_range();
        assert!(!memory.contains(&decoded(octets).value.as_ptr()));
    }

    #[test]
    fn a_message_is_the_same_wherever_it_is_decoded_to() {
        fn into<C: Codec<T>, T>(codec: &C, octets: &[u8]) -> Result<Option<T>, String> {
            let (octets, mut place) = (Chunk::copy_of(octets), None);
            let decoded = codec.decode_into(&octets, &DecodeLimits::new(), &mut place);
            decoded.map(|()| place).map_err(|status| status.message().to_owned())
        }
        let message = BytesValue { value: vec![7; 300].into(), ..BytesValue::default() };
        let octets = message.encode_to_vec().expect("short");
        assert_eq!(into(&Proto, &octets), Ok(Some(message)));
        assert_eq!(into(&Proto, b""), Ok(Some(BytesValue::default())));
        assert_eq!(into(&Raw, &octets), Ok(Some(Bytes::from(octets))));
        let bad = Proto.decode(&Chunk::copy_of(&[0x0a, 9]), &DecodeLimits::new());
        let why = bad.map(|_: BytesValue| ()).expect_err("too short").message().to_owned();
        assert_eq!(into::<_, BytesValue>(&Proto, &[0x0a, 9]), Err(why));
    }

    #[test]
    fn octets_pass_uncopied_unless_they_are_a_small_part_of_their_block() {
        let octets = Bytes::from(vec![7; 3000]);
        let sent: Vec<Bytes> = Raw.encode(&octets).expect("octets").into_pieces().collect();
        assert_eq!(sent[0].as_ptr(), octets.as_ptr());
        for (block_bytes, stays) in [(4000, true), (64_000, false)] {
            let mut block = Chunk::from_vec(vec![9; block_bytes]);
            let chunk = block.split_to(3000);
            let memory = chunk.as_slice().as_ptr();
            let received = Raw.decode(&chunk, &DecodeLimits::new()).expect("octets");
            assert_eq!((received.len(), received.as_ptr() == memory), (3000, stays));
        }
    }
}
