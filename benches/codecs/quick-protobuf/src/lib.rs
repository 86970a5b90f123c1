//! quick-protobuf. It has no groups, and keeps no unknown fields.
#![forbid(unsafe_code)]

/// A module for each file, which all want to be `bench`.
macro_rules! generated {
    ($kind:literal) => {
        generated!($kind, bench "bench");
        generated!($kind, google1_proto2 "google1_proto2");
        generated!($kind, google1_proto3 "google1_proto3");
        generated!($kind, serialization "serialization");
    };
    ($kind:literal, $file:ident $name:literal) => {
        #[allow(clippy::all, missing_docs, unused, nonstandard_style, reason = "generated")]
        mod $file {
            include!(concat!(env!("OUT_DIR"), "/", $kind, "/", $name, "/mod.rs"));
        }
        pub use $file::bench::*;
    };
}

/// The messages of `benches/proto`, with strings of their own.
pub mod owned {
    generated!("owned");
}

/// The same with strings borrowed from the input.
pub mod borrowed {
    generated!("borrowed");
}

/// Lines of generated code.
pub const LINES: &str = env!("GENERATED_LINES");

#[cfg(feature = "harness")]
mod codec;
#[cfg(feature = "harness")]
pub use codec::codec;
