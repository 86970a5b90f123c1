//! `cargo xtask bench user`: CPU time per unary call, our example server against tonic's equivalent.
//!
//! The server has core 0 for itself and h2load core 1; the servers take turns. What is counted is the
//! server's CPU time, not calls per second: the fast ones wait for h2load.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::peers::{self, Toolchain};
use crate::run::{Listening, Log, cargo, output_of};
use crate::{Result, context, paths, setup, write};

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

/// `UserRequest { id: 1 }` in its envelope.
const REQUEST: [u8; 7] = [0, 0, 0, 0, 2, 0x08, 1];
/// Bytes of the reply in its envelope: id 1, "John Doe", "john@example.com".
const REPLY_BYTES: u64 = 5 + 2 + 10 + 18;

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
    let request = paths::target().join("bench/user-request.bin");
    write(&request, REQUEST)?;

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
    if paths::on_path("h2load").is_none() {
        return Err(format!("h2load is not on PATH; run `cargo xtask setup`, or as root: {}", setup::H2LOAD));
    }
    if paths::on_path("taskset").is_none() {
        return Err("taskset is not on PATH; it comes with util-linux".into());
    }
    if std::thread::available_parallelism().is_ok_and(|cores| cores.get() < 2) {
        return Err("two cores are needed: one for the server, one for h2load".into());
    }
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
    h2load(&running.address, request, connections, in_flight, (requests / 10).max(connections))?;
    let before = cpu_ns(running.id())?;
    let calls_per_second = h2load(&running.address, request, connections, in_flight, requests)?;
    let spent = cpu_ns(running.id())? - before;
    #[expect(clippy::cast_precision_loss, reason = "nanoseconds of a run are far below 2⁵²")]
    let spent_us = spent as f64 / 1000.0;
    Ok(Run { cpu_us_per_call: spent_us / f64::from(requests), calls_per_second })
}

/// Loads the server and returns the calls per second; every call must have got a whole reply.
fn h2load(address: &str, request: &Path, connections: u32, in_flight: u32, requests: u32) -> Result<f64> {
    let mut load = Command::new("taskset");
    load.args(["-c", "1", "h2load", "-t1"])
        .args([format!("-c{connections}"), format!("-m{in_flight}"), format!("-n{requests}")])
        .arg("-d")
        .arg(request)
        .args(["-H", "content-type: application/grpc", "-H", "te: trailers"])
        .arg(format!("http://{address}/UserService/GetUser"));
    let output = output_of(&mut load)?;
    let (calls_per_second, data_bytes) =
        outcome(&output).ok_or_else(|| format!("h2load said something unexpected:\n{output}"))?;
    let wanted = u64::from(requests) * REPLY_BYTES;
    if data_bytes != wanted {
        return Err(format!(
            "{data_bytes} bytes of replies instead of {wanted}: calls have failed\n{output}"
        ));
    }
    Ok(calls_per_second)
}

/// Calls per second and bytes of DATA from what h2load prints.
fn outcome(output: &str) -> Option<(f64, u64)> {
    // finished in 4.25s, 141138.95 req/s, 9.02MB/s
    let finished = output.lines().find_map(|line| line.strip_prefix("finished in "))?;
    let rate = finished.split(", ").find_map(|part| part.strip_suffix(" req/s"))?;
    // traffic: 38.36MB (40225590) total, 6.87MB (7200288) headers (space savings 92.00%), 20.03MB (21000000) data
    let traffic = output.lines().find_map(|line| line.strip_prefix("traffic: "))?;
    let data = traffic.split(", ").find_map(|part| part.strip_suffix(" data"))?;
    let bytes = data.split(['(', ')']).nth(1)?;
    Some((rate.parse().ok()?, bytes.parse().ok()?))
}

/// CPU time of all threads of a process, in user space and in the kernel.
fn cpu_ns(process: u32) -> Result<u64> {
    let tasks = PathBuf::from(format!("/proc/{process}/task"));
    let mut sum = 0;
    for task in fs::read_dir(&tasks).map_err(context(tasks.display()))? {
        let file = task.map_err(context(tasks.display()))?.path().join("schedstat");
        let text = fs::read_to_string(&file).map_err(context(file.display()))?;
        let ns = text.split(' ').next().and_then(|ns| ns.parse::<u64>().ok());
        sum += ns.ok_or_else(|| format!("{}: {text:?}", file.display()))?;
    }
    Ok(sum)
}

struct Spread {
    min: f64,
    median: f64,
    max: f64,
}

impl Spread {
    fn of(values: impl Iterator<Item = f64>) -> Self {
        let mut values = values.collect::<Vec<_>>();
        values.sort_by(f64::total_cmp);
        let [min, .., max] = values.as_slice() else {
            let one = values.first().copied().unwrap_or(f64::NAN);
            return Self { min: one, median: one, max: one };
        };
        let middle = values.len() / 2;
        let median = if values.len() % 2 == 1 {
            values[middle]
        } else {
            f64::midpoint(values[middle - 1], values[middle])
        };
        Self { min: *min, median, max: *max }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_h2load_prints_is_understood() {
        let output = "finished in 4.25s, 141138.95 req/s, 9.02MB/s\n\
            requests: 600000 total, 600000 started, 600000 done, 600000 succeeded, 0 failed, 0 errored, 0 timeout\n\
            traffic: 38.36MB (40225590) total, 6.87MB (7200288) headers (space savings 92.00%), 20.03MB (21000000) data\n";
        assert_eq!(outcome(output), Some((141_138.95, 21_000_000)));
        assert_eq!(outcome("nothing"), None);
    }

    #[test]
    fn the_median_is_between_the_extremes() {
        let Spread { min, median, max } = Spread::of([3.0, 1.0, 2.0, 10.0].into_iter());
        assert_eq!([min, median, max], [1.0, 2.5, 10.0]);
    }
}
