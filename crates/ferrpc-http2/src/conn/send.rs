//! Commands to octets: heads, payloads, trailers, resets and credit.
//!
//! HEADERS are encoded when the command is given, since their order is the order of the compression
//! table; DATA goes out at once when windows allow and waits in its stream's queue when they do not.

use std::fmt;

use bytes::Bytes;

use super::sched::{QUANTUM_BYTES, WINDOW_UPDATES_PER_DATA};
use super::{Connection, Progress, Role};
use crate::error::{ErrorCode, FrameKind, StreamId};
use crate::frame::{self, FrameHeader, HEADER_BYTES};
use crate::headers::{Headers, Indexing};
use crate::hpack::Encoder;
use crate::short::{self, SHORT_BYTES};
use crate::stream::{End, Fate, Half, QueuedEnd, StreamKey};

/// Writes the fields of one header block, in order; pseudo-headers first (RFC 9113 §8.3).
#[derive(Debug)]
pub struct HeaderWriter<'a> {
    to: Target<'a>,
}

#[derive(Debug)]
enum Target<'a> {
    Wire {
        encoder: &'a mut Encoder,
        out: &'a mut Vec<u8>,
    },
    /// For trailers behind DATA that cannot go out yet.
    Store(&'a mut Headers),
}

impl HeaderWriter<'_> {
    /// Appends a field. Names must be lower case and both parts legal (RFC 9113 §8.2.1): the caller
    /// checks what users gave it.
    pub fn field(&mut self, name: &[u8], value: &[u8], indexing: Indexing) {
        match &mut self.to {
            Target::Wire { encoder, out } => encoder.field(name, value, indexing, out),
            Target::Store(headers) => headers.append(name, value, indexing),
        }
    }

    /// Appends fields that are the same each time, by what they were encoded to the time before: a copy, as
    /// long as the compression table stays as it is. `known` is for one connection and these fields alone.
    #[inline]
    pub fn repeated(&mut self, known: &mut Repeated, fields: impl FnOnce(&mut HeaderWriter<'_>)) {
        let Target::Wire { encoder, out } = &mut self.to else { return fields(self) };
        let (generation, at) = (encoder.generation(), out.len());
        if known.generation == Some(generation) {
            return known.append_to(out);
        }
        fields(self);
        if let Target::Wire { encoder, out } = &self.to
            && encoder.generation() == generation
        {
            known.note(&out[at..]);
            known.generation = Some(generation);
        }
    }

    /// Appends all fields of a list.
    pub fn fields(&mut self, headers: &Headers) {
        for (i, (name, value)) in headers.iter().enumerate() {
            self.field(name, value, headers.indexing(i));
        }
    }
}

/// Fields that are sent again and again, as they were encoded last; see [`HeaderWriter::repeated`].
#[derive(Debug, Default)]
pub struct Repeated {
    /// The encoder's, when they left its table alone.
    generation: Option<u64>,
    /// Never fewer than [`SHORT_BYTES`]; `len` of them count.
    octets: Vec<u8>,
    len: usize,
}

impl Repeated {
    #[inline]
    fn append_to(&self, out: &mut Vec<u8>) {
        match self.octets.first_chunk() {
            Some(short) if self.len <= SHORT_BYTES => short::append(out, short, self.len),
            _ => out.extend_from_slice(&self.octets),
        }
    }

    fn note(&mut self, octets: &[u8]) {
        self.len = octets.len();
        self.octets.clear();
        self.octets.extend_from_slice(octets);
        if self.len < SHORT_BYTES {
            self.octets.resize(SHORT_BYTES, 0);
        }
    }
}

/// Why a stream cannot be opened now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OpenError {
    /// The peer's SETTINGS_MAX_CONCURRENT_STREAMS is reached; wait for a stream to end.
    StreamLimit {
        /// That limit.
        streams_max: u32,
    },
    /// The peer or we said GOAWAY, the ids are used up, or the connection is over: use another one.
    GoingAway,
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::StreamLimit { streams_max } => {
                write!(f, "the peer allows {streams_max} concurrent streams, and that many are open")
            }
            Self::GoingAway => f.write_str("the connection takes no new streams"),
        }
    }
}

impl std::error::Error for OpenError {}

impl Connection {
    /// Whether [`open`](Self::open) would work now.
    ///
    /// # Errors
    /// Why not.
    pub fn can_open(&self) -> Result<(), OpenError> {
        if self.closed
            || self.role == Role::Server
            //= RFC 9113 §6.8 no-streams-after-goaway: || self.peer_is_going_away() →
            || self.peer_is_going_away()
            || self.next_local > self.limits.stream_id_max
        {
            return Err(OpenError::GoingAway);
        }
        //= RFC 9113 §5.1.2 stream-limit-of-the-peer
        if self.open_local >= self.peer.streams_max {
            return Err(OpenError::StreamLimit { streams_max: self.peer.streams_max });
        }
        Ok(())
    }

    /// Opens a stream with a request head. The id is given here, where the head is encoded: ids must
    /// rise on the wire.
    ///
    /// # Errors
    /// When the peer takes no more streams now, or no more at all on this connection.
    pub fn open(
        &mut self,
        end: End,
        head: impl FnOnce(&mut HeaderWriter<'_>),
    ) -> Result<StreamKey, OpenError> {
        if let Err(error) = self.can_open() {
            if self.next_local > self.limits.stream_id_max {
                self.count(|counters| &counters.stream_id_max);
            }
            return Err(error);
        }
        let id = StreamId(self.next_local);
        //= RFC 9113 §5.1.1 rising-streams
        self.next_local += 2;
        self.open_local += 1;
        let (key, stream) = self.streams.insert(id, self.recv.stream_window_bytes, self.peer.window_bytes);
        stream.send = if end.is_yes() { Half::Done } else { Half::Body };
        self.append_block(id, end, head);
        Ok(key)
    }

    /// Sends the head of a response. False if the stream is gone or has had its head.
    pub fn send_headers(
        &mut self,
        key: StreamKey,
        end: End,
        head: impl FnOnce(&mut HeaderWriter<'_>),
    ) -> bool {
        let Some(stream) = self.streams.get(key).filter(|stream| stream.send == Half::Head) else {
            return false;
        };
        stream.send = Half::Body;
        self.append_block(key.id(), end, head);
        if end.is_yes() {
            self.sent_end(key);
        }
        true
    }

    /// Sends a payload; large ones are not copied. What windows do not allow now waits in the stream's
    /// queue. False if the stream is gone or its half is over.
    pub fn send(&mut self, key: StreamKey, payload: Bytes, end: End) -> bool {
        let Some(stream) = self.streams.get(key).filter(|stream| stream.is_open()) else {
            return false;
        };
        let idle = stream.waiting.is_none();
        if payload.len() <= crate::out::COPY_BYTES_MAX && idle {
            return self.send_small(key, &payload, end);
        }
        stream.queued_bytes += payload.len();
        self.held_bytes += payload.len();
        let waiting = stream.waiting.get_or_insert_default();
        waiting.pieces.push_back(payload);
        if end.is_yes() {
            waiting.end = Some(QueuedEnd::Data);
        }
        self.held_changed(Progress::None);
        self.make_ready(key);
        true
    }

    /// Sends a small payload by copy; see [`send`](Self::send).
    pub fn send_slice(&mut self, key: StreamKey, payload: &[u8], end: End) -> bool {
        match self.streams.get(key) {
            Some(stream) if stream.send == Half::Body && stream.waiting.is_none() => {
                self.send_small(key, payload, end)
            }
            Some(_) => self.send(key, Bytes::copy_from_slice(payload), end),
            None => false,
        }
    }

    /// The straight path of small messages: DATA behind whatever is in the output, jumping the ring of
    /// bulk senders. The queue of the stream is empty.
    fn send_small(&mut self, key: StreamKey, payload: &[u8], end: End) -> bool {
        let Some(stream) = self.streams.get(key) else { return false };
        let (n, window) = (payload.len(), stream.send_window.available());
        if !self.passes(n, window) {
            let Some(stream) = self.streams.get(key) else { return false };
            stream.queued_bytes += n;
            self.held_bytes += n;
            let waiting = stream.waiting.get_or_insert_default();
            waiting.pieces.push_back(Bytes::copy_from_slice(payload));
            if end.is_yes() {
                waiting.end = Some(QueuedEnd::Data);
            }
            self.held_changed(Progress::None);
            self.make_ready(key);
            return true;
        }
        if n == 0 && end == End::No {
            return true;
        }
        if let Some(stream) = self.streams.get(key) {
            stream.send_window.take(n);
        }
        self.send_window.take(n);
        self.ledger.useful(WINDOW_UPDATES_PER_DATA);
        self.pings.forgive();
        let frame_bytes_max = (self.peer.frame_bytes_max as usize).min(QUANTUM_BYTES);
        self.out.data(key.id(), payload, end, frame_bytes_max);
        if end.is_yes() {
            self.sent_end(key);
        }
        true
    }

    /// Sends a whole answer of a few octets: head, payload and trailers. What windows do not allow now waits in the
    /// stream's queue. False if the stream is gone or has had its head.
    pub fn respond(
        &mut self,
        key: StreamKey,
        head: impl FnOnce(&mut HeaderWriter<'_>),
        payload: &[u8],
        trailers: impl FnOnce(&mut HeaderWriter<'_>),
    ) -> bool {
        let Some(stream) = self.streams.get(key).filter(|stream| stream.send == Half::Head) else {
            return false;
        };
        let (n, window, recv) = (payload.len(), stream.send_window.available(), stream.recv);
        if recv != Half::Done || !self.passes(n, window) {
            self.send_headers(key, End::No, head);
            self.send_slice(key, payload, End::No);
            return self.send_trailers(key, trailers);
        }
        // The stream ends here: of its window nobody asks any more.
        self.append_block(key.id(), End::No, head);
        self.send_window.take(n);
        self.ledger.useful(WINDOW_UPDATES_PER_DATA);
        if n > 0 {
            let out = self.out.scratch();
            out.extend_from_slice(&frame::data_header(key.id(), n, false));
            out.extend_from_slice(payload);
        }
        self.append_block(key.id(), End::Yes, trailers);
        self.forget(key, Fate::Over);
        true
    }

    /// Whether so many octets may go out at once on a stream with this much window.
    #[inline]
    fn passes(&self, n: usize, window: usize) -> bool {
        //= RFC 9113 §5.2.1 limits-of-the-receiver: n <= self.send_window.available().min(window) → true
        n <= self.send_window.available().min(window)
            && n <= self.peer.frame_bytes_max as usize
            && self.out.len() < 2 * self.limits.write_bytes_mark
    }

    /// Ends our half with trailers, behind all DATA queued. False if the stream is gone or its half is
    /// over.
    pub fn send_trailers(&mut self, key: StreamKey, trailers: impl FnOnce(&mut HeaderWriter<'_>)) -> bool {
        let Some(stream) = self.streams.get(key).filter(|stream| stream.is_open()) else {
            return false;
        };
        if let Some(waiting) = &mut stream.waiting {
            let mut stored = Headers::new();
            trailers(&mut HeaderWriter { to: Target::Store(&mut stored) });
            waiting.end = Some(QueuedEnd::Trailers(stored));
        } else {
            self.append_block(key.id(), End::Yes, trailers);
            self.sent_end(key);
        }
        true
    }

    /// Ends our half with an empty DATA frame, behind all DATA queued.
    pub fn send_end(&mut self, key: StreamKey) -> bool {
        self.send_slice(key, &[], End::Yes)
    }

    /// Octets of the stream that wait for windows or their turn.
    #[cfg(test)]
    pub(crate) fn unsent(&mut self, key: StreamKey) -> usize {
        self.streams.get(key).map_or(0, |stream| stream.queued_bytes)
    }

    /// Whether the stream has more unsent than [`Limits::unsent_bytes_mark`](crate::Limits); then a
    /// [`Event::Writable`](super::Event::Writable) will say when to go on.
    pub fn should_pause(&mut self, key: StreamKey) -> bool {
        let mark = self.limits.unsent_bytes_mark;
        let Some(stream) = self.streams.get(key) else { return false };
        stream.paused = stream.queued_bytes > mark;
        let paused = stream.paused;
        if paused {
            self.count(|counters| &counters.unsent_bytes_mark);
        }
        paused
    }

    /// Cuts the stream short with RST_STREAM; what it had queued is dropped, what the peer still sends
    /// is ignored.
    pub fn reset(&mut self, key: StreamKey, code: ErrorCode) {
        if self.streams.get(key).is_none() {
            return;
        }
        frame::append_rst_stream(key.id(), code, self.out.scratch());
        self.forget(key, Fate::ResetByUs);
    }

    /// Gives the credit of received octets back to the peer, once they are consumed.
    pub fn consumed(&mut self, key: StreamKey, octets: usize) {
        let Some(stream) = self.streams.get(key) else { return };
        let lent = stream.recv_window.extra();
        let increment = stream.recv_window.consume(octets);
        let returned = lent - stream.recv_window.extra();
        self.unread_bytes = self.unread_bytes.saturating_sub(octets);
        self.credit(key, increment);
        self.give_back(returned);
    }

    /// Gives a stream what returns to it, and what its window should have grown by. One of which half a window came
    /// need not wait until something returns.
    fn credit(&mut self, key: StreamKey, returned: Option<u32>) {
        let Some(stream) = self.streams.get(key).filter(|stream| stream.recv == Half::Body) else { return };
        let is_used = stream.received_bytes >= stream.recv_window.size() / 2;
        if returned.is_none() && (self.growable == 0 || !is_used) {
            return;
        }
        let increment = returned.unwrap_or(0) + self.grow(key);
        if increment > 0 {
            self.reply(|out| frame::append_window_update(key.id(), increment, out));
        }
    }

    /// It may have as much as the path holds, as long as there is any left. Returns what its credit became larger by.
    fn grow(&mut self, key: StreamKey) -> u32 {
        let Some(stream) = self.streams.get(key) else { return 0 };
        let wanted = self.path.grown_bytes() - stream.grown_bytes;
        let growth = stream.recv_window.grow(wanted.min(self.growable));
        self.growable -= growth;
        stream.grown_bytes += growth;
        if growth < wanted {
            self.count(|counters| &counters.grown_bytes_max);
        }
        growth
    }

    /// A hint that so many octets are still to come in one piece on the stream: its window is extended so
    /// that they can, up to [`Limits::stream_window_bytes_max`](crate::Limits), as soon as
    /// [`Limits::extended_bytes_max`](crate::Limits) allows.
    pub fn want(&mut self, key: StreamKey, octets: usize) {
        // One more than will come: nghttp2, and with it Node.js, does not look whether a body has ended while
        // its window is empty, and so never says the end, for which we may wait before we take the body.
        let octets = octets.saturating_add(1).min(self.limits.stream_window_bytes_max as usize);
        let Some(stream) = self.streams.get(key).filter(|stream| stream.recv == Half::Body) else { return };
        let lacks = stream.recv_window.lacks(octets);
        if lacks == 0 || (lacks <= self.lendable && self.borrowers.is_empty()) {
            return self.lend(key, octets, lacks);
        }
        // Oldest first, or partial messages could wait for each other for ever.
        match self.borrowers.iter_mut().find(|(waiting, _)| *waiting == key) {
            Some((_, wanted)) => *wanted = octets,
            None => {
                self.borrowers.push_back((key, octets));
                self.count(|counters| &counters.extended_bytes_max);
            }
        }
    }

    fn lend(&mut self, key: StreamKey, octets: usize, lacks: i64) {
        let Some(stream) = self.streams.get(key) else { return };
        self.lendable -= lacks;
        let increment = stream.recv_window.extend_to(octets);
        self.credit(key, increment);
    }

    /// Credit that was lent is free again: the next that wait may have it.
    pub(super) fn give_back(&mut self, octets: i64) {
        self.lendable += octets;
        while let Some(&(key, wanted)) = self.borrowers.front() {
            let lacks = match self.streams.get(key) {
                Some(stream) if stream.recv == Half::Body => stream.recv_window.lacks(wanted),
                _ => {
                    self.borrowers.pop_front();
                    continue;
                }
            };
            if lacks > self.lendable {
                return;
            }
            self.borrowers.pop_front();
            self.lend(key, wanted, lacks);
        }
    }

    /// Our half of a stream is over.
    pub(super) fn sent_end(&mut self, key: StreamKey) {
        let Some(stream) = self.streams.get(key) else { return };
        stream.send = Half::Done;
        if stream.recv == Half::Done {
            self.forget(key, Fate::Over);
        } else if self.role == Role::Server {
            // RFC 9113 §8.1: after a complete response the server may ask the client to stop sending.
            self.reset(key, ErrorCode::NO_ERROR);
        }
    }

    /// Encodes a header block into one HEADERS frame, and CONTINUATIONs where it is too long for one.
    // Everything an answer consists of is written one behind the other: calls between would cost as much again.
    #[inline(always)]
    pub(super) fn append_block(&mut self, id: StreamId, end: End, write: impl FnOnce(&mut HeaderWriter<'_>)) {
        self.pings.forgive();
        let out = self.out.scratch();
        let start = out.len();
        let end_stream = if end.is_yes() { frame::FLAG_END_STREAM } else { 0 };
        let flags = end_stream | frame::FLAG_END_HEADERS;
        FrameHeader { len: 0, kind: FrameKind::HEADERS, flags, stream: id }.append(out);
        self.encoder.begin(out);
        write(&mut HeaderWriter { to: Target::Wire { encoder: &mut self.encoder, out } });
        let block_bytes = out.len() - start - HEADER_BYTES;
        //= RFC 9113 §4.1 frame-length-sent: block_bytes <= self.peer.frame_bytes_max as usize → true
        if block_bytes <= self.peer.frame_bytes_max as usize
            && let Some(front) = out[start..].first_chunk_mut::<4>()
        {
            *front = frame::front(length(block_bytes), FrameKind::HEADERS);
            return;
        }
        self.split_block(id, start, end_stream);
    }

    /// The block behind `start` is too long for one frame.
    #[cold]
    fn split_block(&mut self, id: StreamId, start: usize, end_stream: u8) {
        let (out, frame_bytes_max) = (self.out.scratch(), self.peer.frame_bytes_max as usize);
        let block = out.split_off(start + HEADER_BYTES);
        out.truncate(start);
        let pieces = block.chunks(frame_bytes_max);
        let last = pieces.len() - 1;
        for (i, piece) in pieces.enumerate() {
            //= RFC 9113 §4.3 block-in-one-run: i == 0 → true
            let kind = if i == 0 { FrameKind::HEADERS } else { FrameKind::CONTINUATION };
            let first = if i == 0 { end_stream } else { 0 };
            //= RFC 9113 §6.10 block-goes-on: i == last → i == 0
            let flags = first | if i == last { frame::FLAG_END_HEADERS } else { 0 };
            FrameHeader { len: length(piece.len()), kind, flags, stream: id }.append(out);
            out.extend_from_slice(piece);
        }
    }
}

/// Frame lengths are cut to the peer's maximum, below 2²⁴, before they get here.
fn length(octets: usize) -> u32 {
    u32::try_from(octets).unwrap_or(u32::MAX)
}
