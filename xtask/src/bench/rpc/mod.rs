//! `cargo xtask bench rpc`: calls and streams of ours beside other gRPC implementations and beside what TCP
//! alone costs; then a line per gate.
//!
//! A *case* is a row of the tables, a *contender* a column: a server (or a client) in one of its ways to work.
//! The server has core 0 for itself and the generator core 1; in each round the contenders take turns, another
//! one first. The generators are programs of benches/: they check every reply and read the server's CPU time.

mod cases;
mod cell;
mod gates;
mod measure;
mod peers;
mod report;

use std::path::PathBuf;
use std::time::Instant;

use crate::run::Log;
use crate::{Result, context, write};

use super::{gate, h2load};
use cases::Case;
use cell::Cell;
use measure::Length;
use peers::Peer;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Short rounds, and fewer.
    #[arg(long)]
    quick: bool,
    /// Rounds of contenders on whom a gate hangs; the others have half as many at most. Default 5, or 3 if quick.
    #[arg(long)]
    rounds: Option<usize>,
    /// Write all figures to this file as well.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write the tables to this file as well: between its two lines `<!-- bench rpc -->`, if it has them.
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// Only cases whose name begins so; may be repeated.
    #[arg(long, value_name = "NAME")]
    case: Vec<String>,
    /// Only this peer; may be repeated. Default: all, and each that cannot be built is an error.
    #[arg(long, value_enum, value_name = "NAME")]
    peer: Vec<Peer>,
}

impl Options {
    fn wants(&self, case: &Case) -> bool {
        self.case.is_empty() || self.case.iter().any(|start| case.name.starts_with(start))
    }

    fn has(&self, peer: Peer) -> bool {
        self.peer.is_empty() || self.peer.contains(&peer)
    }

    /// Everything is measured: what is missing then has failed.
    fn all(&self) -> bool {
        self.case.is_empty() && self.peer.is_empty()
    }
}

pub(crate) fn command(options: &Options) -> Result<()> {
    h2load::pinning()?;
    let cases: Vec<Case> = cases::all()
        .into_iter()
        .filter(|case| options.wants(case))
        .map(|mut case| {
            case.contenders.retain(|contender| options.has(contender.peer));
            case
        })
        .filter(|case| !case.contenders.is_empty())
        .collect();
    if cases.is_empty() {
        return Err("no case has this name and these peers".into());
    }
    let mut log = Log { live: true, ..Log::default() };
    let peers: Vec<Peer> = Peer::ALL
        .into_iter()
        .filter(|peer| cases.iter().any(|case| case.contenders.iter().any(|it| it.peer == *peer)))
        .collect();
    peers::build(&mut log, &peers)?;

    let mut length = if options.quick { Length::QUICK } else { Length::FULL };
    if let Some(rounds) = options.rounds {
        length.rounds = rounds.max(1);
        length.shown_rounds = length.shown_rounds.min(length.rounds.div_ceil(2));
    }
    let started = Instant::now();
    let mut results: Vec<(Case, Vec<Cell>)> = Vec::new();
    for case in cases {
        let cells = measure::case(&case, &length);
        print!("{}", report::case(&case, &cells));
        results.push((case, cells));
    }
    let crosscheck = if options.all() { Some(measure::crosscheck(&length)?) } else { None };
    if let Some(said) = &crosscheck {
        println!("{said}");
    }
    let judgement = gates::judge(&results, options.all());
    if let Some(file) = &options.json {
        write(file, report::json(&results, &judgement.gates))?;
    }
    if let Some(file) = &options.markdown {
        let old = std::fs::read_to_string(file).unwrap_or_default();
        let tables = report::markdown(&results, &judgement, crosscheck.as_deref());
        write(file, gate::put(&old, "rpc", &tables)).map_err(context(file.display()))?;
    }
    print!("{}", judgement.lines());
    println!("measured in {} s", started.elapsed().as_secs());
    let failed: Vec<&str> =
        results.iter().flat_map(|(_, cells)| cells).filter_map(|cell| cell.failure.as_deref()).collect();
    if failed.is_empty() {
        Ok(())
    } else {
        Err(format!("{} cells have failed: {}", failed.len(), failed.join("; ")))
    }
}
