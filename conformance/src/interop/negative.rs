//! gRPC's negative HTTP/2 interop tests (grpc's `doc/negative-http2-interop-test-descriptions.md`, and two about padding):
//! our client against a server that misbehaves, or makes use of what HTTP/2 allows and few do. The server writes its
//! frames by hand.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use ferrpc::Channel;
use ferrpc_attack::frames::{
    ACK, DATA, END_HEADERS, END_STREAM, Frame, GOAWAY, HEADERS, PADDED, PING, PREFACE, RST_STREAM, SETTINGS,
    WINDOW_UPDATE, append, block,
};
use ferrpc_proto::Message;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::cases::{LARGE_RESPONSE, large_unary};
use super::proto::grpc::testing::{SimpleResponse, TestServiceClient};
use super::{Outcome, channel, zeros};

/// The names of all cases.
pub const CASES: [&str; 8] = [
    "goaway",
    "rst_after_header",
    "rst_during_data",
    "rst_after_data",
    "ping",
    "max_streams",
    "data_frame_padding",
    "no_df_padding_sanity_test",
];

/// Octets in a DATA frame of the padding cases, so that nearly all that counts against windows is padding.
const SMALL_BYTES: usize = 5;
const CHUNK_BYTES: usize = 16_000;
const PADDING_BYTES: u8 = 255;
/// Calls at once of `max_streams`.
const CALLS: usize = 10;
const WINDOW_BYTES: i64 = 65_535;

/// Runs a case.
///
/// # Errors
/// What is wrong, or that there is no such case.
pub async fn run(case: &str) -> Outcome {
    let Some(case) = CASES.into_iter().find(|known| *known == case) else {
        return Err(format!("there is no case {case}; there are {}", CASES.join(", ")));
    };
    let seen = Arc::new(Seen::default());
    let listener = TcpListener::bind("127.0.0.1:0").await.map_err(|error| error.to_string())?;
    let target = listener.local_addr().map_err(|error| error.to_string())?.to_string();
    let server = tokio::spawn(accept(listener, case, Arc::clone(&seen)));
    let channel = channel(&target)?;
    let outcome = calls(case, &channel, &seen).await;
    server.abort();
    outcome
}

/// What the client has to do and see.
async fn calls(case: &str, channel: &Channel, seen: &Seen) -> Outcome {
    let client = TestServiceClient::new(channel.clone());
    match case {
        "goaway" => {
            large_unary(&client).await?;
            large_unary(&client).await?;
            match seen.connections.load(Ordering::Relaxed) {
                2 => Ok(()),
                n => Err(format!("{n} connections for two calls around a GOAWAY")),
            }
        }
        "rst_after_header" | "rst_during_data" | "rst_after_data" => match large_unary(&client).await {
            Err(what) if what.contains("reset the stream") => Ok(()),
            Err(what) => Err(format!("it failed, but not of the reset: {what}")),
            Ok(()) => Err("a call whose stream was reset went well".into()),
        },
        "max_streams" => {
            // The first learns of the limit.
            large_unary(&client).await?;
            let all: Vec<_> = (0..CALLS)
                .map(|_| {
                    let client = client.clone();
                    tokio::spawn(async move { large_unary(&client).await })
                })
                .collect();
            for call in all {
                call.await.map_err(|error| error.to_string())??;
            }
            match seen.most_streams.load(Ordering::Relaxed) {
                1 => Ok(()),
                n => Err(format!("{n} streams at once, where one is allowed")),
            }
        }
        _ => large_unary(&client).await,
    }
}

/// What the server saw of all connections.
#[derive(Default)]
struct Seen {
    connections: AtomicU32,
    most_streams: AtomicU32,
}

async fn accept(listener: TcpListener, case: &'static str, seen: Arc<Seen>) {
    while let Ok((socket, _)) = listener.accept().await {
        seen.connections.fetch_add(1, Ordering::Relaxed);
        let seen = Arc::clone(&seen);
        tokio::spawn(async move {
            // A connection that breaks fails its calls, which is where that is seen.
            let _ = Peer::new(socket, case, &seen).converse().await;
        });
    }
}

/// Frames that belong to a call, sent as the client's windows allow.
struct Piece {
    stream: u32,
    /// Octets that count against windows.
    cost: i64,
    octets: Vec<u8>,
    /// Wait for answers to all PINGs first.
    after_pings: bool,
}

/// One connection.
struct Peer<'a> {
    socket: TcpStream,
    case: &'static str,
    seen: &'a Seen,
    queue: VecDeque<Piece>,
    conn_window: i64,
    windows: HashMap<u32, i64>,
    /// What the client's SETTINGS say a window begins with.
    window: i64,
    open: u32,
    pings_unanswered: u32,
}

impl<'a> Peer<'a> {
    fn new(socket: TcpStream, case: &'static str, seen: &'a Seen) -> Self {
        Self {
            socket,
            case,
            seen,
            queue: VecDeque::new(),
            conn_window: WINDOW_BYTES,
            windows: HashMap::new(),
            window: WINDOW_BYTES,
            open: 0,
            pings_unanswered: 0,
        }
    }

    async fn converse(mut self) -> io::Result<()> {
        self.socket.set_nodelay(true)?;
        // Room for every request: INITIAL_WINDOW_SIZE, and for the connection. One stream where that is the case.
        let mut settings = vec![0, 4, 0, 16, 0, 0];
        if self.case == "max_streams" {
            settings.extend([0, 3, 0, 0, 0, 1]);
        }
        let mut greeting = Vec::new();
        append(&mut greeting, SETTINGS, 0, 0, &settings);
        append(&mut greeting, WINDOW_UPDATE, 0, 0, &(1_u32 << 30).to_be_bytes());
        self.socket.write_all(&greeting).await?;
        let mut octets = Vec::new();
        let mut preface_left = PREFACE.len();
        while self.socket.read_buf(&mut octets).await? > 0 {
            let skipped = preface_left.min(octets.len());
            octets.drain(..skipped);
            preface_left -= skipped;
            if preface_left > 0 {
                continue;
            }
            let mut left = &octets[..];
            while let Some((frame, rest)) = Frame::first(left) {
                left = rest;
                self.take(&frame).await?;
            }
            let used = octets.len() - left.len();
            octets.drain(..used);
            self.flush().await?;
        }
        Ok(())
    }

    async fn take(&mut self, frame: &Frame<'_>) -> io::Result<()> {
        match frame.kind {
            SETTINGS if frame.flags & ACK == 0 => {
                for entry in frame.payload.chunks_exact(6) {
                    if entry[..2] == [0, 4] {
                        let value = i64::from(u32::from_be_bytes([entry[2], entry[3], entry[4], entry[5]]));
                        self.windows.values_mut().for_each(|window| *window += value - self.window);
                        self.window = value;
                    }
                }
                self.write(SETTINGS, ACK, 0, &[]).await?;
            }
            PING if frame.flags & ACK == 0 => self.write(PING, ACK, 0, frame.payload).await?,
            PING => self.pings_unanswered = self.pings_unanswered.saturating_sub(1),
            WINDOW_UPDATE if frame.stream == 0 => self.conn_window += i64::from(frame.number(0)),
            WINDOW_UPDATE => {
                if let Some(window) = self.windows.get_mut(&frame.stream) {
                    *window += i64::from(frame.number(0));
                }
            }
            HEADERS => {
                self.open += 1;
                self.seen.most_streams.fetch_max(self.open, Ordering::Relaxed);
                self.windows.insert(frame.stream, self.window);
            }
            _ => {}
        }
        // Behind its GOAWAY this server looks at nothing.
        if frame.is_end() && !(self.case == "goaway" && frame.stream > 1) {
            self.answer(frame.stream);
        }
        Ok(())
    }

    /// Queues what the case has for a call.
    fn answer(&mut self, stream: u32) {
        self.push(stream, |out| {
            let head = block(&[(":status", "200"), ("content-type", "application/grpc")]);
            append(out, HEADERS, END_HEADERS, stream, &head);
        });
        if self.case == "rst_after_header" {
            return self.reset(stream);
        }
        let message = message();
        let all = if self.case == "rst_during_data" { &message[..message.len() / 2] } else { &message[..] };
        let small = matches!(self.case, "data_frame_padding" | "no_df_padding_sanity_test");
        for chunk in all.chunks(if small { SMALL_BYTES } else { CHUNK_BYTES }) {
            let mut payload = chunk.to_vec();
            let mut flags = 0;
            if self.case == "data_frame_padding" {
                payload.insert(0, PADDING_BYTES);
                payload.resize(payload.len() + usize::from(PADDING_BYTES), 0);
                flags = PADDED;
            }
            if self.case == "ping" {
                self.ping(stream);
            }
            let mut octets = Vec::new();
            append(&mut octets, DATA, flags, stream, &payload);
            let cost = i64::try_from(payload.len()).unwrap_or(i64::MAX);
            self.queue.push_back(Piece { stream, cost, octets, after_pings: false });
        }
        if self.case.starts_with("rst_") {
            return self.reset(stream);
        }
        if self.case == "ping" {
            self.ping(stream);
        }
        self.push(stream, |out| {
            append(out, HEADERS, END_HEADERS | END_STREAM, stream, &block(&[("grpc-status", "0")]));
        });
        if let Some(last) = self.queue.back_mut() {
            last.after_pings = true;
        }
        if self.case == "goaway" {
            self.push(stream, |out| append(out, GOAWAY, 0, 0, &[0, 0, 0, 1, 0, 0, 0, 0]));
        }
    }

    fn push(&mut self, stream: u32, append: impl FnOnce(&mut Vec<u8>)) {
        let mut octets = Vec::new();
        append(&mut octets);
        self.queue.push_back(Piece { stream, cost: 0, octets, after_pings: false });
    }

    fn ping(&mut self, stream: u32) {
        self.pings_unanswered += 1;
        self.push(stream, |out| append(out, PING, 0, 0, b"negative"));
    }

    /// With NO_ERROR, which says nothing of what is wrong.
    fn reset(&mut self, stream: u32) {
        self.push(stream, |out| append(out, RST_STREAM, 0, stream, &[0; 4]));
    }

    async fn flush(&mut self) -> io::Result<()> {
        let mut octets = Vec::new();
        while let Some(piece) = self.queue.front() {
            let window = self.windows.get(&piece.stream).copied().unwrap_or(0).min(self.conn_window);
            if piece.cost > window || (piece.after_pings && self.pings_unanswered > 0) {
                break;
            }
            let Some(piece) = self.queue.pop_front() else { break };
            self.conn_window -= piece.cost;
            if let Some(window) = self.windows.get_mut(&piece.stream) {
                *window -= piece.cost;
            }
            if Frame::first(&piece.octets).is_some_and(|(frame, _)| frame.is_end()) {
                self.open -= 1;
            }
            octets.extend(piece.octets);
        }
        self.socket.write_all(&octets).await
    }

    async fn write(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) -> io::Result<()> {
        let mut octets = Vec::new();
        append(&mut octets, kind, flags, stream, payload);
        self.socket.write_all(&octets).await
    }
}

/// The answer that all cases want, behind its prefix.
fn message() -> Vec<u8> {
    let payload = zeros(usize::try_from(LARGE_RESPONSE).unwrap_or(0)).into();
    let response = SimpleResponse { payload, ..Default::default() };
    // Nothing in it is over any limit.
    let encoded = response.encode_to_vec().unwrap_or_default();
    let len = u32::try_from(encoded.len()).unwrap_or(0);
    [&[0][..], &len.to_be_bytes(), &encoded].concat()
}
