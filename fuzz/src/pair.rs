//! Two engines, operations at random on both, and a pipe that moves octets as the input says: neither calls the
//! other's doing a misdeed, what was sent arrives once and in order, and all that was begun can be ended.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use ferrpc_http2::{Closed, Connection, End, ErrorCode, Event, Indexing, Limits, Reset, StreamKey};

/// Two bytes are an operation and what it needs: see [`World::operate`]. The first says within which limits.
pub fn pair(input: &[u8]) {
    let Some((&first, operations)) = input.split_first() else { return };
    let mut world = World::new(first);
    for operation in operations.chunks_exact(2) {
        world.operate(operation[0], operation[1]);
        world.hear();
        if world.is_cut {
            return world.assert_ended_once();
        }
    }
    world.finish();
}

/// Octets that one operation sends.
const LENGTHS: [usize; 8] = [0, 1, 100, 5000, 16_384, 16_385, 65_536, 300_000];
/// Octets that all of them send together.
const SENT_BYTES_MAX: usize = 4 << 20;
/// Octets that one operation moves.
const STEPS: [usize; 8] = [1, 9, 10, 24, 500, 16_393, 100_000, usize::MAX];
const CLIENT: usize = 0;
const SERVER: usize = 1;

struct World {
    ends: [Side; 2],
    now: Instant,
    is_cut: bool,
    /// The server drains: nothing new need be taken.
    drains: bool,
    /// Octets that may still be sent.
    left: usize,
}

/// One end of the connection.
struct Side {
    engine: Connection,
    /// Octets on their way to it.
    pipe: Vec<u8>,
    /// By their ids.
    streams: BTreeMap<u32, Stream>,
    closed: usize,
}

/// What one end knows of a stream.
#[derive(Debug)]
struct Stream {
    key: StreamKey,
    sent: usize,
    received: usize,
    unconsumed: usize,
    heads: usize,
    /// The peer's half is over.
    ended: bool,
    /// This half is over.
    done: bool,
    /// Either end cut it short: some of it may be missing.
    cut: bool,
    /// On the server, the answer was over before the request, of which it hears no more (RFC 9113 §8.1).
    early: bool,
}

impl Stream {
    const fn new(key: StreamKey) -> Self {
        let (ended, done, cut, early) = (false, false, false, false);
        Self { key, sent: 0, received: 0, unconsumed: 0, heads: 0, ended, done, cut, early }
    }

    /// The half of the end `from` is over.
    const fn finish(&mut self, from: usize) {
        self.done = true;
        self.early = from == SERVER && !self.ended;
    }
}

/// Octet `at` of what one end sends on a stream.
#[expect(clippy::cast_possible_truncation, reason = "any octet will do, as long as its neighbours differ")]
const fn letter(stream: u32, from: usize, at: usize) -> u8 {
    (at as u32).wrapping_mul(37).wrapping_add(stream * 5 + from as u32) as u8
}

impl World {
    fn new(first: u8) -> Self {
        let now = Instant::now();
        let hour = Duration::from_secs(3600);
        let bits = |shift: u8| usize::from(first >> shift & 3);
        let limits = || Limits::default();
        let with = |mut limits: Limits| {
            limits.stream_window_bytes = [65_535, 100, 5000, 200_000][bits(0)];
            limits.streams_max = [100, 1, 3, 100][bits(2)];
            limits.header_table_bytes = [4096, 0, 100, 8192][bits(4)];
            limits.grown_bytes_max = [16 << 20, 0, 1000, 16 << 20][bits(6)];
            // Operations may be many, and take their time.
            (limits.resets_burst, limits.cheap_frames_burst) = (u32::MAX, u32::MAX);
            (limits.preface_timeout, limits.settings_timeout) = (hour, hour);
            (limits.write_stall_timeout, limits.drain_ping_timeout) = (hour, hour);
            limits
        };
        let side = |engine| Side { engine, pipe: Vec::new(), streams: BTreeMap::new(), closed: 0 };
        let ends =
            [side(Connection::client(with(limits()), now)), side(Connection::server(with(limits()), now))];
        Self { ends, now, is_cut: false, drains: false, left: SENT_BYTES_MAX }
    }

    /// The lowest bit of `what` is the end that acts, the rest what it does; of `how`, the upper half says on which
    /// of the streams that it has.
    fn operate(&mut self, what: u8, how: u8) {
        let from = usize::from(what & 1);
        let length = LENGTHS[usize::from(how & 7)];
        let side = &mut self.ends[from];
        let at = usize::from(how >> 4) % side.streams.len().max(1);
        let stream = side.streams.iter_mut().nth(at).map(|(&id, stream)| (id, stream));
        match (what >> 1) % 10 {
            0 | 1 if from == CLIENT => self.open(how & 8 != 0),
            2 | 3 => {
                let Some((id, stream)) = stream else { return };
                let (length, last) = (length.min(self.left), how & 8 != 0);
                let octets: Vec<u8> = (0..length).map(|n| letter(id, from, stream.sent + n)).collect();
                if side.engine.send(stream.key, octets.into(), if last { End::Yes } else { End::No }) {
                    assert!(!stream.done, "a half that was over took more");
                    stream.sent += length;
                    self.left -= length;
                    if last {
                        stream.finish(from);
                    }
                }
            }
            4 => {
                let Some((_, stream)) = stream else { return };
                let ended = side.engine.send_trailers(stream.key, |trailers| {
                    trailers.field(b"a-trailer", &[b'x'; 40], Indexing::Literal);
                });
                if ended {
                    stream.finish(from);
                }
            }
            5 => {
                let Some((_, stream)) = stream else { return };
                let octets = stream.unconsumed.min(length);
                stream.unconsumed -= octets;
                side.engine.consumed(stream.key, octets);
            }
            6 => {
                let Some((_, stream)) = stream else { return };
                if stream.heads > 0 {
                    side.engine.want(stream.key, length);
                }
            }
            7 if how & 8 != 0 => {
                let Some((id, stream)) = stream else { return };
                side.engine.reset(stream.key, ErrorCode::CANCEL);
                (stream.done, stream.ended) = (true, true);
                self.cut_short(id);
            }
            7 => side.engine.send_ping(),
            8 => drop(self.pass(from, how)),
            9 if how == 255 => self.cut(length),
            9 if how == 254 => {
                self.drains = true;
                self.ends[SERVER].engine.drain(self.now);
            }
            _ => self.now += Duration::from_millis(u64::from(how & 15)),
        }
    }

    fn open(&mut self, bodiless: bool) {
        let client = &mut self.ends[CLIENT];
        let end = if bodiless { End::Yes } else { End::No };
        let opened = client.engine.open(end, |head| {
            for (name, value) in [(":method", "POST"), (":scheme", "http"), (":path", "/a/b"), ("x", "y")] {
                head.field(name.as_bytes(), value.as_bytes(), Indexing::Index);
            }
        });
        if let Ok(key) = opened {
            client.streams.insert(key.id().get(), Stream { done: bodiless, ..Stream::new(key) });
        }
    }

    /// Neither end need have all of it.
    fn cut_short(&mut self, id: u32) {
        for side in &mut self.ends {
            if let Some(stream) = side.streams.get_mut(&id) {
                stream.cut = true;
            }
        }
    }

    /// Octets from one end to the pipe, and from the pipe to the other; true if any moved.
    fn pass(&mut self, from: usize, how: u8) -> bool {
        let written = STEPS[usize::from(how & 7)];
        let read = STEPS[usize::from(how >> 3 & 7)];
        let now = self.now;
        let side = &mut self.ends[from];
        let piece = side.engine.output().first();
        let piece = piece[..written.min(piece.len())].to_vec();
        if !piece.is_empty() {
            side.engine.written(piece.len(), now);
        }
        let other = &mut self.ends[1 - from];
        other.pipe.extend(&piece);
        let mut moved = piece.len();
        if other.engine.wants_read() && !other.pipe.is_empty() {
            let space = other.engine.space();
            let count = read.min(space.len()).min(other.pipe.len());
            space[..count].copy_from_slice(&other.pipe[..count]);
            other.pipe.drain(..count);
            other.engine.received(count, now);
            moved += count;
        }
        other.engine.tick(now);
        moved > 0
    }

    /// The connection breaks; of what is on its way so much still comes.
    fn cut(&mut self, octets: usize) {
        self.is_cut = true;
        for at in [CLIENT, SERVER] {
            self.ends[at].pipe.truncate(octets);
            while self.ends[at].engine.wants_read() && !self.ends[at].pipe.is_empty() {
                let side = &mut self.ends[at];
                let space = side.engine.space();
                let count = space.len().min(side.pipe.len());
                space[..count].copy_from_slice(&side.pipe[..count]);
                side.pipe.drain(..count);
                side.engine.received(count, self.now);
                self.hear();
            }
            self.ends[at].engine.eof();
        }
    }

    /// What has happened at both ends.
    fn hear(&mut self) {
        for at in [CLIENT, SERVER] {
            while let Some(event) = self.ends[at].engine.event() {
                assert_eq!(self.ends[at].closed, 0, "told after the end: {event:?}");
                self.hear_one(at, event);
            }
            let side = &mut self.ends[at];
            assert!(side.engine.streams() <= side.streams.len());
        }
    }

    fn hear_one(&mut self, at: usize, event: Event) {
        let side = &mut self.ends[at];
        match event {
            Event::Head { stream: key, end, .. } => {
                let stream = side.streams.entry(key.id().get()).or_insert_with(|| Stream::new(key));
                assert_eq!((stream.heads, stream.received, stream.ended), (0, 0, false));
                stream.heads = 1;
                stream.ended = end == End::Yes;
                if at == SERVER {
                    side.engine.send_headers(key, End::No, |head| {
                        head.field(b":status", b"200", Indexing::Index);
                    });
                    let id = key.id().get();
                    if self.ends[CLIENT].streams.get(&id).is_none_or(|stream| stream.cut) {
                        self.cut_short(id);
                    }
                }
            }
            Event::Data { stream: key, chunk, end } => {
                let id = key.id().get();
                let stream = side.streams.get_mut(&id).expect("it had a head");
                assert_eq!((stream.heads, stream.ended), (1, false));
                for (n, octet) in chunk.as_slice().iter().enumerate() {
                    assert_eq!(*octet, letter(id, 1 - at, stream.received + n));
                }
                stream.received += chunk.len();
                stream.unconsumed += chunk.len();
                stream.ended = end == End::Yes;
            }
            Event::Trailers { stream: key, .. } => {
                let stream = side.streams.get_mut(&key.id().get()).expect("it had a head");
                assert_eq!((stream.heads, stream.ended), (1, false));
                stream.ended = true;
            }
            Event::Reset { stream: key, reason } => {
                let id = key.id().get();
                let stream = side.streams.get_mut(&id).expect("it is one of ours");
                match reason {
                    // The answer is whole; the rest of the request is of no use.
                    Reset::ByPeer(ErrorCode::NO_ERROR) if at == CLIENT && stream.ended => stream.done = true,
                    Reset::ByUs(_) => panic!("stream {id}: {reason:?}"),
                    Reset::Unprocessed(_) if !self.drains => panic!("stream {id}: {reason:?}"),
                    _ => {
                        (stream.done, stream.ended) = (true, true);
                        self.cut_short(id);
                    }
                }
            }
            Event::Closed { reason } => {
                assert!(self.is_cut && matches!(reason, Closed::Eof), "closed: {reason:?}");
                side.closed += 1;
            }
            _ => {}
        }
    }

    /// Each end heard of it once, and hears of nothing else.
    fn assert_ended_once(mut self) {
        self.hear();
        for side in &mut self.ends {
            assert_eq!((side.closed, side.engine.is_closed()), (1, true));
            assert!(side.engine.deadline().is_none() && side.engine.event().is_none());
        }
    }

    /// All that was begun is ended, and then nothing is left anywhere.
    fn finish(mut self) {
        for round in 0.. {
            assert!(round < 100_000, "it never comes to rest");
            let moved = [CLIENT, SERVER].map(|from| self.pass(from, u8::MAX));
            self.hear();
            let mut busy = false;
            for (at, side) in self.ends.iter_mut().enumerate() {
                for stream in side.streams.values_mut() {
                    if stream.unconsumed > 0 {
                        side.engine.consumed(stream.key, std::mem::take(&mut stream.unconsumed));
                        busy = true;
                    }
                    if !stream.done {
                        side.engine.send_end(stream.key);
                        stream.finish(at);
                        busy = true;
                    }
                }
            }
            if !busy && moved == [false; 2] {
                break;
            }
        }
        let [client, server] = &mut self.ends;
        let open = (client.engine.streams(), server.engine.streams());
        assert_eq!(open, (0, 0), "{:?}, {:?}", client.streams, server.streams);
        assert!(client.engine.output().is_empty() && server.engine.output().is_empty());
        for (id, here) in &client.streams {
            match server.streams.get(id) {
                Some(there) if here.cut || there.cut => {
                    assert!(here.received <= there.sent && there.received <= here.sent, "stream {id}");
                }
                Some(there) => {
                    assert_eq!((here.received, here.ended), (there.sent, true), "stream {id}");
                    let whole = (there.received, there.ended) == (here.sent, true);
                    assert!(whole || there.early && there.received <= here.sent, "stream {id}");
                }
                None => assert!(here.cut || self.drains, "stream {id} never came"),
            }
        }
    }
}
