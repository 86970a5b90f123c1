//! Attacks over sockets, against any HTTP/2 server, and the frames they are made of, written by hand.
//!
//! `cargo xtask attack` runs them against a server that somebody started; `tests/tests/attacks.rs` runs them
//! against ours. Depends on nothing, so that tests of any crate may write frames with it.
#![forbid(unsafe_code)]

pub mod frames;
pub mod neighbour;
pub mod peer;
pub mod rows;
