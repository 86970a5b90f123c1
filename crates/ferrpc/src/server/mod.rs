//! The server: services, limits, listening, and how it ends.

mod call;
mod connection;
mod intercepted;
mod life;
mod listen;
mod router;
mod shards;

use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use ferrpc_http2::Limits as Http2Limits;
use ferrpc_proto::DecodeLimits;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;

pub use call::{Call, Running};
pub use intercepted::Intercepted;
pub use router::Service;

use crate::compression::Compression;
use crate::conn;
use crate::counters::Counters;
use crate::error::Error;
use crate::interceptor::{Chain, Interceptor};
use router::Router;

/// What a server takes and how long it waits. Each limit names what it bounds and what happens beyond.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ServerLimits {
    /// Largest message received, in octets. Default 4 MiB. A larger one ends its call with
    /// RESOURCE_EXHAUSTED on its length prefix; the connection stays up.
    pub message_bytes_max: usize,
    /// Largest message sent, in octets. Default unlimited. A larger one ends its call with
    /// RESOURCE_EXHAUSTED.
    pub send_message_bytes_max: usize,
    /// Limits of decoding a Protobuf message: depth and memory.
    pub decode: DecodeLimits,
    /// What one connection allows in HTTP/2: calls at once (`streams_max`, default 100), metadata
    /// (`header_list_bytes_max`, default 16 KiB), floods, windows, waits. A window may always be extended to
    /// one message of the largest size.
    pub http2: Http2Limits,
    /// Connections at once. Default 20,000; further ones are closed on arrival.
    pub connections_max: usize,
    /// How long the one request message of a unary or server-streaming call may stay away without another
    /// octet of it. Default 60 s; then the call ends with DEADLINE_EXCEEDED (CVE-2026-48854). Streams of
    /// requests may pause as long as they like.
    pub request_timeout: Duration,
    /// Time for calls whose client names none. Default none: such calls may take for ever.
    pub default_timeout: Option<Duration>,
    /// Least time for a call. A client's shorter timeout is raised to it, so that a handler may count on it unless
    /// the client cancels. Default none.
    pub timeout_min: Option<Duration>,
    /// Most time for a call. A longer timeout, or none, is lowered to it; then the call ends with DEADLINE_EXCEEDED.
    /// Default none.
    pub timeout_max: Option<Duration>,
    /// How long calls may go on after a graceful shutdown began. Default 25 s; then they are cut.
    pub drain_timeout: Duration,
}

impl Default for ServerLimits {
    fn default() -> Self {
        Self {
            message_bytes_max: 4 << 20,
            send_message_bytes_max: usize::MAX,
            decode: DecodeLimits::default(),
            http2: Http2Limits::default(),
            connections_max: 20_000,
            request_timeout: Duration::from_secs(60),
            default_timeout: None,
            timeout_min: None,
            timeout_max: None,
            drain_timeout: Duration::from_secs(25),
        }
    }
}

impl ServerLimits {
    /// The time for a call whose client asked for this much.
    fn timeout(&self, asked: Option<Duration>) -> Option<Duration> {
        let raised = asked.map(|asked| asked.max(self.timeout_min.unwrap_or_default()));
        [raised.or(self.default_timeout), self.timeout_max].into_iter().flatten().min()
    }

    fn http2(&self) -> Http2Limits {
        let mut limits = self.http2.clone();
        limits.stream_window_bytes_max =
            limits.stream_window_bytes_max.max(crate::envelope::window_bytes(self.message_bytes_max));
        limits
    }
}

/// What happens to a handler whose call is over before it returns: the client cancelled it or went away, or its
/// deadline passed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a handler is stopped, or it is not")]
pub enum OnCancel {
    /// Its future is dropped where it waits.
    #[default]
    Drop,
    /// It goes on and is told: [`CallContext::cancelled`](crate::CallContext::cancelled) becomes ready, calls that it
    /// made end with CANCELLED, streams of the call end. It counts as a live handler until it returns.
    Tell,
}

/// What all connections and calls of a server go by.
#[derive(Clone, Debug, Default)]
pub(crate) struct Config {
    pub(crate) limits: ServerLimits,
    pub(crate) compression: Compression,
    pub(crate) on_cancel: OnCancel,
}

/// A gRPC server: add services, then [`serve`](Self::serve) or [`bind`](Self::bind).
///
/// On a current-thread runtime handlers are polled in their connection's task first; on a multi-thread
/// runtime each is a task of its own. [`shards`](Self::shards) gives it threads of its own instead.
#[derive(Default)]
#[must_use = "a server does nothing until it serves"]
pub struct Server {
    router: Router,
    config: Config,
    chain: Option<Chain>,
    shards: Option<NonZeroUsize>,
}

impl Server {
    /// A server without services.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a service, such as a generated `…Server`. A second one of the same name replaces the first.
    #[expect(clippy::should_implement_trait, reason = "no sum: servers are built by adding")]
    pub fn add(mut self, service: impl Service) -> Self {
        self.router.add(Arc::new(service));
        self
    }

    /// Sets the limits.
    pub fn limits(mut self, limits: ServerLimits) -> Self {
        self.config.limits = limits;
        self
    }

    /// Sets which compressed messages are accepted and what is sent. Default: accepts gzip and deflate, with the
    /// feature of that name zstd too; sends uncompressed.
    pub fn compression(mut self, compression: Compression) -> Self {
        self.config.compression = compression;
        self
    }

    /// Puts an interceptor before all services, those added later too, and behind the interceptors before it.
    pub fn intercept(mut self, interceptor: impl Interceptor) -> Self {
        self.chain = Some(Chain::and(self.chain.as_ref(), interceptor));
        self
    }

    /// What calls go to, complete.
    fn router(&mut self) -> Router {
        let mut router = std::mem::take(&mut self.router);
        if let Some(chain) = self.chain.take() {
            router.intercept(&chain);
        }
        router
    }

    /// Sets what happens to handlers whose call is over early. Default: they are dropped.
    pub fn on_cancel(mut self, on_cancel: OnCancel) -> Self {
        self.config.on_cancel = on_cancel;
        self
    }

    /// Serves on `count` threads of its own, each with a current-thread runtime; 0 is one for each core.
    ///
    /// A connection lives on one thread, with all its handlers and what they spawn: nothing of it moves
    /// between cores or is locked against others. New connections go to the thread that has the fewest. A
    /// handler that blocks its thread holds up all others there. Default: the runtime the server is run on.
    pub fn shards(mut self, count: usize) -> Self {
        let cores = || std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        self.shards = Some(NonZeroUsize::new(count).unwrap_or_else(cores));
        self
    }

    /// Listens on `address` (`host:port`; `[::]:port` takes IPv4 too) and serves for ever.
    ///
    /// # Errors
    /// If the address cannot be listened on.
    pub async fn serve(self, address: impl AsRef<str>) -> Result<(), Error> {
        self.bind(address).await?.run().await
    }

    /// As [`serve`](Self::serve), until `signal` is ready; then shuts down gracefully: no new calls, those
    /// that run may finish within [`ServerLimits::drain_timeout`].
    ///
    /// # Errors
    /// If the address cannot be listened on.
    pub async fn serve_with_shutdown(
        self,
        address: impl AsRef<str>,
        signal: impl Future<Output = ()>,
    ) -> Result<(), Error> {
        self.bind(address).await?.run_until(signal).await
    }

    /// Serves connections that the caller makes and hands over, whatever they come through; the handle ends
    /// them. Must be called on a tokio runtime.
    ///
    /// [`shards`](Self::shards) has no effect here: a connection is a task of the runtime.
    pub fn accept_by_hand(self) -> (Acceptor, Handle) {
        let (stop, stopped) = watch::channel(Stop::No);
        let handle = Handle { stop: Arc::new(stop), counters: Arc::default() };
        let life = Arc::new(life::Life::new(Self { shards: None, ..self }, handle.counters.clone()));
        conn::spawn(end_when_told(life.clone(), stopped.clone()));
        (Acceptor { life, stopped }, handle)
    }

    /// Listens on `address`, and serves once [`Bound::run`] is awaited. Port 0 takes any free port.
    ///
    /// # Errors
    /// If the address cannot be listened on.
    pub async fn bind(self, address: impl AsRef<str>) -> Result<Bound, Error> {
        let (listener, local_addr) = listen::bind(address.as_ref()).await?;
        let (stop, stopped) = watch::channel(Stop::No);
        let handle = Handle { stop: Arc::new(stop), counters: Arc::default() };
        Ok(Bound { listener, local_addr, server: self, handle, stopped })
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("config", &self.config).finish_non_exhaustive()
    }
}

/// Takes connections for a server that does not listen; see [`Server::accept_by_hand`].
pub struct Acceptor {
    life: Arc<life::Life>,
    stopped: watch::Receiver<Stop>,
}

impl Acceptor {
    /// Serves one connection, as it comes from a pipe, a tunnel or a listener of the caller's, in a task of its
    /// own. A connection over [`ServerLimits::connections_max`], or after the end, is closed at once.
    pub fn accept<Io>(&self, io: Io)
    where
        Io: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        if !self.is_over() {
            self.life.serve(io, None, ());
        }
    }

    /// Whether the server was ended and takes no more connections.
    pub fn is_over(&self) -> bool {
        *self.stopped.borrow() != Stop::No
    }
}

impl fmt::Debug for Acceptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acceptor").field("is_over", &self.is_over()).finish_non_exhaustive()
    }
}

async fn end_when_told(life: Arc<life::Life>, mut stopped: watch::Receiver<Stop>) {
    // An error says that nobody can end it any more: then nothing needs to be done.
    if stopped.wait_for(|stop| *stop != Stop::No).await.is_ok() {
        life.end(stopped).await;
    }
}

/// A server that listens.
#[must_use = "a bound server accepts nothing until it runs"]
pub struct Bound {
    listener: tokio::net::TcpListener,
    local_addr: SocketAddr,
    server: Server,
    handle: Handle,
    stopped: watch::Receiver<Stop>,
}

impl Bound {
    /// The address it listens on, with the real port.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// A handle to end it from elsewhere.
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }

    /// Serves until [`Handle::shutdown`] is called and all connections have ended.
    ///
    /// # Errors
    /// If the threads of [`Server::shards`] cannot be started; accept errors are survived.
    ///
    /// # Cancel safety
    /// Dropping the future closes the listener; connections go on until their peers close them.
    pub async fn run(self) -> Result<(), Error> {
        let Self { listener, local_addr, server, handle, stopped } = self;
        let result = listen::accept(listener, server, handle.counters.clone(), stopped).await;
        drop(handle);
        result.map_err(|source| Error::listen(&local_addr.to_string(), source))
    }

    /// Serves until `signal` is ready, then shuts down gracefully.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub async fn run_until(self, signal: impl Future<Output = ()>) -> Result<(), Error> {
        let handle = self.handle();
        let mut run = std::pin::pin!(self.run());
        tokio::select! {
            result = &mut run => return result,
            () = signal => handle.shutdown(),
        }
        run.await
    }
}

impl fmt::Debug for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bound({})", self.local_addr)
    }
}

/// Ends a running server from elsewhere, and tells how often its limits fired.
#[derive(Clone, Debug)]
pub struct Handle {
    stop: Arc<watch::Sender<Stop>>,
    counters: Arc<Counters>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stop {
    No,
    /// Finish what runs.
    Drain,
    /// Cut what runs.
    Now,
}

impl Handle {
    /// Shuts down gracefully: closes the listener, tells every client by a two-step GOAWAY, lets running
    /// calls finish within [`ServerLimits::drain_timeout`].
    pub fn shutdown(&self) {
        self.stop.send_if_modified(|stop| {
            let first = *stop == Stop::No;
            *stop = if first { Stop::Drain } else { *stop };
            first
        });
    }

    /// How often the server's limits fired.
    pub fn counters(&self) -> &Arc<Counters> {
        &self.counters
    }

    /// Shuts down at once: running calls are cut.
    pub fn shutdown_now(&self) {
        self.stop.send_replace(Stop::Now);
    }
}
