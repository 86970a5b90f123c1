//! Listening on addresses and accepting connections, whatever goes wrong meanwhile.

use std::future::poll_fn;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

use super::life::Life;
use super::shards::Shards;
use super::shutdown::{Stop, due};
use super::{Server, Told};
use crate::conn;
use crate::connection_info::ConnectionInfo;
use crate::counters::Counters;
use crate::error::Error;

/// Connections the kernel holds until they are accepted.
const BACKLOG: i32 = 1024;
/// Pause after an accept error that will not go away at once, such as too many open files: doubles from
/// the first to the last.
const ACCEPT_PAUSE_MIN: Duration = Duration::from_millis(5);
const ACCEPT_PAUSE_MAX: Duration = Duration::from_secs(1);

/// Listens on the first address that `address` stands for and that allows it.
pub(super) async fn bind(address: &str) -> Result<(TcpListener, SocketAddr), Error> {
    let failed = |source| Error::listen(address, source);
    let mut last = io::Error::new(io::ErrorKind::InvalidInput, "no such address");
    for resolved in tokio::net::lookup_host(address).await.map_err(failed)? {
        match listen(resolved).or_else(|error| without_ipv6(resolved, error)) {
            Ok(listener) => {
                let local = listener.local_addr().map_err(failed)?;
                return Ok((listener, local));
            }
            Err(error) => last = error,
        }
    }
    Err(failed(last))
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    if address.is_ipv6() && address.ip() == Ipv6Addr::UNSPECIFIED {
        // [::] means every address, as everywhere in gRPC.
        socket.set_only_v6(false)?;
    }
    // A restarted server must not wait for old connections to time out.
    socket.set_reuse_address(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    TcpListener::from_std(socket.into())
}

/// `[::]` is every address, also on a machine where IPv6 is off.
fn without_ipv6(address: SocketAddr, error: io::Error) -> io::Result<TcpListener> {
    let off = matches!(error.kind(), io::ErrorKind::Unsupported | io::ErrorKind::AddrNotAvailable)
        || error.raw_os_error() == Some(EAFNOSUPPORT);
    if off && address.ip() == Ipv6Addr::UNSPECIFIED {
        return listen(SocketAddr::from((Ipv4Addr::UNSPECIFIED, address.port())));
    }
    Err(error)
}

/// Linux: address family not supported; std has no kind for it.
const EAFNOSUPPORT: i32 = 97;

/// What a server listens on.
pub(super) struct Listeners {
    open: Vec<(TcpListener, SocketAddr)>,
    /// Who is asked first, so that each has its turn.
    first: usize,
}

impl Listeners {
    pub(super) fn new(listener: TcpListener, address: SocketAddr) -> Self {
        Self { open: vec![(listener, address)], first: 0 }
    }

    pub(super) fn add(&mut self, listener: TcpListener, address: SocketAddr) {
        self.open.push((listener, address));
    }

    /// Closes one; false if it is not there.
    fn close(&mut self, address: SocketAddr) -> bool {
        let before = self.open.len();
        self.open.retain(|(_, open)| *open != address);
        self.open.len() < before
    }

    /// A connection, who made it, and where.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<(TcpStream, SocketAddr, SocketAddr)>> {
        for nth in 0..self.open.len() {
            let at = (self.first + nth) % self.open.len();
            let (listener, address) = &self.open[at];
            if let Poll::Ready(accepted) = listener.poll_accept(cx) {
                let accepted = accepted.map(|(socket, peer)| (socket, peer, *address));
                self.first = at + 1;
                return Poll::Ready(accepted);
            }
        }
        Poll::Pending
    }
}

/// Accepts until told to stop, then sees all connections to their end.
pub(super) async fn accept(
    mut listeners: Listeners,
    server: Server,
    counters: Arc<Counters>,
    told: Told,
) -> io::Result<()> {
    let Told { stopping, mut closing, report } = told;
    let (shards, plan) = (server.shards, server.config.limits.shutdown);
    let life = Arc::new(Life::new(server, counters.clone()));
    let shards = shards.map(|count| Shards::start(count.get(), &life)).transpose()?;
    let mut over = std::pin::pin!(due(stopping.clone(), |stop| stop.drain_at));
    loop {
        let (socket, peer, address) = tokio::select! {
            accepted = next(|cx| listeners.poll(cx), &counters) => accepted,
            () = &mut over => break,
            // The sender lives as long as the server: `run` holds a handle.
            _ = closing.changed() => {
                for address in closing.borrow_and_update().iter().copied() {
                    if listeners.close(address) {
                        let life = life.clone();
                        let stop = Stop::new(&plan.without_lame_duck(), Instant::now());
                        conn::spawn(async move { life.end_at(Some(address), stop).await });
                    }
                }
                continue;
            }
        };
        // Small replies must not wait for the peer's acknowledgements.
        let _ = socket.set_nodelay(true);
        match &shards {
            None => {
                let info = ConnectionInfo::of(&socket, peer);
                life.serve(socket, info, Some(address), ());
            }
            // A thread that takes no more holds nobody up who wants an end.
            Some(shards) => tokio::select! {
                () = shards.serve(socket, peer, address) => {}
                () = &mut over => break,
            },
        }
    }
    drop(listeners);
    report.send_replace(Some(life.end(None, stopping).await));
    Ok(())
}

/// The next connection, whatever errors come before it.
async fn next<T>(mut accept: impl FnMut(&mut Context<'_>) -> Poll<io::Result<T>>, counters: &Counters) -> T {
    let mut pause = ACCEPT_PAUSE_MIN;
    loop {
        match poll_fn(&mut accept).await {
            Ok(accepted) => return accepted,
            Err(error) if is_of_one_connection(&error) => {}
            Err(_) => {
                counters.accept_errors.count();
                // Out of descriptors or memory: others may give some back. The loop ends on request only.
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(ACCEPT_PAUSE_MAX);
            }
        }
    }
}

/// Errors that say only that the connection to be accepted is gone.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionRefused
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Linux: too many open files.
    const EMFILE: i32 = 24;

    #[tokio::test(start_paused = true)]
    async fn atk_35_no_error_of_accepting_ends_it_or_makes_it_spin() {
        // CVE-2024-47609, CVE-2023-4785.
        let counters = Counters::default();
        let began = Instant::now();
        let mut asked = 0;
        // An hour without descriptors; now and then a connection that was gone before it was accepted.
        let accept = |_: &mut Context<'_>| {
            asked += 1;
            Poll::Ready(if began.elapsed() >= Duration::from_secs(3600) {
                Ok("a connection")
            } else if asked % 10 == 1 {
                Err(io::ErrorKind::ConnectionAborted.into())
            } else {
                Err(io::Error::from_raw_os_error(EMFILE))
            })
        };
        assert_eq!(next(accept, &counters).await, "a connection");
        // Once a second at most, but for the first few.
        assert!((3600..=3610).contains(&counters.accept_errors.get()), "{counters:?}");
        assert!(asked < 4100, "{asked}");
    }
}
