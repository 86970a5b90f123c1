//! Google's `protobuf`, on upb: Rust over C.

/// The messages of `benches/proto`.
#[allow(clippy::all, missing_docs, unused, reason = "generated")]
pub mod bench {
    include!(concat!(env!("OUT_DIR"), "/upb/generated.rs"));
}

/// Lines of generated code.
pub const LINES: &str = env!("GENERATED_LINES");

#[cfg(feature = "harness")]
mod codec;
#[cfg(feature = "harness")]
pub use codec::codec;
