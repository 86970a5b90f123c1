//! A peer made of frames, at the other end of one engine.

use std::time::{Duration, Instant};

use super::frames::{Frame, settings, settings_ack};
use crate::error::{ErrorCode, FrameKind, Violation};
use crate::frame::PREFACE;
use crate::{Closed, Connection, End, Event, HeaderWriter, Indexing, Limits, Reset, StreamKey};

/// Some point in time; from here on it only moves when a test says so.
#[expect(clippy::disallowed_methods, reason = "the engine never asks, and one has to begin somewhere")]
pub(super) fn beginning() -> Instant {
    Instant::now()
}

/// The engine under test, and what it did.
pub(super) struct Peer {
    pub(super) engine: Connection,
    pub(super) now: Instant,
    /// Octets the engine gets at once; all that there are, if zero.
    pub(super) split: usize,
    events: Vec<Event>,
    /// What the engine wrote and nobody looked at yet.
    wire: Vec<u8>,
}

impl Peer {
    /// A server engine that has read nothing yet.
    pub(super) fn of_fresh_server(limits: Limits) -> Self {
        let now = beginning();
        Self::new(Connection::server(limits, now), now)
    }

    /// A client engine that has read nothing yet; its preface is checked and gone.
    pub(super) fn of_fresh_client(limits: Limits) -> Self {
        let now = beginning();
        let mut peer = Self::new(Connection::client(limits, now), now);
        peer.flush();
        assert_eq!(peer.wire[..PREFACE.len()], PREFACE[..]);
        peer.wire.drain(..PREFACE.len());
        peer
    }

    /// A server engine after the exchange of SETTINGS.
    pub(super) fn of_server() -> Self {
        Self::of_server_with(Limits::default(), &[])
    }

    pub(super) fn of_server_with(limits: Limits, entries: &[(u16, u32)]) -> Self {
        let mut peer = Self::of_fresh_server(limits);
        peer.send_octets(PREFACE);
        peer.shake_hands(entries);
        peer
    }

    /// A client engine after the exchange of SETTINGS.
    pub(super) fn of_client() -> Self {
        Self::of_client_with(Limits::default(), &[])
    }

    pub(super) fn of_client_with(limits: Limits, entries: &[(u16, u32)]) -> Self {
        let mut peer = Self::of_fresh_client(limits);
        peer.shake_hands(entries);
        peer
    }

    fn new(engine: Connection, now: Instant) -> Self {
        Self { engine, now, split: 0, events: Vec::new(), wire: Vec::new() }
    }

    fn shake_hands(&mut self, entries: &[(u16, u32)]) {
        self.send(settings(entries));
        self.send(settings_ack());
        assert!(matches!(self.events()[..], [Event::Ready]));
        let frames = self.frames();
        assert!(frames[0].is(FrameKind::SETTINGS), "{frames:?}");
        assert_eq!(frames.last(), Some(&settings_ack()));
    }

    pub(super) fn send(&mut self, frame: Frame) {
        self.send_octets(&frame.octets());
    }

    pub(super) fn send_all(&mut self, frames: impl IntoIterator<Item = Frame>) {
        frames.into_iter().for_each(|frame| self.send(frame));
    }

    /// Feeds octets and takes all events and all output that come of them.
    pub(super) fn send_octets(&mut self, octets: &[u8]) {
        let mut left = octets;
        while !left.is_empty() {
            let space = self.engine.space();
            let split = if self.split == 0 { usize::MAX } else { self.split };
            let n = space.len().min(left.len()).min(split);
            space[..n].copy_from_slice(&left[..n]);
            self.engine.received(n, self.now);
            left = &left[n..];
            self.take_events();
        }
        self.flush();
    }

    pub(super) fn wait(&mut self, time: Duration) {
        self.now += time;
        self.engine.tick(self.now);
        self.take_events();
        self.flush();
    }

    fn take_events(&mut self) {
        while let Some(event) = self.engine.event() {
            self.events.push(event);
        }
    }

    /// Takes what the engine has to write.
    pub(super) fn flush(&mut self) {
        loop {
            let piece = self.engine.output().first().to_vec();
            if piece.is_empty() {
                return;
            }
            self.engine.written(piece.len(), self.now);
            self.wire.extend(piece);
        }
    }

    /// Events since the last look.
    pub(super) fn events(&mut self) -> Vec<Event> {
        self.take_events();
        std::mem::take(&mut self.events)
    }

    /// Frames the engine sent since the last look.
    pub(super) fn frames(&mut self) -> Vec<Frame> {
        self.flush();
        Frame::parse_all(&std::mem::take(&mut self.wire))
    }

    /// The stream of the first request (server) or response among the events since the last look.
    pub(super) fn accept(&mut self) -> StreamKey {
        let events = self.events();
        let head = events.iter().find_map(|event| match event {
            Event::Head { stream, .. } => Some(*stream),
            _ => None,
        });
        head.unwrap_or_else(|| panic!("no head among {events:?}"))
    }

    /// Opens a stream of the client engine with a legal request.
    pub(super) fn open(&mut self, end: End) -> StreamKey {
        let key = self.engine.open(end, write_request).unwrap();
        self.flush();
        key
    }

    /// Credit the engine gave for a stream, or the connection, in the frames since the last look.
    pub(super) fn credit(&mut self, stream: u32) -> u64 {
        self.credits([stream])[0]
    }

    /// As [`credit`](Self::credit), of several streams in the same frames.
    pub(super) fn credits<const N: usize>(&mut self, streams: [u32; N]) -> [u64; N] {
        let frames = self.frames();
        let updates: Vec<_> = frames.iter().filter(|frame| frame.is(FrameKind::WINDOW_UPDATE)).collect();
        streams.map(|stream| {
            let of_stream = updates.iter().filter(|frame| frame.stream == stream);
            of_stream.map(|frame| u64::from(frame.number(0))).sum()
        })
    }

    /// The connection ended for this reason, and the peer was told so.
    pub(super) fn assert_ended(&mut self, violation: &Violation) {
        let events = self.events();
        let Some(Event::Closed { reason: Closed::Violation(reason) }) = events.last() else {
            panic!("not closed by {violation:?}: {events:?}");
        };
        assert_eq!(reason, violation);
        let (code, _) = violation.answer();
        let frames = self.frames();
        let goaway = frames.last().unwrap_or_else(|| panic!("no GOAWAY for {violation:?}"));
        assert!(goaway.is(FrameKind::GOAWAY), "{frames:?}");
        assert_eq!(ErrorCode(goaway.number(4)), code);
        assert_eq!(goaway.payload[8..], *violation.to_string().as_bytes());
        assert!(self.engine.is_closed());
    }

    /// The stream ended for this reason, which the peer was told, and the connection lives.
    pub(super) fn assert_reset(&mut self, stream: u32, violation: &Violation) {
        let events = self.events();
        let reasons: Vec<_> = events
            .iter()
            .filter_map(|event| match event {
                Event::Reset { stream: key, reason: Reset::ByUs(reason) } if key.id().get() == stream => {
                    Some(reason)
                }
                _ => None,
            })
            .collect();
        assert!(reasons.iter().all(|reason| *reason == violation), "{reasons:?}");
        let (code, _) = violation.answer();
        let frames = self.frames();
        assert!(frames.contains(&super::frames::rst_stream(stream, code)), "no RST_STREAM in {frames:?}");
        assert!(!self.engine.is_closed());
        self.assert_alive();
    }

    /// Nothing happened but what any connection does.
    pub(super) fn assert_alive(&mut self) {
        let mark = *b"alive?!?";
        self.send(super::frames::ping(mark));
        let answer = super::frames::ping(mark).flag(crate::frame::FLAG_ACK);
        let (frames, events) = (self.frames(), self.events());
        assert!(frames.contains(&answer), "no answer to PING: {frames:?} {events:?}");
    }
}

pub(super) fn write_request(head: &mut HeaderWriter<'_>) {
    for (name, value) in super::frames::REQUEST {
        head.field(name.as_bytes(), value.as_bytes(), Indexing::Index);
    }
}

pub(super) fn write_response(head: &mut HeaderWriter<'_>) {
    head.field(b":status", b"200", Indexing::Index);
    head.field(b"content-type", b"application/grpc", Indexing::Index);
}

pub(super) fn write_trailers(head: &mut HeaderWriter<'_>) {
    head.field(b"grpc-status", b"0", Indexing::Index);
}
