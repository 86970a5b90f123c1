//! `cargo xtask test`: each step in its order, one table at the end.

use std::process::Command;

use crate::peers::{self, Toolchain};
use crate::report::{Counts, Outcome, Report};
use crate::run::{Log, cargo};
use crate::{Result, generate, paths, tidy};

/// Each feature alone must build: a crate, and the options that leave only one.
const FEATURES: &[(&str, &[&str])] = &[
    ("ferrpc", &["--no-default-features", "--features", "client"]),
    ("ferrpc", &["--no-default-features", "--features", "server"]),
    ("ferrpc-proto", &["--no-default-features"]),
];

pub(crate) fn test(quick: bool) -> Result<()> {
    let mut report = Report::new(std::env::var_os("CI").is_some_and(|ci| ci == "true"));

    report.step("format", |log| {
        log.run(&mut cargo(&["fmt", "--all", "--check"]))?;
        log.run(&mut in_benches(&["fmt", "--check"]))?;
        passed()
    });
    report.step("lints", |log| {
        // With all features, so that the tests behind one are seen too.
        log.run(&mut cargo(&[
            "clippy",
            "--workspace",
            "--all-targets",
            "--all-features",
            "--",
            "-D",
            "warnings",
        ]))?;
        passed()
    });

    if quick {
        report.step("unit tests", |log| cargo_test(log, &["--lib", "--bins"]));
        return report.finish();
    }

    report.step("unit, integration and documentation tests", |log| cargo_test(log, &[]));
    for (package, options) in FEATURES {
        report.step(&format!("{package} {}", options.join(" ")), |log| {
            let mut check = cargo(&["clippy", "-p", package]);
            log.run(check.args(*options).args(["--", "-D", "warnings"]))?;
            passed()
        });
    }
    report.step("documentation", |log| {
        log.run(cargo(&["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings"))?;
        passed()
    });
    report.step("tidy", |log| {
        let findings = tidy::findings()?;
        for finding in &findings {
            log.line(&finding.to_string());
        }
        if findings.is_empty() { passed() } else { Err(format!("{} findings", findings.len())) }
    });
    report.step("generated code is up to date", |log| {
        let stale = generate::stale()?;
        for (output, _) in &stale {
            log.line(&format!("{output}: differs from what the generator writes; run `cargo xtask gen`"));
        }
        if stale.is_empty() { passed() } else { Err(format!("{} files out of date", stale.len())) }
    });
    report.step("benchmarks build", |log| {
        log.run(&mut in_benches(&["clippy", "--locked", "--all-targets", "--", "-D", "warnings"]))?;
        passed()
    });
    foreign_peers(&mut report);
    report.finish()
}

/// Sets the peers up and runs the tests that need them; what has no toolchain here is skipped.
fn foreign_peers(report: &mut Report) {
    let python = toolchain(report, Toolchain::Python, "set-up of the Python peer", peers::set_up_python);
    // The Go peer is generated with the Python one's protoc.
    let go = python && toolchain(report, Toolchain::Go, "set-up of the Go peer", peers::set_up_go);
    if !python {
        return;
    }
    if go {
        report.step("peers agree with each other", |log| peers::agree(log).and_then(|()| passed()));
    }
    report.step("our server and client with the peers", |log| {
        let mut test = cargo(&["test", "--workspace", "--features", "ferrpc-tests/peers", "--test", "peers"]);
        test.env("FERRPC_PEERS", paths::peers());
        if !go {
            // By name: each test says which peer it runs with.
            test.args(["--", "--skip", "go_"]);
        }
        counted(log, &mut test)
    });
}

/// Whether the peer is there to be tested with.
fn toolchain(
    report: &mut Report,
    toolchain: Toolchain,
    step: &str,
    set_up: fn(&mut Log) -> Result<()>,
) -> bool {
    let mut ready = false;
    report.step(step, |log| {
        if let Some(missing) = toolchain.missing() {
            return Ok(Outcome::Skipped(missing));
        }
        set_up(log)?;
        ready = true;
        passed()
    });
    ready
}

fn cargo_test(log: &mut Log, targets: &[&str]) -> Result<Outcome> {
    counted(log, cargo(&["test", "--workspace", "--no-fail-fast"]).args(targets))
}

/// Runs a `cargo test` and counts its tests one by one.
fn counted(log: &mut Log, test: &mut Command) -> Result<Outcome> {
    let before = log.text.len();
    let ended = log.run(test);
    let mut counts = Counts::of_tests(&log.text[before..]);
    if ended.is_err() && counts.failed == 0 {
        // It did not build, or a test program died without a word.
        counts.failed = 1;
    }
    Ok(Outcome::Ran(counts))
}

fn in_benches(arguments: &[&str]) -> Command {
    let mut command = cargo(arguments);
    command.current_dir(paths::root().join("benches")).env("CARGO_TARGET_DIR", paths::benches_target());
    command
}

const fn passed() -> Result<Outcome> {
    Ok(Outcome::Ran(Counts::PASSED))
}
