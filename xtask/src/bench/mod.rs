//! Benchmarks. Each measures a rival in the same run; only ratios mean something.

mod callgrind;
pub(crate) mod compile;
pub(crate) mod instructions;
pub(crate) mod proto;
pub(crate) mod user;
