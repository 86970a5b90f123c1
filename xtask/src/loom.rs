//! `cargo xtask loom`: the queue of a connection's inbox and the exchange of a call in all orders in which threads can
//! meet.

use crate::Result;
use crate::report::Counts;
use crate::run::{Log, cargo_aside};

pub(crate) fn command() -> Result<()> {
    all(&mut Log { live: true, ..Log::default() }).map(drop)
}

/// Runs the models of tests/loom; about ten seconds.
pub(crate) fn all(log: &mut Log) -> Result<Counts> {
    let before = log.text.len();
    log.run(&mut cargo_aside("tests/loom", &["run", "--quiet", "--locked"]))?;
    Counts::of_last_line(&log.text[before..])
}
