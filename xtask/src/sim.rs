//! `cargo xtask sim`: the engine's simulation with other seeds than the tests take, as many as time allows.

use std::time::{Duration, Instant};

use crate::run::{Log, cargo};
use crate::{Result, paths};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// The first seed; alone, the only one.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// For how long to go on with the seeds behind it.
    #[arg(long, value_name = "M")]
    minutes: Option<u64>,
}

/// Seeds between two looks at the clock.
const BATCH: u64 = 500;
/// Calls over one connection, whose memory must not grow.
const CALLS: u64 = 1_000_000;

pub(crate) fn command(options: &Options) -> Result<()> {
    let Some(minutes) = options.minutes else {
        return match options.seed {
            Some(seed) => simulate(seed, 1),
            None => Err("say --seed N to replay one, --minutes M to try many, or both".into()),
        };
    };
    println!("memory after {CALLS} calls");
    run(&["--test", "memory"], "FERRPC_SIM_CALLS", &CALLS.to_string())?;
    let (first, started) = (options.seed.unwrap_or(0), Instant::now());
    let mut next = first;
    while started.elapsed() < Duration::from_secs(60 * minutes) {
        simulate(next, BATCH)?;
        next += BATCH;
        println!("seeds {first} to {}", next - 1);
    }
    Ok(())
}

fn simulate(first: u64, count: u64) -> Result<()> {
    let seeds = format!("{first}..{}", first + count);
    run(&["--lib", "tests::simulation::"], "FERRPC_SIM_SEEDS", &seeds)
}

/// Runs tests of the engine, optimised but with its own checks; shows what they say only if they fail.
fn run(tests: &[&str], name: &str, value: &str) -> Result<()> {
    let mut log = Log::default();
    let mut command = cargo(&["test", "-p", "ferrpc-http2"]);
    command.args(tests).env(name, value).env("CARGO_PROFILE_DEV_OPT_LEVEL", "2");
    // What is built that way is of no use to others.
    command.env("CARGO_TARGET_DIR", paths::target().join("sim"));
    log.run(&mut command).map_err(|error| {
        let seed = log.text.lines().find_map(|line| line.strip_prefix("by seed "));
        let replay = seed.map(|seed| format!("\nto replay it: cargo xtask sim --seed {seed}"));
        format!("{}{error}{}", log.text, replay.unwrap_or_default())
    })
}
