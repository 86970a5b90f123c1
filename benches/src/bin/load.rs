//! Loads a gRPC server that offers `proto/rpc.proto`, in closed or open loop, and checks every reply.
#![forbid(unsafe_code)]

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use ferrpc_benches::rpc::clock::Tally;
use ferrpc_benches::rpc::load::{Plan, Shape, run};

/// Loads a gRPC server that offers ferrpc.bench.rpc.Load; ends with 1 if a call fails or a reply is wrong.
#[derive(Parser)]
struct Args {
    /// The server, as HOST:PORT or any gRPC target.
    #[arg(long)]
    target: String,
    /// Connections.
    #[arg(long, default_value_t = 1)]
    connections: usize,
    /// Operations in flight on each connection.
    #[arg(long, default_value_t = 1)]
    streams: usize,
    /// Seconds that are counted.
    #[arg(long, default_value_t = 10.0)]
    seconds: f64,
    /// Seconds before, that are not.
    #[arg(long, default_value_t = 1.0)]
    warm_up: f64,
    /// What is called: for `bidi` an operation is one message there and back, for the others a call.
    #[arg(long, value_enum, default_value_t = Shape::Unary)]
    shape: Shape,
    /// Octets of each message's payload.
    #[arg(long, default_value_t = 100)]
    payload: usize,
    /// Messages of a streaming call.
    #[arg(long, default_value_t = 1000)]
    messages: u64,
    /// Operations per second of all together: an open loop, in which time counts from when an operation
    /// was due. Default: a closed loop.
    #[arg(long)]
    rate: Option<f64>,
    /// Write the figures to this file as well.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

fn main() -> ExitCode {
    let args = Args::parse();
    match load(&args) {
        Ok(failed) if !failed => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether something failed.
fn load(args: &Args) -> Result<bool, String> {
    if args.rate.is_some_and(|rate| !(rate.is_finite() && rate > 0.0)) {
        return Err("--rate must be above 0".to_owned());
    }
    let plan = Plan {
        target: args.target.clone(),
        connections: args.connections,
        streams: args.streams,
        shape: args.shape,
        payload_bytes: args.payload,
        messages: args.messages,
        rate: args.rate,
        warm_up: args.warm_up,
        seconds: args.seconds,
    };
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().build().map_err(|error| error.to_string())?;
    let started = Instant::now();
    let tally = tokio::task::LocalSet::new().block_on(&runtime, run(&plan))?;
    report(args, &tally, started);
    if let Some(file) = &args.json {
        std::fs::write(file, as_json(args, &tally))
            .map_err(|error| format!("{}: {error}", file.display()))?;
    }
    Ok(tally.failed > 0)
}

const QUANTILES: [(&str, f64); 5] =
    [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999), ("max", 1.0)];

fn report(args: &Args, tally: &Tally, started: Instant) {
    let Args { connections, streams, payload, seconds, .. } = args;
    let loop_kind = match args.rate {
        Some(rate) => format!("open loop at {rate}/s"),
        None => "closed loop".to_owned(),
    };
    println!("{connections} x {streams}, {:?}, {payload} octets, {loop_kind}", args.shape);
    println!("operations  {:>12}  {:>12.0} /s", tally.times.len(), tally.times.len() as f64 / seconds);
    println!("messages    {:>12}  {:>12.0} /s", tally.messages, tally.messages as f64 / seconds);
    for (name, quantile) in QUANTILES {
        println!("{name:<10}  {:>12.1} us", tally.times.value_at_quantile(quantile) as f64 / 1e3);
    }
    println!("failed      {:>12}", tally.failed);
    if let Some(failure) = &tally.first_failure {
        println!("first failure: {failure}");
    }
    println!("took {:.1} s in all", started.elapsed().as_secs_f64());
}

fn as_json(args: &Args, tally: &Tally) -> String {
    let times: Vec<String> = QUANTILES
        .iter()
        .map(|(name, quantile)| format!("\"{name}\": {}", tally.times.value_at_quantile(*quantile)))
        .collect();
    format!(
        "{{\"connections\": {}, \"streams\": {}, \"shape\": \"{:?}\", \"payload_bytes\": {}, \"rate\": {}, \
         \"seconds\": {}, \"operations\": {}, \"messages\": {}, \"failed\": {}, \"ns\": {{{}}}}}\n",
        args.connections,
        args.streams,
        args.shape,
        args.payload,
        args.rate.map_or("null".to_owned(), |rate| rate.to_string()),
        args.seconds,
        tally.times.len(),
        tally.messages,
        tally.failed,
        times.join(", ")
    )
}
