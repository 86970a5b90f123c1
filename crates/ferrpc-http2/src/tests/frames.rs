//! A small language for frames: any frame at all, legal or not.

use std::fmt;

use crate::error::{ErrorCode, FrameKind, StreamId};
use crate::frame;
use crate::headers::Indexing;
use crate::hpack::Encoder;

/// A frame as it stands on the wire.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) kind: u8,
    pub(super) flags: u8,
    pub(super) stream: u32,
    pub(super) payload: Vec<u8>,
}

impl Frame {
    pub(super) fn octets(&self) -> Vec<u8> {
        let len = (self.payload.len() as u32).to_be_bytes();
        let mut octets = vec![len[1], len[2], len[3], self.kind, self.flags];
        octets.extend_from_slice(&self.stream.to_be_bytes());
        octets.extend_from_slice(&self.payload);
        octets
    }

    /// All frames in `octets`, which must hold nothing else.
    pub(super) fn parse_all(mut octets: &[u8]) -> Vec<Self> {
        let mut frames = Vec::new();
        while let Some((header, rest)) = octets.split_first_chunk::<9>() {
            let len = u32::from_be_bytes([0, header[0], header[1], header[2]]) as usize;
            let (payload, rest) = rest.split_at(len);
            let stream = u32::from_be_bytes([header[5], header[6], header[7], header[8]]);
            frames.push(Self { kind: header[3], flags: header[4], stream, payload: payload.to_vec() });
            octets = rest;
        }
        assert!(octets.is_empty(), "half a frame at the end: {octets:?}");
        frames
    }

    /// With END_STREAM.
    pub(super) fn end(self) -> Self {
        self.flag(frame::FLAG_END_STREAM)
    }

    pub(super) fn flag(mut self, flag: u8) -> Self {
        self.flags |= flag;
        self
    }

    pub(super) fn without(mut self, flag: u8) -> Self {
        self.flags &= !flag;
        self
    }

    /// With so many octets of padding.
    pub(super) fn padded(mut self, padding: u8) -> Self {
        self.payload.insert(0, padding);
        self.payload.extend(std::iter::repeat_n(0, padding.into()));
        self.flag(frame::FLAG_PADDED)
    }

    /// With another payload, whatever it was.
    pub(super) fn payload(mut self, payload: impl Into<Vec<u8>>) -> Self {
        self.payload = payload.into();
        self
    }

    /// On another stream.
    pub(super) fn on(mut self, stream: u32) -> Self {
        self.stream = stream;
        self
    }

    pub(super) fn is(&self, kind: FrameKind) -> bool {
        self.kind == kind.0
    }

    pub(super) fn number(&self, at: usize) -> u32 {
        self.payload[at..at + 4].iter().fold(0, |n, &octet| n << 8 | u32::from(octet))
    }
}

impl fmt::Debug for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, flags, stream, payload } = self;
        write!(f, "{} flags {flags:#x} stream {stream} ", FrameKind(*kind))?;
        if payload.len() > 40 { write!(f, "({} octets)", payload.len()) } else { write!(f, "{payload:02x?}") }
    }
}

fn frame(kind: FrameKind, stream: u32, payload: impl Into<Vec<u8>>) -> Frame {
    Frame { kind: kind.0, flags: 0, stream, payload: payload.into() }
}

pub(super) fn data(stream: u32, payload: impl Into<Vec<u8>>) -> Frame {
    frame(FrameKind::DATA, stream, payload)
}

/// HEADERS with all of a block.
pub(super) fn headers(stream: u32, block: impl Into<Vec<u8>>) -> Frame {
    frame(FrameKind::HEADERS, stream, block).flag(frame::FLAG_END_HEADERS)
}

/// CONTINUATION that ends its block.
pub(super) fn continuation(stream: u32, block: impl Into<Vec<u8>>) -> Frame {
    frame(FrameKind::CONTINUATION, stream, block).flag(frame::FLAG_END_HEADERS)
}

pub(super) fn priority(stream: u32, depends_on: u32) -> Frame {
    frame(FrameKind::PRIORITY, stream, [&depends_on.to_be_bytes()[..], &[7]].concat())
}

pub(super) fn rst_stream(stream: u32, code: ErrorCode) -> Frame {
    frame(FrameKind::RST_STREAM, stream, code.0.to_be_bytes())
}

pub(super) fn settings(entries: &[(u16, u32)]) -> Frame {
    let entry = |&(id, value): &(u16, u32)| [&id.to_be_bytes()[..], &value.to_be_bytes()].concat();
    frame(FrameKind::SETTINGS, 0, entries.iter().flat_map(entry).collect::<Vec<_>>())
}

pub(super) fn settings_ack() -> Frame {
    settings(&[]).flag(frame::FLAG_ACK)
}

pub(super) fn push_promise(stream: u32) -> Frame {
    frame(FrameKind::PUSH_PROMISE, stream, [0, 0, 0, 2]).flag(frame::FLAG_END_HEADERS)
}

pub(super) fn ping(payload: [u8; 8]) -> Frame {
    frame(FrameKind::PING, 0, payload)
}

pub(super) fn goaway(last: u32, code: ErrorCode) -> Frame {
    frame(FrameKind::GOAWAY, 0, [last.to_be_bytes(), code.0.to_be_bytes()].concat())
}

pub(super) fn window_update(stream: u32, increment: u32) -> Frame {
    frame(FrameKind::WINDOW_UPDATE, stream, increment.to_be_bytes())
}

pub(super) fn unknown(stream: u32, payload: impl Into<Vec<u8>>) -> Frame {
    frame(FrameKind(0xbe), stream, payload)
}

/// A block that leaves every table as it is, so frames with one may be sent in any order.
pub(super) fn block(fields: &[(&str, &str)]) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in fields {
        Encoder::new().field(name.as_bytes(), value.as_bytes(), Indexing::Never, &mut block);
    }
    block
}

pub(super) const REQUEST: [(&str, &str); 4] =
    [(":method", "POST"), (":scheme", "http"), (":path", "/echo.Echo/Unary"), ("te", "trailers")];

/// A legal request that goes on.
pub(super) fn request(stream: u32) -> Frame {
    headers(stream, block(&REQUEST))
}

/// A legal request with further fields.
pub(super) fn request_with(stream: u32, more: &[(&str, &str)]) -> Frame {
    headers(stream, block(&[&REQUEST, more].concat()))
}

/// A legal response that goes on.
pub(super) fn response(stream: u32) -> Frame {
    headers(stream, block(&[(":status", "200"), ("content-type", "application/grpc")]))
}

pub(super) fn trailers(stream: u32) -> Frame {
    headers(stream, block(&[("grpc-status", "0")])).end()
}

pub(super) fn id(stream: u32) -> StreamId {
    StreamId(stream)
}
