//! `cargo xtask conformance h2spec`: each case of h2spec against the engine alone and against an example.
//!
//! Server role here, client role in `h2specd`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::h2specd;
use crate::peers::Toolchain;
use crate::report::Counts;
use crate::run::{Listening, Log, cargo};
use crate::{Result, context, paths};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// The client role instead: all cases of h2specd.
    #[arg(long)]
    client: bool,
    /// Handed to h2spec: `-S`, `http2/6.5`, …; then only `h2-server` is tested, and not all cases need run.
    #[arg(last = true)]
    arguments: Vec<String>,
}

/// `@latest` is the only form that the module proxy serves; it is 2.2.1, of 2018, and will hardly move.
const MODULE: &str = "github.com/summerwind/h2spec/cmd";

/// A server, how it is tested, and how many cases that makes.
struct Target {
    package: &'static str,
    program: &'static str,
    server: &'static [&'static str],
    h2spec: &'static [&'static str],
    cases: u32,
}

const TARGETS: [Target; 3] = [
    Target { package: "ferrpc-conformance", program: "h2-server", server: &[], h2spec: &[], cases: 145 },
    // Strict: MUST and SHOULD.
    Target { package: "ferrpc-conformance", program: "h2-server", server: &[], h2spec: &["-S"], cases: 146 },
    Target {
        package: "ferrpc-examples",
        program: "user-server",
        server: &["--listen", "127.0.0.1:0"],
        h2spec: &["-P", "/UserService/GetUser"],
        cases: 145,
    },
];

pub(crate) fn command(options: &Options) -> Result<()> {
    let mut log = Log { live: true, ..Log::default() };
    if let Some(missing) = Toolchain::Go.missing() {
        return Err(missing);
    }
    if options.client {
        return verdict(h2specd::all(&mut log, &options.arguments)?);
    }
    if options.arguments.is_empty() {
        return verdict(servers(&mut log)?);
    }
    let program = set_up(&mut log, "h2spec")?;
    let target = &TARGETS[0];
    build(&mut log, target.package, target.program)?;
    let counts = run(&mut log, &program, target, &options.arguments)?;
    verdict(counts)
}

/// All cases of both roles; an error if some did not even run.
pub(crate) fn all(log: &mut Log) -> Result<Counts> {
    Ok(servers(log)?.plus(h2specd::all(log, &[])?))
}

fn servers(log: &mut Log) -> Result<Counts> {
    let program = set_up(log, "h2spec")?;
    let mut sum = Counts::default();
    for target in &TARGETS {
        build(log, target.package, target.program)?;
        let counts = run(log, &program, target, &[])?;
        let ran = counts.passed + counts.failed + counts.skipped;
        if ran != target.cases {
            return Err(format!("h2spec ran {ran} cases of {} instead of {}", target.program, target.cases));
        }
        sum = sum.plus(counts);
    }
    Ok(sum)
}

fn verdict(counts: Counts) -> Result<()> {
    match counts {
        Counts { failed: 0, skipped: 0, passed: 1.. } => Ok(()),
        Counts { passed: 0, failed: 0, skipped: 0 } => Err("no case ran; see `h2spec --help`".into()),
        Counts { failed, skipped, .. } => Err(format!("{failed} cases failed, {skipped} were skipped")),
    }
}

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

fn run(log: &mut Log, program: &Path, target: &Target, arguments: &[String]) -> Result<Counts> {
    let mut server = Command::new(paths::target().join("debug").join(target.program));
    let server = Listening::start(server.args(target.server))?;
    let (host, port) = server.address.rsplit_once(':').unwrap_or_default();
    let report = paths::conformance().join("h2spec.xml");
    let mut h2spec = Command::new(program);
    // A second for each reaction that must come, or must not: most take a millisecond.
    h2spec.args(["-h", host, "-p", port, "-o", "1", "-j"]).arg(&report);
    h2spec.args(target.h2spec).args(arguments);
    // Its exit code only says that a case failed, which the report says by name.
    let ended = h2spec.stdin(Stdio::null()).output().map_err(context("cannot start h2spec"))?;
    let xml = fs::read_to_string(&report).map_err(|_| {
        format!("h2spec wrote no report; it said:\n{}", String::from_utf8_lossy(&ended.stderr))
    })?;
    fs::remove_file(&report).map_err(context(report.display()))?;

    let how = target.h2spec.iter().copied().chain(arguments.iter().map(String::as_str));
    let how = how.map(|word| format!(" {word}")).collect::<String>();
    Ok(sum_up(log, &cases(&xml), &format!("h2spec{how} on {}", target.program)))
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

/// The cases of a JUnit report as h2spec writes it: one element a case, what went wrong inside.
fn cases(xml: &str) -> Vec<Case<'_>> {
    let elements = xml.split("<testcase ").skip(1);
    elements
        .map(|element| {
            let element = element.split("</testcase>").next().unwrap_or_default();
            let attribute = |name: &str| {
                let value = element.split_once(&format!("{name}=\""))?.1;
                value.split('"').next()
            };
            let inside = element.split_once('>').map_or("", |(_, inside)| inside);
            let ended = match inside {
                inside if inside.contains("<skipped") => Ended::Skipped,
                inside if inside.trim().is_empty() => Ended::Passed,
                // <failure> or <error>
                _ => Ended::Failed,
            };
            let text = inside.split('<').filter_map(|part| part.split_once('>')).map(|(_, text)| text);
            let said = text.collect::<String>();
            Case {
                section: attribute("package").unwrap_or_default(),
                title: attribute("classname").unwrap_or_default(),
                ended,
                said: said.split_whitespace().collect::<Vec<_>>().join(" "),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_read_case_by_case() {
        let xml = "<testsuite errors=\"1\">\n\
            <testcase package=\"http2/3.5\" classname=\"Sends it\" time=\"0.1\"></testcase>\n\
            <testcase package=\"hpack/4.2\" classname=\"Sends two\" time=\"0.2\">\n<error>GOAWAY\nEOF</error>\n</testcase>\n\
            <testcase package=\"http2/5\" classname=\"Waits\" time=\"0\"><skipped></skipped></testcase></testsuite>";
        let found = cases(xml);
        let ended = found.iter().map(|case| case.ended).collect::<Vec<_>>();
        assert_eq!(ended, [Ended::Passed, Ended::Failed, Ended::Skipped]);
        assert_eq!((found[1].section, found[1].title), ("hpack/4.2", "Sends two"));
        assert_eq!(found[1].said, "GOAWAY EOF");
    }

    #[test]
    fn nothing_run_is_not_a_pass() {
        assert!(verdict(Counts::default()).is_err());
        assert!(verdict(Counts { passed: 144, failed: 0, skipped: 1 }).is_err());
        assert_eq!(verdict(Counts { passed: 145, failed: 0, skipped: 0 }), Ok(()));
    }
}
