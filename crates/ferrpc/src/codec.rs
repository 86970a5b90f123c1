//! The seam between messages and octets. Generated code names the Protobuf codec; other formats
//! implement [`Codec`] for their own types.

use bytes::Bytes;
pub use ferrpc_http2::Chunk;
use ferrpc_proto::view::{View, Viewable};
use ferrpc_proto::{DecodeLimits, Frozen, Message, SlackBytes};

use crate::status::{Phase, Status};

/// Turns messages of one type into octets and back. Has no state that calls could share.
pub trait Codec<T>: Send + Sync + 'static {
    /// Appends the encoded message.
    ///
    /// # Errors
    /// A status that ends the call, if the message cannot be encoded.
    fn encode(&self, message: &T, out: &mut Segments) -> Result<(), Status>;

    /// Reads one whole message, already decompressed and within the size limit.
    ///
    /// # Errors
    /// A status that ends the call, by convention [`Code::Internal`](crate::Code::Internal) for octets
    /// that are no message.
    fn decode(&self, octets: Chunk, limits: &DecodeLimits) -> Result<T, Status>;
}

/// Encoded octets in order: small ones in one buffer, large ones linked without a copy.
#[derive(Debug, Default)]
pub struct Segments {
    pub(crate) octets: Vec<u8>,
    /// Each stands behind the octets up to its index.
    pub(crate) links: Vec<(usize, Bytes)>,
}

/// Linking costs about as much as copying this many octets.
const LINK_BYTES_MIN: usize = 2048;

/// Room made for small messages that follow one another.
const GROWTH_BYTES: usize = 8 << 10;

impl Segments {
    /// The buffer to append octets to. What is in it already belongs to others: do not touch it.
    pub fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.octets
    }

    /// Appends octets without copying them, if they are many.
    pub fn link(&mut self, octets: Bytes) {
        if octets.len() < LINK_BYTES_MIN {
            self.octets.extend_from_slice(&octets);
        } else {
            self.links.push((self.octets.len(), octets));
        }
    }

    /// Number of octets.
    pub fn len(&self) -> usize {
        self.octets.len() + self.links.iter().map(|(_, octets)| octets.len()).sum::<usize>()
    }

    /// True when there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Forgets everything but its memory.
    pub(crate) fn clear(&mut self) {
        self.octets.clear();
        self.links.clear();
    }

    /// Moves everything from `more` behind what is here.
    pub(crate) fn append(&mut self, more: &mut Self) {
        if self.is_empty() {
            return std::mem::swap(self, more);
        }
        if more.octets.len() > LINK_BYTES_MIN {
            return std::mem::take(more).into_pieces().for_each(|piece| self.link(piece));
        }
        let behind = self.octets.len();
        if self.octets.capacity() - behind < more.octets.len() {
            // Where there are two messages at once there are many.
            self.octets.reserve(GROWTH_BYTES);
        }
        self.octets.append(&mut more.octets);
        self.links.extend(more.links.drain(..).map(|(at, link)| (behind + at, link)));
    }

    /// The pieces in order.
    pub(crate) fn into_pieces(self) -> impl Iterator<Item = Bytes> {
        let octets = Bytes::from(self.octets);
        let mut pieces = Vec::with_capacity(self.links.len() * 2 + 1);
        let mut at = 0;
        for (behind, link) in self.links {
            pieces.push(octets.slice(at..behind));
            pieces.push(link);
            at = behind;
        }
        pieces.push(octets.slice(at..));
        pieces.into_iter().filter(|piece| !piece.is_empty())
    }
}

/// Protobuf messages of `ferrpc-proto`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Proto;

impl<T: Message> Codec<T> for Proto {
    fn encode(&self, message: &T, out: &mut Segments) -> Result<(), Status> {
        message
            .encode_into(out.buffer())
            .map_err(|error| Status::internal(format!("cannot encode the message: {error}")))
    }

    fn decode(&self, octets: Chunk, limits: &DecodeLimits) -> Result<T, Status> {
        let decoded = match SlackBytes::new(octets.with_slack(), octets.len()) {
            Some(input) => T::decode_slack(input, limits),
            None => T::decode_with(octets.as_slice(), limits),
        };
        decoded.map_err(|error| {
            Status::internal(format!("cannot decode a message of {} octets: {error}", octets.len()))
                .at(Phase::Decode)
        })
    }
}

/// Protobuf messages that stay where they were received: what is decoded is a [`Frozen`] view. Named by
/// [`Method::with_codecs`](crate::Method::with_codecs).
#[derive(Clone, Copy, Debug, Default)]
pub struct FrozenProto;

/// A message keeps the block it was received in, unless that is more than so many times as large.
const KEPT_BLOCK_MAX: usize = 4;

impl<T: Viewable> Codec<Frozen<T>> for FrozenProto {
    fn encode(&self, message: &Frozen<T>, out: &mut Segments) -> Result<(), Status> {
        message
            .view()
            .encode_into(out.buffer())
            .map_err(|error| Status::internal(format!("cannot encode the message: {error}")))
    }

    fn decode(&self, octets: Chunk, limits: &DecodeLimits) -> Result<Frozen<T>, Status> {
        // A small message would keep a whole block alive for little.
        let is_small = octets.block_bytes() / KEPT_BLOCK_MAX > octets.len();
        let octets = if is_small { Chunk::copy_of(octets.as_slice()) } else { octets };
        let (readable, len) = octets.into_slack();
        Frozen::decode_slack(readable, len, limits).map_err(|error| {
            Status::internal(format!("cannot decode a message of {len} octets: {error}")).at(Phase::Decode)
        })
    }
}

#[cfg(test)]
mod tests {
    use ferrpc_proto::wkt::StringValue;

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
            let frozen = codec.decode(chunk, &DecodeLimits::new()).unwrap();
            assert_eq!(frozen.view().value, message.value);
            assert_eq!(range.contains(&frozen.view().value.as_ptr()), stays);
            let mut segments = Segments::default();
            codec.encode(&frozen, &mut segments).unwrap();
            assert_eq!(segments.octets, message.encode_to_vec().unwrap());
        }
        let bad = FrozenProto.decode(Chunk::from_vec(vec![0x0a, 9]), &DecodeLimits::new());
        let status = bad.map(|_: Frozen<StringValue>| ()).unwrap_err();
        assert!(status.message().starts_with("cannot decode a message of 2 octets"), "{}", status.message());
    }

    #[test]
    fn what_is_appended_stands_behind_what_was_there() {
        let (long, longer) = (vec![b'l'; LINK_BYTES_MIN], vec![b'L'; LINK_BYTES_MIN + 1]);
        let mut all = Segments::default();
        let mut expected = Vec::new();
        for round in 0..3 {
            let mut small = Segments::default();
            small.buffer().extend_from_slice(b"small");
            let mut linked = Segments::default();
            linked.buffer().extend_from_slice(b"before");
            linked.link(Bytes::from(long.clone()));
            linked.buffer().extend_from_slice(b"behind");
            let mut large = Segments::default();
            large.buffer().extend_from_slice(&longer);
            for mut more in [small, Segments::default(), linked, large] {
                all.append(&mut more);
                assert!(more.is_empty(), "round {round}");
            }
            expected.extend([b"small", b"before".as_slice(), &long, b"behind", &longer].concat());
        }
        assert_eq!(all.len(), expected.len());
        assert!(all.into_pieces().collect::<Vec<_>>().concat() == expected);
    }

    #[test]
    fn pieces_come_in_order_and_none_is_empty() {
        let mut segments = Segments::default();
        segments.link(Bytes::from(vec![b'L'; LINK_BYTES_MIN]));
        segments.buffer().extend_from_slice(b"ab");
        segments.link(Bytes::from_static(b"small"));
        assert_eq!(segments.len(), LINK_BYTES_MIN + 7);
        let pieces: Vec<_> = segments.into_pieces().collect();
        assert_eq!(pieces.len(), 2);
        assert_eq!(pieces[1], "absmall");
    }
}
