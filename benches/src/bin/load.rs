//! Loads a gRPC server that offers `proto/rpc.proto`, in closed or open loop, and checks every reply.
#![forbid(unsafe_code)]

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use ferrpc_benches::rpc::figures::Figures;
use ferrpc_benches::rpc::load::{By, Call, Fields, Plan, Shape, bulk, run};

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
    /// Which unary method.
    #[arg(long, value_enum, default_value_t = Call::Echo)]
    call: Call,
    /// Metadata of unary calls.
    #[arg(long, value_enum, default_value_t = Fields::None)]
    fields: Fields,
    /// Octets of each message's payload.
    #[arg(long, default_value_t = 100)]
    payload: usize,
    /// Messages of a streaming call.
    #[arg(long, default_value_t = 1000)]
    messages: u64,
    /// Beside the operations, a stream of 64 KiB messages from the server on the first connection.
    #[arg(long)]
    beside: bool,
    /// Operations per second of all together: an open loop, in which time counts from when an operation
    /// was due. Default: a closed loop.
    #[arg(long)]
    rate: Option<f64>,
    /// Whose client makes the calls; tonic's knows `--call user` only.
    #[arg(long, value_enum, default_value_t = By::Ferrpc)]
    client: By,
    /// The server's process: its CPU time is printed as well.
    #[arg(long, value_name = "PID")]
    watch: Option<u32>,
    /// Print one line of names and numbers, for programs.
    #[arg(long)]
    line: bool,
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
        call: args.call,
        fields: args.fields,
        payload_bytes: args.payload,
        messages: args.messages,
        beside: args.beside,
        rate: args.rate,
        warm_up: args.warm_up,
        seconds: args.seconds,
        watch: args.watch,
    };
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().build().map_err(|error| error.to_string())?;
    let figures = tokio::task::LocalSet::new().block_on(&runtime, async {
        Ok::<_, String>(match plan.shape {
            Shape::Bulk => Figures::of_bulk(&bulk(&plan).await?),
            _ => {
                let outcome = run(&plan, args.client).await?;
                Figures::of_operations(&outcome.tally, &outcome.stretch)
            }
        })
    })?;
    if args.line {
        println!("{}", figures.line());
    } else {
        print!("{}", figures.table());
    }
    if let Some(failure) = &figures.first_failure {
        eprintln!("first failure: {failure}");
    }
    if let Some(file) = &args.json {
        std::fs::write(file, figures.json()).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    Ok(figures.failed > 0)
}
