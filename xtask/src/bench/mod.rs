//! Benchmarks. Each measures a rival in the same run; only ratios mean something.

pub(crate) mod compile;
pub(crate) mod proto;
pub(crate) mod user;
