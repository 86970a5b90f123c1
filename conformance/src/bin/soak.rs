//! Calls under age, resets and restarts, for a while: `soak --seconds 60`. The last line sums up.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "a command line program")]

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use ferrpc_conformance::soak::{Plan, run};

/// Makes calls of all kinds while their connections are taken away.
#[derive(Parser)]
struct Args {
    /// How long.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Of all chances.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How long each of the twelve callers rests after a call, in milliseconds.
    #[arg(long, default_value_t = 5)]
    pause_ms: u64,
}

#[tokio::main]
async fn main() -> Result<ExitCode, ferrpc::Error> {
    let Args { seconds, seed, pause_ms } = Args::parse();
    let plan = Plan::new(Duration::from_secs(seconds), seed, Duration::from_millis(pause_ms));
    let outcome = run(&plan).await?;
    print!("{outcome}");
    let failed = outcome.wrong + u64::from(!outcome.is_flat());
    if !outcome.is_flat() {
        println!("WRONG memory grew");
    }
    println!("{} passed, {failed} failed", outcome.sum() - outcome.wrong);
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
