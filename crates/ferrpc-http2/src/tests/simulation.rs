//! Two engines, random work, a clock that the test moves, and pipes that split, delay, stall and break: every
//! octet arrives, every stream ends once, nothing is stuck, and no buffer is larger than it should be.
//!
//! `cargo xtask sim` runs these tests with other seeds, as many as time allows.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use bytes::Bytes;

use super::noise::Chance;
use super::pair::Pair;
use super::peer::{write_request, write_response, write_trailers};
use crate::error::ErrorCode;
use crate::{Closed, End, Event, Limits, OpenError, Reset, StreamKey};

/// What one end knows of a stream.
#[derive(Debug, Default)]
struct Half {
    /// Octets of the body still to be given to the engine, and all there are.
    to_send: usize,
    sent: usize,
    received: usize,
    /// Received, and not yet reported as consumed.
    unconsumed: usize,
    heads: usize,
    ends: usize,
    resets: usize,
    done_sending: bool,
    /// The response was over before the request: the server hears no more of it (RFC 9113 §8.1).
    early: bool,
}

/// Octet `at` of the body of a stream in one direction.
fn letter(stream: u32, from_client: bool, at: usize) -> u8 {
    (at as u32).wrapping_mul(31).wrapping_add(stream * 7 + u32::from(from_client)) as u8
}

fn body(stream: u32, from_client: bool, at: usize, len: usize) -> Bytes {
    (at..at + len).map(|at| letter(stream, from_client, at)).collect::<Vec<u8>>().into()
}

struct World {
    pair: Pair,
    chance: Chance,
    client: BTreeMap<u32, (StreamKey, Half)>,
    server: BTreeMap<u32, (StreamKey, Half)>,
    /// Streams that either end cut short: their bodies may be cut, too.
    cut: Vec<u32>,
    trouble: Trouble,
    /// For how many steps each of the four places between the engines lets nothing through.
    stalled: [usize; 4],
    /// The most that may wait in one stream until it is consumed, and in the output of one end.
    unconsumed_max: usize,
    output_max: usize,
    /// How often the end of the connection was told.
    closed: usize,
}

/// What goes wrong on the way.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trouble {
    None,
    /// Either end resets streams.
    Resets,
    /// The connection breaks.
    Cut,
    /// The server drains.
    Drain,
}

impl World {
    fn new(seed: u64, trouble: Trouble) -> Self {
        let mut chance = Chance::new(seed);
        let (mut window_max, mut mark_max) = (0, 0);
        let mut limits = || Limits {
            stream_window_bytes: larger(&mut window_max, [100, 5000, 65_535, 200_000][chance.below(4)]),
            conn_window_bytes: [65_535, 100_000][chance.below(2)],
            streams_max: [1, 3, 100][chance.below(3)],
            write_bytes_mark: larger(&mut mark_max, [1000, 128 << 10][chance.below(2)]),
            write_bytes_max: larger(&mut mark_max, [1000, 256 << 10][chance.below(2)]),
            stream_window_bytes_max: LARGE as u32,
            extended_bytes_max: LARGE,
            header_table_bytes: [0, 100, 4096, 8192][chance.below(4)],
            ..Limits::default()
        };
        let pair = Pair::new(limits(), limits());
        Self {
            pair,
            chance,
            client: BTreeMap::new(),
            server: BTreeMap::new(),
            cut: Vec::new(),
            trouble,
            stalled: [0; 4],
            // A window that our SETTINGS make smaller is the protocol's until they are acknowledged.
            unconsumed_max: (window_max as usize).max(65_535) + LARGE,
            // Small messages go up to twice the mark; a read's worth of replies and the heads come on top.
            output_max: 2 * mark_max + (64 << 10) + (64 << 10) + 200 * 400,
            closed: 0,
        }
    }

    fn open(&mut self) {
        let size = [0, 1, 100, 3000, 70_000][self.chance.below(5)];
        let end = if size == 0 && self.chance.one_in(2) { End::Yes } else { End::No };
        let n = self.chance.below(3).to_string();
        let opened = self.pair.client.engine.open(end, |head| {
            write_request(head);
            head.field(b"x-n", n.as_bytes(), crate::Indexing::Literal);
        });
        if let Ok(key) = opened {
            let half = Half { to_send: size, done_sending: end.is_yes(), ..Half::default() };
            self.client.insert(key.id().get(), (key, half));
        }
    }

    /// Gives one stream of one end something to do.
    fn work(&mut self, from_client: bool) {
        let streams = if from_client { &mut self.client } else { &mut self.server };
        let engine = if from_client { &mut self.pair.client.engine } else { &mut self.pair.server.engine };
        if streams.is_empty() {
            return;
        }
        let at = self.chance.below(streams.len());
        let Some((&id, (key, half))) = streams.iter_mut().nth(at) else { return };
        match self.chance.below(8) {
            0..4 if !half.done_sending && half.resets == 0 => {
                let n = half.to_send.min([1, 50, 2000, 3000, 40_000][self.chance.below(5)]);
                let last = n == half.to_send && self.chance.one_in(2);
                let trailers = last && (!from_client || self.chance.one_in(2));
                let end = if last && !trailers { End::Yes } else { End::No };
                if engine.send(*key, body(id, from_client, half.sent, n), end) {
                    half.sent += n;
                    half.to_send -= n;
                    if trailers {
                        assert!(engine.send_trailers(*key, write_trailers));
                    }
                    half.done_sending = last;
                    half.early = last && !from_client && half.ends == 0;
                } else {
                    // The other end cut it short.
                    half.done_sending = true;
                }
            }
            4 if half.heads == 1 && self.chance.one_in(3) => {
                engine.want(*key, [10, 70_000, LARGE][self.chance.below(3)]);
            }
            4..7 => {
                let n = half.unconsumed.min([1, 1000, 100_000][self.chance.below(3)]);
                half.unconsumed -= n;
                engine.consumed(*key, n);
            }
            _ if self.trouble == Trouble::Resets && self.chance.one_in(6) && half.resets == 0 => {
                engine.reset(*key, ErrorCode::CANCEL);
                half.done_sending = true;
                half.resets += 1;
                self.cut.push(id);
            }
            _ => {}
        }
    }

    fn heard(&mut self) {
        for at_client in [true, false] {
            let side = if at_client { &mut self.pair.client } else { &mut self.pair.server };
            let streams = if at_client { &mut self.client } else { &mut self.server };
            while let Some(event) = side.events.pop_front() {
                match event {
                    Event::Head { stream, end, .. } => {
                        let id = stream.id().get();
                        if !at_client {
                            let to_send = [0, 10, 5000, 100_000][self.chance.below(4)];
                            streams.insert(id, (stream, Half { to_send, ..Half::default() }));
                            // Unless its reset came with the same octets.
                            let begun = side.engine.send_headers(stream, End::No, write_response);
                            assert!(begun || !self.cut.is_empty());
                        }
                        let half = &mut streams.get_mut(&id).unwrap().1;
                        half.heads += 1;
                        half.ends += usize::from(end == End::Yes);
                        assert_eq!(half.received, 0);
                    }
                    Event::Data { stream, chunk, end } => {
                        let id = stream.id().get();
                        let half = &mut streams.get_mut(&id).unwrap().1;
                        for (i, octet) in chunk.as_slice().iter().enumerate() {
                            assert_eq!(*octet, letter(id, !at_client, half.received + i));
                        }
                        assert_eq!((half.heads, half.ends), (1, 0));
                        half.received += chunk.len();
                        half.unconsumed += chunk.len();
                        half.ends += usize::from(end == End::Yes);
                    }
                    Event::Trailers { stream, trailers } => {
                        assert_eq!(trailers.get(b"grpc-status"), Some(&b"0"[..]));
                        let half = &mut streams.get_mut(&stream.id().get()).unwrap().1;
                        assert_eq!((half.heads, half.ends), (1, 0));
                        half.ends += 1;
                    }
                    Event::Reset { stream, reason } => {
                        let id = stream.id().get();
                        let answered = streams.get(&id).is_some_and(|(_, half)| half.ends == 1);
                        if at_client && answered && reason == Reset::ByPeer(ErrorCode::NO_ERROR) {
                            streams.get_mut(&id).unwrap().1.done_sending = true;
                            continue;
                        }
                        if let Some((_, half)) = streams.get_mut(&id) {
                            assert_eq!(half.resets, 0, "stream {id} was reset twice");
                            half.resets += 1;
                            half.done_sending = true;
                        }
                        self.cut.push(id);
                    }
                    Event::Closed { reason: Closed::Eof } if self.trouble == Trouble::Cut => self.closed += 1,
                    Event::Closed { reason } => panic!("closed: {reason:?}"),
                    Event::Ready | Event::Writable { .. } | Event::GoAway { .. } => {}
                }
            }
        }
    }

    fn run(mut self, steps: usize) -> (usize, usize) {
        for _ in 0..steps {
            if self.chance.one_in(10) {
                self.open();
            }
            for _ in 0..self.chance.below(4) {
                let from_client = self.chance.one_in(2);
                self.work(from_client);
            }
            self.move_octets();
            self.heard();
            self.check_bounds();
            if self.chance.one_in(steps / 2) {
                match self.trouble {
                    Trouble::None | Trouble::Resets => {}
                    Trouble::Cut => return self.cut(),
                    Trouble::Drain => self.pair.server.engine.drain(self.pair.now),
                }
            }
        }
        match self.trouble {
            Trouble::None | Trouble::Resets => {
                self.finish();
                self.probe();
            }
            Trouble::Cut => return self.cut(),
            Trouble::Drain => {
                self.pair.server.engine.drain(self.pair.now);
                self.finish();
                assert!(self.pair.server.engine.is_drained());
                assert_eq!(self.pair.client.engine.can_open(), Err(OpenError::GoingAway));
            }
        }
        self.sum()
    }

    /// Streams, and octets received.
    fn sum(&self) -> (usize, usize) {
        let octets = self.client.values().chain(self.server.values()).map(|(_, half)| half.received).sum();
        (self.client.len(), octets)
    }

    /// Some octets get on, some wait, and a little time passes.
    fn move_octets(&mut self) {
        let time = [0, 0, 1, 10][self.chance.below(4)];
        self.pair.wait(Duration::from_millis(time));
        let mut octets = [0; 4];
        for (n, stalled) in octets.iter_mut().zip(&mut self.stalled) {
            if *stalled > 0 {
                *stalled -= 1;
                continue;
            }
            *n = [1, 9, 10, 500, 16_393, 100_000][self.chance.below(6)];
            if self.chance.one_in(40) {
                *stalled = self.chance.below(60);
            }
        }
        self.pair.step_by(octets);
    }

    fn check_bounds(&mut self) {
        for (_, half) in self.client.values().chain(self.server.values()) {
            assert!(half.unconsumed <= self.unconsumed_max, "{half:?}");
        }
        for side in [&mut self.pair.client, &mut self.pair.server] {
            let output = side.engine.output().len();
            assert!(output <= self.output_max, "{output} octets wait to be written");
        }
    }

    /// The connection breaks. What came before is told, then the end, once on each side; nothing after it.
    fn cut(mut self) -> (usize, usize) {
        let (up, down) = (self.chance.below(3000), self.chance.below(3000));
        self.pair.cut(up, down);
        self.heard();
        assert_eq!(self.closed, 2);
        self.pair.cut(usize::MAX, usize::MAX);
        self.pair.wait(Duration::from_secs(3600));
        self.heard();
        assert_eq!(self.closed, 2);
        for side in [&mut self.pair.client, &mut self.pair.server] {
            assert!(side.engine.is_closed() && side.engine.deadline().is_none());
        }
        self.sum()
    }

    /// All that is begun is ended; then nothing may be left anywhere.
    fn finish(&mut self) {
        for round in 0.. {
            let moved = self.pair.step(usize::MAX);
            self.heard();
            let mut busy = false;
            for from_client in [true, false] {
                let streams = if from_client { &mut self.client } else { &mut self.server };
                let engine =
                    if from_client { &mut self.pair.client.engine } else { &mut self.pair.server.engine };
                for (&id, (key, half)) in streams.iter_mut() {
                    if half.unconsumed > 0 {
                        engine.consumed(*key, std::mem::take(&mut half.unconsumed));
                        busy = true;
                    }
                    if !half.done_sending {
                        busy = true;
                        half.done_sending = true;
                        let rest = std::mem::take(&mut half.to_send);
                        if engine.send(*key, body(id, from_client, half.sent, rest), End::Yes) {
                            half.sent += rest;
                            half.early = !from_client && half.ends == 0;
                        }
                    }
                }
            }
            if !moved && !busy {
                break;
            }
            assert!(round < 100_000, "it never comes to rest");
        }
        for (id, (_, half)) in &self.client {
            let Some((_, other)) = self.server.get(id) else {
                assert!(self.cut.contains(id), "stream {id} never came: {half:?}");
                continue;
            };
            if other.early {
                assert!(other.received <= half.sent);
                assert!(
                    self.cut.contains(id) || (half.received, half.ends) == (other.sent, 1),
                    "{id}: {half:?} {other:?}"
                );
            } else if self.cut.contains(id) {
                assert!(half.received <= other.sent && other.received <= half.sent);
            } else {
                assert_eq!((half.received, other.received), (other.sent, half.sent), "stream {id}");
                assert_eq!((half.ends, other.ends), (1, 1), "stream {id}: {half:?} {other:?}");
            }
        }
        assert_eq!((self.pair.client.engine.streams(), self.pair.server.engine.streams()), (0, 0));
        for side in [&mut self.pair.client, &mut self.pair.server] {
            assert!(side.engine.output().is_empty());
            assert_eq!(side.engine.deadline(), None, "a timer runs although nothing is under way");
        }
    }
}

impl World {
    /// No credit was lost on the way: the largest message still comes without anybody consuming it,
    /// although it needs all that can be lent.
    fn probe(&mut self) {
        let key = self.pair.client.engine.open(End::No, write_request).unwrap();
        self.pair.drive();
        let Some(Event::Head { stream, .. }) = self.pair.server.events.pop_front() else { panic!() };
        self.pair.server.engine.want(stream, LARGE);
        assert!(self.pair.client.engine.send(key, vec![0; LARGE].into(), End::Yes));
        self.pair.drive();
        let mut received = 0;
        for event in self.pair.server.events.drain(..) {
            if let Event::Data { chunk, .. } = event {
                received += chunk.len();
            }
        }
        assert_eq!(received, LARGE);
    }
}

/// The largest message, and all that may be lent beyond windows.
const LARGE: usize = 300_000;

/// The larger of the values so far; returns the last one.
fn larger<T: Copy + Ord>(largest: &mut T, value: T) -> T {
    *largest = value.max(*largest);
    value
}

/// The seeds that `cargo xtask sim` names, or the first few.
fn seeds() -> Range<u64> {
    let Ok(seeds) = std::env::var("FERRPC_SIM_SEEDS") else { return 0..50 };
    let (first, end) = seeds.split_once("..").unwrap();
    first.parse().unwrap()..end.parse().unwrap()
}

/// Runs a world for each seed; streams and octets of them all.
fn run(trouble: Trouble) -> (usize, usize) {
    let (mut streams, mut octets) = (0, 0);
    for seed in seeds() {
        let world = || World::new(seed, trouble).run(400);
        let (n, m) = std::panic::catch_unwind(world).unwrap_or_else(|_| panic!("by seed {seed}"));
        streams += n;
        octets += m;
    }
    (streams, octets)
}

#[test]
fn every_octet_arrives_and_every_stream_ends_once() {
    let (streams, octets) = run(Trouble::None);
    let worlds = seeds().count();
    assert!(
        worlds < 10 || streams > 10 * worlds && octets > worlds * 50_000,
        "{streams} streams, {octets} octets"
    );
}

#[test]
fn resets_at_any_time_leave_nothing_behind() {
    run(Trouble::Resets);
}

#[test]
fn connection_that_breaks_at_any_octet_ends_once_at_both_ends() {
    run(Trouble::Cut);
}

#[test]
fn drain_at_any_time_lets_everything_begun_end() {
    run(Trouble::Drain);
}

#[test]
fn call_goes_there_and_back() {
    let mut pair = Pair::new(Limits::default(), Limits::default());
    let key = pair.client.engine.open(End::No, write_request).unwrap();
    assert!(pair.client.engine.send(key, Bytes::from_static(b"ping"), End::Yes));
    pair.drive();
    let Some(Event::Ready) = pair.server.events.pop_front() else { panic!() };
    let Some(Event::Head { stream, head, end: End::No }) = pair.server.events.pop_front() else { panic!() };
    assert_eq!(head.path(), b"/echo.Echo/Unary");
    let Some(Event::Data { chunk, end: End::Yes, .. }) = pair.server.events.pop_front() else { panic!() };
    assert_eq!(chunk.as_slice(), b"ping");
    let server = &mut pair.server.engine;
    assert!(server.send_headers(stream, End::No, write_response));
    assert!(server.send(stream, Bytes::from_static(b"pong"), End::No));
    assert!(server.send_trailers(stream, write_trailers));
    pair.drive();
    let events: Vec<_> = pair.client.events.drain(..).collect();
    let told = matches!(
        &events[..],
        [
            Event::Ready,
            Event::Head { end: End::No, .. },
            Event::Data { end: End::No, .. },
            Event::Trailers { .. },
        ]
    );
    assert!(told, "{events:?}");
    assert_eq!((pair.client.engine.streams(), pair.server.engine.streams()), (0, 0));
}
