//! Benchmarks. Each measures a rival in the same run; only ratios mean something.

mod callgrind;
pub(crate) mod compile;
mod cpu;
mod gate;
mod h2load;
pub(crate) mod instructions;
pub(crate) mod proto;
pub(crate) mod rpc;
mod spread;
pub(crate) mod user;
