//! An HTTP/2 client that asks for one page and stays for whatever the server does: what h2specd is run against.
//!
//! It knows nothing of gRPC, like `h2-server`.
#![forbid(unsafe_code)]

use std::io;

use clap::Parser;
use ferrpc_conformance::{drive, now};
use ferrpc_http2::{Connection, End, ErrorCode, Event, Indexing, Limits};
use tokio::net::TcpStream;

/// Asks for one page, and stays until the server says GOAWAY or leaves.
#[derive(Parser)]
struct Args {
    /// `http://HOST:PORT/PATH`.
    url: String,
}

fn main() -> io::Result<()> {
    let args = Args::parse();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(ask(&args.url))
}

async fn ask(url: &str) -> io::Result<()> {
    let authority_and_path = url.strip_prefix("http://").unwrap_or(url);
    let at = authority_and_path.find('/').unwrap_or(authority_and_path.len());
    let (authority, path) = authority_and_path.split_at(at);
    let path = if path.is_empty() { "/" } else { path };

    let socket = TcpStream::connect(authority).await?;
    let mut conn = Connection::client(Limits::default(), now());
    let request = conn.open(End::Yes, |head| {
        head.field(b":method", b"GET", Indexing::Literal);
        head.field(b":scheme", b"http", Indexing::Literal);
        head.field(b":path", path.as_bytes(), Indexing::Literal);
        head.field(b":authority", authority.as_bytes(), Indexing::Literal);
    });
    request.map_err(io::Error::other)?;
    drive(socket, conn, |conn, event| match event {
        Event::Data { stream, chunk, .. } => conn.consumed(stream, chunk.len()),
        // There is nothing more to come.
        Event::GoAway { .. } => conn.shut_down(ErrorCode::NO_ERROR, ""),
        _ => {}
    })
    .await
}
