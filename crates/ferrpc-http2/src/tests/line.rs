//! Two engines with a long way between them: each octet arrives later, and not more of them than the line carries.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::peer::{beginning, write_request};
use crate::{Connection, End, Event, Limits};

const TICK: Duration = Duration::from_micros(500);

/// One direction of the line.
struct Way {
    delay: Duration,
    bytes_per_tick: usize,
    pieces: VecDeque<(Instant, Vec<u8>)>,
}

impl Way {
    fn new(delay: Duration, bytes_per_tick: usize) -> Self {
        Self { delay, bytes_per_tick, pieces: VecDeque::new() }
    }

    /// Takes what one end has to say, as much as it carries in a tick; returns how much that was.
    fn take(&mut self, from: &mut Connection, now: Instant) -> usize {
        let mut piece = Vec::new();
        while piece.len() < self.bytes_per_tick {
            let waiting = from.output().first();
            let n = waiting.len().min(self.bytes_per_tick - piece.len());
            if n == 0 {
                break;
            }
            piece.extend_from_slice(&waiting[..n]);
            from.written(n, now);
        }
        let n = piece.len();
        if n > 0 {
            self.pieces.push_back((now + self.delay, piece));
        }
        n
    }

    /// Gives the other end what has arrived; returns what happened there.
    fn give(&mut self, to: &mut Connection, now: Instant) -> Vec<Event> {
        let mut events = Vec::new();
        while let Some((_, piece)) = self.pieces.pop_front_if(|(due, _)| *due <= now) {
            let mut left = &piece[..];
            while !left.is_empty() {
                let space = to.space();
                let n = space.len().min(left.len());
                space[..n].copy_from_slice(&left[..n]);
                to.received(n, now);
                left = &left[n..];
                events.extend(std::iter::from_fn(|| to.event()));
            }
        }
        events
    }
}

/// An upload as fast as windows and the line allow, to a server that takes what comes at once. Octets that went into
/// the line in each round trip.
fn upload(round_trip: Duration, bytes_per_second: usize, round_trips: u32) -> Vec<usize> {
    let mut now = beginning();
    let mut client = Connection::client(Limits::default(), now);
    let mut server = Connection::server(Limits::default(), now);
    let bytes_per_tick = bytes_per_second / (Duration::from_secs(1).div_duration_f64(TICK) as usize);
    let mut up = Way::new(round_trip / 2, bytes_per_tick);
    let mut down = Way::new(round_trip / 2, bytes_per_tick);
    let stream = client.open(End::No, write_request).expect("the first one");
    let piece = Bytes::from(vec![0; 64 << 10]);
    let mut carried = Vec::new();
    for _ in 0..round_trips {
        let mut bytes = 0;
        let end = now + round_trip;
        while now < end {
            while client.unsent(stream) < 64 << 10 {
                client.send(stream, piece.clone(), End::No);
            }
            bytes += up.take(&mut client, now);
            down.take(&mut server, now);
            for event in up.give(&mut server, now) {
                match event {
                    Event::Data { stream, chunk, .. } => server.consumed(stream, chunk.len()),
                    Event::Ready | Event::Head { .. } => {}
                    event => panic!("{event:?}"),
                }
            }
            let events = down.give(&mut client, now);
            assert!(events.iter().all(|event| matches!(event, Event::Ready)), "{events:?}");
            now += TICK;
        }
        carried.push(bytes);
    }
    carried
}

/// Idle time of the line in each round trip, per cent.
fn idle(milliseconds: u64, bytes_per_second: usize) -> Vec<usize> {
    let carried = upload(Duration::from_millis(milliseconds), bytes_per_second, 8);
    let full = bytes_per_second / 1000 * milliseconds as usize;
    carried.iter().map(|bytes| full.saturating_sub(*bytes) * 100 / full).collect()
}

#[test]
fn an_upload_has_a_long_line_to_itself_from_its_fifth_round_trip_on() {
    for (milliseconds, bytes_per_second) in [(80, 125_000_000), (10, 125_000_000), (200, 12_500_000)] {
        // In the first two one window goes over: the way is not known. The third is for one sixteen times as large,
        // and the fourth for the news of what came in the third.
        let idle = idle(milliseconds, bytes_per_second);
        assert!(idle[4..].iter().all(|&idle| idle <= 2), "per cent: {idle:?}");
    }
}
