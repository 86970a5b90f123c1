//! What both programs have in common: how they come, and how the outcome of their cases is told.

use std::path::PathBuf;
use std::process::Command;

use crate::report::Counts;
use crate::run::{Log, cargo};
use crate::{Result, paths};

/// `@latest` is the only form that the module proxy serves; it is 2.2.1, of 2018, and will hardly move.
const MODULE: &str = "github.com/summerwind/h2spec/cmd";

/// h2spec or h2specd itself, installed unless it is there.
pub(super) fn set_up(log: &mut Log, name: &str) -> Result<PathBuf> {
    let bin = paths::conformance().join("bin");
    let program = bin.join(name);
    if !program.is_file() {
        let module = format!("{MODULE}/{name}@latest");
        log.run(Command::new("go").args(["install", &module]).env("GOBIN", &bin))?;
    }
    Ok(program)
}

pub(super) fn build(log: &mut Log, package: &str, program: &str) -> Result<()> {
    log.run(&mut cargo(&["build", "-p", package, "--bin", program]))
}

/// Names the cases that did not pass, and says how many there are of each kind.
pub(super) fn sum_up(log: &mut Log, cases: &[Case<'_>], what: &str) -> Counts {
    let counts = Counts {
        passed: count(cases, Ended::Passed),
        failed: count(cases, Ended::Failed),
        skipped: count(cases, Ended::Skipped),
    };
    for case in cases.iter().filter(|case| case.ended != Ended::Passed) {
        let how = if case.ended == Ended::Failed { "FAILED" } else { "skipped" };
        log.line(&format!("{how} {} {}: {}", case.section, case.title, case.said));
    }
    let Counts { passed, failed, skipped } = counts;
    let sum = passed + failed + skipped;
    log.line(&format!("{what}: {sum} cases, {passed} passed, {failed} failed, {skipped} skipped"));
    counts
}

/// One case in the report.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Case<'a> {
    pub(super) section: &'a str,
    pub(super) title: &'a str,
    pub(super) ended: Ended,
    /// What was expected, and what came.
    pub(super) said: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    Passed,
    Failed,
    Skipped,
}

fn count(cases: &[Case<'_>], ended: Ended) -> u32 {
    cases.iter().filter(|case| case.ended == ended).map(|_| 1).sum()
}
