//! What can be done with any message by its field table alone: check, decode, encode, merge, print.
//!
//! One loop each for all messages, and no unsafe code: fields are reached through `table`.

pub(crate) mod check;
pub(crate) mod decode;
pub(crate) mod encode;
pub(crate) mod merge;
pub(crate) mod print;
