//! A client that writes any octets it likes and reads frames as they come.

pub use ferrpc_attack::frames::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

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
    /// Credit that WINDOW_UPDATEs gave to streams, and not to the connection.
    pub stream_credit: u64,
    /// SETTINGS that were sent by [`greeted`](Self::greeted) and to settle, and those that were acknowledged.
    settings: u32,
    pub settings_acks: u32,
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
        let socket = TcpStream::connect(address).await.unwrap();
        // What is sent arrives at once: where time is paused, it runs as soon as nothing is under way.
        socket.set_nodelay(true).unwrap();
        Self { socket, buffer: Vec::new(), stream_credit: 0, settings: 0, settings_acks: 0 }
    }

    /// Connected and greeted.
    pub async fn greeted(address: std::net::SocketAddr) -> Self {
        let mut raw = Self::connect(address).await;
        raw.send(PREFACE).await;
        // SETTINGS_HEADER_TABLE_SIZE 0: every answer is literals, to be read as they are.
        raw.send(&frame(4, 0, 0, &[0, 1, 0, 0, 0, 0])).await;
        raw.settings = 1;
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
            if let Some(told) = self.next() {
                return told;
            }
            if !self.take().await {
                return Told::Closed;
            }
        }
    }

    /// More octets; false if there are no more.
    async fn take(&mut self) -> bool {
        self.socket.read_buf(&mut self.buffer).await.is_ok_and(|n| n > 0)
    }

    /// The next frame that is there whole and about a call or the end.
    fn next(&mut self) -> Option<Told> {
        while let Some((frame, rest)) = Frame::first(&self.buffer) {
            let told = told(frame);
            if frame.kind == WINDOW_UPDATE && frame.stream != 0 {
                self.stream_credit += u64::from(frame.number(0));
            }
            self.settings_acks += u32::from(frame.kind == SETTINGS && frame.flags & ACK != 0);
            let used = self.buffer.len() - rest.len();
            self.buffer.drain(..used);
            if told.is_some() {
                return told;
            }
        }
        None
    }

    /// All that was sent has been digested: the server acknowledges what comes behind it. Takes what it says
    /// meanwhile, which must be about no call.
    pub async fn settle(&mut self) {
        assert_eq!(self.settled().await, [], "it is about a call");
    }

    /// All that was sent has been digested, as in [`settle`](Self::settle); what was said of calls meanwhile.
    pub async fn settled(&mut self) -> Vec<Told> {
        self.send(&frame(SETTINGS, 0, 0, &[])).await;
        self.settings += 1;
        let mut all = Vec::new();
        while self.settings_acks < self.settings {
            assert!(self.take().await, "the server closed");
            while let Some(told) = self.next() {
                all.push(told);
            }
        }
        all
    }

    /// Everything until the server closes, as text.
    pub async fn rest(mut self) -> String {
        let mut all = Vec::new();
        let _ = self.socket.read_to_end(&mut all).await;
        String::from_utf8_lossy(&all).into_owned()
    }
}

fn told(frame: Frame<'_>) -> Option<Told> {
    let text = |octets| String::from_utf8_lossy(octets).into_owned();
    Some(match frame.kind {
        DATA => Told::Data(frame.stream, frame.payload.to_vec()),
        HEADERS => Told::Headers(frame.stream, text(frame.payload)),
        RST_STREAM => Told::Reset(frame.stream, frame.number(0)),
        GOAWAY => Told::GoAway(frame.number(4), text(&frame.payload[8..])),
        _ => return None,
    })
}
