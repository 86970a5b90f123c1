//! Status codes of gRPC, and how those of HTTP and HTTP/2 map to them.

use std::fmt;

use ferrpc_http2::ErrorCode;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $value:literal $wire:literal,)*) => {
        /// How a call ended (gRPC `statuscodes.md`).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[expect(clippy::exhaustive_enums, reason = "gRPC will not get another code: peers treat unknown ones as UNKNOWN")]
        pub enum Code {
            $($(#[$doc])* $name = $value,)*
        }

        impl Code {
            /// The code with this number; every other number is [`Code::Unknown`], as gRPC demands.
            pub const fn from_number(number: u32) -> Self {
                match number {
                    $($value => Self::$name,)*
                    _ => Self::Unknown,
                }
            }

            /// The name as gRPC writes it, such as `NOT_FOUND`.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $wire,)*
                }
            }
        }
    };
}

codes! {
    /// Success; exists only on the wire. An `Err` that carries it is turned into [`Code::Unknown`].
    Ok = 0 "OK",
    /// The call was cancelled, typically by the caller.
    Cancelled = 1 "CANCELLED",
    /// An error nobody gave a better code.
    Unknown = 2 "UNKNOWN",
    /// The request is wrong whatever the state of the system.
    InvalidArgument = 3 "INVALID_ARGUMENT",
    /// Time ran out, on either side.
    DeadlineExceeded = 4 "DEADLINE_EXCEEDED",
    /// What was asked for is not there.
    NotFound = 5 "NOT_FOUND",
    /// What was to be created is there already.
    AlreadyExists = 6 "ALREADY_EXISTS",
    /// The caller may not do this.
    PermissionDenied = 7 "PERMISSION_DENIED",
    /// A quota, a limit or memory is used up.
    ResourceExhausted = 8 "RESOURCE_EXHAUSTED",
    /// The system is not in the state the call needs.
    FailedPrecondition = 9 "FAILED_PRECONDITION",
    /// Aborted by a conflict; retry at a higher level.
    Aborted = 10 "ABORTED",
    /// Past the valid range.
    OutOfRange = 11 "OUT_OF_RANGE",
    /// No such service or method here.
    Unimplemented = 12 "UNIMPLEMENTED",
    /// An invariant is broken.
    Internal = 13 "INTERNAL",
    /// Not reachable now; a retry may work.
    Unavailable = 14 "UNAVAILABLE",
    /// Data is lost or damaged for good.
    DataLoss = 15 "DATA_LOSS",
    /// No valid credentials.
    Unauthenticated = 16 "UNAUTHENTICATED",
}

impl Code {
    /// The number on the wire.
    pub const fn number(self) -> u32 {
        self as u32
    }

    /// What a `grpc-status` field says; nonsense is [`Code::Unknown`].
    pub(crate) fn from_field(value: &[u8]) -> Self {
        let digits = match value {
            [b'0'..=b'9'] | [b'1'..=b'9', b'0'..=b'9'] => value,
            _ => return Self::Unknown,
        };
        Self::from_number(digits.iter().fold(0, |n, digit| n * 10 + u32::from(digit - b'0')))
    }

    /// The code for an HTTP answer without `grpc-status` (gRPC `http-grpc-status-mapping.md`).
    pub(crate) fn from_http(status: u16) -> Self {
        match status {
            400 => Self::Internal,
            401 => Self::Unauthenticated,
            403 => Self::PermissionDenied,
            404 => Self::Unimplemented,
            429 | 502..=504 => Self::Unavailable,
            _ => Self::Unknown,
        }
    }

    /// The code for a stream the peer reset (gRPC `PROTOCOL-HTTP2.md`, "Errors").
    pub(crate) fn from_reset(code: ErrorCode) -> Self {
        match code {
            ErrorCode::REFUSED_STREAM => Self::Unavailable,
            ErrorCode::CANCEL => Self::Cancelled,
            ErrorCode::ENHANCE_YOUR_CALM => Self::ResourceExhausted,
            ErrorCode::INADEQUATE_SECURITY => Self::PermissionDenied,
            _ => Self::Internal,
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_field_is_a_number_of_one_or_two_digits_or_unknown() {
        assert_eq!(Code::from_field(b"0"), Code::Ok);
        assert_eq!(Code::from_field(b"16"), Code::Unauthenticated);
        for nonsense in [&b""[..], b"17", b"99", b"00", b"-1", b"1a", b"100", b" 5"] {
            assert_eq!(Code::from_field(nonsense), Code::Unknown, "{nonsense:?}");
        }
    }

    #[test]
    fn http_and_reset_codes_map_as_the_documents_say() {
        for (http, code) in [
            (400, Code::Internal),
            (401, Code::Unauthenticated),
            (403, Code::PermissionDenied),
            (404, Code::Unimplemented),
            (429, Code::Unavailable),
            (431, Code::Unknown),
            (500, Code::Unknown),
            (502, Code::Unavailable),
            (503, Code::Unavailable),
            (504, Code::Unavailable),
            (200, Code::Unknown),
            (800, Code::Unknown),
        ] {
            assert_eq!(Code::from_http(http), code, "{http}");
        }
        for number in [0, 1, 2, 3, 4, 6, 9, 10] {
            assert_eq!(Code::from_reset(ErrorCode(number)), Code::Internal, "{number}");
        }
        assert_eq!(Code::from_reset(ErrorCode::REFUSED_STREAM), Code::Unavailable);
        assert_eq!(Code::from_reset(ErrorCode::CANCEL), Code::Cancelled);
        assert_eq!(Code::from_reset(ErrorCode::ENHANCE_YOUR_CALM), Code::ResourceExhausted);
        assert_eq!(Code::from_reset(ErrorCode::INADEQUATE_SECURITY), Code::PermissionDenied);
    }
}
