//! `Segments`: an encoded message in pieces that own what is in them, as a transport wants it.

use alloc::vec::Vec;
use core::fmt;

use bytes::Bytes;

use crate::rev::Pieces;

/// An encoded message, or any other bytes, in order: short ones in one buffer, long ones linked.
///
/// What [`Message::encode_to_segments`](crate::Message::encode_to_segments) returns lies in memory of a
/// pool, to which it goes back when this is dropped. Has room in front, so that a prefix that tells the
/// length costs nothing.
pub struct Segments {
    /// What is not linked, from `start` on.
    buffer: Vec<u8>,
    start: usize,
    /// Each stands before what lies in the buffer from that index on.
    links: Vec<(usize, Bytes)>,
    pooled: bool,
}

/// Some bytes of [`Segments`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums)] // Callers have to take all there is.
pub enum Piece<'a> {
    /// To be copied: they lie in memory that is wanted back soon.
    Copied(&'a [u8]),
    /// Long enough to be sent without a copy, by cloning it.
    Shared(&'a Bytes),
}

/// Room in front of each message, in bytes.
pub(crate) const FRONT_BYTES: usize = 16;

/// Shorter ones are copied: linking costs as much as copying this many bytes.
const LINKED_BYTES_MIN: usize = 2 << 10;

/// Room made for short messages that follow one another.
const GROWTH_BYTES: usize = 8 << 10;

impl Segments {
    /// No bytes. Takes no memory.
    pub const fn new() -> Self {
        Self { buffer: Vec::new(), start: 0, links: Vec::new(), pooled: false }
    }

    /// What was written at the end of `space`, a buffer of the pool.
    pub(crate) fn pooled(space: Vec<u8>, pieces: Pieces) -> Self {
        Self::over(space, pieces, true)
    }

    /// What was written at the end of `buffer`.
    pub(crate) fn exact(buffer: Vec<u8>, pieces: Pieces) -> Self {
        Self::over(buffer, pieces, false)
    }

    fn over(buffer: Vec<u8>, Pieces { first, mut links }: Pieces, pooled: bool) -> Self {
        let start = buffer.len() - first;
        links.iter_mut().for_each(|(at, _)| *at += start);
        Self { buffer, start, links, pooled }
    }

    /// Number of bytes.
    pub fn len(&self) -> usize {
        self.buffer.len() - self.start + self.links.iter().map(|(_, linked)| linked.len()).sum::<usize>()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The buffer to append bytes to. What is in it already is not for the caller.
    pub fn buffer(&mut self) -> &mut Vec<u8> {
        self.unpool();
        if self.buffer.is_empty() {
            // Room for what most messages take, behind that for a prefix.
            self.buffer.reserve(FRONT_BYTES + 128);
            self.buffer.resize(FRONT_BYTES, 0);
            self.start = FRONT_BYTES;
        }
        &mut self.buffer
    }

    /// Appends bytes: without a copy if they are 2 KiB or more.
    pub fn link(&mut self, bytes: Bytes) {
        let buffer = self.buffer();
        if bytes.len() < LINKED_BYTES_MIN {
            buffer.extend_from_slice(&bytes);
        } else {
            let at = buffer.len();
            self.links.push((at, bytes));
        }
    }

    /// Moves everything from `more` behind what is here.
    pub fn append(&mut self, mut more: Self) {
        if self.is_empty() {
            *self = more;
            return;
        }
        let bytes = more.buffer.len() - more.start;
        if bytes >= LINKED_BYTES_MIN && !more.pooled {
            return more.into_pieces().for_each(|piece| self.link(piece));
        }
        self.unpool();
        if self.buffer.capacity() - self.buffer.len() < bytes {
            // Where there are two messages at once there are many.
            self.buffer.reserve(GROWTH_BYTES);
        }
        let here = self.buffer.len();
        self.buffer.extend_from_slice(&more.buffer[more.start..]);
        let links = core::mem::take(&mut more.links).into_iter();
        self.links.extend(links.map(|(at, linked)| (here + (at - more.start), linked)));
    }

    /// Moves what lies in a buffer of the pool to memory that can grow.
    fn unpool(&mut self) {
        if self.pooled {
            let start = self.start - FRONT_BYTES.min(self.start);
            let mut own = Vec::with_capacity(self.buffer.len() - start + GROWTH_BYTES);
            own.extend_from_slice(&self.buffer[start..]);
            self.links.iter_mut().for_each(|(at, _)| *at -= start);
            self.start -= start;
            self.pooled = false;
            pool::give(core::mem::replace(&mut self.buffer, own));
        }
    }

    /// Puts bytes in front of all others. There is room for 16 without moving anything.
    pub fn prepend(&mut self, bytes: &[u8]) {
        if self.buffer.is_empty() {
            self.buffer();
        }
        if let Some(start) = self.start.checked_sub(bytes.len()) {
            self.buffer[start..self.start].copy_from_slice(bytes);
            self.start = start;
        } else {
            self.buffer.splice(..self.start, bytes.iter().copied());
            self.links.iter_mut().for_each(|(at, _)| *at = *at - self.start + bytes.len());
            self.start = 0;
        }
    }

    /// All bytes in order. No piece is empty.
    pub fn pieces(&self) -> impl Iterator<Item = Piece<'_>> {
        let mut at = self.start;
        let links = self.links.iter().flat_map(move |(before, linked)| {
            let copied = &self.buffer[at..*before];
            at = *before;
            [Piece::Copied(copied), Piece::Shared(linked)]
        });
        let last = self.links.last().map_or(self.start, |(before, _)| *before);
        let rest = core::iter::once(Piece::Copied(&self.buffer[last..]));
        links.chain(rest).filter(|piece| !matches!(piece, Piece::Copied([])))
    }

    /// All bytes in order, each piece in memory of its own or shared. No piece is empty.
    pub fn into_pieces(mut self) -> impl Iterator<Item = Bytes> {
        let buffer = if self.pooled {
            // The buffer stays: others of the thread need it more than this one needs a copy less.
            let copy = Bytes::copy_from_slice(&self.buffer[self.start..]);
            self.links.iter_mut().for_each(|(at, _)| *at -= self.start);
            self.start = 0;
            copy
        } else {
            Bytes::from(core::mem::take(&mut self.buffer))
        };
        let mut pieces = Vec::with_capacity(self.links.len() * 2 + 1);
        let mut at = self.start;
        for (before, linked) in core::mem::take(&mut self.links) {
            pieces.push(buffer.slice(at..before));
            pieces.push(linked);
            at = before;
        }
        pieces.push(buffer.slice(at..));
        pieces.into_iter().filter(|piece| !piece.is_empty())
    }
}

impl Default for Segments {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Segments {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.pieces()).finish()
    }
}

impl Drop for Segments {
    fn drop(&mut self) {
        if self.pooled {
            pool::give(core::mem::take(&mut self.buffer));
        }
    }
}

/// Buffers that messages are written into, kept by each thread for the next message.
pub(crate) mod pool {
    use alloc::vec::Vec;

    /// Length of a buffer.
    pub(crate) const BUFFER_BYTES: usize = 4 << 10;

    /// So many buffers wait at most in a thread, and so many more are out; then messages are copied into
    /// memory of their own, since a long queue of short ones would hold a whole buffer each.
    const BUFFERS_MAX: usize = 8;

    /// A buffer, all of it initialised; none if there are too many out.
    pub(crate) fn take() -> Option<Vec<u8>> {
        imp::with(|pool| {
            let buffer = match pool.free.pop() {
                Some(buffer) => buffer,
                None if pool.out < BUFFERS_MAX => alloc::vec![0; BUFFER_BYTES],
                None => return None,
            };
            pool.out += 1;
            Some(buffer)
        })
        .flatten()
    }

    /// Takes a buffer back, from whichever thread it was.
    pub(crate) fn give(buffer: Vec<u8>) {
        imp::with(|pool| {
            pool.out = pool.out.saturating_sub(1);
            // One that a long prefix was put into has another length.
            if pool.free.len() < BUFFERS_MAX && buffer.len() == BUFFER_BYTES {
                pool.free.push(buffer);
            }
        });
    }

    pub(super) struct Pool {
        free: Vec<Vec<u8>>,
        /// How many more were taken here than were given back here.
        out: usize,
    }

    #[cfg(feature = "std")]
    mod imp {
        use core::cell::RefCell;

        use super::{Pool, Vec};

        std::thread_local! {
            static POOL: RefCell<Pool> = const { RefCell::new(Pool { free: Vec::new(), out: 0 }) };
        }

        /// `None` while the thread ends.
        pub(super) fn with<R>(work: impl FnOnce(&mut Pool) -> R) -> Option<R> {
            POOL.try_with(|pool| work(&mut pool.borrow_mut())).ok()
        }
    }

    /// Without std there are no threads to keep anything for.
    #[cfg(not(feature = "std"))]
    mod imp {
        use super::Pool;

        pub(super) fn with<R>(_: impl FnOnce(&mut Pool) -> R) -> Option<R> {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(segments: &Segments) -> Vec<u8> {
        let pieces = segments.pieces().map(|piece| match piece {
            Piece::Copied(bytes) => bytes,
            Piece::Shared(bytes) => &bytes[..],
        });
        pieces.inspect(|piece| assert!(!piece.is_empty())).collect::<Vec<_>>().concat()
    }

    /// As an encoder leaves it, in a buffer of the pool.
    fn pooled(text: &[u8], linked: Option<&Bytes>) -> Segments {
        let mut space = pool::take().expect("one of the first eight");
        let start = space.len() - text.len();
        space[start..].copy_from_slice(text);
        let links = linked.map(|linked| (1, linked.clone())).into_iter().collect();
        Segments::pooled(space, Pieces { first: text.len(), links })
    }

    #[test]
    fn what_is_appended_stands_behind_what_was_there() {
        let (long, longer) = (Bytes::from(alloc::vec![b'l'; LINKED_BYTES_MIN]), [b'L'; LINKED_BYTES_MIN + 1]);
        let (mut all, mut expected) = (Segments::new(), Vec::new());
        for round in 0..3 {
            let mut linked = Segments::new();
            linked.buffer().extend_from_slice(b"before");
            linked.link(long.clone());
            linked.buffer().extend_from_slice(b"behind");
            let mut large = Segments::new();
            large.buffer().extend_from_slice(&longer);
            let more = [
                (pooled(b"small", None), b"small".to_vec()),
                (Segments::new(), Vec::new()),
                (linked, [b"before", &long[..], b"behind"].concat()),
                (large, longer.to_vec()),
                (pooled(b"ab", Some(&long)), [b"a", &long[..], b"b"].concat()),
            ];
            for (mut segments, bytes) in more {
                assert_eq!(segments.len(), bytes.len());
                segments.prepend(b"five5");
                all.append(segments);
                expected.extend([b"five5", &bytes[..]].concat());
                assert!(joined(&all) == expected, "round {round}");
            }
        }
        assert_eq!(all.len(), expected.len());
        assert!(all.into_pieces().collect::<Vec<_>>().concat() == expected);
    }

    #[test]
    fn pieces_come_in_order_and_none_is_empty() {
        let mut segments = Segments::new();
        assert_eq!(segments.pieces().count(), 0);
        segments.link(Bytes::from(alloc::vec![b'L'; LINKED_BYTES_MIN]));
        segments.buffer().extend_from_slice(b"ab");
        segments.link(Bytes::from_static(b"small"));
        assert_eq!(segments.len(), LINKED_BYTES_MIN + 7);
        let pieces: Vec<_> = segments.into_pieces().collect();
        assert_eq!(pieces.len(), 2);
        assert_eq!(pieces[1], "absmall");
    }

    #[test]
    fn a_thread_gives_out_a_bounded_number_of_buffers_and_keeps_as_many() {
        let out: Vec<_> = core::iter::from_fn(pool::take).collect();
        assert_eq!(out.len(), 8);
        out.into_iter().for_each(pool::give);
        let given = core::iter::repeat_with(|| alloc::vec![0; pool::BUFFER_BYTES]).take(20);
        // From other threads, which may have taken more.
        given.for_each(pool::give);
        let out: Vec<_> = core::iter::from_fn(pool::take).collect();
        assert_eq!(out.len(), 8);
    }
}
