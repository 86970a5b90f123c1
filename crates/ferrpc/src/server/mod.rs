//! The server: services, limits, listening, and how it ends.

mod age;
mod batch;
mod call;
mod connection;
mod facts;
mod fallback;
mod habit;
mod handler;
mod intercepted;
#[cfg(feature = "tower")]
mod layered;
mod life;
mod listen;
mod router;
mod service;
mod shards;
mod shutdown;
mod unread;

use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use ferrpc_http2::Limits as Http2Limits;
use ferrpc_proto::DecodeLimits;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio::time::Instant;

#[doc(hidden)]
pub use call::unbox;
pub use call::{Call, Running};
pub use intercepted::Intercepted;
#[cfg(feature = "tower")]
pub use layered::{Dispatch, Layered, RequestBody, ResponseBody};
pub use service::Service;
pub use shutdown::{ShutdownPlan, ShutdownReport};

pub use crate::method_config::{Handlers, OnCancel};

use crate::compression::Compression;
use crate::conn;
use crate::conn::keepalive::Keepalive;
use crate::connection_info::ConnectionInfo;
use crate::counters::Counters;
use crate::error::Error;
use crate::interceptor::{Chain, Interceptor};
use crate::method_config::{MethodConfig, MethodConfigs};
use crate::request::Request;
use crate::status::Status;
use crate::streaming::{Sender, Streaming};
use listen::Listeners;
use router::Router;
use shutdown::{Stop, Stopping};

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
    /// Octets of requests on all connections together that came and that no handler took, or whose one message a handler
    /// still works on. Default 512 MiB. Above it, a connection that holds more than its share, this divided by the number
    /// of connections, loses the calls that hold most, with RESOURCE_EXHAUSTED, while more comes on it; all hold at most
    /// twice this, and 16 KiB each connection. What one connection may hold, its windows in `http2` say.
    pub unread_bytes_max: usize,
    /// How long the one request message of a unary or server-streaming call may stay away without another
    /// octet of it. Default 60 s; then the call ends with DEADLINE_EXCEEDED (CVE-2026-48854). Streams of
    /// requests may pause as long as they like.
    pub request_timeout: Duration,
    /// How long a message of a stream of requests may stay away while its handler waits for it; then the handler gets
    /// DEADLINE_EXCEEDED. Default for ever.
    pub message_timeout: Option<Duration>,
    /// Time for calls whose client names none. Default none: such calls may take for ever.
    pub default_timeout: Option<Duration>,
    /// Least time for a call. A client's shorter timeout is raised to it, so that a handler may count on it unless
    /// the client cancels. Default none.
    pub timeout_min: Option<Duration>,
    /// Most time for a call. A longer timeout, or none, is lowered to it; then the call ends with DEADLINE_EXCEEDED.
    /// Default none.
    pub timeout_max: Option<Duration>,
    /// Time without calls after which a connection is drained. Default none (gRFC A9).
    pub connection_idle_timeout: Option<Duration>,
    /// Age at which a connection is drained, ± 10 % each: a two-step GOAWAY, then its calls may finish. Default none.
    /// Clients spread over new servers so.
    pub connection_age_max: Option<Duration>,
    /// How long its calls may then go on. Default 5 min; after that they end with UNAVAILABLE.
    pub connection_age_grace: Duration,
    /// How clients are asked whether they are there. Default: after two hours of silence, with 20 s to answer.
    pub keepalive: Keepalive,
    /// Time between two PINGs of a client (gRFC A8). Default 5 min; 0 allows all that `http2` does. One that comes
    /// sooner is a strike; whatever the server sends for a call forgives all.
    pub ping_interval_min: Duration,
    /// Whether clients may do so without calls; else two hours apart then. Default false.
    pub pings_without_calls: bool,
    /// Strikes a client may have. Default 2; one more ends its connection, "too_many_pings".
    pub ping_strikes_max: u32,
    /// How the server ends when it is told to, and how one listener is drained. Default: 25 s for calls that run, 30 s
    /// for all.
    pub shutdown: ShutdownPlan,
}

impl Default for ServerLimits {
    fn default() -> Self {
        Self {
            message_bytes_max: 4 << 20,
            send_message_bytes_max: usize::MAX,
            decode: DecodeLimits::default(),
            http2: Http2Limits::default(),
            connections_max: 20_000,
            unread_bytes_max: 512 << 20,
            request_timeout: Duration::from_secs(60),
            message_timeout: None,
            default_timeout: None,
            timeout_min: None,
            timeout_max: None,
            connection_idle_timeout: None,
            connection_age_max: None,
            connection_age_grace: Duration::from_secs(300),
            keepalive: Keepalive::server(),
            ping_interval_min: Duration::from_secs(300),
            pings_without_calls: false,
            ping_strikes_max: 2,
            shutdown: ShutdownPlan::default(),
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
        let mut limits = self.clone();
        limits.make_room(self.message_bytes_max);
        limits.http2.ping_interval_min = self.ping_interval_min;
        limits.http2.pings_without_streams = self.pings_without_calls;
        limits.http2.ping_strikes_max = self.ping_strikes_max;
        limits.http2
    }

    fn keepalive(&self) -> Keepalive {
        self.keepalive.at_least(KEEPALIVE_MIN)
    }

    /// Lets windows hold messages of that size.
    fn make_room(&mut self, message_bytes_max: usize) {
        let window_bytes = crate::envelope::window_bytes(message_bytes_max);
        self.http2.stream_window_bytes_max = self.http2.stream_window_bytes_max.max(window_bytes);
    }
}

/// A server asks no client more often.
const KEEPALIVE_MIN: Duration = Duration::from_secs(1);

/// What all connections and calls of a server go by.
#[derive(Clone, Debug, Default)]
pub(crate) struct Config {
    pub(crate) limits: ServerLimits,
    pub(crate) compression: Compression,
    pub(crate) on_cancel: OnCancel,
    pub(crate) handlers: Handlers,
}

impl Config {
    /// The same for a method that has something of its own.
    fn with(&self, method: MethodConfig) -> Self {
        let mut config = self.clone();
        let limits = &mut config.limits;
        limits.message_bytes_max = method.request_bytes_max.unwrap_or(limits.message_bytes_max);
        limits.send_message_bytes_max = method.response_bytes_max.unwrap_or(limits.send_message_bytes_max);
        limits.timeout_max = [limits.timeout_max, method.timeout].into_iter().flatten().min();
        limits.message_timeout = method.message_timeout.or(limits.message_timeout);
        config.compression = method.compression.unwrap_or(config.compression);
        config.on_cancel = method.on_cancel.unwrap_or(config.on_cancel);
        config.handlers = method.handlers.unwrap_or(config.handlers);
        config
    }
}

/// A gRPC server: add services, then [`serve`](Self::serve) or [`bind`](Self::bind).
///
/// It serves on the runtime it is started on; [`shards`](Self::shards) gives it threads of its own instead.
/// [`handlers`](Self::handlers) says which handlers are tasks of their own.
#[derive(Default)]
#[must_use = "a server does nothing until it serves"]
pub struct Server {
    router: Router,
    config: Config,
    methods: MethodConfigs,
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

    /// Hands calls of methods that no service has to `handler`: their path, their requests as octets, and where
    /// responses go as octets. Methods of all kinds come this way, with one message or many. Without it such calls
    /// end with UNIMPLEMENTED.
    pub fn fallback<H, F>(mut self, handler: H) -> Self
    where
        H: Fn(String, Request<Streaming<Bytes>>, Sender<Bytes>) -> F + Send + Sync + 'static,
        F: Future<Output = Result<(), Status>> + Send + 'static,
    {
        self.router.set_fallback(Arc::new(fallback::Fallback(Arc::new(handler))));
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

    /// Sets what holds for a method, `package.Service/Method`, or for all methods of a service, `package.Service`.
    pub fn configure(mut self, name: &str, config: MethodConfig) -> Self {
        self.methods.set(name, config);
        self
    }

    /// What calls go to and go by, complete.
    fn finish(mut self) -> (Router, Config) {
        if let Some(chain) = self.chain.take() {
            self.router.intercept(&chain);
        }
        for config in self.methods.iter() {
            self.config.limits.make_room(config.request_bytes_max.unwrap_or_default());
        }
        self.router.configure(&self.config, &self.methods);
        (self.router, self.config)
    }

    /// Sets what happens to handlers whose call is over early. Default: they are dropped.
    pub fn on_cancel(mut self, on_cancel: OnCancel) -> Self {
        self.config.on_cancel = on_cancel;
        self
    }

    /// Sets where handlers run. Default: [`Handlers::Auto`].
    pub fn handlers(mut self, handlers: Handlers) -> Self {
        self.config.handlers = handlers;
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
    /// that run may finish, as [`ServerLimits::shutdown`] says.
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
        let (handle, told) = Handle::new(&self.config.limits);
        let life = Arc::new(life::Life::new(Self { shards: None, ..self }, handle.counters.clone()));
        let stopping = told.stopping.clone();
        conn::spawn(end_when_told(life.clone(), told));
        (Acceptor { life, stopping }, handle)
    }

    /// Listens on `address`, and serves once [`Bound::run`] is awaited. Port 0 takes any free port.
    ///
    /// # Errors
    /// If the address cannot be listened on.
    pub async fn bind(self, address: impl AsRef<str>) -> Result<Bound, Error> {
        let (listener, local_addr) = listen::bind(address.as_ref()).await?;
        let (handle, told) = Handle::new(&self.config.limits);
        Ok(Bound { listeners: Listeners::new(listener, local_addr), local_addr, server: self, handle, told })
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
    stopping: Stopping,
}

impl Acceptor {
    /// Serves one connection, as it comes from a pipe, a tunnel or a listener of the caller's, in a task of its
    /// own. A connection over [`ServerLimits::connections_max`], or after the end, is closed at once.
    pub fn accept<Io>(&self, io: Io)
    where
        Io: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        self.accept_with(io, ConnectionInfo::new());
    }

    /// As [`accept`](Self::accept), with what is known of the connection; calls find it in
    /// [`Request::connection`](crate::Request::connection).
    pub fn accept_with<Io>(&self, io: Io, info: ConnectionInfo)
    where
        Io: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        if !self.is_over() {
            self.life.serve(io, info, None, ());
        }
    }

    /// Whether the server was ended and takes no more connections.
    pub fn is_over(&self) -> bool {
        self.stopping.borrow().is_some_and(|stop| stop.drain_at <= Instant::now())
    }
}

impl fmt::Debug for Acceptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acceptor").field("is_over", &self.is_over()).finish_non_exhaustive()
    }
}

async fn end_when_told(life: Arc<life::Life>, told: Told) {
    let mut stopping = told.stopping.clone();
    // An error says that nobody can end it any more: then nothing needs to be done.
    if stopping.wait_for(Option::is_some).await.is_ok() {
        shutdown::due(stopping, |stop| stop.drain_at).await;
        let report = life.end(None, told.stopping).await;
        told.report.send_replace(Some(report));
    }
}

/// A server that listens.
#[must_use = "a bound server accepts nothing until it runs"]
pub struct Bound {
    listeners: Listeners,
    local_addr: SocketAddr,
    server: Server,
    handle: Handle,
    told: Told,
}

impl Bound {
    /// The address it listens on, with the real port; the first, if there are several.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// Listens on another address too, and tells which it is. [`Handle::drain_listener`] closes one of them.
    ///
    /// # Errors
    /// If the address cannot be listened on.
    pub async fn listen(&mut self, address: impl AsRef<str>) -> Result<SocketAddr, Error> {
        let (listener, local_addr) = listen::bind(address.as_ref()).await?;
        self.listeners.add(listener, local_addr);
        Ok(local_addr)
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
        let Self { listeners, local_addr, server, handle, told } = self;
        let result = listen::accept(listeners, server, handle.counters.clone(), told).await;
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
    stop: Arc<watch::Sender<Option<Stop>>>,
    /// Listeners to be drained.
    closing: Arc<watch::Sender<Vec<SocketAddr>>>,
    report: watch::Receiver<Option<ShutdownReport>>,
    plan: ShutdownPlan,
    counters: Arc<Counters>,
}

/// What a handle says, at the server's end.
struct Told {
    stopping: Stopping,
    closing: watch::Receiver<Vec<SocketAddr>>,
    report: watch::Sender<Option<ShutdownReport>>,
}

impl Handle {
    fn new(limits: &ServerLimits) -> (Self, Told) {
        let (stop, stopping) = watch::channel(None);
        let (close, closing) = watch::channel(Vec::new());
        let (sender, report) = watch::channel(None);
        let handle = Self {
            stop: Arc::new(stop),
            closing: Arc::new(close),
            report,
            plan: limits.shutdown,
            counters: Arc::default(),
        };
        (handle, Told { stopping, closing, report: sender })
    }

    /// Shuts down gracefully, as [`ServerLimits::shutdown`] says: no new connections, a two-step GOAWAY for every
    /// client; calls that run may finish.
    pub fn shutdown(&self) {
        self.shutdown_with(&self.plan);
    }

    /// Shuts down by another plan. A shutdown that has begun is never put off by this, only hastened.
    pub fn shutdown_with(&self, plan: &ShutdownPlan) {
        let stop = Stop::new(plan, Instant::now());
        self.stop.send_modify(|before| *before = Some(stop.or_sooner(*before)));
    }

    /// Shuts down at once: running calls are cut.
    pub fn shutdown_now(&self) {
        self.shutdown_with(&ShutdownPlan::at_once());
    }

    /// Closes one of the server's listeners and drains the connections accepted there, in the times of
    /// [`ServerLimits::shutdown`] but without a lame duck. All others go on. An address the server does not listen on
    /// is nothing to drain.
    pub fn drain_listener(&self, address: SocketAddr) {
        self.closing.send_modify(|closing| closing.push(address));
    }

    /// Ready once a shutdown has begun, at the start of its lame duck: time to tell whoever asks for this server's
    /// health.
    pub async fn ending(&self) {
        let mut stopping = self.stop.subscribe();
        // This handle keeps the sender.
        let _ = stopping.wait_for(Option::is_some).await;
    }

    /// Waits until the server has ended, and tells how; `None` if it was dropped instead of shut down.
    pub async fn ended(&self) -> Option<ShutdownReport> {
        let mut report = self.report.clone();
        report.wait_for(Option::is_some).await.ok().and_then(|report| *report)
    }

    /// How often the server's limits fired.
    pub fn counters(&self) -> &Arc<Counters> {
        &self.counters
    }
}
