//! What the programs of the benchmarks share.
#![forbid(unsafe_code)]

#[cfg(feature = "proto")]
pub mod proto;
#[cfg(feature = "rpc")]
pub mod rpc;
