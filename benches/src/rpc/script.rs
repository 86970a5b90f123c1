//! A connection inside the process whose client is octets made beforehand: what a server does for them is all
//! that happens.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The client's end.
#[derive(Clone, Default)]
pub struct Script(Arc<Mutex<State>>);

/// The server's end.
pub struct Pipe(Script);

#[derive(Default)]
struct State {
    /// What the server has yet to read, from `read` on.
    sent: Vec<u8>,
    read: usize,
    server: Option<Waker>,
    /// What it wrote.
    answered: Vec<u8>,
    expected: usize,
    client: Option<Waker>,
}

impl Script {
    /// The end that the server is given.
    pub fn pipe(&self) -> Pipe {
        Pipe(self.clone())
    }

    /// Sends octets and waits for at least so many of an answer.
    pub async fn exchange(&self, octets: Vec<u8>, expected: usize) {
        {
            let mut state = self.lock();
            state.sent = octets;
            state.read = 0;
            state.answered.clear();
            state.expected = expected;
            if let Some(server) = state.server.take() {
                server.wake();
            }
        }
        std::future::poll_fn(|cx| {
            let mut state = self.lock();
            if state.answered.len() >= state.expected {
                return Poll::Ready(());
            }
            state.client = Some(cx.waker().clone());
            Poll::Pending
        })
        .await;
    }

    /// The answer to the exchange before.
    pub fn answer(&self) -> Vec<u8> {
        self.lock().answered.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AsyncRead for Pipe {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut state = self.0.lock();
        let rest = &state.sent[state.read..];
        if rest.is_empty() {
            state.server = Some(cx.waker().clone());
            return Poll::Pending;
        }
        let n = rest.len().min(into.remaining());
        into.put_slice(&rest[..n]);
        state.read += n;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Pipe {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, octets: &[u8]) -> Poll<io::Result<usize>> {
        let mut state = self.0.lock();
        state.answered.extend_from_slice(octets);
        if state.answered.len() >= state.expected
            && let Some(client) = state.client.take()
        {
            client.wake();
        }
        Poll::Ready(Ok(octets.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Appends a frame.
pub fn frame(out: &mut Vec<u8>, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
    let len = u32::try_from(payload.len()).expect("below 2²⁴");
    out.extend_from_slice(&len.to_be_bytes()[1..]);
    out.extend_from_slice(&[kind, flags]);
    out.extend_from_slice(&stream.to_be_bytes());
    out.extend_from_slice(payload);
}

/// The frames of an answer: kind, flags, payload.
pub fn frames(mut octets: &[u8]) -> Vec<(u8, u8, &[u8])> {
    let mut frames = Vec::new();
    while let [l0, l1, l2, kind, flags, _, _, _, _, rest @ ..] = octets {
        let len = u32::from_be_bytes([0, *l0, *l1, *l2]) as usize;
        let (payload, more) = rest.split_at(len);
        frames.push((*kind, *flags, payload));
        octets = more;
    }
    frames
}

/// HEADERS, or DATA, with what the flags say.
pub const HEADERS: u8 = 1;
/// DATA.
pub const DATA: u8 = 0;
/// Nothing follows on the stream.
pub const END_STREAM: u8 = 1;
/// The whole header block is there.
pub const END_HEADERS: u8 = 4;

/// How the calls of a burst write their heads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heads {
    /// As h2load does, the same octets on every call.
    Equal,
    /// Every field by its index in the table, but their order varies, so that no head is known by heart.
    Indexed,
    /// As h2load does: `:path` and `content-length` spelled out, the path in Huffman code; in varying order.
    Literal,
}

/// The client's preface, SETTINGS, credit, and one call that fills the table.
pub fn greeting() -> Vec<u8> {
    let mut out = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    frame(&mut out, 4, 0, 0, &[]);
    frame(&mut out, 4, 1, 0, &[]);
    // Room for all answers that ever come.
    frame(&mut out, 8, 0, 0, &(1u32 << 30).to_be_bytes());
    let mut block = vec![0x83, 0x86];
    // RFC 7541 §6.2.1: into the table, under the name with this index, or under a new one.
    for (index, name, value) in [
        (4, "", "/UserService/GetUser"),
        (1, "", "127.0.0.1:50051"),
        (0, "te", "trailers"),
        (31, "", "application/grpc"),
        (58, "", "h2load nghttp2/1.52.0"),
        (0, "grpc-accept-encoding", "identity"),
    ] {
        block.push(0x40 | index);
        for text in [name, value].into_iter().filter(|text| !text.is_empty()) {
            block.push(u8::try_from(text.len()).expect("short"));
            block.extend_from_slice(text.as_bytes());
        }
    }
    frame(&mut out, HEADERS, END_HEADERS, 1, &block);
    frame(&mut out, DATA, END_STREAM, 1, &MESSAGE);
    out
}

/// So many calls from stream `first` on: all HEADERS, then all DATA, as nghttp2 sends what is ready at once.
pub fn burst(heads: Heads, first: u32, calls: u32) -> Vec<u8> {
    let mut out = Vec::new();
    for call in 0..calls {
        frame(&mut out, HEADERS, END_HEADERS, first + 2 * call, &block(heads, call));
    }
    for call in 0..calls {
        frame(&mut out, DATA, END_STREAM, first + 2 * call, &MESSAGE);
    }
    out
}

/// `UserRequest { id: 1 }` behind its prefix.
const MESSAGE: [u8; 7] = [0, 0, 0, 0, 2, 8, 1];

/// Fields that the greeting put into the table, as RFC 7541 §6.1 names them: the newest has index 62.
const ENCODING: u8 = 0x80 | 62;
const AGENT: u8 = 0x80 | 63;
const TYPE: u8 = 0x80 | 64;
const TE: u8 = 0x80 | 65;
const AUTHORITY: u8 = 0x80 | 66;
const PATH: u8 = 0x80 | 67;
/// `:path: /UserService/GetUser` in Huffman code, not to be put into the table (RFC 7541 §6.2.2).
const LITERAL_PATH: [u8; 17] =
    [0x04, 0x8f, 0x63, 0x82, 0x0b, 0x66, 0xe2, 0xd9, 0xdc, 0xc4, 0x2b, 0x18, 0x8a, 0x9e, 0x08, 0x2d, 0x9f];
/// `content-length: 7`, likewise.
const CONTENT_LENGTH: [u8; 4] = [0x0f, 0x0d, 1, b'7'];
fn block(heads: Heads, call: u32) -> Vec<u8> {
    let mut block = vec![0x83, 0x86];
    if heads == Heads::Indexed {
        block.extend([PATH, AUTHORITY]);
        block.extend(order([&[TE], &[TYPE], &[AGENT], &[ENCODING]], call).concat());
        return block;
    }
    block.extend_from_slice(&LITERAL_PATH);
    block.push(AUTHORITY);
    let call = if heads == Heads::Equal { 0 } else { call };
    block.extend(order([&[TE], &[TYPE], &[AGENT], &CONTENT_LENGTH], call).concat());
    block
}

/// One of the 24 orders of four fields.
fn order(mut fields: [&[u8]; 4], number: u32) -> [&[u8]; 4] {
    let mut number = number as usize;
    for left in (2..=4).rev() {
        fields.swap(left - 1, number % left);
        number /= left;
    }
    fields
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn heads_are_equal_or_come_in_all_orders() {
        for (heads, different) in [(Heads::Equal, 1), (Heads::Indexed, 24), (Heads::Literal, 24)] {
            let blocks: HashSet<_> = (0..100).map(|call| block(heads, call)).collect();
            assert_eq!(blocks.len(), different, "{heads:?}");
        }
    }
}
