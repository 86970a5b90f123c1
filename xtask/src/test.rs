//! `cargo xtask test`: each step in its order, one table at the end.

use std::process::Command;

use crate::peers::{self, Toolchain};
use crate::report::{Counts, Outcome, Report};
use crate::run::{ASIDE, Log, cargo, cargo_aside};
use crate::{Result, conformance, generate, loom, paths, soak, spec, tidy};

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
        for workspace in ASIDE {
            log.run(&mut cargo_aside(workspace, &["fmt", "--check"]))?;
        }
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
        // Libraries only: the program `ferrpc` would take the place of the library `ferrpc`.
        log.run(cargo(&["doc", "--workspace", "--no-deps", "--lib"]).env("RUSTDOCFLAGS", "-D warnings"))?;
        passed()
    });
    report.step("tidy", |log| {
        let findings = tidy::findings()?;
        for finding in &findings {
            log.line(&finding.to_string());
        }
        if findings.is_empty() { passed() } else { Err(format!("{} findings", findings.len())) }
    });
    report.step("RFCs, marks and tests fit together", |log| {
        let faults = spec::Spec::read()?.faults();
        for fault in &faults {
            log.line(fault);
        }
        if faults.is_empty() { passed() } else { Err(format!("{} findings", faults.len())) }
    });
    report.step("generated code is up to date", |log| {
        let stale = generate::stale()?;
        for (output, _) in &stale {
            log.line(&format!("{output}: differs from what the generator writes; run `cargo xtask gen`"));
        }
        if stale.is_empty() { passed() } else { Err(format!("{} files out of date", stale.len())) }
    });
    report.step("workspaces of their own build", |log| {
        for workspace in ASIDE {
            let clippy = ["clippy", "--locked", "--all-targets", "--", "-D", "warnings"];
            log.run(&mut cargo_aside(workspace, &clippy))?;
        }
        passed()
    });
    report.step("loom", |log| loom::all(log).map(Outcome::Ran));
    report.step("a minute of soak", |log| soak::one_minute(log).map(Outcome::Ran));
    report.step("fuzz targets, seeded", |log| counted(log, &mut cargo_aside("fuzz", &["test", "--locked"])));
    report.step("examples/prost", |log| {
        counted(log, &mut cargo_aside("examples/prost", &["test", "--locked"]))
    });
    foreign_peers(&mut report);
    report.finish()
}

/// Sets the peers up and runs the tests that need them; what has no toolchain here is skipped.
fn foreign_peers(report: &mut Report) {
    let python_missing = Toolchain::Python.missing();
    // The Go peer is generated with the Python one's protoc.
    let go_missing = Toolchain::Go.missing().or_else(|| python_missing.clone());
    let go = go_missing.is_none();

    needing(report, "set-up of the Python peer", python_missing.as_ref(), |log| {
        peers::set_up_python(log).and_then(|()| passed())
    });
    needing(report, "set-up of the Go peer", go_missing.as_ref(), |log| {
        peers::set_up_go(log).and_then(|()| passed())
    });
    needing(report, "peers agree with each other", go_missing.as_ref(), |log| {
        peers::agree(log).and_then(|()| passed())
    });
    needing(report, "the examples with grpcio's usual programs", python_missing.as_ref(), |log| {
        log.run(&mut cargo(&["build", "-p", "ferrpc-examples", "--bins"]))?;
        peers::usual_programs(log).and_then(|()| passed())
    });
    needing(report, "h2spec", Toolchain::Go.missing().as_ref(), |log| {
        conformance::h2spec::all(log).map(Outcome::Ran)
    });
    needing(report, "connectrpc's conformance suite", Toolchain::Go.missing().as_ref(), |log| {
        conformance::connect::all(log).map(Outcome::Ran)
    });
    // Part of what protoc is compared over comes from npm.
    needing(
        report,
        "descriptor sets against protoc's",
        python_missing.clone().or_else(|| Toolchain::Node.missing()).as_ref(),
        |log| conformance::protoc::all(log).map(Outcome::Ran),
    );
    needing(report, "mutants against Google's parsers", python_missing.as_ref(), |log| {
        conformance::mutants::few(log).map(Outcome::Ran)
    });
    needing(report, "protoc-gen-ferrpc under protoc and buf", python_missing.as_ref(), |log| {
        conformance::plugin::all(log).map(Outcome::Ran)
    });
    needing(report, "HPACK with others", python_missing.as_ref(), |log| {
        conformance::hpack::all(log).map(Outcome::Ran)
    });
    needing(report, "gRPC's interop cases with Python and Go", go_missing.as_ref(), |log| {
        conformance::interop::few(log).map(Outcome::Ran)
    });
    needing(report, "our server and client with the peers", python_missing.as_ref(), |log| {
        let mut test = cargo(&["test", "--workspace", "--features", "ferrpc-tests/peers", "--test", "peers"]);
        test.env("FERRPC_PEERS", paths::peers());
        if !go {
            // By name: each test says which peer it runs with.
            test.args(["--", "--skip", "go_"]);
        }
        counted(log, &mut test)
    });
}

/// A step that can only run if nothing is missing.
fn needing(
    report: &mut Report,
    step: &str,
    missing: Option<&String>,
    run: impl FnOnce(&mut Log) -> Result<Outcome>,
) {
    report.step(step, |log| match missing {
        Some(missing) => Ok(Outcome::Skipped(missing.clone())),
        None => run(log),
    });
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

const fn passed() -> Result<Outcome> {
    Ok(Outcome::Ran(Counts::PASSED))
}
