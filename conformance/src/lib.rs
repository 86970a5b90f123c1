//! Programs that outside suites talk to: `src/bin/*.rs`, each run by `cargo xtask conformance`.
//!
//! What they share is here: ferrpc's HTTP/2 engine under the plainest loop there is.
#![forbid(unsafe_code)]

pub mod connect;
pub mod interop;
pub mod soak;

use std::future::Future;
use std::io;
use std::time::Duration;

use ferrpc_http2::{Connection, Event};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};

/// How long to read on after the last octet, so that a TCP reset does not take it from the peer.
const LINGER: Duration = Duration::from_millis(300);

/// Drives one connection from its first octet to its last: read, digest, write. `digest` is given each event;
/// it may give commands, and ends the connection with [`Connection::shut_down`].
///
/// # Errors
/// What the socket says.
pub async fn drive(
    mut socket: TcpStream,
    mut conn: Connection,
    mut digest: impl FnMut(&mut Connection, Event),
) -> io::Result<()> {
    socket.set_nodelay(true)?;
    loop {
        let closed = digest_all(&mut conn, &mut digest);
        write(&socket, &mut conn, &mut digest).await?;
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
fn digest_all(conn: &mut Connection, digest: &mut impl FnMut(&mut Connection, Event)) -> bool {
    while let Some(event) = conn.event() {
        digest(conn, event);
    }
    conn.is_closed()
}

/// Writes until the engine has nothing more to say.
async fn write(
    socket: &TcpStream,
    conn: &mut Connection,
    digest: &mut impl FnMut(&mut Connection, Event),
) -> io::Result<()> {
    while !conn.output().is_empty() {
        match socket.try_write(conn.output().first()) {
            Ok(n) => conn.written(n, now()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                conn.write_blocked(now());
                let due = conn.deadline();
                if before(due, socket.writable()).await.is_none() {
                    conn.tick(now());
                    // The engine may have given up: then there is nobody to write to.
                    if digest_all(conn, digest) {
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

/// The time, as the engine counts it.
pub fn now() -> std::time::Instant {
    Instant::now().into_std()
}
