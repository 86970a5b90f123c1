//! Frames to an engine in either role: nothing panics, what waits is bounded, what it says stays legal.

use std::time::{Duration, Instant};

use ferrpc_http2::{Connection, End, ErrorCode, Event, Indexing, Limits, Role, StreamKey};

/// Feeds an engine. The bits of the first byte say in which role, how it is cut, whether anybody reads what it
/// says, and whether the rest are octets or frames in short: see [`spelled_out`].
pub fn frames(input: &[u8]) {
    let Some((&first, rest)) = input.split_first() else { return };
    let mut peer = Peer::new(first & 1 == 0, first & 2 != 0);
    if first & 4 == 0 {
        peer.begin();
    }
    let octets = if first & 8 == 0 { spelled_out(rest) } else { rest.to_vec() };
    let cut = [usize::MAX, 1, 10, 100][usize::from(first >> 4 & 3)];
    for piece in octets.chunks(cut.min(octets.len()).max(1)) {
        peer.receive(piece);
    }
    peer.engine.eof();
    peer.react();
    assert!(peer.engine.is_closed());
}

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Frames from four bytes each: kind, flags, stream and length, and then the payload. The lengths always fit,
/// so that what is behind them is reached.
fn spelled_out(mut short: &[u8]) -> Vec<u8> {
    let mut octets = Vec::new();
    while let Some((&[kind, flags, stream, len], rest)) = short.split_first_chunk() {
        let len = rest.len().min(len.into());
        octets.extend([0, 0, u8::try_from(len).unwrap_or(0), kind % 12, flags, 0, 0, 0, stream % 16]);
        octets.extend_from_slice(&rest[..len]);
        short = &rest[len..];
    }
    octets
}

/// The peer of the engine under test, and whoever uses it.
struct Peer {
    engine: Connection,
    now: Instant,
    /// Nobody writes what the engine has to say.
    deaf: bool,
    /// What the engine wrote and was not looked at: less than a frame.
    wire: Vec<u8>,
    live: Vec<StreamKey>,
}

/// What may wait in the output of an engine that nobody listens to: twice the mark, replies to one read, heads.
const OUTPUT_BYTES_MAX: usize = 512 << 10;

impl Peer {
    fn new(is_server: bool, deaf: bool) -> Self {
        let now = Instant::now();
        let limits = Limits::default();
        let engine =
            if is_server { Connection::server(limits, now) } else { Connection::client(limits, now) };
        Self { engine, now, deaf, wire: Vec::new(), live: Vec::new() }
    }

    /// What every connection begins with, so that the input need not.
    fn begin(&mut self) {
        if self.engine.role() == Role::Server {
            self.receive(PREFACE);
        }
        self.receive(&[0, 0, 0, 4, 0, 0, 0, 0, 0]);
        self.receive(&[0, 0, 0, 4, 1, 0, 0, 0, 0]);
        for end in [End::No, End::Yes] {
            // A server opens none.
            let opened = self.engine.open(end, |head| {
                for (name, value) in [(":method", "POST"), (":scheme", "http"), (":path", "/a")] {
                    head.field(name.as_bytes(), value.as_bytes(), Indexing::Index);
                }
            });
            self.live.extend(opened);
        }
    }

    fn receive(&mut self, octets: &[u8]) {
        let mut left = octets;
        while !left.is_empty() && self.engine.wants_read() {
            let space = self.engine.space();
            let n = space.len().min(left.len());
            space[..n].copy_from_slice(&left[..n]);
            self.engine.received(n, self.now);
            left = &left[n..];
            self.react();
        }
        self.now += Duration::from_millis(1);
        self.engine.tick(self.now);
        self.react();
    }

    /// Does with each event what a program would do.
    fn react(&mut self) {
        let mut closed = self.engine.is_closed();
        while let Some(event) = self.engine.event() {
            // One that was told of the end before is told of nothing else.
            closed |= matches!(event, Event::Closed { .. });
            match event {
                Event::Head { stream, head, end } => {
                    assert!(head.all().len() >= head.pseudo_len());
                    self.live.push(stream);
                    self.engine.send_headers(stream, End::No, |head| {
                        head.field(b":status", b"200", Indexing::Index);
                    });
                    if end == End::No {
                        self.engine.want(stream, 100_000);
                    }
                }
                Event::Data { stream, chunk, .. } => {
                    self.engine.consumed(stream, chunk.len());
                    self.engine.send_slice(stream, chunk.as_slice(), End::No);
                }
                Event::Trailers { stream, .. } => {
                    self.engine.send_trailers(stream, |trailers| trailers.field(b"a", b"b", Indexing::Index));
                }
                Event::Reset { stream, .. } => {
                    assert!(!self.engine.send_slice(stream, b"x", End::Yes), "a stream that is gone");
                }
                _ => {}
            }
        }
        assert_eq!(closed, self.engine.is_closed());
        assert!(self.engine.streams() <= 200, "{} streams", self.engine.streams());
        if self.live.len() > 20 {
            let oldest = self.live.remove(0);
            self.engine.reset(oldest, ErrorCode::CANCEL);
        }
        if self.deaf {
            let waiting = self.engine.output().len();
            assert!(waiting <= OUTPUT_BYTES_MAX, "{waiting} octets wait");
        } else {
            self.listen();
        }
    }

    /// Takes all that the engine has to say, which must be whole frames of kinds that it may send.
    fn listen(&mut self) {
        while !self.engine.output().is_empty() {
            let piece = self.engine.output().first().to_vec();
            self.engine.written(piece.len(), self.now);
            self.wire.extend(piece);
        }
        if self.wire.starts_with(b"PRI") {
            self.wire.drain(..PREFACE.len());
        }
        let mut left = &self.wire[..];
        while let Some((&[l0, l1, l2, kind, _, s0, ..], _)) = left.split_first_chunk::<9>() {
            let len = u32::from_be_bytes([0, l0, l1, l2]) as usize;
            assert!(matches!(kind, 0 | 1 | 3 | 4 | 6..=9), "a frame of kind {kind}");
            assert!(s0 & 0x80 == 0, "the reserved bit");
            left = left.get(9 + len..).expect("whole frames");
        }
        assert!(left.is_empty(), "half a frame header");
        self.wire.clear();
    }
}
