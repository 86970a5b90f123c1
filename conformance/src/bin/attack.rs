//! Attacks an HTTP/2 server over sockets and prints what bounds it keeps.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line program")]
#![forbid(unsafe_code)]

use std::net::{SocketAddr, ToSocketAddrs as _};
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use ferrpc_attack::neighbour::{Felt, Neighbour, resident_bytes};
use ferrpc_attack::rows::{ROWS, Row, Seen, Target};

/// Attacks an HTTP/2 server, one row after the other, with a well-behaved client beside it.
#[derive(Parser)]
struct Args {
    /// The server. It must be your own, and on this machine.
    #[arg(long)]
    server: String,
    /// Its process, to see what memory it takes (Linux).
    #[arg(long)]
    pid: Option<u32>,
    /// A gRPC method of it.
    #[arg(long, default_value = "/UserService/GetUser")]
    path: String,
    /// Only rows whose name has this in it.
    #[arg(long)]
    row: Option<String>,
    /// One JSON object per row instead of a table.
    #[arg(long)]
    json: bool,
}

/// What a neighbour may feel.
const PAUSE_MAX: Duration = Duration::from_secs(1);
/// What a server may grow by in one row.
const GROWTH_BYTES_MAX: usize = 16 << 20;

fn main() -> ExitCode {
    let args = Args::parse();
    match run(&args) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether every row held.
fn run(args: &Args) -> Result<bool, String> {
    let addresses: Vec<SocketAddr> =
        args.server.to_socket_addrs().map_err(|error| format!("{}: {error}", args.server))?.collect();
    let server = *addresses.first().ok_or_else(|| format!("{} has no address", args.server))?;
    if !addresses.iter().all(|address| address.ip().is_loopback()) {
        return Err(format!("{server} is not on this machine; attack only what you started yourself"));
    }
    let target = Target { server, path: args.path.clone() };
    if !args.json {
        println!(
            "{:<62} {:<18} {:<9} {:<34} {:>9} {:>9} {:>8}",
            "attack", "known as", "", "what it does", "sent", "grows by", "pause"
        );
    }
    let mut held_all = true;
    for row in ROWS.iter().filter(|row| args.row.as_ref().is_none_or(|part| row.name.contains(part.as_str())))
    {
        let pid = args.pid;
        let held_bytes = move || pid.and_then(resident_bytes);
        let neighbour = Neighbour::start(server, held_bytes).map_err(|error| format!("{server}: {error}"))?;
        // A server that does not even take a connection any more has not held.
        let seen = (row.run)(&target).unwrap_or_else(|error| Seen {
            bounded: false,
            what: error.to_string(),
            sent_bytes: 0,
        });
        let felt = neighbour.stop();
        held_all &= report(args, row, &seen, felt);
    }
    Ok(held_all)
}

/// Prints a row; whether it held.
fn report(args: &Args, row: &Row, seen: &Seen, felt: Felt) -> bool {
    let small = felt.grown_bytes.is_none_or(|bytes| bytes <= GROWTH_BYTES_MAX);
    let held = seen.bounded && small && !felt.lost && felt.longest <= PAUSE_MAX;
    let grown = felt.grown_bytes.map_or_else(|| "?".to_owned(), |bytes| format!("{} KiB", bytes >> 10));
    let pause = if felt.lost { "lost".to_owned() } else { format!("{} ms", felt.longest.as_millis()) };
    let sent = format!("{} KiB", seen.sent_bytes >> 10);
    if args.json {
        println!(
            "{{\"attack\": {:?}, \"held\": {held}, \"what\": {:?}, \"sent_bytes\": {}, \"grown_bytes\": {}, \
             \"neighbour_lost\": {}, \"neighbour_ms\": {}}}",
            row.name,
            seen.what,
            seen.sent_bytes,
            felt.grown_bytes.map_or_else(|| "null".to_owned(), |bytes| bytes.to_string()),
            felt.lost,
            felt.longest.as_millis(),
        );
    } else {
        let verdict = if held { "held" } else { "NOT HELD" };
        println!(
            "{:<62} {:<18} {verdict:<9} {:<34} {sent:>9} {grown:>9} {pause:>8}",
            row.name, row.known_as, seen.what
        );
    }
    held
}
