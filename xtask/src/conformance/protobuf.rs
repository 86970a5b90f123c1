//! `cargo xtask conformance protobuf`: upstream's conformance suite against our testee.

use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, Stdio};

use super::runner::Runner;
use crate::run::{Log, cargo};
use crate::{Result, context, paths};

/// Cases that are known to fail, by suite: what the runner takes and what it writes.
const LISTS: [(&str, &str); 2] = [
    ("conformance/known_failures/protobuf.txt", "failing_tests.txt"),
    ("conformance/known_failures/protobuf_text.txt", "text_format_failing_tests.txt"),
];

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Only this way through the runtime. Default: each in turn.
    #[arg(long, value_parser = MODES)]
    mode: Option<String>,
}

/// The ways through the runtime that the testee has.
const MODES: [&str; 3] = ["specialised", "table", "view"];

pub(crate) fn command(options: &Options) -> Result<()> {
    let mut log = Log { live: true, ..Log::default() };
    let runner = Runner::set_up(&mut log)?;
    log.run(&mut cargo(&["build", "-p", "ferrpc-conformance", "--bin", "protobuf-testee"]))?;

    let modes: Vec<&str> = match &options.mode {
        Some(mode) => vec![mode],
        None => MODES.to_vec(),
    };
    // Each is run, whatever came of the one before.
    let ended = modes.into_iter().map(|mode| run(&runner, mode)).collect::<Vec<_>>();
    ended.into_iter().collect()
}

fn run(runner: &Runner, mode: &str) -> Result<()> {
    println!("mode {mode}");
    let out = paths::conformance().join("protobuf");
    let _ = fs::remove_dir_all(&out);
    fs::create_dir_all(&out).map_err(context(out.display()))?;
    let skipped = out.join("skipped.txt");
    let mut suite = runner.command();
    suite.args(["--enforce_recommended", "--maximum_edition", "2024"]);
    suite.arg("--failure_list").arg(paths::root().join(LISTS[0].0));
    suite.arg("--text_format_failure_list").arg(paths::root().join(LISTS[1].0));
    suite.arg("--output_dir").arg(&out);
    suite.arg(paths::target().join("debug/protobuf-testee"));
    suite.args(["--mode", mode, "--log"]).arg(&skipped);
    let said = said(&mut suite)?;
    fs::write(out.join("runner.txt"), &said).map_err(context(out.display()))?;

    for (_, failing) in LISTS {
        for name in fs::read_to_string(out.join(failing)).unwrap_or_default().lines() {
            println!("FAILED {name}");
        }
    }
    for (reason, cases) in by_reason(&fs::read_to_string(&skipped).unwrap_or_default()) {
        println!("skipped {cases} cases of {reason}");
    }
    verdict(&suites(&said))
}

/// All that a program says, on either stream. The loader's word on weak versions is among it.
fn said(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output().map_err(context("cannot start the runner"))?;
    let streams = [output.stdout, output.stderr];
    Ok(streams.map(|stream| String::from_utf8_lossy(&stream).into_owned()).concat())
}

/// What the runner says at the end of a suite.
#[derive(Debug, Default, PartialEq, Eq)]
struct Suite {
    passed: u32,
    skipped: u32,
    /// They are on the list of those that do.
    known_to_fail: u32,
    failed: u32,
}

fn suites(said: &str) -> Vec<Suite> {
    let mut suites = Vec::new();
    for line in said.lines().filter(|line| line.contains("CONFORMANCE SUITE ")) {
        // CONFORMANCE SUITE PASSED: 12 successes, 3 skipped, 0 expected failures, 0 unexpected failures.
        let mut suite = Suite::default();
        for part in line.rsplit(": ").next().unwrap_or_default().split([',', '.']) {
            let Some((number, what)) = part.trim().split_once(' ') else { continue };
            let number = number.parse().unwrap_or(0);
            match what {
                "successes" => suite.passed = number,
                "skipped" => suite.skipped = number,
                "expected failures" => suite.known_to_fail = number,
                "unexpected failures" => suite.failed = number,
                _ => {}
            }
        }
        suites.push(suite);
    }
    suites
}

/// A line for each suite; an error unless both ran and nothing failed.
fn verdict(suites: &[Suite]) -> Result<()> {
    for (name, suite) in ["binary and JSON", "text format"].iter().zip(suites) {
        let Suite { passed, skipped, known_to_fail, failed } = suite;
        let compared = passed + known_to_fail + failed;
        println!(
            "suite {name}: {compared} compared, {passed} passed, {known_to_fail} known to fail, \
             {failed} failed, {skipped} skipped"
        );
    }
    match (suites.len(), suites.iter().map(|suite| suite.failed).sum::<u32>()) {
        (2, 0) if suites.iter().any(|suite| suite.passed > 0) => Ok(()),
        (_, failed @ 1..) => Err(format!("{failed} cases failed")),
        (ran, _) => Err(format!(
            "{ran} of 2 suites ran to their end, or a case on a list of known failures passes; \
             the runner's own words are in {}",
            paths::conformance().join("protobuf/runner.txt").display()
        )),
    }
}

/// How many lines there are of each kind.
fn by_reason(log: &str) -> BTreeMap<&str, u32> {
    let mut reasons = BTreeMap::new();
    for line in log.lines() {
        *reasons.entry(line).or_default() += 1;
    }
    reasons
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_runners_sums_are_read() {
        let said = "x\nCONFORMANCE SUITE FAILED: 12 successes, 3 skipped, 1 expected failures, 2 unexpected failures.\n";
        assert_eq!(suites(said), [Suite { passed: 12, skipped: 3, known_to_fail: 1, failed: 2 }]);
    }

    #[test]
    fn a_suite_that_did_not_run_is_no_pass() {
        let good = Suite { passed: 1, ..Suite::default() };
        assert!(verdict(&[]).is_err());
        assert!(verdict(&[Suite::default(), Suite::default()]).is_err());
        assert!(verdict(std::slice::from_ref(&good)).is_err());
        assert_eq!(verdict(&[good, Suite::default()]), Ok(()));
    }
}
