//! The five octets before each message (gRPC PROTOCOL-HTTP2.md, "Length-Prefixed-Message"), both ways.
//!
//! Knows nothing of streams; `conn` feeds it chunks and takes whole messages.

use ferrpc_http2::Chunk;
use ferrpc_proto::DecodeLimits;

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

/// Reads a message that came, compressed or not. `encoding` is what the head of its half says, asked for only if
/// need be.
pub(crate) fn decode<'a, T: 'static>(
    codec: &dyn Codec<T>,
    octets: &Chunk,
    compressed: bool,
    compression: &Compression,
    encoding: impl FnOnce() -> Option<&'a [u8]>,
    bytes_max: usize,
    limits: &DecodeLimits,
) -> Result<T, Status> {
    if !compressed {
        return codec.decode(octets, limits);
    }
    let octets = compression.decompress(encoding(), octets.as_slice(), bytes_max)?;
    codec.decode(&Chunk::from_vec(octets), limits)
}

/// Encodes a message behind its prefix, compressed where there is an encoder and it is worth it.
pub(crate) fn encode<T: 'static>(
    codec: &dyn Codec<T>,
    message: &T,
    bytes_max: usize,
    encoder: Option<&Encoder>,
) -> Result<Segments, Status> {
    seal(codec.encode(message)?, bytes_max, encoder)
}

/// Puts an encoded message behind its prefix, compressed where there is an encoder and it is worth it.
pub(crate) fn seal(
    segments: Segments,
    bytes_max: usize,
    encoder: Option<&Encoder>,
) -> Result<Segments, Status> {
    match encoder.map(|encoder| encoder.compress(&segments)).transpose()?.flatten() {
        Some(compressed) => prefixed(compressed, COMPRESSED, bytes_max),
        None => prefixed(segments, 0, bytes_max),
    }
}

/// Puts an encoded message behind its prefix as it is.
#[inline(always)]
pub(crate) fn uncompressed(segments: Segments, bytes_max: usize) -> Result<Segments, Status> {
    prefixed(segments, 0, bytes_max)
}

#[inline(always)]
fn prefixed(mut segments: Segments, flag: u8, bytes_max: usize) -> Result<Segments, Status> {
    match u32::try_from(segments.len()) {
        Ok(len) if segments.len() <= bytes_max => {
            // Written in one piece: what is written in two and read across them stalls a core.
            let prefix = ((u64::from(flag) << 32 | u64::from(len)) << 24).to_be_bytes();
            segments.prepend(&prefix[..PREFIX_BYTES]);
            Ok(segments)
        }
        _ => Err(too_long(segments.len(), bytes_max)),
    }
}

#[cold]
fn too_long(len: usize, bytes_max: usize) -> Status {
    let why = if len > bytes_max {
        format!("message of {len} octets is over the send limit of {bytes_max}; raise send_message_bytes_max")
    } else {
        format!("message of {len} octets is over what gRPC's length prefix holds, {}", u32::MAX)
    };
    Status::resource_exhausted(why).at(Phase::Send).not_executed()
}

/// The first of a run of whole messages, each behind its prefix, as [`Assembler`] makes them, while the run is narrowed
/// to it.
pub(crate) struct Front {
    pub(crate) compressed: bool,
    /// Octets of the run behind it.
    rest: usize,
}

/// Narrows a run to its first message, without its prefix. `None` if there is none.
#[inline]
pub(crate) fn narrow(run: &mut Chunk) -> Option<Front> {
    let prefix = *run.as_slice().first_chunk()?;
    run.advance(PREFIX_BYTES);
    Some(Front { compressed: prefix[0] == COMPRESSED, rest: run.narrow(message_len(prefix)) })
}

/// Goes on behind that message. Returns how long it was, with its prefix.
#[inline]
pub(crate) fn go_on(run: &mut Chunk, front: Front) -> usize {
    let octets = PREFIX_BYTES + run.len();
    run.go_on(front.rest);
    octets
}

/// Takes the first of such a run.
pub(crate) fn take_front(run: &mut Chunk) -> Option<Envelope> {
    let prefix = *run.as_slice().first_chunk()?;
    run.advance(PREFIX_BYTES);
    Some(Envelope { octets: run.split_to(message_len(prefix)), compressed: prefix[0] == COMPRESSED })
}

/// Narrows a chunk that is exactly one message that the limit allows, as most calls bring it, to that message, and says
/// whether it is compressed. `None` for any other, which stays as it is.
#[inline]
pub(crate) fn alone(chunk: &mut Chunk, bytes_max: usize) -> Option<bool> {
    let prefix = *chunk.as_slice().first_chunk()?;
    let len = message_len(prefix);
    let is_one = prefix[0] <= COMPRESSED && PREFIX_BYTES + len == chunk.len() && len <= bytes_max;
    is_one.then(|| {
        chunk.advance(PREFIX_BYTES);
        prefix[0] == COMPRESSED
    })
}

/// Puts messages together from the chunks of a stream. Those that lie in one chunk stay together, as they came.
#[derive(Debug)]
pub(crate) struct Assembler {
    bytes_max: usize,
    /// What has come, prefix included, of a message that is spread over several chunks. Grows with what comes,
    /// never with what was promised.
    partial: Vec<u8>,
}

/// What a chunk brought.
pub(crate) enum Assembled {
    /// So many whole messages, each behind its prefix.
    Run(Chunk, u64),
    /// A part of a message at most.
    Partial,
}

/// Memory for a message begun, as a multiple of what came of it.
const ROOM: usize = 4;

impl Assembler {
    pub(crate) fn new(bytes_max: usize) -> Self {
        Self { bytes_max, partial: Vec::new() }
    }

    /// Octets still missing of the message begun, if its prefix is there.
    pub(crate) fn missing(&self) -> Option<usize> {
        let prefix = *self.partial.first_chunk()?;
        Some(PREFIX_BYTES + message_len(prefix) - self.partial.len())
    }

    /// True in the middle of a message: a stream must not end here.
    pub(crate) fn is_partial(&self) -> bool {
        !self.partial.is_empty()
    }

    /// Takes as many messages off the front of `chunk` as are whole there, or all of it if none is.
    pub(crate) fn push(&mut self, chunk: &mut Chunk) -> Result<Assembled, Status> {
        if !self.partial.is_empty() {
            return self.go_on(chunk);
        }
        let (mut octets, mut messages) = (chunk.as_slice(), 0);
        while let Some(&prefix) = octets.first_chunk() {
            if let Err(status) = self.check_prefix(prefix) {
                // Those before it are good.
                if messages == 0 {
                    return Err(status);
                }
                break;
            }
            let Some(rest) = octets.get(PREFIX_BYTES + message_len(prefix)..) else { break };
            octets = rest;
            messages += 1;
        }
        if messages > 0 {
            return Ok(Assembled::Run(chunk.split_to(chunk.len() - octets.len()), messages));
        }
        self.take(chunk, chunk.len());
        Ok(Assembled::Partial)
    }

    /// The message begun goes on in another chunk.
    fn go_on(&mut self, chunk: &mut Chunk) -> Result<Assembled, Status> {
        if self.partial.len() < PREFIX_BYTES {
            self.take(chunk, PREFIX_BYTES - self.partial.len());
            if let Some(&prefix) = self.partial.first_chunk() {
                self.check_prefix(prefix)?;
            }
        }
        match self.missing() {
            None => return Ok(Assembled::Partial),
            Some(missing) => self.take(chunk, missing),
        }
        if self.missing() != Some(0) {
            return Ok(Assembled::Partial);
        }
        Ok(Assembled::Run(Chunk::from_vec(std::mem::take(&mut self.partial)), 1))
    }

    /// Copies so many octets, or all there are, behind the message begun.
    fn take(&mut self, chunk: &mut Chunk, n: usize) {
        let n = n.min(chunk.len());
        let came = self.partial.len() + n;
        if self.partial.capacity() < came {
            let start = if self.partial.is_empty() { chunk.as_slice() } else { &self.partial };
            let whole = start.first_chunk().map_or(came, |&prefix| PREFIX_BYTES + message_len(prefix));
            let room = (whole + ferrpc_http2::SLACK_BYTES).min(came * ROOM).max(came);
            self.partial.reserve_exact(room - self.partial.len());
        }
        self.partial.extend_from_slice(&chunk.as_slice()[..n]);
        chunk.advance(n);
    }

    /// Memory of the message begun.
    #[cfg(any(test, feature = "envelope"))]
    pub(crate) fn held_bytes(&self) -> usize {
        self.partial.capacity()
    }

    #[inline]
    fn check_prefix(&self, prefix: [u8; PREFIX_BYTES]) -> Result<(), Status> {
        if prefix[0] <= COMPRESSED && message_len(prefix) <= self.bytes_max {
            return Ok(());
        }
        Err(self.wrong_prefix(prefix))
    }

    #[cold]
    fn wrong_prefix(&self, prefix: [u8; PREFIX_BYTES]) -> Status {
        let flag = prefix[0];
        if flag > COMPRESSED {
            return Status::internal(format!("message with an unknown compression flag {flag}"))
                .at(Phase::Decode);
        }
        Status::resource_exhausted(format!(
            "message of {} octets is over the receive limit of {}; raise message_bytes_max",
            message_len(prefix),
            self.bytes_max
        ))
        .at(Phase::Decode)
    }
}

/// What a prefix says.
#[inline]
fn message_len([_, l0, l1, l2, l3]: [u8; PREFIX_BYTES]) -> usize {
    u32::from_be_bytes([l0, l1, l2, l3]) as usize
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
                    let Assembled::Run(mut run, n) = assembler.push(&mut chunk).unwrap() else { continue };
                    let before = messages.len() as u64;
                    while let Some(message) = take_front(&mut run) {
                        messages.push(message.octets.as_slice().to_vec());
                    }
                    assert_eq!(messages.len() as u64, before + n);
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
        assert!(matches!(assembler.push(&mut chunk), Ok(Assembled::Partial)));
        assert_eq!(assembler.missing(), Some(0x3f00_0000 - 1));
        assert!(assembler.held_bytes() < 1024);
    }

    #[test]
    fn messages_before_a_bad_prefix_come_out() {
        let mut chunk = Chunk::from_vec([octets(&[b"a", b"b"]), vec![9; 5]].concat());
        let mut assembler = Assembler::new(10);
        assert!(matches!(assembler.push(&mut chunk), Ok(Assembled::Run(run, 2)) if run.len() == 12));
        assert_eq!(assembler.push(&mut chunk).map(|_| ()).unwrap_err().code(), Code::Internal);
    }

    #[test]
    fn an_unknown_flag_is_an_error() {
        for flag in [2, 3, 255] {
            let mut chunk = Chunk::from_vec(vec![flag, 0, 0, 0, 0]);
            assert_eq!(Assembler::new(10).push(&mut chunk).map(|_| ()).unwrap_err().code(), Code::Internal);
        }
    }
}
