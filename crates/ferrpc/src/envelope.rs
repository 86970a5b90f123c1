//! The five octets before each message (gRPC PROTOCOL-HTTP2.md, "Length-Prefixed-Message"), both ways.
//!
//! Knows nothing of streams; `conn` feeds it chunks and takes whole messages.

use ferrpc_http2::Chunk;

use crate::codec::{Codec, Segments};
use crate::compression::{Compression, Encoder};
use crate::status::{Phase, Status};

/// A compression flag and a length.
pub(crate) const PREFIX_BYTES: usize = 5;
/// The flag of a compressed message.
const COMPRESSED: u8 = 1;

/// The window in which one message of the largest size fits.
pub(crate) fn window_bytes(message_bytes_max: usize) -> u32 {
    const WINDOW_BYTES_MAX: u32 = u32::MAX >> 1;
    let whole = message_bytes_max.saturating_add(PREFIX_BYTES);
    u32::try_from(whole).unwrap_or(WINDOW_BYTES_MAX).min(WINDOW_BYTES_MAX)
}

/// A message as it came.
#[derive(Debug)]
pub(crate) struct Envelope {
    pub(crate) octets: Chunk,
    pub(crate) compressed: bool,
}

impl Envelope {
    /// The message's own octets. `encoding` is what the head of its half says, asked for only if need be.
    pub(crate) fn open<'a>(
        self,
        compression: &Compression,
        encoding: impl FnOnce() -> Option<&'a [u8]>,
        bytes_max: usize,
    ) -> Result<Chunk, Status> {
        if !self.compressed {
            return Ok(self.octets);
        }
        compression.decompress(encoding(), self.octets.as_slice(), bytes_max).map(Chunk::from_vec)
    }
}

/// Encodes a message behind its prefix, compressed where there is an encoder and it is worth it.
pub(crate) fn encode<T: 'static>(
    codec: &dyn Codec<T>,
    message: &T,
    bytes_max: usize,
    encoder: Option<&Encoder>,
) -> Result<Segments, Status> {
    let mut segments = codec.encode(message)?;
    let mut flag = 0;
    if let Some(encoder) = encoder
        && let Some(compressed) = encoder.compress(&segments)?
    {
        segments = compressed;
        flag = COMPRESSED;
    }
    let len = segments.len();
    if len > bytes_max {
        return Err(Status::resource_exhausted(format!(
            "message of {len} octets is over the send limit of {bytes_max}; raise send_message_bytes_max"
        ))
        .at(Phase::Send)
        .not_executed());
    }
    let Ok(len) = u32::try_from(len) else {
        return Err(Status::resource_exhausted(format!(
            "message of {len} octets is over what gRPC's length prefix holds, {}",
            u32::MAX
        ))
        .at(Phase::Send)
        .not_executed());
    };
    let [l0, l1, l2, l3] = len.to_be_bytes();
    segments.prepend(&[flag, l0, l1, l2, l3]);
    Ok(segments)
}

/// Puts messages together from the chunks of a stream.
#[derive(Debug)]
pub(crate) struct Assembler {
    bytes_max: usize,
    prefix: [u8; PREFIX_BYTES],
    prefix_len: usize,
    /// What has come of a message that is spread over several chunks. Grows with what comes, never
    /// with what was promised.
    partial: Vec<u8>,
}

/// What a chunk brought.
pub(crate) enum Assembled {
    Message(Envelope),
    /// The message needs so many octets more, if that is known.
    Partial(Option<usize>),
}

impl Assembler {
    pub(crate) fn new(bytes_max: usize) -> Self {
        Self { bytes_max, prefix: [0; PREFIX_BYTES], prefix_len: 0, partial: Vec::new() }
    }

    /// Octets still missing of the message begun, if its prefix is there.
    pub(crate) fn missing(&self) -> Option<usize> {
        (self.prefix_len == PREFIX_BYTES).then(|| self.message_len() - self.partial.len())
    }

    /// True in the middle of a message: a stream must not end here.
    pub(crate) fn is_partial(&self) -> bool {
        self.prefix_len > 0
    }

    /// Takes octets off the front of `chunk` until a message is whole or the chunk is used up.
    pub(crate) fn push(&mut self, chunk: &mut Chunk) -> Result<Assembled, Status> {
        let missing = PREFIX_BYTES - self.prefix_len;
        if missing > 0 {
            let n = missing.min(chunk.len());
            self.prefix[self.prefix_len..self.prefix_len + n].copy_from_slice(&chunk.as_slice()[..n]);
            self.prefix_len += n;
            chunk.advance(n);
            if self.prefix_len < PREFIX_BYTES {
                return Ok(Assembled::Partial(None));
            }
            self.check_prefix()?;
        }
        let len = self.message_len();
        if self.partial.is_empty() && chunk.len() >= len {
            self.prefix_len = 0;
            return Ok(self.whole(chunk.split_to(len)));
        }
        let n = (len - self.partial.len()).min(chunk.len());
        self.partial.extend_from_slice(&chunk.as_slice()[..n]);
        chunk.advance(n);
        if self.partial.len() < len {
            return Ok(Assembled::Partial(Some(len - self.partial.len())));
        }
        self.prefix_len = 0;
        let octets = Chunk::from_vec(std::mem::take(&mut self.partial));
        Ok(self.whole(octets))
    }

    fn whole(&self, octets: Chunk) -> Assembled {
        Assembled::Message(Envelope { octets, compressed: self.prefix[0] == COMPRESSED })
    }

    /// Memory of the message begun.
    #[cfg(any(test, feature = "envelope"))]
    pub(crate) fn held_bytes(&self) -> usize {
        self.partial.capacity()
    }

    fn message_len(&self) -> usize {
        let [_, l0, l1, l2, l3] = self.prefix;
        u32::from_be_bytes([l0, l1, l2, l3]) as usize
    }

    fn check_prefix(&self) -> Result<(), Status> {
        let flag = self.prefix[0];
        if flag > COMPRESSED {
            return Err(Status::internal(format!("message with an unknown compression flag {flag}"))
                .at(Phase::Decode));
        }
        let len = self.message_len();
        if len > self.bytes_max {
            return Err(Status::resource_exhausted(format!(
                "message of {len} octets is over the receive limit of {}; raise message_bytes_max",
                self.bytes_max
            ))
            .at(Phase::Decode));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Code;

    fn octets(messages: &[&[u8]]) -> Vec<u8> {
        let mut out = Vec::new();
        for message in messages {
            out.push(0);
            out.extend_from_slice(&u32::try_from(message.len()).unwrap().to_be_bytes());
            out.extend_from_slice(message);
        }
        out
    }

    #[test]
    fn messages_come_out_the_same_wherever_chunks_are_cut() {
        let stream = octets(&[b"", b"a", b"hello", &[7; 300]]);
        for step in 1..=stream.len() {
            let mut assembler = Assembler::new(1000);
            let mut messages = Vec::new();
            for piece in stream.chunks(step) {
                let mut chunk = Chunk::from_vec(piece.to_vec());
                while !chunk.is_empty() {
                    if let Assembled::Message(message) = assembler.push(&mut chunk).unwrap() {
                        messages.push(message.octets.as_slice().to_vec());
                    }
                }
            }
            assert_eq!(
                messages,
                [b"".to_vec(), b"a".to_vec(), b"hello".to_vec(), vec![7; 300]],
                "step {step}"
            );
            assert!(!assembler.is_partial());
        }
    }

    #[test]
    fn a_prefix_over_the_limit_is_refused_before_its_message() {
        let mut chunk = Chunk::from_vec(vec![0, 0xff, 0xff, 0xff, 0xff]);
        let status = Assembler::new(1000).push(&mut chunk).map(|_| ()).unwrap_err();
        assert_eq!(status.code(), Code::ResourceExhausted);
        assert_eq!(
            status.message(),
            "message of 4294967295 octets is over the receive limit of 1000; raise message_bytes_max"
        );
    }

    #[test]
    fn memory_follows_what_came_and_not_what_was_promised() {
        let mut assembler = Assembler::new(1 << 30);
        let mut chunk = Chunk::from_vec(vec![0, 0x3f, 0, 0, 0, b'x']);
        assert!(matches!(assembler.push(&mut chunk), Ok(Assembled::Partial(Some(_)))));
        assert!(assembler.held_bytes() < 1024);
    }

    #[test]
    fn an_unknown_flag_is_an_error() {
        for flag in [2, 3, 255] {
            let mut chunk = Chunk::from_vec(vec![flag, 0, 0, 0, 0]);
            assert_eq!(Assembler::new(10).push(&mut chunk).map(|_| ()).unwrap_err().code(), Code::Internal);
        }
    }
}
