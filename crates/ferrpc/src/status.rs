//! How a call ended: one pointer wide, with whose word it is and where it happened.

use std::borrow::Cow;
use std::fmt;

use ferrpc_http2::{HeaderWriter, Indexing};

use crate::code::Code;
use crate::metadata::{Metadata, MetadataError, decode_bin, encode_bin};

/// How a call ended, when it did not end well. One pointer wide, so that results stay small.
///
/// [`fmt::Display`] and [`fmt::Debug`] both print the sentence, since `main` returns it.
#[derive(Clone)]
pub struct Status(Box<Inner>);

#[derive(Clone)]
struct Inner {
    code: Code,
    message: Cow<'static, str>,
    details: Vec<u8>,
    metadata: Metadata,
    headers: Metadata,
    origin: Origin,
    phase: Option<Phase>,
    executed: bool,
}

/// Whose word a status is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// Made on this side: by this library, or by this program.
    Local,
    /// Sent by the peer as `grpc-status`.
    Remote,
    /// An HTTP answer without `grpc-status`, by a proxy or by a server that is none of gRPC.
    Proxy {
        /// Its HTTP status.
        http_status: u16,
    },
}

/// Where a call was when it failed here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Phase {
    /// Looking the name up.
    Resolve,
    /// Connecting to an address.
    Connect,
    /// The HTTP/2 connection itself.
    Http2,
    /// Waiting for a connection that is ready.
    WaitForReady,
    /// Waiting for a stream, because the peer's limit is reached.
    Queue,
    /// Sending.
    Send,
    /// Waiting for the answer, or receiving it.
    Recv,
    /// Reading a message.
    Decode,
    /// Before anything began: the deadline had passed already.
    Deadline,
}

impl Phase {
    fn name(self) -> &'static str {
        match self {
            Self::Resolve => "resolve",
            Self::Connect => "connect",
            Self::Http2 => "http2",
            Self::WaitForReady => "wait-for-ready",
            Self::Queue => "queue",
            Self::Send => "send",
            Self::Recv => "recv",
            Self::Decode => "decode",
            Self::Deadline => "deadline",
        }
    }
}

macro_rules! constructors {
    ($($name:ident $code:ident,)*) => {
        impl Status {
            $(
                #[doc = concat!("A status with [`Code::", stringify!($code), "`].")]
                pub fn $name(message: impl Into<Cow<'static, str>>) -> Self {
                    Self::new(Code::$code, message)
                }
            )*
        }
    };
}

constructors! {
    cancelled Cancelled,
    unknown Unknown,
    invalid_argument InvalidArgument,
    deadline_exceeded DeadlineExceeded,
    not_found NotFound,
    already_exists AlreadyExists,
    permission_denied PermissionDenied,
    resource_exhausted ResourceExhausted,
    failed_precondition FailedPrecondition,
    aborted Aborted,
    out_of_range OutOfRange,
    unimplemented Unimplemented,
    internal Internal,
    unavailable Unavailable,
    data_loss DataLoss,
    unauthenticated Unauthenticated,
}

impl Status {
    /// A status of this side. [`Code::Ok`] becomes [`Code::Unknown`]: an error cannot be a success.
    pub fn new(code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Inner {
            code: if code == Code::Ok { Code::Unknown } else { code },
            message: message.into(),
            details: Vec::new(),
            metadata: Metadata::new(),
            headers: Metadata::new(),
            origin: Origin::Local,
            phase: None,
            executed: true,
        }))
    }

    /// The code.
    pub fn code(&self) -> Code {
        self.0.code
    }

    /// The message, for people.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Encoded `google.rpc.Status`, or empty (`grpc-status-details-bin`).
    pub fn details(&self) -> &[u8] {
        &self.0.details
    }

    /// Trailers that came or go with the status.
    pub fn metadata(&self) -> &Metadata {
        &self.0.metadata
    }

    /// The same, to be changed.
    pub fn metadata_mut(&mut self) -> &mut Metadata {
        &mut self.0.metadata
    }

    /// The metadata that stands before messages, of a call with one answer that failed: what the server sent, or what a
    /// handler gives it ([`with_headers`](Self::with_headers)). Empty on streams: there [`Streaming`](crate::Streaming)
    /// and [`Sender`](crate::Sender) have it.
    pub fn headers(&self) -> &Metadata {
        &self.0.headers
    }

    /// Whose word this is.
    pub fn origin(&self) -> Origin {
        self.0.origin
    }

    /// Where the call was, when it failed on this side.
    pub fn phase(&self) -> Option<Phase> {
        self.0.phase
    }

    /// True for a status made on this side.
    pub fn is_local(&self) -> bool {
        self.0.origin == Origin::Local
    }

    /// False when the call certainly never reached a handler, so that trying again is safe.
    pub fn may_have_executed(&self) -> bool {
        self.0.executed
    }

    /// Adds encoded details.
    #[must_use]
    pub fn with_details(mut self, details: impl Into<Vec<u8>>) -> Self {
        self.0.details = details.into();
        self
    }

    /// Adds metadata that goes before the status, not with it: where a handler would have set it on its response.
    #[must_use]
    pub fn with_headers(mut self, headers: Metadata) -> Self {
        self.0.headers = headers;
        self
    }

    #[cfg(feature = "server")]
    pub(crate) fn take_headers(&mut self) -> Metadata {
        match self.0.origin {
            Origin::Remote => Metadata::new(),
            _ => std::mem::take(&mut self.0.headers),
        }
    }

    #[cfg(feature = "client")]
    pub(crate) fn behind(mut self, headers: Metadata) -> Self {
        self.0.headers = headers;
        self
    }

    /// Adds trailers.
    #[must_use]
    pub fn with_metadata(mut self, metadata: Metadata) -> Self {
        self.0.metadata = metadata;
        self
    }

    /// Makes a status that came from another server this side's own: then a handler that returns it sends its metadata
    /// too. Otherwise only code, message and details go on, since trailers are between that server and us.
    #[must_use]
    pub fn pass_on(mut self) -> Self {
        self.0.origin = Origin::Local;
        self
    }

    pub(crate) fn at(mut self, phase: Phase) -> Self {
        self.0.phase = Some(phase);
        self
    }

    /// Says which method's message was over a limit.
    pub(crate) fn of(mut self, path: &str) -> Self {
        if self.0.code == Code::ResourceExhausted && !path.is_empty() {
            self.0.message = format!("{}: {}", path.trim_start_matches('/'), self.0.message).into();
        }
        self
    }

    pub(crate) fn not_executed(mut self) -> Self {
        self.0.executed = false;
        self
    }

    pub(crate) fn by_proxy(mut self, http_status: u16) -> Self {
        self.0.origin = Origin::Proxy { http_status };
        self
    }

    /// What trailers with `grpc-status` say: `Ok` with the metadata for status 0.
    pub(crate) fn from_trailers(trailers: Metadata) -> Result<Metadata, Self> {
        let code = trailers.wire(b"grpc-status").map_or(Code::Unknown, Code::from_field);
        if code == Code::Ok {
            return Ok(trailers);
        }
        let message = percent_decode(trailers.wire(b"grpc-message").unwrap_or_default());
        let details = trailers.wire(b"grpc-status-details-bin").and_then(decode_bin).unwrap_or_default();
        let mut status = Self::new(code, message).with_details(details);
        status.0.origin = Origin::Remote;
        Err(status.with_metadata(trailers))
    }

    /// Size of what [`write_to`](Self::write_to) writes, rather too large than too small.
    #[cfg(feature = "server")]
    pub(crate) fn list_bytes(&self) -> usize {
        /// Names and overheads of three fields.
        const FIXED_BYTES: usize = 192;
        let (message, details) =
            (percent_encode(&self.0.message).len(), self.0.details.len().div_ceil(3) * 4);
        FIXED_BYTES + message + details + self.0.metadata.list_bytes()
    }

    /// Writes `grpc-status` and what belongs to it.
    pub(crate) fn write_to(&self, writer: &mut HeaderWriter<'_>) {
        let number = self.0.code.number();
        let digits =
            [b'0' + u8::try_from(number / 10).unwrap_or(0), b'0' + u8::try_from(number % 10).unwrap_or(0)];
        let digits = if number < 10 { &digits[1..] } else { &digits[..] };
        writer.field(b"grpc-status", digits, Indexing::Literal);
        if !self.0.message.is_empty() {
            writer.field(b"grpc-message", percent_encode(&self.0.message).as_bytes(), Indexing::Literal);
        }
        if !self.0.details.is_empty() {
            let details = encode_bin(&self.0.details);
            writer.field(b"grpc-status-details-bin", details.as_bytes(), Indexing::Literal);
        }
        if self.0.origin != Origin::Remote {
            self.0.metadata.write_to(writer);
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.0.code, self.0.message)?;
        let place = match (self.0.origin, self.0.phase) {
            (Origin::Local, Some(phase)) => format!("phase={}, local", phase.name()),
            (Origin::Local, None) => return Ok(()),
            (Origin::Remote, _) => "from the peer".into(),
            (Origin::Proxy { http_status }, _) => format!("HTTP {http_status}, not gRPC"),
        };
        write!(f, " [{place}]")
    }
}

impl fmt::Debug for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Status {}

/// A handler that sets metadata which is not allowed has a bug: INTERNAL.
impl From<MetadataError> for Status {
    fn from(error: MetadataError) -> Self {
        Self::internal(error.to_string())
    }
}

/// gRPC PROTOCOL-HTTP2.md, "Percent-Encoded": all but %x20-%x24 and %x26-%x7E.
fn percent_encode(message: &str) -> Cow<'_, str> {
    let plain = |octet: u8| (b' '..=b'~').contains(&octet) && octet != b'%';
    let blank_ends = message.starts_with(' ') || message.ends_with(' ');
    if message.bytes().all(plain) && !blank_ends {
        return Cow::Borrowed(message);
    }
    let last = message.len().saturating_sub(1);
    let mut out = String::with_capacity(message.len() * 3);
    for (i, octet) in message.bytes().enumerate() {
        // A blank at either end is legal text for gRPC and no legal field value for HTTP/2.
        let end = octet == b' ' && (i == 0 || i == last);
        if plain(octet) && !end {
            out.push(char::from(octet));
        } else {
            const HEX: &[u8; 16] = b"0123456789ABCDEF";
            out.push('%');
            out.push(char::from(HEX[usize::from(octet >> 4)]));
            out.push(char::from(HEX[usize::from(octet & 15)]));
        }
    }
    Cow::Owned(out)
}

/// "When decoding invalid values, implementations MUST NOT error or throw away the message": what is no
/// escape stays as it is, what is no UTF-8 becomes U+FFFD.
fn percent_decode(field: &[u8]) -> String {
    let hex = |octet: Option<&u8>| octet.and_then(|&octet| char::from(octet).to_digit(16));
    let mut out = Vec::with_capacity(field.len());
    let mut i = 0;
    while i < field.len() {
        match (field[i], hex(field.get(i + 1)), hex(field.get(i + 2))) {
            (b'%', Some(high), Some(low)) => {
                out.push(u8::try_from(high * 16 + low).unwrap_or(b'?'));
                i += 3;
            }
            (octet, ..) => {
                out.push(octet);
                i += 1;
            }
        }
    }
    String::from_utf8(out).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

#[cfg(test)]
mod tests {
    use ferrpc_http2::Headers;

    use super::*;

    #[test]
    fn a_status_is_one_pointer_wide() {
        assert_eq!(size_of::<Status>(), size_of::<usize>());
        assert_eq!(size_of::<Result<(), Status>>(), size_of::<usize>());
    }

    #[test]
    fn messages_survive_percent_encoding_and_nonsense_is_kept() {
        for message in ["", "plain", "100%", "Grüße 🦀\n", " ends ", "a%zz"] {
            assert_eq!(percent_decode(percent_encode(message).as_bytes()), message);
            assert!(percent_encode(message).bytes().all(|octet| (b' '..=b'~').contains(&octet)));
        }
        assert_eq!(percent_encode("é"), "%C3%A9");
        assert_eq!(percent_decode(b"%zz %"), "%zz %");
        assert_eq!(percent_decode(b"%ff"), "\u{fffd}");
    }

    #[test]
    fn an_error_cannot_carry_ok() {
        assert_eq!(Status::new(Code::Ok, "").code(), Code::Unknown);
    }

    #[test]
    fn trailers_say_how_the_call_ended_and_that_the_peer_says_so() {
        let mut trailers = Headers::new();
        trailers.push(b"grpc-status", b"5");
        trailers.push(b"grpc-message", b"no%20user");
        trailers.push(b"grpc-status-details-bin", b"AAE");
        trailers.push(b"x", b"y");
        let status = Status::from_trailers(Metadata::from_fields(trailers)).unwrap_err();
        assert_eq!((status.code(), status.message()), (Code::NotFound, "no user"));
        assert_eq!(status.details(), [0, 1]);
        assert_eq!(status.metadata().get("x"), Some("y"));
        assert_eq!(status.origin(), Origin::Remote);
        assert_eq!(status.to_string(), "NOT_FOUND: no user [from the peer]");
    }
}
