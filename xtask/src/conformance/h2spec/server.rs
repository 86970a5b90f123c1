//! The server role: h2spec is a client that misbehaves.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use super::suite::{Case, Ended, build, set_up, sum_up};
use crate::report::Counts;
use crate::run::{Listening, Log};
use crate::{Result, context, paths};

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

/// All cases on all servers; an error if some did not even run.
pub(super) fn all(log: &mut Log) -> Result<Counts> {
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

/// What `arguments` choose, on the engine alone.
pub(super) fn some(log: &mut Log, arguments: &[String]) -> Result<Counts> {
    let program = set_up(log, "h2spec")?;
    let target = &TARGETS[0];
    build(log, target.package, target.program)?;
    run(log, &program, target, arguments)
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
}
