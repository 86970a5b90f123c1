//! From `.proto` files to Rust: what a `build.rs` calls, and the generator behind it.
#![forbid(unsafe_code)]

mod docs;
mod enumeration;
mod error;
mod generate;
mod message;
mod names;
mod options;
mod print;
mod schema;
mod service;

pub use error::Error;
pub use generate::generate;
pub use options::Options;
