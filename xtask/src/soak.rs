//! `cargo xtask soak`: calls of all kinds, for as long as one likes, while their connections are taken away.

use std::process::Command;

use crate::report::Counts;
use crate::run::{Log, cargo};
use crate::{Result, paths};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// How long.
    #[arg(long, default_value_t = 1)]
    minutes: u64,
    /// Of all chances.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How long each of the twelve callers rests after a call, in milliseconds.
    #[arg(long, default_value_t = 5)]
    pause_ms: u64,
}

pub(crate) fn command(options: &Options) -> Result<()> {
    let mut log = Log { live: true, ..Log::default() };
    run(&mut log, options).map(drop)
}

/// A minute of it.
pub(crate) fn one_minute(log: &mut Log) -> Result<Counts> {
    run(log, &Options { minutes: 1, seed: 1, pause_ms: 5 })
}

fn run(log: &mut Log, options: &Options) -> Result<Counts> {
    log.run(&mut cargo(&["build", "-p", "ferrpc-conformance", "--bin", "soak"]))?;
    let mut soak = Command::new(paths::target().join("debug/soak"));
    soak.arg(format!("--seconds={}", options.minutes.saturating_mul(60)));
    soak.args([format!("--seed={}", options.seed), format!("--pause-ms={}", options.pause_ms)]);
    log.run(&mut soak)?;
    // Thousands of calls are one check.
    Counts::of_last_line(&log.text).map(|_| Counts::PASSED)
}
