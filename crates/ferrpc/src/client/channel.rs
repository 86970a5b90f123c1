//! A channel: a target, and a connection to it whenever calls need one.
//!
//! Resolver, balancer and picker stand here in their smallest form: one name, pick_first, and the state
//! that calls read.

use std::fmt;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use ferrpc_http2::{Connection, Limits as Http2Limits};
use ferrpc_proto::DecodeLimits;
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream};
use tokio::net::TcpStream;
use tokio::sync::{oneshot, watch};
use tokio::time::Instant;

use super::backoff::Backoff;
use super::connection::{ClientSide, Conn, Lifeline};
use super::resolver::{self, Resolver};
#[cfg(feature = "server")]
use super::target::Name;
use super::target::Target;
use crate::compression::Compression;
use crate::conn;
use crate::conn::cancellation::Cancellation;
use crate::conn::driver::Driver;
use crate::conn::inbox::{Command, Inbox};
use crate::conn::keepalive::Keepalive;
use crate::counters::Counters;
use crate::deadline;
use crate::envelope::{PREFIX_BYTES, window_bytes};
use crate::error::Error;
use crate::interceptor::{Chain, Interceptor};
use crate::lock::Mutex;
use crate::method_config::MethodConfigs;
use crate::status::{Phase, Status};

/// What a channel takes and how it connects. Each limit names what it bounds and what happens beyond.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ChannelConfig {
    /// Largest message received, in octets. Default 4 MiB. A larger one ends its call with
    /// RESOURCE_EXHAUSTED on its length prefix; the connection stays up.
    pub message_bytes_max: usize,
    /// Largest message sent, in octets. Default unlimited. A larger one ends its call with
    /// RESOURCE_EXHAUSTED before anything is sent.
    pub send_message_bytes_max: usize,
    /// Limits of decoding a Protobuf message: depth and memory.
    pub decode: DecodeLimits,
    /// What one connection allows in HTTP/2: metadata (`header_list_bytes_max`, default 16 KiB), floods,
    /// windows, waits. A window may always be extended to one message of the largest size, and the server's
    /// SETTINGS have as long as the connection.
    pub http2: Http2Limits,
    /// Time for one address: TCP and the server's first SETTINGS. Default 20 s.
    pub connect_timeout: Duration,
    /// Time a call may take if it says nothing itself. Default none.
    pub default_timeout: Option<Duration>,
    /// How long a message of a stream of responses may stay away while somebody waits for it; then the call ends with
    /// DEADLINE_EXCEEDED. Default for ever.
    pub message_timeout: Option<Duration>,
    /// What stands before the library's own words in `user-agent`, such as `shop/1.4`: printable ASCII. Default nothing.
    pub user_agent: Option<String>,
    /// What servers see as `:authority` in place of the target's host and port. Default the target's.
    pub authority: Option<String>,
    /// How servers are asked whether they are there. Default off (gRFC A8).
    pub keepalive: Keepalive,
    /// Time without calls after which the channel leaves its connection and is idle; the next call makes another.
    /// Default 30 min; `None` keeps it.
    pub idle_timeout: Option<Duration>,
    /// What holds for single methods or services instead.
    pub methods: MethodConfigs,
    /// Which compressed messages are accepted and what is sent. Default: accepts gzip and deflate, with the feature
    /// of that name zstd too; sends uncompressed.
    pub compression: Compression,
}

impl Default for ChannelConfig {
    fn default() -> Self {
        Self {
            message_bytes_max: 4 << 20,
            send_message_bytes_max: usize::MAX,
            decode: DecodeLimits::default(),
            http2: Http2Limits::default(),
            connect_timeout: Duration::from_secs(20),
            default_timeout: None,
            message_timeout: None,
            user_agent: None,
            authority: None,
            keepalive: Keepalive::off(),
            idle_timeout: Some(Duration::from_secs(30 * 60)),
            methods: MethodConfigs::new(),
            compression: Compression::default(),
        }
    }
}

impl ChannelConfig {
    /// Whether what goes into heads can stand there.
    fn check(&self) -> Result<(), String> {
        let is_text = |text: &&str| {
            !text.is_empty()
                && text.bytes().all(|octet| (b' '..=b'~').contains(&octet))
                && text.trim() == *text
        };
        if let Some(text) = self.user_agent.as_deref().filter(|text| !is_text(text)) {
            return Err(format!("user_agent {text:?} is not printable ASCII without blanks at its ends"));
        }
        self.authority.as_deref().map_or(Ok(()), check_authority)
    }

    fn user_agent(&self) -> String {
        match &self.user_agent {
            Some(prefix) => format!("{prefix} {USER_AGENT}"),
            None => USER_AGENT.into(),
        }
    }

    fn http2(&self) -> Http2Limits {
        let mut limits = self.http2.clone();
        // The attempt as a whole has a limit, and its message is the better one.
        limits.preface_timeout = self.connect_timeout.saturating_mul(2);
        limits.stream_window_bytes_max = self.window_bytes_max();
        limits
    }

    /// The largest window that a stream may get.
    fn window_bytes_max(&self) -> u32 {
        let methods = self.methods.iter().filter_map(|method| method.response_bytes_max);
        let largest = methods.fold(self.message_bytes_max, usize::max);
        self.http2.stream_window_bytes_max.max(window_bytes(largest))
    }

    /// Whether a stream can ever get the credit for responses of this size: a window's, or by and by what streams may
    /// borrow.
    ///
    /// # Errors
    /// If it cannot: then they would never come.
    pub(crate) fn has_room(&self, response_bytes: usize) -> Result<(), Status> {
        let credit = usize::try_from(self.window_bytes_max()).unwrap_or(usize::MAX);
        let credit = credit.max(self.http2.extended_bytes_max);
        if response_bytes.saturating_add(PREFIX_BYTES) <= credit {
            return Ok(());
        }
        Err(Status::internal(format!(
            "responses of {response_bytes} octets are over the credit that a stream of this channel can get, {credit}; \
             raise http2.extended_bytes_max"
        )))
    }
}

/// Whether a text can be `:authority`.
pub(super) fn check_authority(text: &str) -> Result<(), String> {
    if !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_graphic()) {
        return Ok(());
    }
    Err(format!("authority {text:?} is no host with an optional port"))
}

/// gRPC PROTOCOL-HTTP2.md, "User Agents".
const USER_AGENT: &str = concat!("grpc-rust-ferrpc/", env!("CARGO_PKG_VERSION"));

/// What a channel is doing (gRPC `connectivity-semantics-and-api.md`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "gRPC has these, and a shut-down channel is a dropped one")]
pub enum ConnectivityState {
    /// No connection; the next call starts one.
    Idle,
    /// Resolving and connecting.
    Connecting,
    /// Connected.
    Ready,
    /// Every address failed; trying again with back-off. Calls fail at once unless they wait for ready.
    TransientFailure,
}

/// A target that calls go to. Cheap to clone; stubs hold one.
///
/// Making one does no I/O: the first call connects, and so does the first after a connection was lost.
/// When the last clone is dropped, running calls finish and the connection closes.
#[derive(Clone)]
pub struct Channel {
    inner: Arc<Inner>,
    chain: Option<Chain>,
}

struct Inner {
    target: Target,
    config: ChannelConfig,
    counters: Arc<Counters>,
    authority: Arc<str>,
    dialer: Dialer,
    /// The picker: what calls read to find a connection.
    picker: watch::Sender<Picker>,
    /// How often the interval of keepalive was doubled.
    doubled: AtomicU32,
}

/// How connections are made.
enum Dialer {
    /// To one of the addresses of a name.
    Tcp(Box<dyn Resolver>),
    /// To something in this process, as long as it is there.
    #[cfg_attr(not(feature = "server"), expect(dead_code, reason = "there is nothing to dial"))]
    Local(Box<dyn Fn() -> Option<DuplexStream> + Send + Sync>),
}

#[derive(Clone)]
enum Picker {
    Idle,
    Connecting,
    Ready(Arc<Conn>),
    Failed(Status),
}

impl Channel {
    /// A channel to a target: `dns:///host:port`, `host:port`, `ipv4:1.2.3.4:50051`, `ipv6:[::1]:50051` or
    /// `http://host:port`.
    ///
    /// # Errors
    /// If the text names no target.
    pub fn new(target: impl AsRef<str>) -> Result<Self, Error> {
        Self::with_config(target, ChannelConfig::default())
    }

    /// As [`new`](Self::new), with limits of your own.
    ///
    /// # Errors
    /// If the text names no target.
    pub fn with_config(target: impl AsRef<str>, config: ChannelConfig) -> Result<Self, Error> {
        let target = Target::parse(target.as_ref())?;
        config.check().map_err(|why| Error::target(&target.text, why))?;
        let dialer = Dialer::Tcp(resolver::for_target(&target));
        Ok(Self::dialing(target, dialer, config))
    }

    /// A channel to something in this process. `dial` makes a connection each time one is needed.
    #[cfg(feature = "server")]
    pub(crate) fn local(
        dial: impl Fn() -> Option<DuplexStream> + Send + Sync + 'static,
        config: ChannelConfig,
    ) -> Self {
        let name = Name::Addresses(Vec::new());
        let target = Target { text: "this process".into(), authority: "localhost".into(), name };
        Self::dialing(target, Dialer::Local(Box::new(dial)), config)
    }

    fn dialing(target: Target, dialer: Dialer, config: ChannelConfig) -> Self {
        let authority = config.authority.as_deref().unwrap_or(&target.authority).into();
        let picker = watch::Sender::new(Picker::Idle);
        let (counters, doubled) = (Arc::default(), AtomicU32::new(0));
        let inner = Inner { authority, dialer, picker, target, config, counters, doubled };
        Self { inner: Arc::new(inner), chain: None }
    }

    /// The same channel, with the same connections, whose calls pass an interceptor, behind those that it has. Stubs
    /// made of it have it; other clones do not.
    pub fn intercept(self, interceptor: impl Interceptor) -> Self {
        Self { chain: Some(Chain::and(self.chain.as_ref(), interceptor)), ..self }
    }

    pub(crate) fn chain(&self) -> Option<&Chain> {
        self.chain.as_ref()
    }

    /// What the channel is doing now.
    pub fn state(&self) -> ConnectivityState {
        match &*self.inner.picker.borrow() {
            Picker::Idle => ConnectivityState::Idle,
            Picker::Connecting => ConnectivityState::Connecting,
            Picker::Ready(_) => ConnectivityState::Ready,
            Picker::Failed(_) => ConnectivityState::TransientFailure,
        }
    }

    /// Starts connecting if the channel is idle. Must be called on a tokio runtime.
    pub fn connect(&self) {
        let idle = self.inner.picker.send_if_modified(|picker| {
            let idle = matches!(picker, Picker::Idle);
            if idle {
                *picker = Picker::Connecting;
            }
            idle
        });
        if idle {
            conn::spawn(connect(Arc::downgrade(&self.inner)));
        }
    }

    /// How often the channel's limits fired.
    pub fn counters(&self) -> &Arc<Counters> {
        &self.inner.counters
    }

    pub(crate) fn config(&self) -> &ChannelConfig {
        &self.inner.config
    }

    /// A connection that is ready, or why there is none.
    pub(crate) async fn pick(
        &self,
        wait_for_ready: bool,
        deadline: Option<Instant>,
        cancellation: Option<&Cancellation>,
    ) -> Result<Arc<Conn>, Status> {
        if let Picker::Ready(conn) = &*self.inner.picker.borrow()
            && !conn.inbox.is_closed()
        {
            return Ok(conn.clone());
        }
        // Boxed: calls that find one should not have room for the wait.
        Box::pin(self.wait_within(wait_for_ready, deadline, cancellation)).await
    }

    async fn wait_within(
        &self,
        wait_for_ready: bool,
        deadline: Option<Instant>,
        cancellation: Option<&Cancellation>,
    ) -> Result<Arc<Conn>, Status> {
        let wait = async {
            let wait = self.wait(wait_for_ready);
            let Some(cancellation) = cancellation else { return wait.await };
            tokio::select! {
                () = cancellation.cancelled() => Err(parent_over()),
                picked = wait => picked,
            }
        };
        match deadline {
            None => wait.await,
            Some(deadline) => match tokio::time::timeout_at(deadline, wait).await {
                Ok(picked) => picked,
                Err(_) => Err(self.never_ready()),
            },
        }
    }

    /// The status of a call whose time is up without a connection.
    fn never_ready(&self) -> Status {
        let why = match &*self.inner.picker.borrow() {
            Picker::Failed(status) => status.message().to_owned(),
            _ => format!("still connecting to {}", self.inner.target.text),
        };
        deadline::exceeded_waiting(Phase::WaitForReady, &format!("for a connection: {why}"))
    }

    async fn wait(&self, wait_for_ready: bool) -> Result<Arc<Conn>, Status> {
        let mut picker = self.inner.picker.subscribe();
        loop {
            let now = picker.borrow_and_update().clone();
            match now {
                Picker::Ready(conn) if !conn.inbox.is_closed() => return Ok(conn),
                Picker::Idle => self.connect(),
                Picker::Failed(status) if !wait_for_ready => return Err(status),
                // A connection that just ended: its task is about to say so.
                Picker::Ready(_) | Picker::Connecting | Picker::Failed(_) => {}
            }
            if picker.changed().await.is_err() {
                return Err(Status::unavailable("the channel is gone"));
            }
        }
    }
}

fn parent_over() -> Status {
    Status::cancelled("the call whose handler made this one is over").at(Phase::WaitForReady).not_executed()
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Channel({:?}, {:?})", self.inner.target.text, self.state())
    }
}

impl Inner {
    /// As configured, and as often doubled as servers complained.
    fn keepalive(&self) -> Keepalive {
        let mut keepalive = self.config.keepalive.at_least(KEEPALIVE_MIN);
        let doubled = self.doubled.load(Ordering::Relaxed).min(31);
        keepalive.interval = keepalive.interval.map(|interval| interval.saturating_mul(1 << doubled));
        keepalive
    }
}

/// gRFC A8: no client asks more often.
const KEEPALIVE_MIN: Duration = Duration::from_secs(10);

impl Drop for Inner {
    fn drop(&mut self) {
        if let Picker::Ready(conn) = &*self.picker.borrow() {
            // If it is gone already, the better.
            conn.inbox.push(Command::Drain);
        }
    }
}

/// Tries until there is a connection, as long as there is a channel.
async fn connect(channel: Weak<Inner>) {
    let mut backoff = Backoff::new();
    loop {
        let began = Instant::now();
        let Some(inner) = channel.upgrade() else { return };
        match attempt(&inner, &channel).await {
            Ok(()) => return,
            Err(status) => {
                let wait = backoff.next();
                let next = began + wait;
                let status = in_words(&status, next.saturating_duration_since(Instant::now()));
                inner.picker.send_replace(Picker::Failed(status));
                drop(inner);
                tokio::time::sleep_until(next).await;
            }
        }
    }
}

fn in_words(status: &Status, wait: Duration) -> Status {
    Status::new(status.code(), format!("{}; next attempt in {:.1} s", status.message(), wait.as_secs_f64()))
        .at(status.phase().unwrap_or(Phase::Connect))
        .not_executed()
}

/// One attempt over all addresses; on success the picker is ready.
async fn attempt(inner: &Inner, channel: &Weak<Inner>) -> Result<(), Status> {
    let resolver = match &inner.dialer {
        Dialer::Tcp(resolver) => resolver,
        Dialer::Local(dial) => {
            let failed = |why: String| Status::unavailable(why).at(Phase::Connect).not_executed();
            let io = dial().ok_or_else(|| failed("the server in this process was shut down".into()))?;
            return establish(inner, channel, io).await.map_err(failed);
        }
    };
    let addresses = resolver.resolve().await?;
    let mut causes = Vec::new();
    for address in &addresses {
        let connecting = connect_to(inner, channel, *address);
        let cause = match tokio::time::timeout(inner.config.connect_timeout, connecting).await {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(cause)) => cause,
            Err(_) => format!("timed out after {} s", inner.config.connect_timeout.as_secs()),
        };
        // Bounded: the last ones tell enough.
        if causes.len() == CAUSES_KEPT {
            causes.remove(0);
        }
        causes.push(format!("{address} {cause}"));
    }
    let tried =
        if addresses.len() == 1 { "1 address".into() } else { format!("{} addresses", addresses.len()) };
    Err(Status::unavailable(format!(
        "cannot connect to {} ({tried} tried: {}); is the server running?",
        inner.target.text,
        causes.join("; ")
    ))
    .at(Phase::Connect)
    .not_executed())
}

/// Addresses whose failures are told.
const CAUSES_KEPT: usize = 8;

async fn connect_to(inner: &Inner, channel: &Weak<Inner>, address: SocketAddr) -> Result<(), String> {
    let socket = TcpStream::connect(address).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::ConnectionRefused => "refused".into(),
        _ => error.to_string(),
    })?;
    // Small requests must not wait for the peer's acknowledgements.
    let _ = socket.set_nodelay(true);
    establish(inner, channel, socket).await
}

/// Speaks HTTP/2 over a fresh connection; on success the picker is ready.
async fn establish<Io>(inner: &Inner, channel: &Weak<Inner>, io: Io) -> Result<(), String>
where
    Io: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let inbox = Arc::new(Inbox::default());
    let (authority, is_unusable) = (inner.authority.clone(), AtomicBool::new(false));
    let conn = Arc::new(Conn { inbox: inbox.clone(), authority, is_unusable });
    let (ready, is_ready) = oneshot::channel();
    let lifeline =
        Report { channel: channel.clone(), conn: Arc::downgrade(&conn), ready: Mutex::new(Some(ready)) };
    let mut engine = Connection::client(inner.config.http2(), Instant::now().into_std());
    engine.count_into(inner.counters.http2.clone());
    let counters = inner.counters.clone();
    let (config, user_agent) = (&inner.config, inner.config.user_agent());
    let lifeline = Box::new(lifeline);
    let side = ClientSide::new(lifeline, &config.compression, user_agent, counters, config.idle_timeout);
    let driver = conn::spawn(Driver::new(io, engine, side, inbox, inner.keepalive()));
    let abort = AbortUnlessReady(Some(driver.abort_handle()));
    match is_ready.await {
        Ok(Ok(())) => {
            abort.disarm();
            inner.picker.send_modify(|picker| {
                // One that has ended meanwhile has told so before there was anything to take back.
                let gone = conn.is_unusable.load(Ordering::Acquire);
                *picker = if gone { Picker::Idle } else { Picker::Ready(conn) };
            });
            Ok(())
        }
        Ok(Err(why)) => Err(why),
        Err(_) => Err("the connection was lost".into()),
    }
}

/// An attempt that is given up takes its connection along.
struct AbortUnlessReady(Option<tokio::task::AbortHandle>);

impl AbortUnlessReady {
    fn disarm(mut self) {
        self.0 = None;
    }
}

impl Drop for AbortUnlessReady {
    fn drop(&mut self) {
        if let Some(task) = &self.0 {
            task.abort();
        }
    }
}

/// How a connection tells this channel what becomes of it.
struct Report {
    channel: Weak<Inner>,
    conn: Weak<Conn>,
    ready: Mutex<Option<oneshot::Sender<Result<(), String>>>>,
}

impl Lifeline for Report {
    fn ready(&self) {
        self.answer(Ok(()));
    }

    fn unusable(&self) {
        if let Some(conn) = self.conn.upgrade() {
            conn.is_unusable.store(true, Ordering::Release);
        }
        let Some(inner) = self.channel.upgrade() else { return };
        inner.picker.send_if_modified(|picker| {
            let mine = matches!(picker, Picker::Ready(conn) if Arc::as_ptr(conn) == self.conn.as_ptr());
            if mine {
                *picker = Picker::Idle;
            }
            mine
        });
    }

    fn too_many_pings(&self) -> Option<Duration> {
        let inner = self.channel.upgrade()?;
        inner.config.keepalive.interval?;
        inner.counters.keepalive_doubled.count();
        inner.doubled.fetch_add(1, Ordering::Relaxed);
        inner.keepalive().interval
    }

    fn gone(&self, why: &str) {
        self.answer(Err(why.into()));
        self.unusable();
    }
}

impl Report {
    fn answer(&self, answer: Result<(), String>) {
        let ready = self.ready.lock().take();
        if let Some(ready) = ready {
            // The attempt may have been given up meanwhile.
            let _ = ready.send(answer);
        }
    }
}
