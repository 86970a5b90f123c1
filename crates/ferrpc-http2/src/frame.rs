//! Frame headers and the small fixed frames (RFC 9113 §4.1, §6): parse and append.
//!
//! Knows no state: whether a frame is allowed is decided in `conn`.

use crate::error::{ErrorCode, FrameKind, StreamId};

/// Octets of a frame header.
pub(crate) const HEADER_BYTES: usize = 9;

/// The client's connection preface (RFC 9113 §3.4).
pub(crate) const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

pub(crate) const FLAG_END_STREAM: u8 = 0x1;
pub(crate) const FLAG_ACK: u8 = 0x1;
pub(crate) const FLAG_END_HEADERS: u8 = 0x4;
pub(crate) const FLAG_PADDED: u8 = 0x8;
pub(crate) const FLAG_PRIORITY: u8 = 0x20;

/// The nine octets before each payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FrameHeader {
    pub(crate) len: u32,
    pub(crate) kind: FrameKind,
    pub(crate) flags: u8,
    pub(crate) stream: StreamId,
}

impl FrameHeader {
    pub(crate) fn parse(octets: &[u8; HEADER_BYTES]) -> Self {
        let [l0, l1, l2, kind, flags, s0, s1, s2, s3] = *octets;
        // Two words, so that it is two loads.
        let front = u32::from_be_bytes([l0, l1, l2, kind]);
        let [.., kind] = front.to_be_bytes();
        //= RFC 9113 §4.1 reserved-bit: & StreamId::MAX.0 → & u32::MAX
        let stream = StreamId(u32::from_be_bytes([s0, s1, s2, s3]) & StreamId::MAX.0);
        Self { len: front >> 8, kind: FrameKind(kind), flags, stream }
    }

    pub(crate) fn has(self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    #[inline]
    pub(crate) fn octets(self) -> [u8; HEADER_BYTES] {
        let [l0, l1, l2, kind] = front(self.len, self.kind);
        let [s0, s1, s2, s3] = self.stream.0.to_be_bytes();
        [l0, l1, l2, kind, self.flags, s0, s1, s2, s3]
    }

    #[inline]
    pub(crate) fn append(self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.octets());
    }
}

/// The first octets of a header: length and kind.
pub(crate) const fn front(len: u32, kind: FrameKind) -> [u8; 4] {
    (len << 8 | kind.0 as u32).to_be_bytes()
}

fn header(len: u32, kind: FrameKind, flags: u8, stream: StreamId, out: &mut Vec<u8>) {
    FrameHeader { len, kind, flags, stream }.append(out);
}

/// The header of a DATA frame. Its length is within the peer's maximum, below 2²⁴.
pub(crate) fn data_header(stream: StreamId, len: usize, last: bool) -> [u8; HEADER_BYTES] {
    let flags = if last { FLAG_END_STREAM } else { 0 };
    FrameHeader { len: u32::try_from(len).unwrap_or(u32::MAX), kind: FrameKind::DATA, flags, stream }.octets()
}

pub(crate) fn append_window_update(stream: StreamId, increment: u32, out: &mut Vec<u8>) {
    header(4, FrameKind::WINDOW_UPDATE, 0, stream, out);
    out.extend_from_slice(&increment.to_be_bytes());
}

pub(crate) fn append_rst_stream(stream: StreamId, code: ErrorCode, out: &mut Vec<u8>) {
    header(4, FrameKind::RST_STREAM, 0, stream, out);
    out.extend_from_slice(&code.0.to_be_bytes());
}

pub(crate) fn append_ping(ack: bool, payload: [u8; 8], out: &mut Vec<u8>) {
    //= RFC 9113 §6.7 ping-answer-flag: if ack → if !ack
    header(8, FrameKind::PING, if ack { FLAG_ACK } else { 0 }, StreamId::ZERO, out);
    out.extend_from_slice(&payload);
}

pub(crate) fn append_settings_ack(out: &mut Vec<u8>) {
    //= RFC 9113 §6.5 empty-acknowledgement: header(0, → header(6,
    header(0, FrameKind::SETTINGS, FLAG_ACK, StreamId::ZERO, out);
}

pub(crate) fn append_settings(entries: &[(u16, u32)], out: &mut Vec<u8>) {
    let len = u32::try_from(entries.len() * 6).unwrap_or(u32::MAX);
    header(len, FrameKind::SETTINGS, 0, StreamId::ZERO, out);
    for (id, value) in entries {
        out.extend_from_slice(&id.to_be_bytes());
        out.extend_from_slice(&value.to_be_bytes());
    }
}

/// `debug` is cut to 1 KiB: it is a sentence for a log, not a payload.
pub(crate) fn append_goaway(last: StreamId, code: ErrorCode, debug: &[u8], out: &mut Vec<u8>) {
    let debug = &debug[..debug.len().min(1024)];
    header(8 + u32::try_from(debug.len()).unwrap_or(0), FrameKind::GOAWAY, 0, StreamId::ZERO, out);
    out.extend_from_slice(&last.0.to_be_bytes());
    out.extend_from_slice(&code.0.to_be_bytes());
    out.extend_from_slice(debug);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_header_survives_the_round_trip_without_its_reserved_bit() {
        let header = FrameHeader {
            len: 0x01_02_03,
            kind: FrameKind::HEADERS,
            flags: 0x5,
            stream: StreamId(0x7fff_fffd),
        };
        let mut octets = header.octets();
        octets[5] |= 0x80;
        assert_eq!(FrameHeader::parse(&octets), header);
    }
}
