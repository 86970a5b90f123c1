//! Frames and header blocks by hand, legal or not: RFC 9113 §4.1, RFC 7541 §6.2.2.

/// What a client says first (RFC 9113 §3.4).
pub const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// RFC 9113 §6.1.
pub const DATA: u8 = 0;
/// RFC 9113 §6.2.
pub const HEADERS: u8 = 1;
/// RFC 9113 §6.3.
pub const PRIORITY: u8 = 2;
/// RFC 9113 §6.4.
pub const RST_STREAM: u8 = 3;
/// RFC 9113 §6.5.
pub const SETTINGS: u8 = 4;
/// RFC 9113 §6.6.
pub const PUSH_PROMISE: u8 = 5;
/// RFC 9113 §6.7.
pub const PING: u8 = 6;
/// RFC 9113 §6.8.
pub const GOAWAY: u8 = 7;
/// RFC 9113 §6.9.
pub const WINDOW_UPDATE: u8 = 8;
/// RFC 9113 §6.10.
pub const CONTINUATION: u8 = 9;

/// Of DATA and HEADERS.
pub const END_STREAM: u8 = 1;
/// Of SETTINGS and PING.
pub const ACK: u8 = 1;
/// Of HEADERS, PUSH_PROMISE and CONTINUATION.
pub const END_HEADERS: u8 = 4;
/// Of DATA, HEADERS and PUSH_PROMISE.
pub const PADDED: u8 = 8;

/// Appends a frame.
///
/// # Panics
/// The payload is longer than a frame's length may say.
pub fn append(out: &mut Vec<u8>, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
    let len = u32::try_from(payload.len()).ok().filter(|&len| len < 1 << 24).expect("below 2^24 octets");
    out.extend_from_slice(&len.to_be_bytes()[1..]);
    out.extend_from_slice(&[kind, flags]);
    out.extend_from_slice(&stream.to_be_bytes());
    out.extend_from_slice(payload);
}

/// A frame.
///
/// # Panics
/// As [`append`].
pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    append(&mut out, kind, flags, stream, payload);
    out
}

/// Fields as literals without indexing, so that no table changes and an answer can be read as it stands.
///
/// # Panics
/// A text has 127 octets or more, whose length would need several.
pub fn block(fields: &[(&str, &str)]) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, value) in fields {
        out.push(0);
        for text in [name, value] {
            let len = u8::try_from(text.len()).ok().filter(|&len| len < 127).expect("below 127 octets");
            out.push(len);
            out.extend_from_slice(text.as_bytes());
        }
    }
    out
}

/// A frame as it was read.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Frame<'a> {
    /// Its type.
    pub kind: u8,
    /// Its flags.
    pub flags: u8,
    /// The stream it names.
    pub stream: u32,
    /// What is behind its header.
    pub payload: &'a [u8],
}

impl<'a> Frame<'a> {
    /// The first frame of these octets, and what is behind it; `None` until it is whole.
    pub fn first(octets: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let (&[l0, l1, l2, kind, flags, s0, s1, s2, s3], rest) = octets.split_first_chunk::<9>()?;
        let len = u32::from_be_bytes([0, l0, l1, l2]) as usize;
        let (payload, rest) = rest.split_at_checked(len)?;
        Some((Self { kind, flags, stream: u32::from_be_bytes([s0, s1, s2, s3]), payload }, rest))
    }

    /// Four octets of the payload as a number; zero if they are not there.
    pub fn number(&self, at: usize) -> u32 {
        let octets = self.payload.get(at..).and_then(|rest| rest.first_chunk::<4>());
        octets.map_or(0, |octets| u32::from_be_bytes(*octets))
    }

    /// Whether it is its side's last on its stream.
    pub fn is_end(&self) -> bool {
        matches!(self.kind, DATA | HEADERS) && self.flags & END_STREAM != 0
    }
}
