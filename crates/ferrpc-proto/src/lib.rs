//! Protobuf runtime of ferrpc: what generated messages are made of and what can be done with them.
//!
//! The code generator (ferrpc-build) writes plain structs, and beside each one static table of its
//! fields; everything here goes by that table. `no_std` with `alloc`; the default feature `std` adds
//! a random secret for hashing map keys and conversions to `std` types.
#![no_std]
#![deny(unsafe_code)]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

#[doc(hidden)]
pub mod absorb;
mod arena;
mod decoding;
pub mod descriptor;
#[doc(hidden)]
pub mod emit;
mod encoding;
mod engine;
mod enumeration;
mod error;
mod extension;
mod input;
mod limits;
mod macros;
mod map;
mod message;
mod rev;
mod segments;
mod slack;
mod sub;
mod table;
mod text;
mod thin;
mod unknown;
pub mod view;
mod wire;
pub mod wkt;

pub use bytes::Bytes;
pub use enumeration::Enum;
pub use error::{DecodeError, DecodeErrorKind, EncodeError, Uninitialized};
pub use extension::Extension;
pub use limits::DecodeLimits;
pub use map::{Iter as MapIter, Map};
pub use message::Message;
pub use segments::{Piece, Segments};
pub use slack::SlackBytes;
pub use sub::Sub;
pub use unknown::UnknownFields;
pub use view::Frozen;

/// What the macros and generated code name. No part of the API.
#[doc(hidden)]
pub mod __private {
    pub use crate::absorb;
    pub use crate::decoding::Decoding;
    pub use crate::emit;
    pub use crate::enumeration::{debug as debug_enum, name_of, number_of};
    pub use crate::error::Uninitialized;
    pub use crate::extension::{Extension, Form};
    pub use crate::message::{
        by_table as encode_by_table, debug as debug_message, decode_all_by_table, display as display_message,
        encode_all_by_table, encode_deterministic_by_table, missing, of_raw,
    };
    pub use crate::rev::RevWriter;
    pub use crate::sub::{DefaultInstance, InSub, Slot};
    pub use crate::table::{
        Aux, Checks, EnumType, Field, Holder, HolderTable, Layout, Oneof, Part, Payload, Stored, Table,
        Value, kind,
    };
    pub use crate::view;
    pub use alloc::boxed::Box;
    pub use alloc::string::String;
    pub use alloc::vec::Vec;
}
