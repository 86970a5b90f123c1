//! An HTTP/2 server that answers any request with a short body: what h2spec is run against.
//!
//! It knows nothing of gRPC. So every case of a suite applies, also those that a gRPC server would answer
//! with a status.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "the one line that says where it listens")]

use std::io;

use clap::Parser;
use ferrpc_conformance::{drive, now};
use ferrpc_http2::{Connection, End, Event, Indexing, Limits, StreamKey};
use tokio::net::TcpListener;

/// Answers any HTTP/2 request with a short body.
#[derive(Parser)]
struct Args {
    /// Port on the loopback address; 0 for any that is free.
    #[arg(long, default_value_t = 0)]
    port: u16,
}

/// What every request is answered with. Longer than one octet: a case of h2spec allows one at a time.
const BODY: &[u8] = b"every request is answered with this\n";

/// Streams a client may have open at once. A case of h2spec opens one more.
const STREAMS_MAX: u32 = 100;

fn main() -> io::Result<()> {
    let args = Args::parse();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(serve(args.port))
}

async fn serve(port: u16) -> io::Result<()> {
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    println!("listening on {}", listener.local_addr()?);
    loop {
        let (socket, _) = listener.accept().await?;
        let mut limits = Limits::default();
        limits.streams_max = STREAMS_MAX;
        let conn = Connection::server(limits, now());
        tokio::spawn(async move {
            // A socket that fails is the peer's doing, and no reason to stop for the others.
            let _ = drive(socket, conn, digest).await;
        });
    }
}

/// Answers each request once it has come whole.
fn digest(conn: &mut Connection, event: Event) {
    match event {
        Event::Head { stream, end: End::Yes, .. } | Event::Trailers { stream, .. } => answer(conn, stream),
        Event::Data { stream, chunk, end } => {
            conn.consumed(stream, chunk.len());
            if end == End::Yes {
                answer(conn, stream);
            }
        }
        _ => {}
    }
}

fn answer(conn: &mut Connection, stream: StreamKey) {
    conn.send_headers(stream, End::No, |head| {
        head.field(b":status", b"200", Indexing::Literal);
        head.field(b"content-type", b"text/plain", Indexing::Literal);
    });
    conn.send_slice(stream, BODY, End::Yes);
}
