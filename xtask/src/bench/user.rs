//! `cargo xtask bench user`: CPU time per unary call, our example server against tonic's equivalent.
//!
//! The server has core 0 for itself and h2load core 1; the servers take turns. What is counted is the
//! server's CPU time, not calls per second: the fast ones wait for h2load.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::peers::{self, Toolchain};
use crate::run::{Listening, Log, cargo, output_of};
use crate::{Result, paths, write};

use super::spread::Spread;
use super::{cpu, h2load};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Calls per run.
    #[arg(long, default_value_t = 600_000)]
    requests: u32,
    /// Runs of each server in each shape.
    #[arg(long, default_value_t = 3)]
    runs: u32,
    /// Write all figures to this file as well.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// Connections × calls in flight on each.
const SHAPES: [(u32, u32); 3] = [(1, 100), (10, 10), (50, 1)];

struct Server {
    name: &'static str,
    program: PathBuf,
    arguments: &'static [&'static str],
}

impl Server {
    fn start(&self) -> Result<Listening> {
        let mut pinned = Command::new("taskset");
        Listening::start(pinned.args(["-c", "0"]).arg(&self.program).args(self.arguments))
    }
}

/// What one run of h2load showed.
struct Run {
    cpu_us_per_call: f64,
    calls_per_second: f64,
}

pub(crate) fn command(options: &Options) -> Result<()> {
    needs()?;
    let servers = build()?;
    for server in &servers {
        check_reply(server)?;
    }
    let request = h2load::request()?;

    let Options { requests, runs, .. } = options;
    println!(
        "{requests} calls a run, {runs} runs; server CPU in µs per call: median [min..max]; calls per second"
    );
    println!("{:>8}  {:>8}  {:>20}  {:>9}", "shape", "server", "µs per call", "calls/s");
    let mut figures = Vec::new();
    for (connections, in_flight) in SHAPES {
        let mut results: [Vec<Run>; 2] = [Vec::new(), Vec::new()];
        for _ in 0..*runs {
            for (server, results) in servers.iter().zip(&mut results) {
                results.push(measure(server, &request, connections, in_flight, *requests)?);
            }
        }
        let shape = format!("{connections}x{in_flight}");
        for (server, results) in servers.iter().zip(&results) {
            let cpu = Spread::of(results.iter().map(|run| run.cpu_us_per_call));
            let rate = Spread::of(results.iter().map(|run| run.calls_per_second));
            let cpu = format!("{:.2} [{:.2}..{:.2}]", cpu.median, cpu.min, cpu.max);
            println!("{shape:>8}  {:>8}  {cpu:>20}  {:9.0}", server.name, rate.median);
        }
        let [ours, theirs] =
            results.each_ref().map(|r| Spread::of(r.iter().map(|run| run.cpu_us_per_call)).median);
        println!("{shape:>8}  {:>8}  {:>20}", "ratio", format!("{:.2}", theirs / ours));
        figures.push((shape, results));
    }
    match &options.json {
        Some(file) => write(file, json(*requests, &servers, &figures)),
        None => Ok(()),
    }
}

/// Names what is missing before anything is built.
fn needs() -> Result<()> {
    h2load::needs()?;
    match Toolchain::Python.missing() {
        Some(missing) => Err(format!("{missing}; the servers' replies are checked with grpcio")),
        None => Ok(()),
    }
}

/// Builds both servers with the same profile.
fn build() -> Result<[Server; 2]> {
    let mut log = Log { live: true, ..Log::default() };
    peers::set_up_python(&mut log)?;
    log.run(&mut cargo(&["build", "--release", "-p", "ferrpc-examples", "--bin", "user-server"]))?;
    let mut rivals = cargo(&["build", "--release", "--locked", "--bin", "tonic-user-server"]);
    rivals.current_dir(paths::root().join("benches")).env("CARGO_TARGET_DIR", paths::benches_target());
    log.run(&mut rivals)?;
    Ok([
        Server {
            name: "ferrpc",
            program: paths::target().join("release/user-server"),
            arguments: &["--listen", "127.0.0.1:0", "--threads", "1"],
        },
        Server {
            name: "tonic",
            program: paths::benches_target().join("release/tonic-user-server"),
            arguments: &["--listen", "127.0.0.1:0"],
        },
    ])
}

/// h2load takes any HTTP 200 for a success; a real client does not.
fn check_reply(server: &Server) -> Result<()> {
    let running = server.start()?;
    let reply = output_of(peers::python("user_client.py").args(["--target", &running.address]))?;
    let wanted = peers::USER;
    if reply == wanted { Ok(()) } else { Err(format!("{} answers {reply:?}, not {wanted:?}", server.name)) }
}

/// One run on a fresh server, after a tenth of the calls uncounted.
fn measure(server: &Server, request: &Path, connections: u32, in_flight: u32, requests: u32) -> Result<Run> {
    let running = server.start()?;
    let target = h2load::Target { address: &running.address, path: "/UserService/GetUser" };
    h2load::run(&target, request, connections, in_flight, (requests / 10).max(connections))?;
    let before = cpu::ns(running.id())?;
    let calls_per_second = h2load::run(&target, request, connections, in_flight, requests)?;
    let spent = cpu::ns(running.id())? - before;
    #[expect(clippy::cast_precision_loss, reason = "nanoseconds of a run are far below 2⁵²")]
    let spent_us = spent as f64 / 1000.0;
    Ok(Run { cpu_us_per_call: spent_us / f64::from(requests), calls_per_second })
}

fn json(requests: u32, servers: &[Server; 2], figures: &[(String, [Vec<Run>; 2])]) -> String {
    let list =
        |values: Vec<f64>| values.iter().map(|value| format!("{value:.3}")).collect::<Vec<_>>().join(", ");
    let mut rows = Vec::new();
    for (shape, results) in figures {
        for (server, results) in servers.iter().zip(results) {
            rows.push(format!(
                "    {{\"shape\": \"{shape}\", \"server\": \"{}\", \"cpu_us_per_call\": [{}], \"calls_per_second\": [{}]}}",
                server.name,
                list(results.iter().map(|run| run.cpu_us_per_call).collect()),
                list(results.iter().map(|run| run.calls_per_second).collect()),
            ));
        }
    }
    let mut json = String::new();
    let _ = write!(json, "{{\n  \"requests\": {requests},\n  \"rows\": [\n{}\n  ]\n}}\n", rows.join(",\n"));
    json
}
