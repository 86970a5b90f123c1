//! HTTP/2 and HPACK as a state machine without I/O.
#![forbid(unsafe_code)]

mod headers;

pub use headers::{FIELD_OVERHEAD_BYTES, Headers};
