//! An HTTP/2 server that answers any request with a short body: what h2spec is run against.
//!
//! It is ferrpc's engine under the plainest loop there is: read, digest, answer, write. Knowing nothing of
//! gRPC, it lets every case of a suite apply, also those that a gRPC server would answer with a status.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "the one line that says where it listens")]

use std::future::Future;
use std::io;
use std::time::Duration;

use clap::Parser;
use ferrpc_http2::{Config, Connection, End, Event, Indexing, StreamKey};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, timeout, timeout_at};

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

/// How long to read on after the last octet, so that a TCP reset does not take it from the peer.
const LINGER: Duration = Duration::from_secs(1);

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
        tokio::spawn(async move {
            // A socket that fails is the peer's doing, and no reason to stop for the others.
            let _ = talk(socket).await;
        });
    }
}

/// One connection from its first octet to its last.
async fn talk(mut socket: TcpStream) -> io::Result<()> {
    socket.set_nodelay(true)?;
    let mut config = Config::default();
    config.streams_max = STREAMS_MAX;
    let mut conn = Connection::server(config, now());
    loop {
        let closed = digest(&mut conn);
        write(&socket, &mut conn).await?;
        if closed {
            return linger(socket).await;
        }
        let due = conn.deadline();
        match before(due, socket.read(conn.space())).await {
            Some(Ok(0)) => conn.eof(),
            Some(Ok(n)) => conn.received(n, now()),
            Some(Err(error)) => return Err(error),
            None => conn.tick(now()),
        }
    }
}

/// Takes in all that happened; true once the connection is over.
fn digest(conn: &mut Connection) -> bool {
    let mut closed = false;
    while let Some(event) = conn.event() {
        match event {
            Event::Head { stream, end: End::Yes, .. } | Event::Trailers { stream, .. } => {
                answer(conn, stream)
            }
            Event::Data { stream, chunk, end } => {
                conn.consumed(stream, chunk.len());
                if end == End::Yes {
                    answer(conn, stream);
                }
            }
            Event::Closed { .. } => closed = true,
            _ => {}
        }
    }
    closed
}

fn answer(conn: &mut Connection, stream: StreamKey) {
    conn.send_headers(stream, End::No, |head| {
        head.field(b":status", b"200", Indexing::Literal);
        head.field(b"content-type", b"text/plain", Indexing::Literal);
    });
    conn.send_slice(stream, BODY, End::Yes);
}

/// Writes until the engine has nothing more to say.
async fn write(socket: &TcpStream, conn: &mut Connection) -> io::Result<()> {
    while !conn.output().is_empty() {
        match socket.try_write(conn.output().first()) {
            Ok(n) => conn.written(n, now()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                conn.write_blocked(now());
                let due = conn.deadline();
                if before(due, socket.writable()).await.is_none() {
                    conn.tick(now());
                    // The engine may have given up: then there is nobody to write to.
                    if digest(conn) {
                        return Err(io::ErrorKind::TimedOut.into());
                    }
                }
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Says that nothing more comes, and waits a while for the peer to say the same.
async fn linger(mut socket: TcpStream) -> io::Result<()> {
    socket.shutdown().await?;
    let mut ignored = [0; 4096];
    let rest = async { while socket.read(&mut ignored).await.is_ok_and(|n| n > 0) {} };
    let _ = timeout(LINGER, rest).await;
    Ok(())
}

/// What `future` gives, unless `due` comes first.
async fn before<F: Future>(due: Option<std::time::Instant>, future: F) -> Option<F::Output> {
    match due {
        Some(due) => timeout_at(Instant::from_std(due), future).await.ok(),
        None => Some(future.await),
    }
}

fn now() -> std::time::Instant {
    Instant::now().into_std()
}
