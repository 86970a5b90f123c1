//! What the programs of this crate share: the choices about generated code, the order of files, and the
//! plugin behind `protoc-gen-ferrpc`. For the programs; others use `ferrpc-build`.
#![forbid(unsafe_code)]

pub mod choices;
pub mod order;
pub mod plugin;

/// The messages between protoc and its plugins.
mod messages {
    include!("gen/plugin.rs");
}
