//! The engine from outside: against a peer that sends any frame it likes, and against itself over pipes.
//!
//! Time is a number the tests move; nothing sleeps, and every chance comes from a fixed seed.

#![expect(clippy::cast_possible_truncation, reason = "lengths the tests choose themselves")]

mod abuse;
mod answers;
mod credit;
mod duties;
mod frames;
mod goaway;
mod line;
mod noise;
mod pair;
mod peer;
mod pings;
mod repeats;
mod simulation;
mod split;
mod violations;
