//! What the example programs share: the generated code, and the services behind it.

ferrpc::include_proto!();

pub mod chat_room;
pub mod interrupt;
pub mod users;

/// The README's snippets compile.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
