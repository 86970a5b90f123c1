//! Protobuf runtime of ferrpc.
#![no_std]
#![deny(unsafe_code)]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

pub mod descriptor;
mod sub;
mod unknown;

pub use bytes::Bytes;
pub use sub::Sub;
pub use unknown::UnknownFields;
