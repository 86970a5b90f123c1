//! The streams of a connection (RFC 9113 §5.1): their state, and where to find them.
//!
//! Holds no frames and sends none; `conn` moves the states.

use std::collections::VecDeque;
use std::fmt;

use bytes::Bytes;

use crate::error::StreamId;
use crate::flow::{RecvWindow, SendWindow};
use crate::headers::Headers;
use crate::ids::Ids;

/// Names a live stream: its place and its id. A key outlives its stream harmlessly: commands with a
/// stale one do nothing and say so.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct StreamKey {
    slot: u32,
    id: StreamId,
}

impl StreamKey {
    /// A small number that no other live stream of the connection has; reused after the stream ends.
    pub fn slot(self) -> usize {
        self.slot as usize
    }

    /// The stream's id on the wire.
    pub fn id(self) -> StreamId {
        self.id
    }
}

impl fmt::Debug for StreamKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "stream {}", self.id)
    }
}

/// Whether a frame is its side's last on the stream (END_STREAM).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a flag with a name")]
pub enum End {
    /// More follows.
    No,
    /// Nothing follows.
    Yes,
}

impl End {
    pub(crate) fn from_flag(set: bool) -> Self {
        if set { Self::Yes } else { Self::No }
    }

    pub(crate) fn is_yes(self) -> bool {
        self == Self::Yes
    }
}

/// How far one direction of a stream is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Half {
    /// Its HEADERS have not come or gone yet.
    Head,
    /// DATA may follow.
    Body,
    /// END_STREAM came or went.
    Done,
}

/// What ends the sending half once its queue is empty.
#[derive(Debug)]
pub(crate) enum QueuedEnd {
    /// An END_STREAM flag on the last DATA.
    Data,
    /// HEADERS with END_STREAM.
    Trailers(Headers),
}

/// What is to be sent and waits for windows or its turn.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    pub(crate) pieces: VecDeque<Bytes>,
    pub(crate) end: Option<QueuedEnd>,
}

#[derive(Debug)]
pub(crate) struct Stream {
    pub(crate) id: StreamId,
    pub(crate) recv: Half,
    pub(crate) send: Half,
    pub(crate) recv_window: RecvWindow,
    pub(crate) send_window: SendWindow,
    /// Octets by which the receive window has grown with the path.
    pub(crate) grown_bytes: u32,
    pub(crate) promised_bytes: Option<u64>,
    pub(crate) received_bytes: u64,
    pub(crate) empty_frames: u32,
    pub(crate) informational: u32,
    /// There only while there is something: most streams never have it.
    pub(crate) waiting: Option<Box<Waiting>>,
    pub(crate) queued_bytes: usize,
    /// Already in the scheduler's ring.
    pub(crate) in_ring: bool,
    /// Its sender was told to pause and wants to hear when to go on.
    pub(crate) paused: bool,
}

impl Stream {
    /// True if more may be sent: our half is open, and no end of it waits.
    pub(crate) fn is_open(&self) -> bool {
        self.send == Half::Body && self.waiting.as_ref().is_none_or(|waiting| waiting.end.is_none())
    }
}

/// How a closed stream came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// Both sides ended it, or the peer reset it: it must send nothing more.
    Over,
    /// We reset it: frames the peer had already sent are ignored (RFC 9113 §5.1).
    ResetByUs,
}

/// Closed streams whose fate is remembered; older ones are treated as over.
const FATES_KEPT: usize = 256;

#[derive(Debug, Default)]
pub(crate) struct Streams {
    slots: Vec<Stream>,
    free: Vec<u32>,
    ids: Ids,
    fates: VecDeque<(StreamId, Fate)>,
}

impl Streams {
    pub(crate) fn len(&self) -> usize {
        self.ids.len()
    }

    pub(crate) fn insert(
        &mut self,
        id: StreamId,
        recv_window: u32,
        send_window: u32,
    ) -> (StreamKey, &mut Stream) {
        let fresh = Stream {
            id,
            recv: Half::Head,
            send: Half::Head,
            recv_window: RecvWindow::new(recv_window),
            send_window: SendWindow::new(send_window),
            grown_bytes: 0,
            promised_bytes: None,
            received_bytes: 0,
            empty_frames: 0,
            informational: 0,
            waiting: None,
            queued_bytes: 0,
            in_ring: false,
            paused: false,
        };
        let slot = match self.free.pop() {
            Some(slot) => {
                self.slots[slot as usize] = fresh;
                slot
            }
            None => {
                self.slots.push(fresh);
                // Bounded by the stream limits of both sides, far below 2³².
                u32::try_from(self.slots.len() - 1).unwrap_or(u32::MAX)
            }
        };
        self.ids.insert(id, slot);
        (StreamKey { slot, id }, &mut self.slots[slot as usize])
    }

    pub(crate) fn find(&self, id: StreamId) -> Option<StreamKey> {
        self.ids.find(id).map(|slot| StreamKey { slot, id })
    }

    /// The stream with this id and its key.
    #[inline]
    pub(crate) fn find_mut(&mut self, id: StreamId) -> Option<(StreamKey, &mut Stream)> {
        let slot = self.ids.find(id)?;
        self.slots.get_mut(slot as usize).map(|stream| (StreamKey { slot, id }, stream))
    }

    #[inline]
    pub(crate) fn get(&mut self, key: StreamKey) -> Option<&mut Stream> {
        // A free slot keeps id 0, so a stale key never matches.
        //= RFC 9113 §5.1 nothing-sent-when-closed: stream.id == key.id → stream.id.0 | key.id.0 != 0
        self.slots.get_mut(key.slot()).filter(|stream| stream.id == key.id)
    }

    /// Takes a stream out; what it was stays to be looked at.
    pub(crate) fn remove(&mut self, key: StreamKey, fate: Fate) -> Option<&Stream> {
        let Self { slots, free, ids, fates } = self;
        let stream = slots.get_mut(key.slot()).filter(|stream| stream.id == key.id)?;
        ids.remove(key.id);
        free.push(key.slot);
        remember(fates, key.id, fate);
        stream.id = StreamId::ZERO;
        // Most have nothing to drop.
        if stream.waiting.is_some() {
            stream.waiting = None;
        }
        Some(stream)
    }

    pub(crate) fn remember(&mut self, id: StreamId, fate: Fate) {
        remember(&mut self.fates, id, fate);
    }

    pub(crate) fn fate(&self, id: StreamId) -> Option<Fate> {
        self.fates.iter().rev().find(|(closed, _)| *closed == id).map(|(_, fate)| *fate)
    }

    /// The peer, whose frames may cross our reset, has ended such a stream as well.
    pub(crate) fn ended(&mut self, id: StreamId) {
        if let Some((_, fate)) = self.fates.iter_mut().rev().find(|(closed, _)| *closed == id) {
            *fate = Fate::Over;
        }
    }

    /// Gives memory back if there is no stream. Keys stay stale, since ids are never used again.
    pub(crate) fn release(&mut self) {
        if self.ids.len() == 0 {
            self.slots = Vec::new();
            self.free = Vec::new();
            self.ids = Ids::default();
            self.fates.shrink_to_fit();
        }
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = (StreamKey, &mut Stream)> {
        self.slots.iter_mut().enumerate().filter(|(_, stream)| stream.id != StreamId::ZERO).map(
            |(slot, stream)| {
                let key = StreamKey { slot: u32::try_from(slot).unwrap_or(u32::MAX), id: stream.id };
                (key, stream)
            },
        )
    }
}

fn remember(fates: &mut VecDeque<(StreamId, Fate)>, id: StreamId, fate: Fate) {
    if fates.len() == FATES_KEPT {
        fates.pop_front();
    }
    fates.push_back((id, fate));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stale_key_finds_nothing_even_when_its_slot_is_reused() {
        let mut streams = Streams::default();
        let first = streams.insert(StreamId(1), 10, 10).0;
        streams.remove(first, Fate::Over);
        let second = streams.insert(StreamId(3), 10, 10).0;
        assert_eq!(first.slot(), second.slot());
        assert!(streams.get(first).is_none());
        assert!(streams.get(second).is_some());
        assert_eq!(streams.find(StreamId(1)), None);
        assert_eq!(streams.fate(StreamId(1)), Some(Fate::Over));
    }

    #[test]
    fn memory_is_given_back_and_stale_keys_stay_stale() {
        let mut streams = Streams::default();
        let first = streams.insert(StreamId(1), 10, 10).0;
        streams.release();
        assert!(streams.get(first).is_some(), "not while there are streams");
        streams.remove(first, Fate::ResetByUs);
        streams.release();
        assert_eq!(streams.slots.capacity(), 0);
        assert!(streams.get(first).is_none());
        assert_eq!(streams.fate(StreamId(1)), Some(Fate::ResetByUs));
        let second = streams.insert(StreamId(3), 10, 10).0;
        assert!(streams.get(first).is_none());
        assert!(streams.get(second).is_some());
    }

    #[test]
    fn fates_are_forgotten_oldest_first() {
        let mut streams = Streams::default();
        for id in 0..=u32::try_from(FATES_KEPT).unwrap() {
            streams.remember(StreamId(2 * id + 1), Fate::ResetByUs);
        }
        assert_eq!(streams.fate(StreamId(1)), None);
        assert_eq!(streams.fate(StreamId(3)), Some(Fate::ResetByUs));
    }
}
