//! The seam between messages and octets. Generated code names the Protobuf codec; other formats
//! implement [`Codec`] for their own types.

use bytes::Bytes;
pub use ferrpc_http2::Chunk;
use ferrpc_proto::{DecodeLimits, Message};

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
        T::decode_with(octets.as_slice(), limits).map_err(|error| {
            Status::internal(format!("cannot decode a message of {} octets: {error}", octets.len()))
                .at(Phase::Decode)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
