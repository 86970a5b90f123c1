//! The life of a server's connections, from the first octet to the last goodbye.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ferrpc_http2::Connection;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::{Notify, watch};
use tokio::time::Instant;

use super::connection::{Handlers, ServerSide};
use super::router::Router;
use super::{Server, ServerLimits, Stop};
use crate::conn;
use crate::conn::driver::Driver;
use crate::conn::inbox::{Command, Inbox};

/// How long connections may take to say goodbye after their calls were cut.
const KILL_TIMEOUT: Duration = Duration::from_secs(5);

/// What all connections of a server share, and how to reach each.
pub(super) struct Life {
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
    pub(super) fn new(server: Server) -> Self {
        let one_thread =
            server.shards.is_some() || Handle::current().runtime_flavor() == RuntimeFlavor::CurrentThread;
        Self {
            router: Arc::new(server.router),
            limits: Arc::new(server.limits),
            handlers: if one_thread { Handlers::Inline } else { Handlers::Spawned },
            open: Arc::new(Open { inboxes: Mutex::default(), emptied: Notify::new() }),
        }
    }

    /// Starts the task of a connection, unless there are too many already. `held` is dropped when the
    /// connection is over.
    pub(super) fn serve<Io>(&self, io: Io, peer: Option<SocketAddr>, held: impl Send + 'static)
    where
        Io: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
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
        let engine = Connection::server(self.limits.http2(), Instant::now().into_std());
        let (router, limits) = (self.router.clone(), self.limits.clone());
        let side = ServerSide::new(router, limits, inbox.clone(), peer, self.handlers);
        let driver = Driver::new(io, engine, side, inbox);
        let open = self.open.clone();
        conn::spawn(async move {
            driver.await;
            drop(held);
            open.remove(number);
        });
    }

    /// Ready once there is no connection.
    pub(super) async fn empty(&self) {
        self.open.empty().await;
    }

    /// Drains all connections, then cuts those that are left; bounded in time whatever the peers do.
    pub(super) async fn end(&self, mut stopped: watch::Receiver<Stop>) {
        if *stopped.borrow() == Stop::Drain {
            self.open.tell_all(|| Command::Drain);
            let finished = tokio::time::timeout(self.limits.drain_timeout, async {
                tokio::select! {
                    () = self.empty() => {}
                    _ = stopped.wait_for(|stop| *stop == Stop::Now) => {}
                }
            });
            let _ = finished.await;
        }
        self.open.tell_all(|| Command::Close);
        let _ = tokio::time::timeout(KILL_TIMEOUT, self.empty()).await;
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
