//! prost.
#![forbid(unsafe_code)]

/// The messages of `benches/proto`.
#[allow(clippy::all, missing_docs, unused, reason = "generated")]
pub mod bench {
    include!(concat!(env!("OUT_DIR"), "/prost/bench.rs"));
}

/// Those of descriptor.proto.
#[cfg(feature = "harness")]
#[allow(clippy::all, missing_docs, unused, reason = "generated")]
mod descriptor {
    include!(concat!(env!("OUT_DIR"), "/descriptor/google.protobuf.rs"));
}

/// Lines of generated code.
pub const LINES: &str = env!("GENERATED_LINES");

#[cfg(feature = "harness")]
mod codec;
#[cfg(feature = "harness")]
pub use codec::codec;
