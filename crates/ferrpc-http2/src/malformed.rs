//! The rules of RFC 9113 §8 for header lists, by the names that errors have for them.

use std::fmt;

/// What is wrong with a header list as an HTTP message (RFC 9113 §8.1.1, §8.2, §8.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Malformed {
    /// A name is empty, has upper case or an octet that is no token character.
    FieldName,
    /// A value has NUL, CR or LF, or white space at its ends.
    FieldValue,
    /// A pseudo-header behind a regular field.
    PseudoAfterRegular,
    /// A pseudo-header that is not defined, or not for this direction.
    UnknownPseudo,
    /// A pseudo-header twice.
    DuplicatePseudo,
    /// `:method`, `:scheme` or `:path` is missing in a request, `:status` in a response.
    MissingPseudo,
    /// `:path` is empty or does not start with a slash (CVE-2026-33186).
    Path,
    /// `:status` is not three digits, or 101.
    Status,
    /// A pseudo-header in trailers.
    PseudoInTrailers,
    /// `connection`, `keep-alive`, `proxy-connection`, `transfer-encoding` or `upgrade`.
    ConnectionField,
    /// `te` with another value than `trailers`.
    Te,
    /// `host` and `:authority` differ.
    Authority,
    /// `content-length` is no number, or stands there twice with two values.
    ContentLength,
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::FieldName => "a field name is empty, has upper case or an illegal octet",
            Self::FieldValue => "a field value has an illegal octet or white space at its ends",
            Self::PseudoAfterRegular => "a pseudo-header stands behind a regular field",
            Self::UnknownPseudo => "an unknown pseudo-header",
            Self::DuplicatePseudo => "a pseudo-header stands there twice",
            Self::MissingPseudo => "a required pseudo-header is missing",
            Self::Path => ":path does not start with a slash",
            Self::Status => ":status is not a final or informational HTTP status",
            Self::PseudoInTrailers => "a pseudo-header in trailers",
            Self::ConnectionField => "a connection-specific field",
            Self::Te => "te has another value than trailers",
            Self::Authority => "host and :authority differ",
            Self::ContentLength => "content-length is no number, or two different ones",
        })
    }
}
