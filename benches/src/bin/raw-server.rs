//! The limits: canned HTTP/2 answers, and raw TCP.
#![forbid(unsafe_code)]

use std::net::TcpListener;

use clap::Parser;
use ferrpc_benches::rpc::canned;
use ferrpc_benches::rpc::raw::{self, Exchange, SMALL};

/// Answers without reading what is asked, until it is killed.
#[derive(Parser)]
struct Args {
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: String,
    #[arg(long, value_enum, default_value_t = Mode::Canned)]
    mode: Mode,
    /// Canned: octets of a payload of `Sized`; without it `GetUser` is answered. Echo: octets each way; without
    /// it those of a small call.
    #[arg(long)]
    payload: Option<usize>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Mode {
    /// HTTP/2: each request gets the same answer.
    Canned,
    /// TCP: so many octets there, so many back.
    Echo,
    /// TCP: takes all there is.
    Bulk,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args = Args::parse();
    let listener = TcpListener::bind(&args.listen)?;
    println!("listening on {}", listener.local_addr()?);
    match args.mode {
        Mode::Echo => {
            let each = args.payload.map_or(SMALL, |bytes| Exchange { there: bytes, back: bytes });
            raw::serve_exchanges(&listener, each)?;
        }
        Mode::Bulk => raw::serve_bulk(&listener)?,
        Mode::Canned => {
            let message = canned::message(args.payload)?;
            tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
                listener.set_nonblocking(true)?;
                canned::serve(tokio::net::TcpListener::from_std(listener)?, message.leak()).await
            })?;
        }
    }
    Ok(())
}
