//! The client role: h2specd is a server, or 57, each of which is one case and starts a client for itself.

use std::net::TcpListener;
use std::process::{Command, Stdio};

use super::suite::{Case, Ended, build, set_up, sum_up};
use crate::report::Counts;
use crate::run::Log;
use crate::{Result, context, paths};

const CASES: u32 = 57;

/// Cases of h2specd, which is of RFC 7540's time, that RFC 9113 has otherwise: section, title, what holds now.
const OUTDATED: [(&str, &str, &str); 1] = [(
    "5.1",
    "closed: Sends a DATA frame",
    "§6.1: DATA on a stream that is not open is \"a stream error (Section 5.4.2) of type STREAM_CLOSED\"",
)];

/// All cases, or those of the sections named in `arguments`; an error if some did not even run.
pub(super) fn all(log: &mut Log, arguments: &[String]) -> Result<Counts> {
    let program = set_up(log, "h2specd")?;
    build(log, "ferrpc-conformance", "h2-client")?;
    let client = paths::target().join("debug/h2-client");
    let mut h2specd = Command::new(program);
    // A second for each reaction that must come, or must not: most take a millisecond.
    h2specd.args(["-o", "1", "-f", &free_ports()?.to_string(), "-e"]).arg(client).args(arguments);
    let ended = h2specd.stdin(Stdio::null()).output().map_err(context("cannot start h2specd"))?;
    let said = String::from_utf8_lossy(&ended.stdout).replace('\r', "\n");
    let mut cases = cases(&said);
    let ran = u32::try_from(cases.len()).unwrap_or(u32::MAX);
    if arguments.is_empty() && ran != CASES {
        return Err(format!("h2specd ran {ran} cases instead of {CASES}; it said:\n{said}"));
    }
    for (section, title, now) in OUTDATED {
        let Some(at) = cases.iter().position(|case| (case.section, case.title) == (section, title)) else {
            continue;
        };
        let case = cases.remove(at);
        if case.ended != Ended::Failed {
            return Err(format!("{section} {title}: no longer fails; take it off the list in {}", file!()));
        }
        log.line(&format!("outdated {section} {title}: {}; but RFC 9113 {now}", case.said));
    }
    Ok(sum_up(log, &cases, "h2specd on h2-client"))
}

/// The first of as many free ports in a row as there are cases: h2specd takes no others.
fn free_ports() -> Result<u16> {
    let all = u16::try_from(CASES).unwrap_or(u16::MAX);
    let are_free =
        |first: &u16| (*first..first + all).all(|port| TcpListener::bind(("127.0.0.1", port)).is_ok());
    let mut firsts = (20_000..60_000).step_by(usize::from(all));
    firsts.find(are_free).ok_or_else(|| format!("no {all} ports in a row are free"))
}

/// The cases in what h2specd prints: headings with their sections, and a line for each case below them.
fn cases(said: &str) -> Vec<Case<'_>> {
    let mut cases: Vec<Case<'_>> = Vec::new();
    let mut section = "";
    // Behind that line the failures are told again.
    for line in said.lines().map(str::trim).take_while(|line| *line != "Failures:") {
        let (mark, rest) = match line.split_once(' ') {
            Some(("✔", rest)) => (Ended::Passed, rest),
            Some(("×", rest)) => (Ended::Failed, rest),
            _ => (Ended::Skipped, line),
        };
        let Some((number, title)) = rest.split_once(' ') else { continue };
        if let Some(number) = number.strip_suffix('.').filter(|number| is_number(number)) {
            section = number;
        } else if number.strip_suffix(':').is_some_and(is_number) {
            cases.push(Case { section, title, ended: mark, said: String::new() });
        } else if let Some(case) = cases.last_mut().filter(|case| case.ended == Ended::Failed) {
            // What was expected, and what came.
            let words = line.split_whitespace().collect::<Vec<_>>().join(" ");
            case.said = if case.said.is_empty() { words } else { format!("{} {words}", case.said) };
        }
    }
    cases
}

/// `5` or `5.1.1`.
fn is_number(text: &str) -> bool {
    text.split('.').all(|part| !part.is_empty() && part.bytes().all(|octet| octet.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_printed_is_read_case_by_case() {
        let said = "Generic tests for HTTP/2 client\n  5. Streams\n    5.1. Stream States\n\n      ✔ 1: idle: Sends it\n\n      \
                    × 2: closed: Sends it\n        -> It MUST.\n           Expected: GOAWAY\n             Actual: RST\n      \
                    3: reserved\n  6.  Frames\n\nFailures: \n\n    5.1. Stream States\n      × 2: closed: Sends it\n";
        let found = cases(said);
        let ended = found.iter().map(|case| case.ended).collect::<Vec<_>>();
        assert_eq!(ended, [Ended::Passed, Ended::Failed, Ended::Skipped]);
        assert_eq!((found[1].section, found[1].title), ("5.1", "closed: Sends it"));
        assert_eq!(found[1].said, "-> It MUST. Expected: GOAWAY Actual: RST");
    }
}
