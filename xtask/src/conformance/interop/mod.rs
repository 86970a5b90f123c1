//! `cargo xtask conformance interop`: gRPC's interop tests between ferrpc and the other languages, both ways.
//!
//! The negative HTTP/2 cases are ours alone: our client on a server of ours that misbehaves.
//!
//! Each cell is a run. A cell that is known to fail (`known_failures/interop.txt`) runs too, and the pair of foreign
//! programs that shows why; it is `n/a` only while both fail.

mod known;
mod language;
mod process;

use std::collections::BTreeMap;
use std::fmt;
use std::fmt::Write as _;
use std::process::Command;
use std::time::Duration;

use known::Known;
use language::Language;
use process::{Ended, Server};

use crate::report::Counts;
use crate::run::Log;
use crate::{Result, paths};

/// All cases, by the names that each language's client takes.
const CASES: [&str; 25] = [
    "empty_unary",
    "cacheable_unary",
    "large_unary",
    "client_compressed_unary",
    "client_compressed_unary_noprobe",
    "server_compressed_unary",
    "client_streaming",
    "client_compressed_streaming",
    "client_compressed_streaming_noprobe",
    "server_streaming",
    "server_compressed_streaming",
    "ping_pong",
    "empty_stream",
    "custom_metadata",
    "status_code_and_message",
    "special_status_message",
    "unimplemented_method",
    "unimplemented_service",
    "cancel_after_begin",
    "cancel_after_first_response",
    "timeout_on_sleeping_server",
    "concurrent_large_unary",
    "very_large_request",
    "rpc_soak",
    "channel_soak",
];

/// What a client may take for a case: a thousand large calls at once, with other work on the machine.
const CASE_MAX: Duration = Duration::from_secs(180);

/// So that the soak cases say whether all calls came through, not how fast the machine is.
const SOAK: [&str; 3] = [
    "--soak_iterations=50",
    "--soak_per_iteration_max_acceptable_latency_ms=20000",
    "--soak_overall_timeout_seconds=120",
];

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Only with these peers. Default: all.
    #[arg(long, conflicts_with_all = ["client", "server"])]
    peer: Vec<Language>,
    /// What `cargo xtask test` runs: all cases with Python and Go, which come without Debian's packages; what is known
    /// to be `n/a` needs to fail, but not to be shown.
    #[arg(long, exclusive = true)]
    few: bool,
    /// Only these cases. Default: all.
    #[arg(long, value_parser = CASES)]
    case: Vec<String>,
    /// One pair instead, which may leave us out: this client …
    #[arg(long, requires = "server")]
    client: Option<Language>,
    /// … and this server.
    #[arg(long, requires = "client")]
    server: Option<Language>,
}

pub(crate) fn command(options: &Options) -> Result<()> {
    let mut log = Log { live: true, ..Log::default() };
    if options.few {
        return verdict(few(&mut log)?);
    }
    let chosen = |case: &&str| options.case.is_empty() || options.case.iter().any(|name| name == case);
    let cases: Vec<_> = CASES.into_iter().filter(chosen).collect();
    let peers = if options.peer.is_empty() { Language::PEERS.to_vec() } else { options.peer.clone() };
    let (tables, known) = match (options.client, options.server) {
        // What is known is not asked: this is how one sees it.
        (Some(client), Some(server)) => (vec![Table::new("client", [(client, server)])], Vec::new()),
        _ => (Table::both_ways(&peers).into(), known::read()?),
    };
    let mut counts = run(&mut log, &cases, &tables, &known, Proofs::Run)?;
    if options.case.is_empty() && options.client.is_none() {
        counts = counts.plus(negative(&mut log)?);
    }
    verdict(counts)
}

fn verdict(counts: Counts) -> Result<()> {
    match counts.failed {
        0 => Ok(()),
        failed => Err(format!("{failed} cells failed; what was said is above")),
    }
}

/// All cases with the peers whose programs come without Debian's packages, and the negative cases. A cell that is `n/a`
/// is a check that held.
pub(crate) fn few(log: &mut Log) -> Result<Counts> {
    let tables = Table::both_ways(&[Language::Python, Language::Go]);
    let counts = run(log, &CASES, &tables, &known::read()?, Proofs::Known)?.plus(negative(log)?);
    let Counts { passed, failed, skipped } = counts;
    Ok(Counts { passed: passed + skipped, failed, skipped: 0 })
}

/// Whether the foreign pair runs that shows why a cell is `n/a`.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Proofs {
    Run,
    Known,
}

/// The negative HTTP/2 cases, each a check.
fn negative(log: &mut Log) -> Result<Counts> {
    Language::Ferrpc.set_up(log)?;
    let before = log.text.len();
    log.run(&mut Command::new(paths::target().join("debug/interop-negative")))?;
    Counts::of_last_line(&log.text[before..])
}

/// Runs all cells, and prints the tables.
fn run(
    log: &mut Log,
    cases: &[&'static str],
    tables: &[Table],
    known: &[Known],
    proofs: Proofs,
) -> Result<Counts> {
    let mut runner = Runner { log, known, proofs, up: BTreeMap::new(), notes: String::new() };
    let mut counts = Counts::default();
    let mut text = String::new();
    for table in tables {
        let _ = writeln!(text, "\n{:36}{}", table.title, table.heads());
        for case in cases {
            let _ = write!(text, "{case:36}");
            for &(client, server) in &table.pairs {
                let verdict = runner.cell(Cell { case, client, server })?;
                counts = counts.plus(verdict.counts());
                let _ = write!(text, "{verdict:8}");
            }
            text.truncate(text.trim_end().len());
            text.push('\n');
        }
    }
    let notes = std::mem::take(&mut runner.notes);
    let Counts { passed, failed, skipped } = counts;
    log.line(text.trim_end());
    log.line(&format!("\n{notes}{skipped} n/a\n{passed} passed, {failed} failed"));
    Ok(counts)
}

/// One direction: pairs beside each other.
struct Table {
    title: &'static str,
    pairs: Vec<(Language, Language)>,
}

impl Table {
    fn new(title: &'static str, pairs: impl IntoIterator<Item = (Language, Language)>) -> Self {
        Self { title, pairs: pairs.into_iter().collect() }
    }

    fn both_ways(peers: &[Language]) -> [Self; 2] {
        [
            Self::new("our client, their server", peers.iter().map(|peer| (Language::Ferrpc, *peer))),
            Self::new("their client, our server", peers.iter().map(|peer| (*peer, Language::Ferrpc))),
        ]
    }

    /// The peers, or whatever the pair is.
    fn heads(&self) -> String {
        let head = |&(client, server): &(Language, Language)| match (client, server) {
            (Language::Ferrpc, peer) | (peer, Language::Ferrpc) => format!("{peer:8}"),
            _ => format!("{client} on {server}"),
        };
        self.pairs.iter().map(head).collect::<String>().trim_end().to_owned()
    }
}

/// A case between two programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cell {
    case: &'static str,
    client: Language,
    server: Language,
}

impl fmt::Display for Cell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} client on {} server", self.case, self.client, self.server)
    }
}

enum Verdict {
    Pass,
    Fail,
    /// Known to fail, and seen to fail without us.
    NotApplicable,
}

impl Verdict {
    const fn counts(&self) -> Counts {
        match self {
            Self::Pass => Counts::PASSED,
            Self::Fail => Counts::FAILED,
            Self::NotApplicable => Counts::SKIPPED,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::NotApplicable => "n/a",
        })
    }
}

/// Runs cells, with programs that are made and servers that are started once they are needed.
struct Runner<'a> {
    log: &'a mut Log,
    known: &'a [Known],
    proofs: Proofs,
    /// Languages whose programs are there, and their servers if they run.
    up: BTreeMap<Language, Option<Server>>,
    /// A line for each cell that is `n/a`.
    notes: String,
}

impl Runner<'_> {
    fn cell(&mut self, cell: Cell) -> Result<Verdict> {
        let ended = self.run(cell)?;
        let Some(known) = self.known.iter().find(|known| known.cell == cell) else {
            return Ok(self.judged(cell, &ended));
        };
        if ended.passed {
            self.log.line(&format!("FAILED {cell}: it passes; take it off the known failures"));
            return Ok(Verdict::Fail);
        }
        if self.proofs == Proofs::Run && self.run(known.shown_by)?.passed {
            self.judged(cell, &ended);
            self.log.line(&format!("but {} passes: it is no proof", known.shown_by));
            return Ok(Verdict::Fail);
        }
        let Known { shown_by, reason, .. } = known;
        self.log.line(&format!("n/a    {cell}"));
        let _ =
            writeln!(self.notes, "n/a {cell}: {reason}; so does {} on {}", shown_by.client, shown_by.server);
        Ok(Verdict::NotApplicable)
    }

    /// What a run by itself comes to; what was said is printed if it failed.
    fn judged(&mut self, cell: Cell, ended: &Ended) -> Verdict {
        if ended.passed {
            self.log.line(&format!("passed {cell}"));
            return Verdict::Pass;
        }
        self.log.line(&format!("FAILED {cell}: it {}; it said:\n{}", ended.how, ended.said.trim_end()));
        Verdict::Fail
    }

    /// Runs a client on a server; behind the client's words are the server's.
    fn run(&mut self, cell: Cell) -> Result<Ended> {
        self.set_up(cell.client)?;
        self.set_up(cell.server)?;
        let server = self.up.entry(cell.server).or_default();
        let server = match server {
            Some(server) => server,
            None => server.insert(cell.server.serve()?),
        };
        server.said();
        let mut client = cell.client.client(cell.case, server.port);
        if cell.case.ends_with("_soak") {
            client.args(SOAK);
        }
        let mut ended = process::run(&mut client, CASE_MAX)?;
        let said = server.said();
        if !said.is_empty() {
            let _ = write!(ended.said, "and the {} server:\n{said}", cell.server);
        }
        if let Some(how) = server.ended() {
            ended.passed = false;
            let _ = writeln!(ended.said, "the {} server {how}", cell.server);
            // The next case gets another.
            self.up.insert(cell.server, None);
        }
        Ok(ended)
    }

    fn set_up(&mut self, language: Language) -> Result<()> {
        if !self.up.contains_key(&language) {
            language.set_up(self.log)?;
            self.up.insert(language, None);
        }
        Ok(())
    }
}
