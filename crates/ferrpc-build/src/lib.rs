//! From `.proto` files to Rust: what a `build.rs` calls, and the generator behind it.
//!
//! [`compile`] is all most crates need; [`Config`] has the choices. [`generate`] works on descriptors,
//! wherever they come from. The `ferrpc gen` command is the same generator and gives the same bytes.
#![forbid(unsafe_code)]

mod check;
mod config;
mod context;
mod default;
mod docs;
mod enumeration;
mod error;
mod features;
mod generate;
mod message;
mod names;
mod options;
mod print;
mod schema;
mod service;
mod value;
mod view;

pub use config::{Config, Generated, compile};
pub use error::Error;
pub use generate::generate;
pub use options::Options;
