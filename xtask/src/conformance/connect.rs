//! `cargo xtask conformance connect`: connectrpc's conformance suite, all that it has for gRPC over plain HTTP/2 with
//! Protobuf, on our server and on our client. What is asked for stands in `conformance/connect.yaml`.

use std::path::PathBuf;
use std::process::Command;

use crate::peers::{Stamp, Toolchain};
use crate::report::Counts;
use crate::run::{Log, cargo};
use crate::{Result, paths};

const RUNNER: &str = "connectrpc.com/conformance/cmd/connectconformance";
const VERSION: &str = "v1.0.7";

/// What is tested, by what program of ours, and how many cases there are, so that none gets lost.
const MODES: [(&str, &str, u32); 2] = [("server", "connect-server", 550), ("client", "connect-client", 619)];

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Only cases of this pattern, such as `**/unary/**`.
    #[arg(long, value_name = "PATTERN")]
    run: Vec<String>,
}

pub(crate) fn command(options: &Options) -> Result<()> {
    let mut log = Log { live: true, ..Log::default() };
    if let Some(missing) = Toolchain::Go.missing() {
        return Err(missing);
    }
    match run(&mut log, &options.run)?.failed {
        0 => Ok(()),
        failed => Err(format!("{failed} cases failed; what was said is above")),
    }
}

/// All cases of both roles.
pub(crate) fn all(log: &mut Log) -> Result<Counts> {
    run(log, &[])
}

fn run(log: &mut Log, only: &[String]) -> Result<Counts> {
    let runner = set_up(log)?;
    log.run(&mut cargo(&["build", "-p", "ferrpc-conformance", "--bins"]))?;
    let mut sum = Counts::default();
    for (mode, program, cases) in MODES {
        let mut command = Command::new(&runner);
        command.current_dir(paths::root()).args(["--conf", "conformance/connect.yaml", "--mode", mode]);
        // Failures that are known; there are none.
        command.args(["--known-failing", "@conformance/known_failures/connect.txt"]);
        command.args(only.iter().flat_map(|pattern| ["--run", pattern]));
        command.arg("--").arg(paths::target().join("debug").join(program));
        let before = log.text.len();
        // Its exit code says no more than its last line.
        let ended = log.run(&mut command);
        let counts = counts(&log.text[before..]).ok_or_else(|| match ended {
            Ok(()) => format!("the runner ended without a sum for the {mode}"),
            Err(error) => error,
        })?;
        if only.is_empty() && counts.passed + counts.failed != cases {
            return Err(format!("{} {mode} cases ran, {cases} are expected", counts.passed + counts.failed));
        }
        sum = sum.plus(counts);
    }
    log.line(&format!("{} passed, {} failed", sum.passed, sum.failed));
    Ok(sum)
}

/// The runner, installed unless it is there.
fn set_up(log: &mut Log) -> Result<PathBuf> {
    let bin = paths::conformance().join("connect");
    Stamp::of(&bin, VERSION.into()).or_make(|| {
        log.run(Command::new("go").args(["install", &format!("{RUNNER}@{VERSION}")]).env("GOBIN", &bin))
    })?;
    Ok(bin.join("connectconformance"))
}

/// The line `582 passed, 37 failed`; cases that fail as known count as failed, so that the list stays empty.
fn counts(said: &str) -> Option<Counts> {
    let number = |part: &str, what: &str| part.trim().strip_suffix(what)?.trim().parse::<u32>().ok();
    said.lines().rev().find_map(|line| {
        let (passed, rest) = line.split_once(',')?;
        let passed = number(passed, "passed")?;
        let mut failed = 0;
        for part in rest.split(',') {
            failed += part.split_whitespace().next()?.parse::<u32>().ok()?;
        }
        Some(Counts { passed, failed, skipped: 0 })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_sum_counts_and_what_is_known_to_fail_fails() {
        let said = "Total cases: 4\n1 passed, 3 failed\nTotal cases: 619\n582 passed, 37 failed\n\n";
        assert_eq!(counts(said), Some(Counts { passed: 582, failed: 37, skipped: 0 }));
        let said = "582 passed, 30 failed, 7 failed as expected";
        assert_eq!(counts(said), Some(Counts { passed: 582, failed: 37, skipped: 0 }));
        assert_eq!(counts("no such file, again"), None);
    }
}
