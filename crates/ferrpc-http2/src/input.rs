//! The receive side's memory: blocks the socket reads into, and chunks of them handed out uncopied.
//!
//! Knows nothing of frames; `conn::recv` asks for octets and takes payloads out.

use bytes::{Bytes, BytesMut};

/// Octets behind every chunk that are initialised, owned by its block and never written again, so that
/// a decoder may read a little past a message.
pub const SLACK_BYTES: usize = 16;

const BLOCK_BYTES_MIN: usize = 4 << 10;
const BLOCK_BYTES_MAX: usize = 64 << 10;
/// Less room than this is not worth a read.
const SPACE_BYTES_MIN: usize = 1 << 10;

/// A piece of received payload inside its block. Cloning shares the block.
#[derive(Clone, Debug)]
pub struct Chunk {
    block: Bytes,
    at: usize,
    len: usize,
}

impl Chunk {
    /// A chunk of its own that is a copy of some octets: one allocation, for them and the slack.
    pub fn copy_of(octets: &[u8]) -> Self {
        let mut block = Vec::with_capacity(octets.len() + SLACK_BYTES);
        block.extend_from_slice(octets);
        Self::from_vec(block)
    }

    /// A chunk of its own, with slack: for messages put together from several pieces, and for tests.
    pub fn from_vec(mut octets: Vec<u8>) -> Self {
        let len = octets.len();
        octets.resize(len + SLACK_BYTES, 0);
        Self { block: octets.into(), at: 0, len }
    }

    /// A chunk of no octets; allocates nothing.
    pub fn empty() -> Self {
        Self { block: Bytes::from_static(&[0; SLACK_BYTES]), at: 0, len: 0 }
    }

    /// The payload.
    #[inline]
    pub fn as_slice(&self) -> &[u8] {
        &self.block[self.at..self.at + self.len]
    }

    /// The payload and the octets behind it up to the end of its block, at least [`SLACK_BYTES`].
    #[inline]
    pub fn with_slack(&self) -> &[u8] {
        &self.block[self.at..]
    }

    /// The payload and the octets behind it up to the end of its block, with the payload's length.
    pub fn into_slack(self) -> (Bytes, usize) {
        (self.block.slice(self.at..), self.len)
    }

    /// The block this chunk keeps alive, and where in it the payload lies.
    #[inline]
    pub fn within(&self) -> (&Bytes, std::ops::Range<usize>) {
        (&self.block, self.at..self.at + self.len)
    }

    /// Length of the payload in octets.
    #[inline]
    pub fn len(&self) -> usize {
        self.len
    }

    /// True for a payload of no octets.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Octets of the block this chunk keeps alive.
    #[inline]
    pub fn block_bytes(&self) -> usize {
        self.block.len()
    }

    /// Takes the first `n` octets off (all, if there are fewer) and returns them.
    pub fn split_to(&mut self, n: usize) -> Self {
        if n >= self.len {
            return std::mem::replace(self, Self::empty());
        }
        let front = Self { block: self.block.clone(), at: self.at, len: n };
        self.at += n;
        self.len -= n;
        front
    }

    /// Narrows it to the first `n` octets (all, if there are fewer), and returns how many there are behind those.
    /// Unlike [`split_to`](Self::split_to) it makes no second owner of the block.
    #[inline]
    pub fn narrow(&mut self, n: usize) -> usize {
        let rest = self.len - n.min(self.len);
        self.len -= rest;
        rest
    }

    /// Goes on with the `rest` behind it, as [`narrow`](Self::narrow) said.
    #[inline]
    pub fn go_on(&mut self, rest: usize) {
        if rest == 0 {
            *self = Self::empty();
        } else {
            self.at += self.len;
            self.len = rest.min(self.block.len().saturating_sub(self.at));
        }
    }

    /// Drops the first `n` octets, or all.
    #[inline]
    pub fn advance(&mut self, n: usize) {
        let n = n.min(self.len);
        self.at += n;
        self.len -= n;
    }
}

/// Received octets that are not parsed yet, at the front of a block the socket goes on filling.
///
/// Once a chunk of it was handed out, the block is frozen: nobody writes to it while somebody may read it.
/// When all its chunks are gone by the next read, as they mostly are, it is thawed and filled again; if not,
/// another one takes its place, if possible one that was frozen before and is free now.
#[derive(Debug, Default)]
pub(crate) struct Input {
    /// The block being filled: `filled` octets came, `at` of them are parsed. Empty while it is frozen.
    block: BytesMut,
    filled: usize,
    at: usize,
    /// The block, while chunks of it may be read.
    frozen: Bytes,
    /// The block before, if chunks of it were still read when it was left.
    spare: Bytes,
    block_bytes: usize,
}

impl Input {
    /// Room for the next read, initialised. Never empty.
    pub(crate) fn space(&mut self) -> &mut [u8] {
        if self.at == self.filled {
            self.at = 0;
            self.filled = 0;
        }
        if !self.frozen.is_empty() {
            match std::mem::take(&mut self.frozen).try_into_mut() {
                Ok(block) => self.block = block,
                Err(read) => self.frozen = read,
            }
        }
        // A read into the last corner of a block would cost as much as one that takes all there is.
        let room_min = SPACE_BYTES_MIN.max(self.block_bytes / 4);
        let outgrown = self.filled == 0 && self.block.len() < self.block_bytes;
        if outgrown || self.block.len() < self.filled + SLACK_BYTES + room_min {
            let unparsed = self.filled - self.at;
            self.replace(unparsed + SLACK_BYTES + room_min);
        }
        let end = self.block.len() - SLACK_BYTES;
        &mut self.block[self.filled..end]
    }

    /// Says that the first `n` octets of [`space`](Self::space) were filled.
    pub(crate) fn received(&mut self, n: usize) {
        let room = self.block.len() - SLACK_BYTES - self.filled;
        debug_assert!(n <= room);
        self.filled += n.min(room);
        if n == room {
            // A full read: the peer has more for us than this block takes.
            self.block_bytes = (self.block_bytes * 4).min(BLOCK_BYTES_MAX);
        }
    }

    /// All octets not parsed yet.
    pub(crate) fn unparsed(&self) -> &[u8] {
        if self.frozen.is_empty() {
            &self.block[self.at..self.filled]
        } else {
            &self.frozen[self.at..self.filled]
        }
    }

    /// Marks `n` octets as parsed.
    pub(crate) fn skip(&mut self, n: usize) {
        debug_assert!(n <= self.filled - self.at);
        self.at += n;
    }

    /// Takes the next `n` octets, all of them received, as a chunk. No copy.
    pub(crate) fn take(&mut self, n: usize) -> Chunk {
        debug_assert!(n <= self.filled - self.at);
        if self.frozen.is_empty() {
            self.frozen = std::mem::take(&mut self.block).freeze();
        }
        let chunk = Chunk { block: self.frozen.clone(), at: self.at, len: n };
        self.at += n;
        chunk
    }

    /// Gives the memory back if nothing is unparsed: for connections that go quiet.
    pub(crate) fn release(&mut self) {
        if self.filled == self.at {
            self.block = BytesMut::new();
            self.frozen = Bytes::new();
            self.spare = Bytes::new();
            self.filled = 0;
            self.at = 0;
        }
    }

    /// Goes on in another block, with what is unparsed at its front.
    fn replace(&mut self, bytes_min: usize) {
        let bytes = self.next_block_bytes(bytes_min);
        let mut block = match std::mem::take(&mut self.spare).try_into_mut() {
            Ok(free) if free.len() == bytes => free,
            _ => new_block(bytes),
        };
        let rest = self.unparsed();
        block[..rest.len()].copy_from_slice(rest);
        self.filled = rest.len();
        self.at = 0;
        self.block = block;
        self.spare = std::mem::take(&mut self.frozen);
    }

    fn next_block_bytes(&mut self, bytes_min: usize) -> usize {
        self.block_bytes = self.block_bytes.max(BLOCK_BYTES_MIN);
        self.block_bytes.max(bytes_min.next_power_of_two())
    }
}

/// A block of zeros whose freezing and thawing allocates nothing.
fn new_block(bytes: usize) -> BytesMut {
    let mut block = BytesMut::zeroed(bytes);
    // The count of references comes into being with the second one.
    drop(block.split_off(bytes));
    block
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(input: &mut Input, octets: &[u8]) {
        let mut rest = octets;
        while !rest.is_empty() {
            let space = input.space();
            let n = space.len().min(rest.len());
            space[..n].copy_from_slice(&rest[..n]);
            input.received(n);
            rest = &rest[n..];
        }
    }

    #[test]
    fn chunks_stay_as_they_were_while_the_block_goes_on_filling() {
        let mut input = Input::default();
        fill(&mut input, b"first,rest");
        let first = input.take(5);
        input.skip(1);
        fill(&mut input, b" and more");
        assert_eq!(input.unparsed(), b"rest and more");
        let second = input.take(4);
        fill(&mut input, &[b'x'; 100_000]);
        assert_eq!(first.as_slice(), b"first");
        assert_eq!(second.as_slice(), b"rest");
        assert!(first.with_slack().len() >= 5 + SLACK_BYTES);
        assert_eq!(input.unparsed().len(), 9 + 100_000);
    }

    #[test]
    fn a_block_whose_chunks_are_gone_is_filled_again() {
        let mut input = Input::default();
        fill(&mut input, b"first");
        let place = input.unparsed().as_ptr();
        for _ in 0..3 {
            drop(input.take(5));
            fill(&mut input, b"again");
            assert_eq!((input.unparsed(), input.unparsed().as_ptr()), (&b"again"[..], place));
        }
        // One that is still read is left alone, and comes back once it is free.
        let read = input.take(5);
        fill(&mut input, b"other");
        assert_ne!(input.unparsed().as_ptr(), place);
        let other = input.take(5);
        assert_eq!(read.as_slice(), b"again");
        drop(read);
        fill(&mut input, b"third");
        assert_eq!((input.unparsed(), input.unparsed().as_ptr()), (&b"third"[..], place));
        assert_eq!(other.as_slice(), b"other");
    }

    #[test]
    fn full_reads_make_blocks_grow_to_their_maximum_and_no_further() {
        let mut input = Input::default();
        for _ in 0..100 {
            let n = input.space().len();
            input.received(n);
            input.skip(n);
        }
        assert_eq!(input.block.len(), BLOCK_BYTES_MAX);
        input.release();
        assert_eq!(input.block.len(), 0);
    }

    #[test]
    fn a_chunk_splits_without_losing_octets() {
        let mut chunk = Chunk::from_vec(b"abcdef".to_vec());
        assert_eq!(chunk.split_to(2).as_slice(), b"ab");
        chunk.advance(1);
        assert_eq!(chunk.as_slice(), b"def");
        let rest = chunk.narrow(1);
        assert_eq!((chunk.as_slice(), rest), (&b"d"[..], 2));
        chunk.go_on(rest);
        assert_eq!(chunk.as_slice(), b"ef");
        assert_eq!(chunk.clone().split_to(99).as_slice(), b"ef");
        assert_eq!(chunk.narrow(99), 0);
        assert_eq!(chunk.len(), 2);
        chunk.go_on(0);
        assert!(chunk.is_empty());
    }
}
