//! ferrpc.
#![forbid(unsafe_code)]

/// The messages of `benches/proto`.
#[allow(clippy::all, missing_docs, unused, reason = "generated")]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/ferrpc.rs"));
}
pub use generated::bench;

/// How many fields they have.
pub const FIELDS: &str = env!("FIELDS");

/// Lines of generated code.
pub const LINES: &str = env!("GENERATED_LINES");

/// descriptor.proto as a `FileDescriptorProto`.
pub const DESCRIPTOR: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptor.pb"));

/// All schemas as a `FileDescriptorSet`.
pub const SCHEMA: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/schema.pb"));

#[cfg(feature = "harness")]
mod codec;
#[cfg(feature = "harness")]
pub use codec::{codec, codec_with_slack};
