//! What can be wrong with bytes that should be a message, and with a message that should be bytes.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

/// Why bytes are not the message they should be.
///
/// One pointer wide. `Display` is a whole sentence: where, what, and what to do if there is something.
pub struct DecodeError(Box<Inner>);

struct Inner {
    kind: DecodeErrorKind,
    offset: usize,
    message: &'static str,
    /// Names of fields, innermost first; at most [`PATH_NAMES_MAX`].
    path: Vec<&'static str>,
    missing: Option<Uninitialized>,
}

/// The misdeed a [`DecodeError`] reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DecodeErrorKind {
    /// The input ends inside a field.
    Truncated,
    /// A varint goes on after its tenth byte.
    VarintTooLong,
    /// A length longer than five bytes.
    LengthTooLong,
    /// A tag longer than five bytes, or field number 0.
    InvalidTag,
    /// Wire type 6 or 7; there are none such.
    InvalidWireType,
    /// The end of a group that was not begun, or of another one than was begun last.
    UnmatchedEndGroup,
    /// A `string` whose bytes are not UTF-8.
    InvalidUtf8,
    /// A packed field of fixed-size values whose length is no multiple of that size.
    InvalidPackedLength,
    /// Messages or groups nested deeper than [`DecodeLimits::depth_max`](crate::DecodeLimits).
    TooDeep {
        /// The limit that was in force.
        depth_max: u32,
    },
    /// The message would take more memory than
    /// [`DecodeLimits::memory_bytes_max`](crate::DecodeLimits) grants.
    OverBudget {
        /// The budget that was in force, in bytes.
        memory_bytes_max: usize,
    },
    /// The input is longer than [`DecodeLimits::message_bytes_max`](crate::DecodeLimits).
    TooLarge {
        /// Its length, in bytes.
        len: usize,
        /// The limit that was in force, in bytes.
        message_bytes_max: usize,
    },
    /// Required fields are missing; [`DecodeError::missing`] has them.
    Uninitialized,
}

/// An error keeps the names of so many fields.
const PATH_NAMES_MAX: usize = 128;

impl DecodeError {
    #[cold]
    pub(crate) fn new(kind: DecodeErrorKind, offset: usize) -> Self {
        Self(Box::new(Inner { kind, offset, message: "", path: Vec::new(), missing: None }))
    }

    #[cold]
    pub(crate) fn uninitialized(missing: Uninitialized, len: usize) -> Self {
        let (kind, message) = (DecodeErrorKind::Uninitialized, missing.message());
        Self(Box::new(Inner { kind, offset: len, message, path: Vec::new(), missing: Some(missing) }))
    }

    /// Notes the field, and at last the message, the error lies in; called from the inside out.
    #[cold]
    pub(crate) fn within(mut self, message: &'static str, field: Option<&'static str>) -> Self {
        self.0.message = message;
        if self.0.path.len() < PATH_NAMES_MAX {
            self.0.path.extend(field);
        }
        self
    }

    /// What was wrong.
    pub fn kind(&self) -> DecodeErrorKind {
        self.0.kind
    }

    /// Where the bad field begins, in bytes from the start of the input.
    pub fn offset(&self) -> usize {
        self.0.offset
    }

    /// The full name of the message that was decoded.
    pub fn message(&self) -> &'static str {
        self.0.message
    }

    /// The required fields that are missing, if that is what is wrong.
    pub fn missing(&self) -> Option<&Uninitialized> {
        self.0.missing.as_ref()
    }

    /// The fields from the message down to the bad one, outermost first.
    ///
    /// Ends early where a field is not known. Begins deeper down where a message nests deeper than 128, which
    /// by default none may.
    pub fn path(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.0.path.iter().rev().copied()
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(missing) = &self.0.missing {
            return write!(f, "cannot decode {missing}; decode_partial takes messages without them");
        }
        write!(f, "cannot decode {}", self.0.message)?;
        for (i, name) in self.path().enumerate() {
            write!(f, "{}{name}", if i == 0 { ", field " } else { "." })?;
        }
        write!(f, ", at byte {}: {}", self.0.offset, self.0.kind)
    }
}

impl fmt::Display for DecodeErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Truncated => f.write_str("the input ends inside a field"),
            Self::VarintTooLong => f.write_str("a varint is longer than ten bytes"),
            Self::LengthTooLong => f.write_str("a length is longer than five bytes"),
            Self::InvalidTag => f.write_str("not a field tag"),
            Self::InvalidWireType => f.write_str("wire types 6 and 7 do not exist"),
            Self::UnmatchedEndGroup => f.write_str("a group ends that was not begun"),
            Self::InvalidUtf8 => f.write_str("a string is not valid UTF-8; binary data belongs in `bytes`"),
            Self::InvalidPackedLength => {
                f.write_str("the length of a packed field is no multiple of its value's size")
            }
            Self::TooLarge { len, message_bytes_max } => write!(
                f,
                "{len} bytes are over the limit of {message_bytes_max}; raise message_bytes_max if that is meant"
            ),
            Self::Uninitialized => f.write_str("required fields are missing"),
            Self::TooDeep { depth_max } => {
                write!(f, "nested deeper than {depth_max}; raise depth_max if that is meant")
            }
            Self::OverBudget { memory_bytes_max } => write!(
                f,
                "takes more than {memory_bytes_max} bytes of memory; raise memory_bytes_max if that is meant"
            ),
        }
    }
}

impl fmt::Debug for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DecodeError({self})")
    }
}

impl core::error::Error for DecodeError {}

/// The required fields a message lacks.
///
/// One pointer wide. `Display` says of which message, and names up to 16 of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uninitialized(Box<Missing>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Missing {
    message: &'static str,
    paths: Vec<String>,
    more: bool,
}

impl Uninitialized {
    pub(crate) fn new(message: &'static str, paths: Vec<String>, more: bool) -> Self {
        Self(Box::new(Missing { message, paths, more }))
    }

    /// The full name of the message.
    pub fn message(&self) -> &'static str {
        self.0.message
    }

    /// Where they are missing, as `lines[2].sku` or `parts["a"].id`; the first 16.
    pub fn paths(&self) -> impl Iterator<Item = &str> + '_ {
        self.0.paths.iter().map(String::as_str)
    }
}

impl fmt::Display for Uninitialized {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: required fields are missing", self.0.message)?;
        for (i, path) in self.paths().enumerate() {
            write!(f, "{}{path}", if i == 0 { ": " } else { ", " })?;
        }
        f.write_str(if self.0.more { " and others" } else { "" })
    }
}

impl core::error::Error for Uninitialized {}

/// Why a message cannot be encoded.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EncodeError {
    /// Messages nested deeper than 100, entries of maps included, which no receiver with the usual limits would take.
    TooDeep,
    /// 2 GiB or more, which the format does not allow.
    TooLarge {
        /// The length it would have, in bytes.
        len: usize,
    },
    /// Required fields are missing, which receivers would refuse.
    Uninitialized(Uninitialized),
}

impl fmt::Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooDeep => f.write_str("cannot encode a message nested deeper than 100"),
            Self::TooLarge { len } => {
                write!(f, "cannot encode a message of {len} bytes; Protobuf ends at 2147483647")
            }
            Self::Uninitialized(missing) => write!(f, "cannot encode {missing}"),
        }
    }
}

impl core::error::Error for EncodeError {}
