//! Descriptors to Rust.
