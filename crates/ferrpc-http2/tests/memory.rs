//! What a connection holds when many calls have passed: no more than when few had.
#![forbid(unsafe_code)]

use std::time::{Duration, Instant};

use allocation_counter::measure;
use ferrpc_attack::frames::{CONTINUATION, END_HEADERS, END_STREAM, HEADERS, PREFACE, SETTINGS, frame};
use ferrpc_http2::{Connection, End, ErrorCode, Event, HeaderWriter, Indexing, Limits};

/// Calls to make; `cargo xtask sim` says how many where it has time.
fn calls() -> u32 {
    std::env::var("FERRPC_SIM_CALLS").map_or(100_000, |calls| calls.parse().unwrap())
}

struct Pair {
    client: Connection,
    server: Connection,
    now: Instant,
}

impl Pair {
    /// Moves all octets; every event goes to its side's function.
    fn drive(&mut self) {
        loop {
            let up = carry(&mut self.client, &mut self.server, self.now);
            while let Some(event) = self.server.event() {
                serve(&mut self.server, &event);
            }
            let down = carry(&mut self.server, &mut self.client, self.now);
            while let Some(event) = self.client.event() {
                if let Event::Data { stream, chunk, .. } = event {
                    self.client.consumed(stream, chunk.len());
                }
            }
            if !up && !down {
                return;
            }
        }
    }
}

fn carry(from: &mut Connection, to: &mut Connection, now: Instant) -> bool {
    let mut moved = false;
    while !from.output().is_empty() {
        let piece = from.output().first();
        let space = to.space();
        let n = piece.len().min(space.len());
        space[..n].copy_from_slice(&piece[..n]);
        to.received(n, now);
        from.written(n, now);
        moved = true;
        if to.space().len() < 1024 {
            break;
        }
    }
    moved
}

/// Echoes what is worth it.
fn serve(server: &mut Connection, event: &Event) {
    match event {
        Event::Head { stream, .. } => {
            server.send_headers(*stream, End::No, |head| head.field(b":status", b"200", Indexing::Index));
        }
        Event::Data { stream, chunk, end } => {
            server.consumed(*stream, chunk.len());
            server.send_slice(*stream, chunk.as_slice(), End::No);
            if *end == End::Yes {
                server
                    .send_trailers(*stream, |trailers| trailers.field(b"grpc-status", b"0", Indexing::Index));
            }
        }
        _ => {}
    }
}

fn head(writer: &mut HeaderWriter<'_>, n: u32) {
    writer.field(b":method", b"POST", Indexing::Index);
    writer.field(b":scheme", b"http", Indexing::Index);
    writer.field(b":path", b"/a.B/C", Indexing::Index);
    // What varies, under a name of the call's own, too.
    writer.field(b"traceparent", n.to_string().as_bytes(), Indexing::Literal);
    writer.field(format!("x-{}", n % 1000).as_bytes(), b"v", Indexing::Index);
}

/// One call of those there are: short ones, long ones, and ones that either end gives up.
fn call(pair: &mut Pair, n: u32) {
    let stream = pair.client.open(End::No, |writer| head(writer, n)).unwrap();
    let body = vec![7; [5, 5, 5, 100, 40_000][n as usize % 5]];
    let given_up = n.is_multiple_of(7);
    pair.client.send(stream, body.into(), if given_up { End::No } else { End::Yes });
    if given_up {
        if n.is_multiple_of(2) {
            pair.drive();
        }
        pair.client.reset(stream, ErrorCode::CANCEL);
    }
    // Some calls share a turn.
    if !n.is_multiple_of(3) {
        pair.drive();
    }
    // Resets are allowed at a rate.
    pair.now += Duration::from_millis(10);
}

#[test]
fn memory_is_flat_however_many_calls_pass() {
    #[expect(clippy::disallowed_methods, reason = "any instant will do to begin with")]
    let now = Instant::now();
    let warm_up = 5000;
    let mut pair = None;
    let begun = measure(|| {
        let mut engines = Pair {
            client: Connection::client(Limits::default(), now),
            server: Connection::server(Limits::default(), now),
            now,
        };
        engines.drive();
        (0..warm_up).for_each(|n| call(&mut engines, n));
        engines.drive();
        pair = Some(engines);
    });
    let mut pair = pair.unwrap();
    let grown = measure(|| {
        (warm_up..calls()).for_each(|n| call(&mut pair, n));
        pair.drive();
    });
    assert_eq!((pair.client.streams(), pair.server.streams()), (0, 0));
    assert!(!pair.client.is_closed() && !pair.server.is_closed());
    // Where the last block of input ended may differ, and nothing else.
    let (before, grown) = (begun.bytes_current, grown.bytes_current);
    assert!(grown <= 64 << 10, "{before} bytes after {warm_up} calls, {grown} more after all");
    assert!(before + grown <= 512 << 10, "{} bytes in two engines without a stream", before + grown);
}

#[test]
fn atk_20_a_block_in_pieces_costs_what_it_costs_in_one() {
    // CVE-2022-41723, CVE-2019-15226: nothing is parsed or counted again for each piece.
    #[expect(clippy::disallowed_methods, reason = "any instant will do to begin with")]
    let now = Instant::now();
    let mut block = vec![0x83, 0x86, 0x84];
    for n in 0..100_u8 {
        block.extend([0, 3, b'x', b'0' + n / 10, b'0' + n % 10, 90]);
        block.extend([b'v'; 90]);
    }
    let pieces: Vec<&[u8]> = block.chunks(block.len().div_ceil(9)).collect();
    let cost = |octets: &[u8], at_once: usize| {
        let mut server = Connection::server(Limits::default(), now);
        let mut feed = |octets: &[u8], at_once: usize| {
            let mut heads = 0;
            for piece in octets.chunks(at_once) {
                let space = server.space();
                space[..piece.len()].copy_from_slice(piece);
                server.received(piece.len(), now);
                while let Some(event) = server.event() {
                    heads += usize::from(matches!(event, Event::Head { .. }));
                }
            }
            heads
        };
        feed(PREFACE, PREFACE.len());
        feed(&frame(SETTINGS, 0, 0, &[]), 9);
        measure(|| assert_eq!(feed(octets, at_once), 1)).bytes_total
    };
    let whole = frame(HEADERS, END_STREAM | END_HEADERS, 1, &block);
    let mut split = Vec::new();
    for (i, piece) in pieces.iter().enumerate() {
        let (kind, first) = if i == 0 { (HEADERS, END_STREAM) } else { (CONTINUATION, 0) };
        let flags = first | if i + 1 == pieces.len() { END_HEADERS } else { 0 };
        split.extend(frame(kind, flags, 1, piece));
    }
    let length = u64::try_from(block.len()).unwrap();
    let (least, in_pieces, by_octets) = (cost(&whole, 1000), cost(&split, 1000), cost(&split, 1));
    // The pieces are put together once, in memory that doubles; the blocks of input grow as well.
    assert!(in_pieces <= least + 4 * length, "{in_pieces} bytes in pieces, {least} in one");
    assert!(by_octets <= least + 6 * length, "{by_octets} bytes octet by octet, {least} in one");
}
