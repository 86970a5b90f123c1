//! HTTP/2 (RFC 9113) and HPACK (RFC 7541) as a state machine: no socket, clock, task, lock or `async`.
//!
//! A driver owns a [`Connection`], hands it the octets it read and the time, takes [`Event`]s out, gives
//! commands, and writes what [`Connection::output`] holds. Nothing here knows gRPC.
#![forbid(unsafe_code)]

mod abuse;
mod conn;
mod counters;
mod error;
mod field;
mod flow;
mod frame;
mod head;
mod headers;
mod hpack;
#[cfg(feature = "hpack")]
pub mod hpack_alone;
mod ids;
mod input;
mod limits;
mod malformed;
mod memo;
mod out;
mod path;
mod pings;
mod short;
mod stream;
#[cfg(test)]
mod tests;

pub use conn::{Closed, Connection, Event, HeaderWriter, OpenError, Repeated, Reset, Role};
pub use counters::{Counter, Counters};
pub use error::{ErrorCode, FrameKind, Scope, StreamId, Violation};
pub use head::Head;
pub use headers::{FIELD_OVERHEAD_BYTES, Fields, Headers, Indexing};
pub use hpack::HpackError;
pub use input::{Chunk, SLACK_BYTES};
pub use limits::Limits;
pub use malformed::Malformed;
pub use out::{Out, SLICES_MAX};
pub use stream::{End, StreamKey};
