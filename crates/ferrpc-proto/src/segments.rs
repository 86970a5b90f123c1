//! `Segments`: an encoded message in pieces that own what is in them, as a transport wants it.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::fmt;

use bytes::Bytes;

/// An encoded message, or any other bytes, in order: short ones in one buffer, long ones linked.
///
/// What [`Message::encode_to_segments`](crate::Message::encode_to_segments) returns lies in memory of a
/// pool, to which it goes back when this is dropped. Has room in front, so that a prefix that tells the
/// length costs nothing. One pointer wide.
pub struct Segments(Option<Box<Parts>>);

/// What is in [`Segments`] that are not empty.
#[derive(Default)]
pub(crate) struct Parts {
    /// What is not linked, from `start` on.
    buffer: Vec<u8>,
    start: usize,
    /// Each stands before what lies in the buffer from that index on.
    links: Vec<(usize, Bytes)>,
    pooled: bool,
    /// The next one in the pool.
    next: Option<Box<Self>>,
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
        Self(None)
    }

    /// What was written at the end of the space of `parts`, so many bytes, with what is linked.
    #[inline]
    pub(crate) fn filled(mut parts: Box<Parts>, bytes: usize) -> Self {
        parts.start = parts.buffer.len() - bytes;
        Self(Some(parts))
    }

    /// What stands in `buffer` behind the room in front, with what is linked.
    pub(crate) fn exact(buffer: Vec<u8>, mut links: Vec<(usize, Bytes)>) -> Self {
        links.iter_mut().for_each(|(at, _)| *at += FRONT_BYTES);
        Self(Some(Box::new(Parts { buffer, start: FRONT_BYTES, links, ..Parts::default() })))
    }

    /// Number of bytes.
    #[inline]
    pub fn len(&self) -> usize {
        self.0.as_ref().map_or(0, |parts| parts.len())
    }

    /// Whether there are none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The buffer to append bytes to. What is in it already is not for the caller.
    pub fn buffer(&mut self) -> &mut Vec<u8> {
        &mut self.own().buffer
    }

    /// Appends bytes: without a copy if they are 2 KiB or more.
    pub fn link(&mut self, bytes: Bytes) {
        let own = self.own();
        if bytes.len() < LINKED_BYTES_MIN {
            own.buffer.extend_from_slice(&bytes);
        } else {
            own.links.push((own.buffer.len(), bytes));
        }
    }

    /// Moves everything from `more` behind what is here.
    #[inline]
    pub fn append(&mut self, more: Self) {
        // Most of what follows something is a short message, and there is room for it.
        if let (Some(own), Some(theirs)) = (&mut self.0, &more.0)
            && theirs.links.is_empty()
            && own.has_room(theirs.buffer.len() - theirs.start)
        {
            return own.buffer.extend_from_slice(&theirs.buffer[theirs.start..]);
        }
        self.append_moving(more);
    }

    fn append_moving(&mut self, mut more: Self) {
        if self.is_empty() {
            *self = more;
            return;
        }
        let Some(theirs) = &mut more.0 else { return };
        let bytes = theirs.buffer.len() - theirs.start;
        if bytes >= LINKED_BYTES_MIN && !theirs.pooled {
            return more.into_pieces().for_each(|piece| self.link(piece));
        }
        let own = self.own();
        if own.buffer.capacity() - own.buffer.len() < bytes {
            // Where there are two messages at once there are many; and they are a batch of a stream where they fill
            // the room that was made for the second.
            own.buffer.reserve(2 * GROWTH_BYTES);
        }
        let here = own.buffer.len();
        own.buffer.extend_from_slice(&theirs.buffer[theirs.start..]);
        let links = theirs.links.drain(..);
        own.links.extend(links.map(|(at, linked)| (here + (at - theirs.start), linked)));
    }

    /// What is here, in memory that can grow: if it lies in a buffer of the pool it is moved.
    fn own(&mut self) -> &mut Parts {
        if self.0.as_ref().is_some_and(|parts| parts.pooled) {
            let mut old = self.0.take().unwrap_or_default();
            self.0 = Some(Box::new(old.moved()));
            pool::give(old);
        }
        self.0.get_or_insert_with(|| {
            // Room for what most messages take, behind that for a prefix.
            let mut buffer = Vec::with_capacity(FRONT_BYTES + 128);
            buffer.resize(FRONT_BYTES, 0);
            Box::new(Parts { buffer, start: FRONT_BYTES, ..Parts::default() })
        })
    }

    /// Puts bytes in front of all others. There is room for 16 without moving anything.
    #[inline]
    pub fn prepend(&mut self, bytes: &[u8]) {
        match &mut self.0 {
            Some(parts) if parts.has_front(bytes.len()) => parts.fill_front(bytes),
            _ => self.prepend_to_other(bytes),
        }
    }

    /// To nothing, or to what has no room in front.
    #[inline(never)]
    fn prepend_to_other(&mut self, bytes: &[u8]) {
        if self.0.is_none() {
            // For a message without fields that is all there will be.
            self.0 = pool::take();
        }
        match &mut self.0 {
            Some(parts) if parts.has_front(bytes.len()) => parts.fill_front(bytes),
            _ => self.own().insert_front(bytes),
        }
    }

    /// All bytes, if none of them are linked.
    #[inline]
    pub fn as_slice(&self) -> Option<&[u8]> {
        match &self.0 {
            None => Some(&[]),
            Some(parts) => parts.links.is_empty().then(|| &parts.buffer[parts.start..]),
        }
    }

    /// All bytes in order. No piece is empty.
    pub fn pieces(&self) -> impl Iterator<Item = Piece<'_>> {
        self.0.iter().flat_map(|parts| parts.pieces())
    }

    /// All bytes in order, each piece in memory of its own or shared. No piece is empty.
    pub fn into_pieces(mut self) -> impl Iterator<Item = Bytes> {
        self.0.as_mut().map_or_else(Vec::new, |parts| parts.take_pieces()).into_iter()
    }
}

impl Parts {
    /// Where a message is written, from the end of it, and where to put what is linked, each with the index in the
    /// buffer that it stands before.
    #[inline]
    pub(crate) fn space(&mut self) -> (&mut [u8], &mut Vec<(usize, Bytes)>) {
        (&mut self.buffer[FRONT_BYTES..], &mut self.links)
    }

    #[inline]
    fn len(&self) -> usize {
        self.buffer.len() - self.start + self.links.iter().map(|(_, linked)| linked.len()).sum::<usize>()
    }

    /// Whether so many bytes, that nobody would rather link, can be copied behind those that are here.
    #[inline]
    fn has_room(&self, bytes: usize) -> bool {
        !self.pooled && bytes < LINKED_BYTES_MIN && bytes <= self.buffer.capacity() - self.buffer.len()
    }

    #[inline]
    fn has_front(&self, bytes: usize) -> bool {
        self.start >= bytes
    }

    #[inline]
    fn fill_front(&mut self, bytes: &[u8]) {
        let start = self.start - bytes.len();
        self.buffer[start..self.start].copy_from_slice(bytes);
        self.start = start;
    }

    fn insert_front(&mut self, bytes: &[u8]) {
        let Self { buffer, start, links, .. } = self;
        buffer.splice(..*start, bytes.iter().copied());
        links.iter_mut().for_each(|(at, _)| *at = *at - *start + bytes.len());
        *start = 0;
    }

    /// What is here, with room in front as it was and more behind.
    fn moved(&mut self) -> Self {
        let (from, start) = (self.start.saturating_sub(FRONT_BYTES), FRONT_BYTES.min(self.start));
        let mut buffer = Vec::with_capacity(self.buffer.len() - from + GROWTH_BYTES);
        buffer.extend_from_slice(&self.buffer[from..]);
        let links = self.links.drain(..).map(|(at, linked)| (at - from, linked)).collect();
        Self { buffer, start, links, ..Self::default() }
    }

    fn pieces(&self) -> impl Iterator<Item = Piece<'_>> {
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

    fn take_pieces(&mut self) -> Vec<Bytes> {
        let (buffer, front) = if self.pooled {
            // The buffer stays: others of the thread need it more than this one needs a copy less.
            (Bytes::copy_from_slice(&self.buffer[self.start..]), self.start)
        } else {
            (Bytes::from(core::mem::take(&mut self.buffer)), 0)
        };
        let mut pieces = Vec::with_capacity(self.links.len() * 2 + 1);
        let mut at = self.start - front;
        for (before, linked) in self.links.drain(..) {
            let before = before - front;
            pieces.extend([buffer.slice(at..before), linked]);
            at = before;
        }
        pieces.push(buffer.slice(at..));
        pieces.retain(|piece| !piece.is_empty());
        pieces
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
        if let Some(parts) = self.0.take_if(|parts| parts.pooled) {
            pool::give(parts);
        }
    }
}

/// Buffers that messages are written into, kept by each thread for the next message.
pub(crate) mod pool {
    use alloc::boxed::Box;
    use alloc::vec::Vec;
    use core::cell::Cell;

    use super::Parts;

    /// Length of a buffer.
    pub(super) const BUFFER_BYTES: usize = 4 << 10;

    /// So many buffers wait at most in a thread, and so many more are out; then messages are copied into
    /// memory of their own, since a long queue of short ones would hold a whole buffer each.
    const BUFFERS_MAX: usize = 8;

    /// Room for so many links stays with a buffer.
    const LINKS_KEPT_MAX: usize = 16;

    /// A buffer, all of it initialised, with nothing in it; none if there are too many out.
    #[inline]
    pub(crate) fn take() -> Option<Box<Parts>> {
        imp::with(Pool::take).flatten()
    }

    /// Takes a buffer back, from whichever thread it was.
    #[inline]
    pub(crate) fn give(mut parts: Box<Parts>) {
        if !parts.links.is_empty() {
            unlink(&mut parts.links);
        }
        imp::with(|pool| pool.give(parts));
    }

    #[cold]
    fn unlink<T>(links: &mut Vec<T>) {
        links.clear();
        links.shrink_to(LINKS_KEPT_MAX);
    }

    #[cold]
    fn new() -> Box<Parts> {
        let buffer = alloc::vec![0; BUFFER_BYTES];
        Box::new(Parts { start: buffer.len(), buffer, pooled: true, ..Parts::default() })
    }

    pub(super) struct Pool {
        /// The first one of a list.
        free: Cell<Option<Box<Parts>>>,
        waiting: Cell<usize>,
        /// How many more were taken here than were given back here.
        out: Cell<usize>,
    }

    impl Pool {
        #[inline]
        fn take(&self) -> Option<Box<Parts>> {
            let parts = match self.free.take() {
                Some(mut parts) => {
                    self.put(parts.next.take());
                    self.waiting.set(self.waiting.get() - 1);
                    parts
                }
                None if self.out.get() < BUFFERS_MAX => new(),
                None => return None,
            };
            self.out.set(self.out.get() + 1);
            Some(parts)
        }

        #[inline]
        fn give(&self, mut parts: Box<Parts>) {
            self.out.set(self.out.get().saturating_sub(1));
            if self.waiting.get() < BUFFERS_MAX {
                self.waiting.set(self.waiting.get() + 1);
                parts.start = parts.buffer.len();
                let none = core::mem::replace(&mut parts.next, self.free.take());
                debug_assert!(none.is_none(), "who is out is in no list");
                core::mem::forget(none);
                self.put(Some(parts));
            }
        }

        /// Lets a list begin with these where there is none: without code to drop what was there, twice for each
        /// message.
        #[inline]
        fn put(&self, first: Option<Box<Parts>>) {
            let none = self.free.replace(first);
            debug_assert!(none.is_none(), "what was there has been taken");
            core::mem::forget(none);
        }
    }

    #[cfg(feature = "std")]
    mod imp {
        use super::{Cell, Pool};

        std::thread_local! {
            static POOL: Pool =
                const { Pool { free: Cell::new(None), waiting: Cell::new(0), out: Cell::new(0) } };
        }

        /// `None` while the thread ends.
        #[inline]
        pub(super) fn with<R>(work: impl FnOnce(&Pool) -> R) -> Option<R> {
            POOL.try_with(work).ok()
        }
    }

    /// Without std there are no threads to keep anything for.
    #[cfg(not(feature = "std"))]
    mod imp {
        use super::Pool;

        #[inline]
        pub(super) fn with<R>(_: impl FnOnce(&Pool) -> R) -> Option<R> {
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
        let mut parts = pool::take().expect("one of the first eight");
        let (space, links) = parts.space();
        let start = space.len() - text.len();
        space[start..].copy_from_slice(text);
        links.extend(linked.map(|linked| (FRONT_BYTES + start + 1, linked.clone())));
        Segments::filled(parts, text.len())
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
        let given = core::iter::repeat_with(|| {
            Box::new(Parts { buffer: alloc::vec![0; pool::BUFFER_BYTES], pooled: true, ..Parts::default() })
        });
        // From other threads, which may have taken more.
        given.take(20).for_each(pool::give);
        let out: Vec<_> = core::iter::from_fn(pool::take).collect();
        assert_eq!(out.len(), 8);
    }
}
