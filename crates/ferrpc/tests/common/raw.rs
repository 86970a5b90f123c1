//! A client that writes any octets it likes and reads frames as they come.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// A frame (RFC 9113 §4.1).
pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let mut out = u32::try_from(payload.len()).unwrap().to_be_bytes()[1..].to_vec();
    out.extend_from_slice(&[kind, flags]);
    out.extend_from_slice(&stream.to_be_bytes());
    out.extend_from_slice(payload);
    out
}

/// Fields as literals without indexing (RFC 7541 §6.2.2).
pub fn block(fields: &[(&str, &str)]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, value) in fields {
        out.push(0);
        for text in [name, value] {
            out.push(u8::try_from(text.len()).unwrap());
            out.extend_from_slice(text.as_bytes());
        }
    }
    out
}

pub const GOOD: [(&str, &str); 5] = [
    (":method", "POST"),
    (":scheme", "http"),
    (":path", "/test.Text/Upper"),
    ("te", "trailers"),
    ("content-type", "application/grpc"),
];

/// [`GOOD`] with one field changed or added.
pub fn head(name: &'static str, value: &'static str) -> Vec<(&'static str, &'static str)> {
    let mut fields: Vec<_> = GOOD.into_iter().filter(|(n, _)| *n != name).collect();
    let at = if name.starts_with(':') { 0 } else { fields.len() };
    fields.insert(at, (name, value));
    fields
}

/// A client that writes what it likes.
pub struct Raw {
    pub socket: TcpStream,
    buffer: Vec<u8>,
}

/// What a raw client is told.
#[derive(Debug, PartialEq)]
pub enum Told {
    /// HEADERS, as the octets of their literals run together: enough to look for a text in.
    Headers(u32, String),
    Data(u32, Vec<u8>),
    Reset(u32, u32),
    GoAway(u32, String),
    Closed,
}

impl Raw {
    pub async fn connect(address: std::net::SocketAddr) -> Self {
        Self { socket: TcpStream::connect(address).await.unwrap(), buffer: Vec::new() }
    }

    /// Connected and greeted.
    pub async fn greeted(address: std::net::SocketAddr) -> Self {
        let mut raw = Self::connect(address).await;
        raw.send(PREFACE).await;
        // SETTINGS_HEADER_TABLE_SIZE 0: every answer is literals, to be read as they are.
        raw.send(&frame(4, 0, 0, &[0, 1, 0, 0, 0, 0])).await;
        raw
    }

    pub async fn send(&mut self, octets: &[u8]) {
        // The server may have closed already; what it said is still to be read.
        let _ = self.socket.write_all(octets).await;
    }

    pub async fn call(&mut self, stream: u32, fields: &[(&str, &str)], body: &[u8]) {
        self.send(&frame(1, 4, stream, &block(fields))).await;
        self.send(&frame(0, 1, stream, body)).await;
    }

    /// The next frame that is about a call or the end.
    pub async fn told(&mut self) -> Told {
        loop {
            while self.buffer.len() >= 9 {
                let len = u32::from_be_bytes([0, self.buffer[0], self.buffer[1], self.buffer[2]]) as usize;
                if self.buffer.len() < 9 + len {
                    break;
                }
                let frame: Vec<u8> = self.buffer.drain(..9 + len).collect();
                let (kind, payload) = (frame[3], &frame[9..]);
                let stream = u32::from_be_bytes(frame[5..9].try_into().unwrap());
                let number = |at: usize| u32::from_be_bytes(payload[at..at + 4].try_into().unwrap());
                match kind {
                    0 => return Told::Data(stream, payload.to_vec()),
                    1 => return Told::Headers(stream, String::from_utf8_lossy(payload).into_owned()),
                    3 => return Told::Reset(stream, number(0)),
                    7 => return Told::GoAway(number(4), String::from_utf8_lossy(&payload[8..]).into_owned()),
                    _ => {}
                }
            }
            match self.socket.read_buf(&mut self.buffer).await {
                Ok(n) if n > 0 => {}
                _ => return Told::Closed,
            }
        }
    }

    /// Everything until the server closes, as text.
    pub async fn rest(mut self) -> String {
        let mut all = Vec::new();
        let _ = self.socket.read_to_end(&mut all).await;
        String::from_utf8_lossy(&all).into_owned()
    }
}
