//! Loads `raw-server --mode echo` or `--mode bulk`.
#![forbid(unsafe_code)]

use clap::Parser;
use ferrpc_benches::rpc::figures::Figures;
use ferrpc_benches::rpc::raw::{self, Exchange, SMALL};

/// What calls and streams would be without any protocol.
#[derive(Parser)]
struct Args {
    /// The server, as HOST:PORT.
    #[arg(long)]
    target: String,
    #[arg(long, value_enum, default_value_t = Mode::Echo)]
    mode: Mode,
    /// Echo: octets each way, as the server was told. Bulk: octets in all.
    #[arg(long)]
    payload: Option<usize>,
    /// Seconds that are counted; the most that bulk may take.
    #[arg(long, default_value_t = 10.0)]
    seconds: f64,
    /// Seconds before, that are not.
    #[arg(long, default_value_t = 1.0)]
    warm_up: f64,
    /// The server's process: its CPU time is printed as well.
    #[arg(long, value_name = "PID")]
    watch: Option<u32>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Mode {
    /// So many octets there, so many back.
    Echo,
    /// As many as go over.
    Bulk,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let Args { target, mode, payload, seconds, warm_up, watch } = Args::parse();
    let figures = match mode {
        Mode::Echo => {
            let each = payload.map_or(SMALL, |bytes| Exchange { there: bytes, back: bytes });
            let (tally, stretch) = raw::exchanges(&target, each, warm_up, seconds, watch)?;
            Figures::of_operations(&tally, &stretch)
        }
        Mode::Bulk => {
            let (octets, stretch) = raw::bulk(&target, payload.unwrap_or(1 << 30) as u64, seconds, watch)?;
            Figures::of_octets(octets, &stretch)
        }
    };
    println!("{}", figures.line());
    Ok(())
}
