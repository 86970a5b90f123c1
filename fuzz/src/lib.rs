//! What is fuzzed: functions of bytes that panic if something is wrong.
//!
//! `cargo xtask fuzz TARGET` runs one of them under libFuzzer and AddressSanitizer; `tests/seeded.rs` runs
//! them all for some seconds, the same way every time.
#![forbid(unsafe_code)]

mod codec;
mod compiler;
mod envelope;
mod frames;
mod hpack;
mod messages;
mod pair;
mod seeds;

pub use codec::codec;
pub use compiler::compiler;
pub use envelope::envelope;
pub use frames::frames;
pub use hpack::hpack;
pub use pair::pair;
pub use seeds::seeds;

/// A target: it panics at inputs that show a fault.
pub type Target = fn(&[u8]);

/// All targets by name.
pub const TARGETS: [(&str, Target); 6] = [
    ("compiler", compiler),
    ("codec", codec),
    ("hpack", hpack),
    ("frames", frames),
    ("envelope", envelope),
    ("pair", pair),
];
