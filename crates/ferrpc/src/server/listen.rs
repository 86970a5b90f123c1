//! Listening and accepting; the life of all connections of a server, from accept to the last goodbye.

use std::collections::HashMap;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ferrpc_http2::Connection;
use socket2::{Domain, Protocol, Socket, Type};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use super::connection::{Handlers, ServerSide};
use super::router::Router;
use super::{Server, ServerLimits, Stop};
use crate::conn;
use crate::conn::driver::Driver;
use crate::conn::inbox::{Command, Inbox};
use crate::error::Error;

/// Connections the kernel holds until they are accepted.
const BACKLOG: i32 = 1024;
/// Pause after an accept error that will not go away at once, such as too many open files: doubles from
/// the first to the last.
const ACCEPT_PAUSE_MIN: Duration = Duration::from_millis(5);
const ACCEPT_PAUSE_MAX: Duration = Duration::from_secs(1);
/// How long connections may take to say goodbye after their calls were cut.
const KILL_TIMEOUT: Duration = Duration::from_secs(5);

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

/// Accepts until told to stop, then sees all connections to their end.
pub(super) async fn accept(listener: TcpListener, server: Server, mut stopped: watch::Receiver<Stop>) {
    let life = Life::new(server);
    let mut pause = ACCEPT_PAUSE_MIN;
    while *stopped.borrow_and_update() == Stop::No {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            // The sender lives as long as the server: `run` holds a handle.
            _ = stopped.changed() => continue,
        };
        match accepted {
            Ok((socket, peer)) => {
                pause = ACCEPT_PAUSE_MIN;
                life.serve(socket, peer);
            }
            Err(error) if is_of_one_connection(&error) => {}
            Err(_) => {
                // Out of descriptors or memory: others may give some back. The loop ends on request only.
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(ACCEPT_PAUSE_MAX);
            }
        }
    }
    drop(listener);
    life.end(stopped).await;
}

/// Errors that say only that the connection to be accepted is gone.
fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionRefused
    )
}

/// What all connections of a server share, and how to reach each.
struct Life {
    router: Arc<Router>,
    limits: Arc<ServerLimits>,
    handlers: Handlers,
    open: Arc<Open>,
}

/// The connections that are open.
struct Open {
    inboxes: Mutex<Inboxes>,
    /// Notified when the last one is gone.
    emptied: Notify,
}

#[derive(Default)]
struct Inboxes {
    by_number: HashMap<u64, Arc<Inbox>>,
    next: u64,
}

impl Life {
    fn new(server: Server) -> Self {
        Self {
            router: Arc::new(server.router),
            limits: Arc::new(server.limits),
            handlers: match Handle::current().runtime_flavor() {
                RuntimeFlavor::CurrentThread => Handlers::Inline,
                _ => Handlers::Spawned,
            },
            open: Arc::new(Open { inboxes: Mutex::default(), emptied: Notify::new() }),
        }
    }

    /// Starts the task of a connection, unless there are too many already.
    fn serve(&self, socket: TcpStream, peer: SocketAddr) {
        let inbox = Arc::new(Inbox::default());
        let number = {
            let mut inboxes = self.open.lock();
            if inboxes.by_number.len() >= self.limits.connections_max {
                return;
            }
            inboxes.next += 1;
            let number = inboxes.next;
            inboxes.by_number.insert(number, inbox.clone());
            number
        };
        // Small replies must not wait for the peer's acknowledgements.
        let _ = socket.set_nodelay(true);
        let engine = Connection::server(self.limits.http2(), Instant::now().into_std());
        let (router, limits) = (self.router.clone(), self.limits.clone());
        let side = ServerSide::new(router, limits, inbox.clone(), Some(peer), self.handlers);
        let driver = Driver::new(socket, engine, side, inbox);
        let open = self.open.clone();
        conn::spawn(async move {
            driver.await;
            open.remove(number);
        });
    }

    /// Drains all connections, then cuts those that are left; bounded in time whatever the peers do.
    async fn end(self, mut stopped: watch::Receiver<Stop>) {
        if *stopped.borrow() == Stop::Drain {
            self.open.tell_all(|| Command::Drain);
            let finished = tokio::time::timeout(self.limits.drain_timeout, async {
                tokio::select! {
                    () = self.open.empty() => {}
                    _ = stopped.wait_for(|stop| *stop == Stop::Now) => {}
                }
            });
            let _ = finished.await;
        }
        self.open.tell_all(|| Command::Close);
        let _ = tokio::time::timeout(KILL_TIMEOUT, self.open.empty()).await;
    }
}

impl Open {
    fn lock(&self) -> MutexGuard<'_, Inboxes> {
        // Nothing under the lock can panic half-way.
        self.inboxes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn remove(&self, number: u64) {
        let mut inboxes = self.lock();
        inboxes.by_number.remove(&number);
        if inboxes.by_number.is_empty() {
            self.emptied.notify_waiters();
        }
    }

    fn tell_all(&self, command: impl Fn() -> Command) {
        for inbox in self.lock().by_number.values() {
            // One that is gone meanwhile needs no telling.
            inbox.push(command());
        }
    }

    async fn empty(&self) {
        loop {
            let emptied = self.emptied.notified();
            if self.lock().by_number.is_empty() {
                return;
            }
            emptied.await;
        }
    }
}
