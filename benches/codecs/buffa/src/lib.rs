//! buffa.

/// The messages of `benches/proto`.
#[allow(clippy::all, missing_docs, unused, reason = "generated")]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/buffa/mod.rs"));
}
pub use generated::bench;

/// Lines of generated code, views included.
pub const LINES: &str = env!("GENERATED_LINES");

#[cfg(feature = "harness")]
mod codec;
#[cfg(feature = "harness")]
pub use codec::codec;
