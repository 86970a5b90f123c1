//! One HTTP/2 connection as a state machine: octets and time in, events and octets out.
//!
//! Has no socket, clock, task or lock; see [`Connection`] for how it is driven.

mod control;
mod recv;
mod sched;
mod send;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;

use crate::abuse::Ledger;
use crate::counters::{Counter, Counters};
use crate::error::{ErrorCode, Scope, StreamId, Violation};
use crate::flow::{SendWindow, WINDOW_START};
use crate::frame;
use crate::head::{Head, Spare};
use crate::headers::Headers;
use crate::hpack::{Decoder, Encoder};
use crate::input::{Chunk, Input};
use crate::limits::Limits;
use crate::memo::Memo;
use crate::out::Out;
use crate::path::Path;
use crate::pings::Pings;
use crate::stream::{End, Fate, StreamKey, Streams};

pub use send::{HeaderWriter, OpenError, Repeated};

/// Which side of the connection this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a connection has two ends")]
pub enum Role {
    /// Opens streams with requests.
    Client,
    /// Answers them.
    Server,
}

/// What happened on the connection, in the order it happened.
#[derive(Debug)]
#[non_exhaustive]
pub enum Event {
    /// The peer's SETTINGS came: it speaks HTTP/2, and its limits are known.
    Ready,
    /// The head of a request (server) or of a final response (client).
    Head {
        /// The stream; new on the server.
        stream: StreamKey,
        /// Checked against RFC 9113 §8.
        head: Head,
        /// Whether nothing follows.
        end: End,
    },
    /// A piece of the body as it came, without a copy. Empty only with [`End::Yes`].
    Data {
        /// The stream.
        stream: StreamKey,
        /// The octets; give their credit back with [`Connection::consumed`].
        chunk: Chunk,
        /// Whether nothing follows.
        end: End,
    },
    /// Trailers; they end the peer's half.
    Trailers {
        /// The stream.
        stream: StreamKey,
        /// Checked: no pseudo-headers.
        trailers: Head,
    },
    /// The stream is gone, both halves. Its key is stale.
    Reset {
        /// The stream.
        stream: StreamKey,
        /// By whom and why.
        reason: Reset,
    },
    /// A stream whose sender paused has less than half its mark unsent.
    Writable {
        /// The stream.
        stream: StreamKey,
    },
    /// The peer will take no new streams. Streams above its last id have had their [`Event::Reset`].
    GoAway {
        /// Its code.
        code: ErrorCode,
        /// Its debug data, at most 1 KiB.
        debug: Bytes,
    },
    /// The connection is over; the last event. What is still in the output should be written.
    Closed {
        /// Why.
        reason: Closed,
    },
}

/// Why a stream was cut short.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "by the peer, by us, or never begun")]
pub enum Reset {
    /// The peer sent RST_STREAM.
    ByPeer(ErrorCode),
    /// We sent RST_STREAM for a misdeed of the peer.
    ByUs(Violation),
    /// A GOAWAY says the peer never looked at it: safe to try elsewhere (RFC 9113 §6.8).
    Unprocessed(ErrorCode),
}

/// Why a connection ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Closed {
    /// A misdeed of the peer; it was sent a GOAWAY that names it.
    Violation(Violation),
    /// The peer closed its side of the socket.
    Eof,
    /// The socket, or the peer's windows, took nothing for [`Limits::write_stall_timeout`].
    WriteStall,
}

/// One HTTP/2 connection: octets and time in, events and octets out. Its methods are of four kinds:
///
/// - input: [`space`](Connection::space) and [`received`](Connection::received) for octets,
///   [`eof`](Connection::eof), [`tick`](Connection::tick) for time;
/// - commands from above: [`open`](Connection::open), [`send_headers`](Connection::send_headers),
///   [`send`](Connection::send), [`send_trailers`](Connection::send_trailers),
///   [`reset`](Connection::reset), [`consumed`](Connection::consumed), [`drain`](Connection::drain), …;
/// - what happened: [`event`](Connection::event), until it returns `None`;
/// - output: [`output`](Connection::output), [`deadline`](Connection::deadline).
///
/// The contract of a turn: input, then all events, then output until it is written, then wait for the
/// socket or the deadline.
#[derive(Debug)]
pub struct Connection {
    role: Role,
    /// Connections may share them.
    limits: Arc<Limits>,
    counters: Option<Arc<Counters>>,
    input: Input,
    out: Out,
    decoder: Decoder,
    /// The header list being read; its memory is for the next one.
    fields: Headers,
    spare: Spare,
    encoder: Encoder,
    memo: Memo,
    streams: Streams,
    recv: recv::State,
    sched: sched::Ring,
    batch: sched::Batch,
    /// What happened outside of parsing, oldest first. Bounded by the streams that are open.
    events: VecDeque<Event>,
    peer: PeerSettings,
    /// Streams of each side that are open; RFC 9113 §5.1.2 counts them apart.
    open_local: u32,
    open_remote: u32,
    next_local: u32,
    send_window: SendWindow,
    /// Credit that may still be lent to streams beyond their windows, and those that wait for it: at most
    /// one entry per stream.
    lendable: i64,
    borrowers: VecDeque<(StreamKey, usize)>,
    path: Path,
    pings: Pings,
    /// Octets by which streams' windows may still grow.
    growable: u32,
    replies: Replies,
    /// Reading stopped for the sake of the output.
    output_is_full: bool,
    /// What is queued in all streams.
    held_bytes: usize,
    /// What came on all streams and is not consumed.
    unread_bytes: usize,
    ledger: Ledger,
    timers: Timers,
    drain: Drain,
    /// Our SETTINGS are in the output, or gone.
    greeted: bool,
    /// No more octets will come.
    eof: bool,
    closed: bool,
    now: Instant,
}

/// What the peer's SETTINGS said (RFC 9113 §6.5.2).
#[derive(Debug)]
struct PeerSettings {
    streams_max: u32,
    window_bytes: u32,
    frame_bytes_max: u32,
    header_list_bytes_max: u32,
}

#[derive(Debug, Default)]
struct Timers {
    preface: Option<Instant>,
    settings_ack: Option<Instant>,
    header_block: Option<Instant>,
    /// When the output that waits was last seen to move.
    write_progress: Option<Instant>,
    /// When DATA last moved, while more is held than should be.
    held: Option<Instant>,
    drain_ping: Option<Instant>,
}

/// Whether queued DATA went out.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Progress {
    Some,
    None,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Drain {
    No,
    /// GOAWAY(2³¹ − 1) is out; its PING is not answered.
    Announced,
    /// The final GOAWAY is out: streams above this id are ignored.
    Final(StreamId),
}

/// Reply octets that may still wait in the output, in two generations: those queued before a mark in
/// the output, and those since. The mark moves when the output was written up to it, so replies stop
/// counting soon after they are gone even if bulk DATA never lets the output run empty.
#[derive(Debug, Default)]
struct Replies {
    old: usize,
    young: usize,
    /// Octets of output before the mark.
    to_mark: usize,
}

impl Replies {
    fn bytes(&self) -> usize {
        self.old + self.young
    }

    /// `n` octets of the output were written, and `left` wait.
    fn written(&mut self, n: usize, left: usize) {
        self.to_mark = self.to_mark.saturating_sub(n);
        if self.to_mark == 0 {
            self.old = if left == 0 { 0 } else { self.young };
            self.young = 0;
            self.to_mark = left;
        }
    }
}

/// Payload of the PING that asks whether the peer is there.
const KEEPALIVE_PING: [u8; 8] = *b"anybody?";

/// Payload of the PING between the two GOAWAYs of a drain.
const DRAIN_PING: [u8; 8] = *b"draining";

impl Connection {
    /// A client's end; its preface and SETTINGS are the first output.
    pub fn client(limits: impl Into<Arc<Limits>>, now: Instant) -> Self {
        Self::new(Role::Client, limits.into(), now)
    }

    /// A server's end; its SETTINGS are the first output, once the client's preface came.
    pub fn server(limits: impl Into<Arc<Limits>>, now: Instant) -> Self {
        Self::new(Role::Server, limits.into(), now)
    }

    fn new(role: Role, mut limits: Arc<Limits>, now: Instant) -> Self {
        let bounded = Limits::clone(&limits).within_bounds();
        if bounded != *limits {
            limits = Arc::new(bounded);
        }
        let growable = u32::try_from(limits.grown_bytes_max).unwrap_or(0);
        let timers = Timers {
            preface: Some(now + limits.preface_timeout),
            settings_ack: Some(now + limits.settings_timeout),
            ..Timers::default()
        };
        let mut connection = Self {
            role,
            counters: None,
            input: Input::default(),
            out: Out::default(),
            decoder: Decoder::new(limits.header_table_bytes),
            fields: Headers::new(),
            spare: Spare::default(),
            encoder: Encoder::new(),
            memo: Memo::default(),
            streams: Streams::default(),
            recv: recv::State::new(role, &limits),
            sched: sched::Ring::default(),
            batch: sched::Batch::default(),
            events: VecDeque::new(),
            // RFC 9113 §6.5.2: the values that hold until the peer's SETTINGS come.
            peer: PeerSettings {
                streams_max: u32::MAX,
                window_bytes: WINDOW_START,
                frame_bytes_max: 16_384,
                header_list_bytes_max: u32::MAX,
            },
            open_local: 0,
            open_remote: 0,
            //= RFC 9113 §5.1.1 odd-streams: 1 → 2
            next_local: 1,
            send_window: SendWindow::new(WINDOW_START),
            lendable: i64::try_from(limits.extended_bytes_max)
                .unwrap_or(i64::MAX)
                .max(i64::from(limits.stream_window_bytes_max)),
            borrowers: VecDeque::new(),
            path: Path::new(limits.stream_window_bytes, growable),
            pings: Pings::default(),
            growable,
            replies: Replies::default(),
            output_is_full: false,
            held_bytes: 0,
            unread_bytes: 0,
            ledger: Ledger::new(&limits, now),
            timers,
            drain: Drain::No,
            greeted: false,
            eof: false,
            closed: false,
            now,
            limits,
        };
        // A server speaks after the client's preface: until then the peer may turn out to speak HTTP/1.1.
        if role == Role::Client {
            connection.greet();
        }
        connection
    }

    /// Counts the limits that fire from now on; connections may share the counters.
    pub fn count_into(&mut self, counters: Arc<Counters>) {
        self.counters = Some(counters);
    }

    fn count(&self, counter: impl FnOnce(&Counters) -> &Counter) {
        if let Some(counters) = &self.counters {
            counter(counters).count();
        }
    }

    fn greet(&mut self) {
        if std::mem::replace(&mut self.greeted, true) {
            return;
        }
        self.timers.settings_ack = Some(self.now + self.limits.settings_timeout);
        let limits = &self.limits;
        let out = self.out.scratch();
        let mut entries = vec![
            (SETTING_MAX_CONCURRENT_STREAMS, limits.streams_max),
            (SETTING_INITIAL_WINDOW_SIZE, limits.stream_window_bytes),
            (SETTING_MAX_FRAME_SIZE, limits.frame_bytes_max),
            (SETTING_MAX_HEADER_LIST_SIZE, u32::try_from(limits.header_list_bytes_max).unwrap_or(u32::MAX)),
        ];
        if let Ok(table) = u32::try_from(limits.header_table_bytes)
            && table != 4096
        {
            entries.push((SETTING_HEADER_TABLE_SIZE, table));
        }
        //= RFC 9113 §6.5.2 push-left-out: self.role == Role::Client → true
        if self.role == Role::Client {
            //= RFC 9113 §3.4 client-settings
            out.extend_from_slice(frame::PREFACE);
            entries[0] = (SETTING_ENABLE_PUSH, 0);
        }
        //= RFC 9113 §3.4 settings-first
        frame::append_settings(&entries, out);
        if limits.conn_window_bytes > WINDOW_START {
            frame::append_window_update(StreamId::ZERO, limits.conn_window_bytes - WINDOW_START, out);
        }
        self.timers.write_progress = Some(self.now);
    }

    /// Octets received and not understood yet; after a violation, from where it was found.
    pub fn unparsed(&self) -> &[u8] {
        self.input.unparsed()
    }

    /// Which side this is.
    pub fn role(&self) -> Role {
        self.role
    }

    /// Room for the next read: initialised memory, never empty. Drain [`event`](Self::event) first.
    pub fn space(&mut self) -> &mut [u8] {
        self.input.space()
    }

    /// The first `n` octets of [`space`](Self::space) came from the socket.
    pub fn received(&mut self, n: usize, now: Instant) {
        self.now = now;
        self.input.received(n);
    }

    /// The peer closed its side of the socket. What came before is still told; then [`Closed::Eof`].
    pub fn eof(&mut self) {
        self.eof = true;
    }

    /// Whether to read more. False while too many replies, or on a server too many answers, wait to be
    /// written: a peer that does not read them may not make us queue more.
    pub fn wants_read(&self) -> bool {
        !self.closed && self.replies.bytes() <= self.limits.reply_bytes_max && !self.has_full_output()
    }

    /// Requests make answers; what a client reads makes nothing.
    fn has_full_output(&self) -> bool {
        self.role == Role::Server && self.out.len() > self.limits.output_bytes_max
    }

    /// Gives back what only connections at work need: buffers, and tables that grow with streams.
    pub fn release_memory(&mut self) {
        self.input.release();
        if self.out.is_empty() {
            self.out = Out::default();
        }
        self.decoder.release();
        self.memo = Memo::default();
        self.fields = Headers::new();
        self.spare = Spare::default();
        self.streams.release();
    }

    /// What happened next, or `None` when all input is used up.
    pub fn event(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Some(event);
            }
            if self.closed {
                return None;
            }
            match self.step() {
                Ok(recv::Step::Event(event)) => return Some(event),
                Ok(recv::Step::Again) => {}
                Ok(recv::Step::Starved) if self.eof => self.close(Closed::Eof),
                Ok(recv::Step::Starved) => {
                    if self.has_full_output() && !std::mem::replace(&mut self.output_is_full, true) {
                        self.count(|counters| &counters.output_bytes_max);
                    }
                    return None;
                }
                Err(violation) => self.violated(violation),
            }
        }
    }

    /// True if an event waits that no new input is needed for. Cheap.
    #[inline]
    pub fn has_event(&self) -> bool {
        !self.events.is_empty()
    }

    /// The octets to write, in order: control frames and headers as they came up, DATA as windows and
    /// fairness allow. Call it until it is empty or the socket takes no more; report what was written
    /// with [`written`](Self::written).
    pub fn output(&mut self) -> &Out {
        if !self.closed {
            self.schedule();
        }
        &self.out
    }

    /// The socket took the first `n` octets of the output.
    pub fn written(&mut self, n: usize, now: Instant) {
        self.now = now;
        self.out.advance(n);
        self.replies.written(n, self.out.len());
        self.batch.written(n, self.out.len(), &self.limits);
        self.output_is_full &= self.has_full_output();
        if self.out.is_empty() {
            self.timers.write_progress = None;
        } else if n > 0 {
            self.timers.write_progress = Some(now);
        }
    }

    /// The socket takes nothing now; starts the stall timer unless it runs.
    pub fn write_blocked(&mut self, now: Instant) {
        self.now = now;
        if !self.out.is_empty() {
            self.batch.blocked();
            self.timers.write_progress.get_or_insert(now);
        }
    }

    /// When to call [`tick`](Self::tick) at the latest, if nothing else happens.
    pub fn deadline(&self) -> Option<Instant> {
        if self.closed {
            return None;
        }
        let timers = &self.timers;
        let stall = [timers.write_progress, timers.held].into_iter().flatten().min();
        let stall = stall.map(|at| at + self.limits.write_stall_timeout);
        [timers.preface, timers.settings_ack, timers.header_block, timers.drain_ping, stall]
            .into_iter()
            .flatten()
            .min()
    }

    /// Time passed. Cheap; may be called at any time.
    pub fn tick(&mut self, now: Instant) {
        self.now = now;
        if self.closed {
            return;
        }
        let passed = |at: Option<Instant>| at.is_some_and(|at| at <= now);
        if passed(self.timers.preface) {
            return self.violated(Violation::PrefaceTimeout);
        }
        if passed(self.timers.settings_ack) {
            return self.violated(Violation::SettingsTimeout);
        }
        if passed(self.timers.header_block) {
            return self.violated(Violation::HeaderBlockTimeout);
        }
        if passed(self.timers.write_progress.map(|at| at + self.limits.write_stall_timeout)) {
            self.count(|counters| &counters.write_stall_timeout);
            return self.close(Closed::WriteStall);
        }
        if passed(self.timers.held.map(|at| at + self.limits.write_stall_timeout)) {
            self.count(|counters| &counters.held_bytes_max);
            let words = b"windows stayed closed on too much data";
            self.say_goaway(self.recv.last_remote, ErrorCode::ENHANCE_YOUR_CALM, words);
            return self.close(Closed::WriteStall);
        }
        if passed(self.timers.drain_ping) {
            self.count(|counters| &counters.drain_ping_timeout);
            self.finish_drain();
        }
    }

    /// Asks the peer for a sign of life: a PING, whose answer is no event but octets that come. Nothing before the
    /// peer's SETTINGS came; that has a limit of its own.
    pub fn send_ping(&mut self) {
        if !self.closed && self.recv.settings_came {
            frame::append_ping(false, KEEPALIVE_PING, self.out.scratch());
        }
    }

    /// Begins a graceful end (RFC 9113 §6.8): GOAWAY with the largest id and a PING; once that is
    /// answered, GOAWAY with the last stream taken. Open streams go on; new ones are ignored then.
    pub fn drain(&mut self, now: Instant) {
        self.now = now;
        if self.closed || self.drain != Drain::No {
            return;
        }
        self.say_goaway(StreamId::MAX, ErrorCode::NO_ERROR, b"");
        frame::append_ping(false, DRAIN_PING, self.out.scratch());
        self.timers.drain_ping = Some(now + self.limits.drain_ping_timeout);
        self.drain = Drain::Announced;
    }

    /// True once the final GOAWAY of a [`drain`](Self::drain) is out or queued, and no stream is open.
    pub fn is_drained(&self) -> bool {
        self.closed || (matches!(self.drain, Drain::Final(_)) && self.streams.len() == 0)
    }

    /// Ends the connection now with a GOAWAY; no event follows, not even those not taken yet. Flush the output, then close.
    pub fn shut_down(&mut self, code: ErrorCode, debug: &str) {
        if !self.closed {
            self.closed = true;
            self.events.clear();
            self.say_goaway(self.recv.last_remote, code, debug.as_bytes());
        }
    }

    /// Largest header list the peer takes, as RFC 9113 §6.5.2 counts it; no limit if it said none. Advisory:
    /// the engine sends what it is given.
    pub fn peer_header_list_bytes_max(&self) -> usize {
        usize::try_from(self.peer.header_list_bytes_max).unwrap_or(usize::MAX)
    }

    /// Streams open in both directions.
    pub fn streams(&self) -> usize {
        self.streams.len()
    }

    /// Octets of DATA that came on streams which are still open and that are not [`consumed`](Self::consumed).
    pub fn unread_bytes(&self) -> usize {
        self.unread_bytes
    }

    /// The stream of which most of them are, and how many. Looks at all streams.
    pub fn most_unread(&mut self) -> Option<(StreamKey, usize)> {
        let unread = self.streams.iter_mut().map(|(key, stream)| (key, stream.recv_window.unread()));
        unread.filter(|&(_, octets)| octets > 0).max_by_key(|&(_, octets)| octets)
    }

    /// True after the connection ended; all input is ignored.
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    fn finish_drain(&mut self) {
        if self.drain == Drain::Announced {
            let last = self.recv.last_remote;
            self.say_goaway(last, ErrorCode::NO_ERROR, b"");
            self.drain = Drain::Final(last);
            self.timers.drain_ping = None;
        }
    }

    /// Answers a misdeed as its table says.
    fn violated(&mut self, violation: Violation) {
        if let Some(counters) = &self.counters {
            counters.note(&violation, &self.limits);
        }
        let (code, scope) = violation.answer();
        match (scope, violation.stream()) {
            //= RFC 9113 §6.4 idle-stream-not-reset:  if !self.is_idle(id) →
            (Scope::Stream, Some(id)) if !self.is_idle(id) => {
                if !self.ledger.reset(self.now) {
                    return self.violated(Violation::TooManyResets);
                }
                self.reply(|out| frame::append_rst_stream(id, code, out));
                match self.streams.find(id) {
                    Some(stream) => {
                        self.forget(stream, Fate::ResetByUs);
                        self.events.push_back(Event::Reset { stream, reason: Reset::ByUs(violation) });
                    }
                    None => self.streams.remember(id, Fate::ResetByUs),
                }
            }
            // RFC 9113 §3.4: a GOAWAY may be omitted where the peer does not use HTTP/2.
            _ if violation == Violation::BadPreface => self.close(Closed::Violation(violation)),
            _ => {
                let sentence = violation.to_string();
                //= RFC 9113 §5.4 connection-error-reported
                //= RFC 9113 §8.7 unprocessed-only-if-so: self.recv.last_remote → StreamId::ZERO
                self.say_goaway(self.recv.last_remote, code, sentence.as_bytes());
                //= RFC 9113 §5.4.1 closed-after-goaway: self.close(Closed::Violation(violation)) → self.input.skip(self.input.unparsed().len())
                self.close(Closed::Violation(violation));
            }
        }
    }

    /// A server may have to say it before the client said anything: its SETTINGS go first all the same.
    fn say_goaway(&mut self, last: StreamId, code: ErrorCode, debug: &[u8]) {
        self.greet();
        frame::append_goaway(last, code, debug, self.out.scratch());
    }

    fn close(&mut self, reason: Closed) {
        if !self.closed {
            self.closed = true;
            self.events.push_back(Event::Closed { reason });
        }
    }

    /// Takes a stream out of all tables.
    fn forget(&mut self, stream: StreamKey, fate: Fate) {
        let Some(state) = self.streams.remove(stream, fate) else { return };
        let lent = state.recv_window.extra();
        self.growable += state.grown_bytes;
        self.held_bytes -= state.queued_bytes;
        self.unread_bytes = self.unread_bytes.saturating_sub(state.recv_window.unread());
        self.held_changed(Progress::None);
        if self.is_local(stream.id()) {
            self.open_local -= 1;
        } else {
            self.open_remote -= 1;
        }
        if lent > 0 {
            self.give_back(lent);
        }
    }

    /// What is queued in all streams is another amount now.
    fn held_changed(&mut self, progress: Progress) {
        if self.held_bytes <= self.limits.held_bytes_max {
            self.timers.held = None;
        } else if progress == Progress::Some || self.timers.held.is_none() {
            self.timers.held = Some(self.now);
        }
    }

    fn is_local(&self, id: StreamId) -> bool {
        id.is_from_client() == (self.role == Role::Client)
    }

    fn is_idle(&self, id: StreamId) -> bool {
        if self.is_local(id) {
            return id.0 >= self.next_local;
        }
        // Streams behind the final GOAWAY are opened as far as the peer knows; that we ignore them must
        // not make their DATA a violation, nor raise the last id that we name.
        id > self.recv.last_remote && !self.is_past_goaway(id)
    }

    /// Charges a frame that brings nothing.
    fn charge(&mut self) -> Result<(), Violation> {
        if self.ledger.cheap_frame(self.now) { Ok(()) } else { Err(Violation::TooManyCheapFrames) }
    }

    /// Appends a frame that answers the peer; these are counted, see [`wants_read`](Self::wants_read).
    fn reply(&mut self, append: impl FnOnce(&mut Vec<u8>)) {
        let scratch = self.out.scratch();
        let before = scratch.len();
        append(scratch);
        let (waited, added) = (self.replies.bytes(), scratch.len() - before);
        self.replies.young += added;
        let bytes_max = self.limits.reply_bytes_max;
        if waited <= bytes_max && waited + added > bytes_max {
            self.count(|counters| &counters.reply_bytes_max);
        }
    }
}

const SETTING_HEADER_TABLE_SIZE: u16 = 1;
const SETTING_ENABLE_PUSH: u16 = 2;
const SETTING_MAX_CONCURRENT_STREAMS: u16 = 3;
const SETTING_INITIAL_WINDOW_SIZE: u16 = 4;
const SETTING_MAX_FRAME_SIZE: u16 = 5;
const SETTING_MAX_HEADER_LIST_SIZE: u16 = 6;
