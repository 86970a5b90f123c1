//! rust-protobuf, the line of the `protobuf` crate before Google's. It has no groups.

/// The messages of `benches/proto`.
#[allow(clippy::all, missing_docs, unused, reason = "generated")]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/rust_protobuf/mod.rs"));
}

/// They are all in one package.
#[allow(ambiguous_glob_reexports, reason = "each file has a descriptor, which nobody wants")]
pub mod bench {
    pub use crate::generated::bench::*;
    pub use crate::generated::google1_proto2::*;
    pub use crate::generated::google1_proto3::*;
    pub use crate::generated::serialization::*;
}

/// Lines of generated code.
pub const LINES: &str = env!("GENERATED_LINES");

#[cfg(feature = "harness")]
mod codec;
#[cfg(feature = "harness")]
pub use codec::codec;
