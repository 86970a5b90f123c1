//! A server that is none: it looks at frame headers only and answers each request with the same octets. No
//! HPACK, no checks, no windows but the connection's: what is left is the price of the sockets.

use std::collections::VecDeque;
use std::io;

use ferrpc_proto::Message as _;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::api::{Piece, User};
use super::service::payload;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const FRAME_HEAD_BYTES: usize = 9;
const FRAME_BYTES_MAX: usize = 16 << 10;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const WINDOW_UPDATE: u8 = 8;
const END_STREAM: u8 = 1;
const ACK: u8 = 1;
const END_HEADERS: u8 = 4;

/// The first answer of a connection puts its two fields into the table; all others name them by number.
const FIRST_HEAD: &[u8] = b"\x88\x5f\x10application/grpc";
const FIRST_TRAILERS: &[u8] = b"\x40\x0bgrpc-status\x010";
const HEAD: &[u8] = b"\x88\xbf";
const TRAILERS: &[u8] = b"\xbe";

/// A message in its envelope: what `Sized` answers when so many octets are ordered, else what `GetUser` does.
///
/// # Errors
/// It is over 2 GiB.
pub fn message(payload_bytes: Option<usize>) -> Result<Vec<u8>, String> {
    let message = match payload_bytes {
        Some(bytes) => Piece { payload: payload(bytes), ..Piece::default() }.encode_to_vec(),
        None => {
            let (name, email) = ("John Doe".into(), "john@example.com".into());
            User { id: 1, name, email, ..User::default() }.encode_to_vec()
        }
    };
    let message = message.map_err(|error| error.to_string())?;
    let length = u32::try_from(message.len()).map_err(|error| error.to_string())?;
    Ok([&[0], &length.to_be_bytes()[..], &message].concat())
}

/// Serves for ever; each answer has this message.
///
/// # Errors
/// The listener is broken.
pub async fn serve(listener: TcpListener, message: &'static [u8]) -> io::Result<()> {
    loop {
        let (socket, _) = listener.accept().await?;
        socket.set_nodelay(true)?;
        tokio::spawn(async move {
            // A client that goes away ends its connection; nobody waits for more.
            let _ = Connection::new(socket, message).run().await;
        });
    }
}

struct Connection {
    socket: TcpStream,
    message: &'static [u8],
    /// What was read and not yet looked at begins at `at`.
    input: Vec<u8>,
    at: usize,
    output: Vec<u8>,
    /// Octets of DATA that the client will take on this connection.
    window: usize,
    /// Streams that wait for their answer.
    due: VecDeque<u32>,
    answered: bool,
}

impl Connection {
    fn new(socket: TcpStream, message: &'static [u8]) -> Self {
        let (input, output) = (Vec::with_capacity(64 << 10), Vec::with_capacity(64 << 10));
        Self { socket, message, input, at: 0, output, window: 65_535, due: VecDeque::new(), answered: false }
    }

    async fn run(mut self) -> io::Result<()> {
        // More streams at once than anybody opens, and all the connection's window at once.
        frame(&mut self.output, SETTINGS, 0, 0, &[0, 3, 0, 0, 0x27, 0x10]);
        frame(&mut self.output, WINDOW_UPDATE, 0, 0, &(0x7fff_ffff_u32 - 65_535).to_be_bytes());
        while self.input.len() < PREFACE.len() {
            if self.socket.read_buf(&mut self.input).await? == 0 {
                return Ok(());
            }
        }
        self.at = PREFACE.len();
        loop {
            while self.one_frame() {}
            self.answer();
            if !self.output.is_empty() {
                self.socket.write_all(&self.output).await?;
                self.output.clear();
            }
            self.input.drain(..self.at);
            self.at = 0;
            if self.socket.read_buf(&mut self.input).await? == 0 {
                return Ok(());
            }
        }
    }

    /// Whether there was a whole one.
    fn one_frame(&mut self) -> bool {
        let rest = &self.input[self.at..];
        let &[l0, l1, l2, kind, flags, s0, s1, s2, s3, ..] = rest else { return false };
        let length = u32::from_be_bytes([0, l0, l1, l2]) as usize;
        let Some(payload) = rest.get(FRAME_HEAD_BYTES..FRAME_HEAD_BYTES + length) else { return false };
        let stream = u32::from_be_bytes([s0, s1, s2, s3]);
        match kind {
            DATA | HEADERS if flags & END_STREAM != 0 => self.due.push_back(stream),
            SETTINGS if flags & ACK == 0 => frame(&mut self.output, SETTINGS, ACK, 0, &[]),
            PING if flags & ACK == 0 => frame(&mut self.output, PING, ACK, 0, payload),
            WINDOW_UPDATE if stream == 0 => {
                self.window += payload.try_into().map_or(0, u32::from_be_bytes) as usize;
            }
            _ => {}
        }
        self.at += FRAME_HEAD_BYTES + length;
        true
    }

    /// Answers what waits, as far as the window goes.
    fn answer(&mut self) {
        while self.window >= self.message.len() {
            let Some(stream) = self.due.pop_front() else { return };
            self.window -= self.message.len();
            let first = !std::mem::replace(&mut self.answered, true);
            let (head, trailers) = if first { (FIRST_HEAD, FIRST_TRAILERS) } else { (HEAD, TRAILERS) };
            frame(&mut self.output, HEADERS, END_HEADERS, stream, head);
            for piece in self.message.chunks(FRAME_BYTES_MAX) {
                frame(&mut self.output, DATA, 0, stream, piece);
            }
            frame(&mut self.output, HEADERS, END_HEADERS | END_STREAM, stream, trailers);
        }
    }
}

fn frame(output: &mut Vec<u8>, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
    let [_, l0, l1, l2] = (payload.len() as u32).to_be_bytes();
    output.extend_from_slice(&[l0, l1, l2, kind, flags]);
    output.extend_from_slice(&stream.to_be_bytes());
    output.extend_from_slice(payload);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rpc::load::{By, Call, Fields, Plan, Shape, run};

    /// What a client gets from a stub whose message is `message`, in a tenth of a second.
    async fn loaded(message: &'static [u8], call: Call, by: By) -> Result<u64, String> {
        let listener = TcpListener::bind("127.0.0.1:0").await.map_err(|error| error.to_string())?;
        let target = listener.local_addr().map_err(|error| error.to_string())?.to_string();
        tokio::spawn(serve(listener, message));
        let plan = Plan {
            target,
            connections: 2,
            streams: 10,
            shape: Shape::Unary,
            call,
            fields: Fields::Six,
            payload_bytes: 20_000,
            messages: 1,
            beside: false,
            rate: None,
            warm_up: 0.0,
            seconds: 0.1,
            watch: None,
        };
        let local = tokio::task::LocalSet::new();
        let outcome = local.run_until(run(&plan, by)).await?;
        match outcome.tally.first_failure {
            Some(failure) => Err(failure),
            None => Ok(outcome.tally.times.len()),
        }
    }

    #[tokio::test]
    async fn clients_take_canned_answers_for_real_ones() {
        let user = message(None).expect("small").leak();
        assert!(loaded(user, Call::User, By::Ferrpc).await.expect("answers") > 0);
        assert!(loaded(user, Call::User, By::Tonic).await.expect("answers") > 0);
        // Larger than a frame, and all together larger than a connection's first window.
        let sized = message(Some(20_000)).expect("small").leak();
        assert!(loaded(sized, Call::Sized, By::Ferrpc).await.expect("answers") > 0);
    }

    #[tokio::test]
    async fn an_answer_that_is_not_what_was_asked_for_is_a_failure() {
        let sized = message(Some(10_000)).expect("small").leak();
        let failure = loaded(sized, Call::Sized, By::Ferrpc).await.expect_err("half of what was ordered");
        assert_eq!(failure, "piece 0 came with another payload, of 10000 octets");
    }
}
