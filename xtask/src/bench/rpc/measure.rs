//! One case: servers started, loaded in turn, figures read.

use std::process::Command;

use super::cases::{Case, Contender, Cores, Figure, Generator};
use super::cell::{Cell, Sample};
use super::gates;
use super::peers::{self, Peer};
use crate::Result;
use crate::bench::{cpu, h2load};
use crate::run::{Listening, output_of};

/// How long everything takes.
pub(super) struct Length {
    /// Of contenders on whom a gate hangs.
    pub(super) rounds: usize,
    /// Of those that are only shown.
    pub(super) shown_rounds: usize,
    seconds: &'static str,
    warm_up: &'static str,
    /// Of a compiler that learns while it runs, in the first round: after ten seconds it has learnt.
    warm_up_java: &'static str,
    bulk_seconds: &'static str,
    /// Messages of an upload, 64 KiB each.
    bulk_messages: u64,
    h2load_calls: u32,
}

impl Length {
    /// An upload is 1 GiB, or what goes over in ten seconds.
    pub(super) const FULL: Self = Self {
        rounds: 5,
        shown_rounds: 2,
        seconds: "1.5",
        warm_up: "0.4",
        warm_up_java: "12",
        bulk_seconds: "10",
        bulk_messages: 16_384,
        h2load_calls: 300_000,
    };
    pub(super) const QUICK: Self = Self {
        rounds: 3,
        shown_rounds: 1,
        seconds: "0.5",
        warm_up: "0.2",
        warm_up_java: "4",
        bulk_seconds: "2",
        bulk_messages: 2_048,
        h2load_calls: 50_000,
    };
}

/// Runs a case. A contender that fails is out of it, and says why.
pub(super) fn case(case: &Case, length: &Length) -> Vec<Cell> {
    let mut cells: Vec<Cell> = case
        .contenders
        .iter()
        .map(|contender| Cell { contender: contender.name, samples: Vec::new(), failure: None })
        .collect();
    // Memory is measured on fresh servers; else they stay, so that nobody is charged for a start.
    let fresh = matches!(case.generator, Generator::Idle(_));
    let rounds_max = match case.generator {
        Generator::Load(_) => length.rounds,
        // It takes its ten seconds.
        Generator::Bulk { .. } => length.rounds.min(3),
        // It is the same each time.
        Generator::Idle(_) => length.rounds.min(2),
    };
    let mut servers: Vec<Option<Listening>> = case.contenders.iter().map(|_| None).collect();
    for round in 0..rounds_max {
        for turn in 0..case.contenders.len() {
            let at = (round + turn) % case.contenders.len();
            let (contender, cell, server) = (&case.contenders[at], &mut cells[at], &mut servers[at]);
            let is_judged = gates::judges(case.name, contender.name);
            if cell.failure.is_some() || (round >= length.shown_rounds && !is_judged) {
                continue;
            }
            if fresh {
                *server = None;
            }
            match run(case, contender, server, round == 0, length) {
                Ok(sample) => cell.samples.push(sample),
                Err(why) => cell.failure = Some(format!("{} {}: {why}", case.name, contender.name)),
            }
        }
    }
    cells
}

fn run(
    case: &Case,
    contender: &Contender,
    server: &mut Option<Listening>,
    first: bool,
    length: &Length,
) -> Result<Sample> {
    let server = match server {
        Some(server) => server,
        none => none.insert(start(case.cores, contender)?),
    };
    let id = server.id().to_string();
    let raw = contender.peer == Peer::Raw;
    let generator_core = if case.cores == Cores::Shared { "0" } else { "1" };
    // Whatever hangs is ended, and is an error.
    let pinned = |program: &str| {
        let mut command = Command::new("timeout");
        command.args(["60", "taskset", "-c", generator_core]).arg(peers::program(program));
        command.args(["--watch", &id]);
        command
    };
    let mut relay = None;
    let mut command = match case.generator {
        Generator::Load(arguments) => {
            let cold = first && contender.peer == Peer::Java;
            let warm_up = if cold { length.warm_up_java } else { length.warm_up };
            let mut command = pinned(if raw { "raw-load" } else { "load" });
            command.args(["--target", &server.address, "--seconds", length.seconds, "--warm-up", warm_up]);
            if !raw {
                command.arg("--line").args(arguments);
            }
            command
        }
        Generator::Bulk { rtt_ms, mbit } => {
            let mut way = Command::new(peers::program("relay"));
            way.args(["--target", &server.address, "--rtt-ms", &rtt_ms.to_string()]);
            way.args(mbit.iter().flat_map(|mbit| ["--mbit".to_owned(), mbit.to_string()]));
            let way = relay.insert(Listening::start(&mut way)?);
            let mut command = pinned(if raw { "raw-load" } else { "load" });
            command.args(["--target", &way.address, "--seconds", length.bulk_seconds]);
            if raw {
                let octets = length.bulk_messages * (64 << 10);
                command.args(["--mode", "bulk", "--payload", &octets.to_string()]);
            } else {
                let messages = length.bulk_messages.to_string();
                command.args(["--line", "--shape", "bulk", "--payload", "65536", "--messages", &messages]);
            }
            command
        }
        Generator::Idle(arguments) => {
            let mut command = pinned("idle");
            command.args(["--target", &server.address]).args(arguments);
            command
        }
    };
    let printed = output_of(command.args(contender.load))?;
    let sample = Sample::parse(&printed).ok_or_else(|| format!("the generator said {printed:?}"))?;
    match sample.number("messages") {
        Some(0.0) => Err("not one message in all the time".into()),
        _ => Ok(sample),
    }
}

/// Starts a server on its core.
fn start(cores: Cores, contender: &Contender) -> Result<Listening> {
    let mut pinned = Command::new("taskset");
    pinned.args(["-c", if cores == Cores::Overlapping { "0,1" } else { "0" }]);
    Listening::start(pinned.args(contender.peer.server()).args(contender.server))
}

/// Our generator beside h2load on the same servers: both must tell the same about the server.
pub(super) fn crosscheck(length: &Length) -> Result<String> {
    h2load::needs()?;
    let request = h2load::request()?;
    let mut said = Vec::new();
    for peer in [Peer::Ferrpc, Peer::Tonic] {
        let server = start(Cores::Apart, &Contender { name: "", peer, server: &[], load: &[] })?;
        let target = h2load::Target { address: &server.address, path: "/ferrpc.bench.rpc.Load/GetUser" };
        h2load::run(&target, &request, 1, 100, length.h2load_calls / 10)?;
        let before = cpu::ns(server.id())?;
        h2load::run(&target, &request, 1, 100, length.h2load_calls)?;
        #[expect(clippy::cast_precision_loss, reason = "nanoseconds of a run are far below 2⁵²")]
        let theirs = (cpu::ns(server.id())? - before) as f64 / 1e3 / f64::from(length.h2load_calls);
        let mut load = Command::new("taskset");
        load.args(["-c", "1"]).arg(peers::program("load")).args(["--target", &server.address, "--line"]);
        load.args(["--call", "user", "--streams", "100", "--seconds", length.seconds]);
        let printed = output_of(load.args(["--watch", &server.id().to_string()]))?;
        let ours = Sample::parse(&printed).and_then(|sample| sample.figure(Figure::ServerCpu));
        let ours = ours.ok_or_else(|| format!("load said {printed:?}"))?;
        said.push(format!("{peer:?} {ours:.2} µs by load, {theirs:.2} by h2load"));
    }
    Ok(format!("cross-check, GetUser 1 × 100, server CPU per call: {}", said.join("; ")))
}
