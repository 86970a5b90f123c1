//! What can go wrong: wire codes, each misdeed of a peer by name, and the one table between them.
//!
//! Lies at the bottom: knows neither frames nor streams, and nobody above it.

use std::fmt;

use crate::hpack::HpackError;
use crate::malformed::Malformed;

/// A stream's number on its connection: odd for those the client opened (RFC 9113 §5.1.1).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StreamId(pub(crate) u32);

impl StreamId {
    /// The connection itself, in frames that are about no stream.
    pub const ZERO: Self = Self(0);
    /// The largest id there is, 2³¹ − 1; a first GOAWAY names it (RFC 9113 §6.8).
    pub const MAX: Self = Self(0x7fff_ffff);

    /// The id as a number.
    pub const fn get(self) -> u32 {
        self.0
    }

    pub(crate) const fn is_from_client(self) -> bool {
        self.0 & 1 == 1
    }
}

impl fmt::Debug for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// A code in RST_STREAM and GOAWAY (RFC 9113 §7). Peers may send numbers that are not in the list.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ErrorCode(pub u32);

macro_rules! codes {
    ($($name:ident = $value:literal $wire:literal;)*) => {
        impl ErrorCode {
            $(#[doc = $wire] pub const $name: Self = Self($value);)*

            /// The name in RFC 9113 §7, if it has one.
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($value => Some($wire),)*
                    _ => None,
                }
            }
        }
    };
}

codes! {
    NO_ERROR = 0 "NO_ERROR";
    PROTOCOL_ERROR = 1 "PROTOCOL_ERROR";
    INTERNAL_ERROR = 2 "INTERNAL_ERROR";
    FLOW_CONTROL_ERROR = 3 "FLOW_CONTROL_ERROR";
    SETTINGS_TIMEOUT = 4 "SETTINGS_TIMEOUT";
    STREAM_CLOSED = 5 "STREAM_CLOSED";
    FRAME_SIZE_ERROR = 6 "FRAME_SIZE_ERROR";
    REFUSED_STREAM = 7 "REFUSED_STREAM";
    CANCEL = 8 "CANCEL";
    COMPRESSION_ERROR = 9 "COMPRESSION_ERROR";
    CONNECT_ERROR = 10 "CONNECT_ERROR";
    ENHANCE_YOUR_CALM = 11 "ENHANCE_YOUR_CALM";
    INADEQUATE_SECURITY = 12 "INADEQUATE_SECURITY";
    HTTP_1_1_REQUIRED = 13 "HTTP_1_1_REQUIRED";
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "code {:#x}", self.0),
        }
    }
}

impl fmt::Debug for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// What a violation ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "RFC 9113 §5.4 knows these two")]
pub enum Scope {
    /// The stream: RST_STREAM, the others go on.
    Stream,
    /// The connection: GOAWAY, then close.
    Connection,
}

/// A frame's kind, for messages.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct FrameKind(pub(crate) u8);

impl FrameKind {
    pub(crate) const DATA: Self = Self(0);
    pub(crate) const HEADERS: Self = Self(1);
    pub(crate) const PRIORITY: Self = Self(2);
    pub(crate) const RST_STREAM: Self = Self(3);
    pub(crate) const SETTINGS: Self = Self(4);
    pub(crate) const PUSH_PROMISE: Self = Self(5);
    pub(crate) const PING: Self = Self(6);
    pub(crate) const GOAWAY: Self = Self(7);
    pub(crate) const WINDOW_UPDATE: Self = Self(8);
    pub(crate) const CONTINUATION: Self = Self(9);
}

impl fmt::Display for FrameKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const NAMES: [&str; 10] = [
            "DATA",
            "HEADERS",
            "PRIORITY",
            "RST_STREAM",
            "SETTINGS",
            "PUSH_PROMISE",
            "PING",
            "GOAWAY",
            "WINDOW_UPDATE",
            "CONTINUATION",
        ];
        match NAMES.get(usize::from(self.0)) {
            Some(name) => f.write_str(name),
            None => write!(f, "frame of unknown type {:#x}", self.0),
        }
    }
}

impl fmt::Debug for FrameKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A peer's misdeed, with the rule it breaks. [`answer`](Self::answer) maps it to the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Violation {
    /// The connection does not start with the client preface (RFC 9113 §3.4).
    BadPreface,
    /// The first frame is not SETTINGS (RFC 9113 §3.4).
    FirstFrameNotSettings {
        /// What came instead.
        frame: FrameKind,
    },
    /// A frame is longer than we allow (RFC 9113 §4.2).
    FrameTooLarge {
        /// Its kind.
        frame: FrameKind,
        /// Its length in octets.
        bytes: u32,
        /// Our SETTINGS_MAX_FRAME_SIZE.
        bytes_max: u32,
    },
    /// A frame of fixed size has another one (RFC 9113 §6).
    FrameLength {
        /// Its kind.
        frame: FrameKind,
        /// Its length in octets.
        bytes: u32,
    },
    /// PRIORITY that is not 5 octets long (RFC 9113 §6.3).
    PriorityLength {
        /// The stream it names.
        stream: StreamId,
    },
    /// Padding as long as the payload or longer (RFC 9113 §6.1).
    Padding {
        /// The kind of the frame.
        frame: FrameKind,
    },
    /// A frame that must name a stream names none (RFC 9113 §6).
    StreamZero {
        /// Its kind.
        frame: FrameKind,
    },
    /// A frame about the connection names a stream (RFC 9113 §6).
    NotStreamZero {
        /// Its kind.
        frame: FrameKind,
    },
    /// A frame on a stream that was never opened (RFC 9113 §5.1).
    IdleStream {
        /// Its kind.
        frame: FrameKind,
        /// The stream.
        stream: StreamId,
    },
    /// HEADERS on a stream that both sides had ended (RFC 9113 §5.1); not a race, since the peer ended it.
    HeadersOnClosedStream {
        /// The stream.
        stream: StreamId,
    },
    /// DATA or HEADERS on a stream whose sender had ended it (RFC 9113 §5.1).
    StreamClosed {
        /// Its kind.
        frame: FrameKind,
        /// The stream.
        stream: StreamId,
    },
    /// A new stream with an id of the wrong parity, or below one already used (RFC 9113 §5.1.1).
    StreamIdOrder {
        /// The id.
        stream: StreamId,
        /// The highest the peer had opened.
        last: StreamId,
    },
    /// More streams at once than we allow (RFC 9113 §5.1.2).
    TooManyStreams {
        /// The refused stream.
        stream: StreamId,
        /// Our SETTINGS_MAX_CONCURRENT_STREAMS.
        streams_max: u32,
    },
    /// A stream that depends on itself (RFC 7540 §5.3.1).
    SelfDependency {
        /// The stream.
        stream: StreamId,
    },
    /// Another frame inside a header block (RFC 9113 §4.3).
    HeaderBlockInterrupted {
        /// Its kind.
        frame: FrameKind,
    },
    /// CONTINUATION without a header block before it (RFC 9113 §6.10).
    UnexpectedContinuation,
    /// A header block in more CONTINUATION frames than we take (VU#421644).
    ContinuationFlood {
        /// The limit.
        frames_max: u32,
    },
    /// An empty CONTINUATION frame: costs us, brings nothing (CVE-2026-33871).
    EmptyContinuation,
    /// A header block whose octets alone are over the limit.
    HeaderBlockTooLarge {
        /// The limit in octets.
        bytes_max: usize,
    },
    /// A header block not finished in time.
    HeaderBlockTimeout,
    /// The header block cannot be decompressed (RFC 7541); the table is lost, and so is the connection.
    Hpack(HpackError),
    /// The decoded header list is over our SETTINGS_MAX_HEADER_LIST_SIZE or our field count.
    HeaderListTooLarge {
        /// The stream.
        stream: StreamId,
        /// Size of the list as RFC 9113 §6.5.2 counts it.
        bytes: usize,
        /// Its number of fields.
        fields: usize,
    },
    /// A header list that is not an HTTP message (RFC 9113 §8.1.1).
    MalformedHeaders {
        /// The stream.
        stream: StreamId,
        /// Which rule.
        rule: Malformed,
    },
    /// Trailers that do not end their stream (RFC 9113 §8.1).
    TrailersWithoutEnd {
        /// The stream.
        stream: StreamId,
    },
    /// DATA before the response's HEADERS (RFC 9113 §8.1).
    DataBeforeHeaders {
        /// The stream.
        stream: StreamId,
    },
    /// More informational responses than we take.
    TooManyInformational {
        /// The stream.
        stream: StreamId,
    },
    /// The octets of DATA do not add up to content-length (RFC 9113 §8.1.1).
    ContentLength {
        /// The stream.
        stream: StreamId,
        /// What the header promised.
        promised: u64,
        /// What came.
        received: u64,
    },
    /// WINDOW_UPDATE of zero: ends the stream it names, or the connection (RFC 9113 §6.9).
    ZeroWindowUpdate {
        /// The stream, if it names one.
        stream: Option<StreamId>,
    },
    /// A window over 2³¹ − 1 (RFC 9113 §6.9.1).
    WindowOverflow {
        /// The stream, or the connection if none.
        stream: Option<StreamId>,
    },
    /// More DATA than the window allowed (RFC 9113 §6.9.1).
    WindowOverrun {
        /// The stream, or the connection if none.
        stream: Option<StreamId>,
    },
    /// SETTINGS with ACK and a payload (RFC 9113 §6.5).
    SettingsAckPayload,
    /// SETTINGS with more entries than we take (CVE-2020-11080).
    TooManySettings {
        /// How many.
        entries: usize,
    },
    /// A setting outside its range (RFC 9113 §6.5.2).
    SettingValue {
        /// The identifier.
        setting: u16,
        /// The value.
        value: u32,
    },
    /// SETTINGS not acknowledged in time (RFC 9113 §6.5.3).
    SettingsTimeout,
    /// No preface or first SETTINGS in time.
    PrefaceTimeout,
    /// PUSH_PROMISE, which we forbade (RFC 9113 §6.6), or from a client (§8.4).
    PushPromise,
    /// GOAWAY whose last stream id is above an earlier one's (RFC 9113 §6.8).
    GoAwayRising,
    /// More GOAWAY frames than any peer needs.
    GoAwayFlood,
    /// More streams cut short, by either side, than any honest use needs (CVE-2023-44487, CVE-2025-8671).
    TooManyResets,
    /// More frames that bring nothing than any honest use needs (CVE-2019-9512 and its kin).
    TooManyCheapFrames,
    /// PINGs that come more often than the limits allow (gRFC A8, which also has its text).
    TooManyPings,
    /// Empty DATA frames without an end in a row (CVE-2019-9518).
    EmptyDataFlood {
        /// The stream.
        stream: StreamId,
    },
}

impl Violation {
    /// The wire code, and whether the stream or the connection ends. The only such table.
    pub fn answer(&self) -> (ErrorCode, Scope) {
        use Scope::{Connection, Stream};
        match self {
            Self::BadPreface
            | Self::FirstFrameNotSettings { .. }
            | Self::Padding { .. }
            | Self::StreamZero { .. }
            | Self::NotStreamZero { .. }
            | Self::IdleStream { .. }
            | Self::StreamIdOrder { .. }
            | Self::HeaderBlockInterrupted { .. }
            | Self::UnexpectedContinuation
            | Self::PushPromise
            | Self::GoAwayRising
            | Self::ZeroWindowUpdate { stream: None } => (ErrorCode::PROTOCOL_ERROR, Connection),
            Self::MalformedHeaders { .. }
            | Self::TrailersWithoutEnd { .. }
            | Self::DataBeforeHeaders { .. }
            | Self::ContentLength { .. }
            | Self::SelfDependency { .. }
            //= RFC 9113 §8.1.1 malformed: Stream) → Connection)
            | Self::ZeroWindowUpdate { stream: Some(_) } => (ErrorCode::PROTOCOL_ERROR, Stream),
            Self::FrameTooLarge { .. } | Self::FrameLength { .. } | Self::SettingsAckPayload => {
                //= RFC 9113 §4.2 frame-size-ends-connection: Connection → Stream
                (ErrorCode::FRAME_SIZE_ERROR, Connection)
            }
            Self::PriorityLength { .. } => (ErrorCode::FRAME_SIZE_ERROR, Stream),
            Self::StreamClosed { .. } => (ErrorCode::STREAM_CLOSED, Stream),
            Self::HeadersOnClosedStream { .. } => (ErrorCode::STREAM_CLOSED, Connection),
            Self::TooManyStreams { .. } => (ErrorCode::REFUSED_STREAM, Stream),
            Self::ContinuationFlood { .. }
            | Self::EmptyContinuation
            | Self::HeaderBlockTooLarge { .. }
            | Self::HeaderBlockTimeout
            | Self::TooManySettings { .. }
            | Self::GoAwayFlood
            | Self::TooManyResets
            | Self::TooManyCheapFrames
            | Self::TooManyPings
            | Self::EmptyDataFlood { .. } => (ErrorCode::ENHANCE_YOUR_CALM, Connection),
            Self::HeaderListTooLarge { .. } | Self::TooManyInformational { .. } => {
                (ErrorCode::ENHANCE_YOUR_CALM, Stream)
            }
            Self::Hpack(HpackError::TooMuch) => (ErrorCode::ENHANCE_YOUR_CALM, Connection),
            //= RFC 9113 §4.3 decoding-error: COMPRESSION → PROTOCOL
            Self::Hpack(_) => (ErrorCode::COMPRESSION_ERROR, Connection),
            Self::WindowOverflow { stream: Some(_) } => (ErrorCode::FLOW_CONTROL_ERROR, Stream),
            Self::WindowOverflow { stream: None } | Self::WindowOverrun { .. } => {
                (ErrorCode::FLOW_CONTROL_ERROR, Connection)
            }
            // RFC 9113 §6.5.2: a window setting over 2³¹ − 1 is a flow-control error, all others protocol errors.
            Self::SettingValue { setting: 4, .. } => (ErrorCode::FLOW_CONTROL_ERROR, Connection),
            Self::SettingValue { .. } => (ErrorCode::PROTOCOL_ERROR, Connection),
            Self::SettingsTimeout | Self::PrefaceTimeout => (ErrorCode::SETTINGS_TIMEOUT, Connection),
        }
    }
}

impl Violation {
    /// True when the peer most likely does not speak HTTP/2 at all.
    pub fn is_foreign(&self) -> bool {
        matches!(self, Self::BadPreface | Self::FirstFrameNotSettings { .. })
    }

    /// The stream it is about, if it is about one.
    pub fn stream(&self) -> Option<StreamId> {
        match *self {
            Self::PriorityLength { stream }
            | Self::IdleStream { stream, .. }
            | Self::StreamClosed { stream, .. }
            | Self::HeadersOnClosedStream { stream }
            | Self::StreamIdOrder { stream, .. }
            | Self::TooManyStreams { stream, .. }
            | Self::SelfDependency { stream }
            | Self::HeaderListTooLarge { stream, .. }
            | Self::MalformedHeaders { stream, .. }
            | Self::TrailersWithoutEnd { stream }
            | Self::DataBeforeHeaders { stream }
            | Self::TooManyInformational { stream }
            | Self::ContentLength { stream, .. }
            | Self::EmptyDataFlood { stream } => Some(stream),
            Self::ZeroWindowUpdate { stream }
            | Self::WindowOverflow { stream }
            | Self::WindowOverrun { stream } => stream,
            _ => None,
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadPreface => f.write_str("the connection does not start with the HTTP/2 preface"),
            Self::FirstFrameNotSettings { frame } => write!(f, "the first frame is {frame}, not SETTINGS"),
            Self::FrameTooLarge { frame, bytes, bytes_max } => {
                write!(f, "{frame} of {bytes} octets is over the limit of {bytes_max}")
            }
            Self::FrameLength { frame, bytes } => write!(f, "{frame} of {bytes} octets has the wrong length"),
            Self::PriorityLength { stream } => write!(f, "PRIORITY on stream {stream} is not 5 octets long"),
            Self::Padding { frame } => write!(f, "{frame} is padded beyond its payload"),
            Self::StreamZero { frame } => write!(f, "{frame} on stream 0"),
            Self::NotStreamZero { frame } => write!(f, "{frame} names a stream"),
            Self::IdleStream { frame, stream } => {
                write!(f, "{frame} on stream {stream}, which was never opened")
            }
            Self::StreamClosed { frame, stream } => write!(f, "{frame} on stream {stream}, which had ended"),
            Self::HeadersOnClosedStream { stream } => {
                write!(f, "HEADERS on stream {stream}, which is closed")
            }
            Self::StreamIdOrder { stream, last } => {
                write!(f, "stream {stream} opened after stream {last}, or with the wrong parity")
            }
            Self::TooManyStreams { stream, streams_max } => {
                write!(f, "stream {stream} is over the limit of {streams_max} concurrent streams")
            }
            Self::SelfDependency { stream } => write!(f, "stream {stream} depends on itself"),
            Self::HeaderBlockInterrupted { frame } => write!(f, "{frame} inside a header block"),
            Self::UnexpectedContinuation => f.write_str("CONTINUATION without a header block"),
            Self::ContinuationFlood { frames_max } => {
                write!(f, "a header block in more than {frames_max} CONTINUATION frames")
            }
            Self::EmptyContinuation => f.write_str("an empty CONTINUATION frame"),
            Self::HeaderBlockTooLarge { bytes_max } => write!(f, "a header block over {bytes_max} octets"),
            Self::HeaderBlockTimeout => f.write_str("a header block was not finished in time"),
            Self::Hpack(error) => write!(f, "header compression: {error}"),
            Self::HeaderListTooLarge { stream, bytes, fields } => {
                write!(f, "header list of stream {stream} is too large: {bytes} octets in {fields} fields")
            }
            Self::MalformedHeaders { stream, rule } => {
                write!(f, "malformed headers on stream {stream}: {rule}")
            }
            Self::TrailersWithoutEnd { stream } => write!(f, "trailers do not end stream {stream}"),
            Self::DataBeforeHeaders { stream } => write!(f, "DATA before HEADERS on stream {stream}"),
            Self::TooManyInformational { stream } => write!(f, "too many 1xx responses on stream {stream}"),
            Self::ContentLength { stream, promised, received } => {
                write!(f, "stream {stream} promised {promised} octets and sent {received}")
            }
            Self::ZeroWindowUpdate { .. } => f.write_str("WINDOW_UPDATE of zero"),
            Self::WindowOverflow { .. } => f.write_str("a flow-control window over 2^31-1"),
            Self::WindowOverrun { stream: Some(stream) } => {
                write!(f, "DATA over the window of stream {stream}")
            }
            Self::WindowOverrun { stream: None } => f.write_str("DATA over the window of the connection"),
            Self::SettingsAckPayload => f.write_str("SETTINGS acknowledgement with a payload"),
            Self::TooManySettings { entries } => write!(f, "SETTINGS with {entries} entries"),
            Self::SettingValue { setting, value } => write!(f, "setting {setting:#x} cannot be {value}"),
            Self::SettingsTimeout => f.write_str("SETTINGS were not acknowledged in time"),
            Self::PrefaceTimeout => f.write_str("no HTTP/2 preface and SETTINGS in time"),
            Self::PushPromise => f.write_str("PUSH_PROMISE, although push is disabled"),
            Self::GoAwayRising => f.write_str("GOAWAY raised its last stream id"),
            Self::TooManyResets => f.write_str("too many streams cut short"),
            Self::TooManyCheapFrames => f.write_str("too many frames that bring nothing"),
            Self::TooManyPings => f.write_str("too_many_pings"),
            Self::GoAwayFlood => f.write_str("too many GOAWAY frames"),
            Self::EmptyDataFlood { stream } => write!(f, "too many empty DATA frames on stream {stream}"),
        }
    }
}

impl std::error::Error for Violation {}
