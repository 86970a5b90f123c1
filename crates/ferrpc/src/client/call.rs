//! One call on the client, as a value to be awaited. Each kind is its own straight function.

use std::fmt;
use std::future::{Future, IntoFuture, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use ferrpc_http2::ErrorCode;
use tokio::time::Instant;

use super::channel::{Channel, ChannelConfig, check_authority};
use super::connection::Conn;
use crate::codec::Segments;
use crate::compression::{Accepted, ENCODING, Encoder};
use crate::conn::cancellation::Cancellation;
use crate::conn::exchange::{Exchange, Finished, Messages};
use crate::context;
use crate::deadline;
use crate::envelope::{self, Envelope};
use crate::extensions::Extensions;
use crate::interceptor::{CallSide, CallStart, Chain, Following};
use crate::metadata::Metadata;
use crate::method::{Kind, MethodRef, Path};
use crate::method_config::MethodConfig;
use crate::request::{About, Request, Response};
use crate::status::{Phase, Status};
use crate::streaming::{Sender, Streaming};

type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send + 'static>>;

/// What a call may ask for beside its message.
#[derive(Clone, Debug, Default)]
struct Options {
    deadline: Option<Instant>,
    wait_for_ready: bool,
    metadata: Metadata,
    /// What was wrong with what the builder was given; told when the call is awaited.
    mistake: Option<Status>,
    /// What messages are compressed with.
    encoder: Option<Encoder>,
    /// Nothing of the call whose handler makes this one.
    is_independent: bool,
    authority: Option<Arc<str>>,
    message_timeout: Option<Duration>,
    request_bytes_max: usize,
    response_bytes_max: usize,
    /// When its method's time is up.
    latest: Option<Instant>,
}

impl Options {
    fn new(channel: &Channel, path: &str) -> Self {
        let config = channel.config();
        let mut options = Self {
            deadline: config.default_timeout.and_then(|timeout| Instant::now().checked_add(timeout)),
            encoder: config.compression.default_encoder(Accepted::ALL),
            request_bytes_max: config.send_message_bytes_max,
            response_bytes_max: config.message_bytes_max,
            message_timeout: config.message_timeout,
            ..Self::default()
        };
        if let Some(method) = config.methods.find(path) {
            options.apply(method);
        }
        options
    }

    /// What holds for its method.
    fn apply(&mut self, method: MethodConfig) {
        self.latest = method.timeout.and_then(|timeout| Instant::now().checked_add(timeout));
        self.wait_for_ready = method.wait_for_ready.unwrap_or_default();
        self.message_timeout = method.message_timeout.or(self.message_timeout);
        self.request_bytes_max = method.request_bytes_max.unwrap_or(self.request_bytes_max);
        self.response_bytes_max = method.response_bytes_max.unwrap_or(self.response_bytes_max);
        if let Some(compression) = method.compression {
            self.encoder = compression.default_encoder(Accepted::ALL);
        }
    }

    /// Takes what the current call hands on, and what was set here, into the head; then says what stops the call
    /// before it begins.
    fn begin(&mut self, metadata: &mut Metadata) -> Result<Option<Arc<Cancellation>>, Status> {
        match metadata.is_empty() {
            true => *metadata = std::mem::take(&mut self.metadata),
            false => metadata.extend(&self.metadata),
        }
        self.deadline = [self.deadline, self.latest].into_iter().flatten().min();
        let cancellation = match self.is_independent {
            false => context::inherit(metadata, &mut self.deadline),
            true => None,
        };
        self.check().map(|()| cancellation)
    }

    /// Opens a stream for an attempt of the call.
    fn open(
        &self,
        conn: &Conn,
        path: Path,
        metadata: &Metadata,
        octets: Option<Segments>,
        one_answer: bool,
    ) -> Arc<Exchange> {
        let encoding = self.encoder.as_ref().map(Encoder::name);
        let (metadata, bytes_max, authority) =
            (metadata.clone(), self.response_bytes_max, self.authority.clone());
        conn.open(path, metadata, encoding, self.deadline, octets, one_answer, bytes_max, authority)
    }

    fn check(&self) -> Result<(), Status> {
        if let Some(mistake) = &self.mistake {
            return Err(mistake.clone().not_executed());
        }
        if self.deadline.is_some_and(|deadline| deadline <= Instant::now()) {
            return Err(deadline::exceeded(Phase::Deadline).not_executed());
        }
        Ok(())
    }
}

macro_rules! call_options {
    ($name:ident) => {
        impl<Req, Res> $name<Req, Res> {
            /// Ends the call with DEADLINE_EXCEEDED after this time, counted from now to the last trailer.
            /// The server is told.
            pub fn timeout(mut self, timeout: Duration) -> Self {
                self.options.deadline = Instant::now().checked_add(timeout);
                self
            }

            /// Ends the call with DEADLINE_EXCEEDED at this instant.
            pub fn deadline(mut self, deadline: std::time::Instant) -> Self {
                self.options.deadline = Some(Instant::from_std(deadline));
                self
            }

            /// Whether a call made in a handler takes its deadline, cancellation and trace context from the call
            /// that is handled; see [`CallContext`](crate::CallContext). Default yes.
            pub fn inherit(mut self, yes: bool) -> Self {
                self.options.is_independent = !yes;
                self
            }

            /// Whether to wait for a connection while the channel's attempts fail. Default no: the call
            /// fails with UNAVAILABLE at once.
            pub fn wait_for_ready(mut self, wait: bool) -> Self {
                self.options.wait_for_ready = wait;
                self
            }

            /// Adds a text value to the metadata. One that is not allowed fails the call.
            pub fn metadata(mut self, key: &str, value: &str) -> Self {
                if let Err(mistake) = self.options.metadata.append(key, value) {
                    self.options.mistake.get_or_insert_with(|| mistake.into());
                }
                self
            }

            /// Adds all of this metadata, such as that of a request to be passed on.
            pub fn metadata_of(mut self, metadata: &Metadata) -> Self {
                self.options.metadata.extend(metadata);
                self
            }

            /// Adds octets to the metadata under a key that ends in `-bin`. A key that is not allowed fails
            /// the call.
            pub fn metadata_bin(mut self, key: &str, value: &[u8]) -> Self {
                if let Err(mistake) = self.options.metadata.append_bin(key, value) {
                    self.options.mistake.get_or_insert_with(|| mistake.into());
                }
                self
            }

            /// Largest request, in octets, instead of what the method or the channel says. A larger one ends the call
            /// with RESOURCE_EXHAUSTED before it is sent.
            pub fn request_bytes_max(mut self, octets: usize) -> Self {
                self.options.request_bytes_max = octets;
                self
            }

            /// Largest response, in octets, instead of what the method or the channel says. A larger one ends the
            /// call with RESOURCE_EXHAUSTED on its length prefix. One for which a stream of the channel could never get
            /// the credit fails the call.
            pub fn response_bytes_max(mut self, octets: usize) -> Self {
                match self.channel.config().has_room(octets) {
                    Ok(()) => self.options.response_bytes_max = octets,
                    Err(mistake) => _ = self.options.mistake.get_or_insert(mistake),
                }
                self
            }

            /// What the server sees as `:authority`, instead of the channel's. One that cannot be fails the call.
            pub fn authority(mut self, authority: &str) -> Self {
                match check_authority(authority) {
                    Ok(()) => self.options.authority = Some(authority.into()),
                    Err(why) => _ = self.options.mistake.get_or_insert_with(|| Status::internal(why)),
                }
                self
            }

            /// Compresses messages with the channel's compressor of this name, such as `gzip`; `identity` for none.
            /// A name that the channel does not have fails the call.
            pub fn compression(mut self, name: &str) -> Self {
                match self.channel.config().compression.encoder(name, Accepted::ALL) {
                    Ok(encoder) => self.options.encoder = encoder,
                    Err(mistake) => _ = self.options.mistake.get_or_insert(mistake),
                }
                self
            }
        }

        impl<Req, Res> fmt::Debug for $name<Req, Res> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({:?})", stringify!($name), self.method)
            }
        }
    };
}

/// A call with one request and one response: await it for the [`Response`].
///
/// # Cancel safety
/// Dropping it, or its future, cancels the call.
#[must_use = "a call does nothing until it is awaited"]
pub struct UnaryCall<Req: 'static, Res: 'static> {
    channel: Channel,
    method: MethodRef<Req, Res>,
    request: Request<Req>,
    options: Options,
}

/// A call with one request and a stream of responses: await it for the [`Streaming`], which resolves as
/// soon as the stream is open, before the server answers.
#[must_use = "a call does nothing until it is awaited"]
pub struct ServerStreamingCall<Req: 'static, Res: 'static> {
    channel: Channel,
    method: MethodRef<Req, Res>,
    request: Request<Req>,
    options: Options,
}

/// A call with a stream of requests and one response: await it for the [`Upload`].
#[must_use = "a call does nothing until it is awaited"]
pub struct ClientStreamingCall<Req: 'static, Res: 'static> {
    channel: Channel,
    method: MethodRef<Req, Res>,
    options: Options,
}

/// A call with streams both ways: await it for the [`Bidi`].
#[must_use = "a call does nothing until it is awaited"]
pub struct BidiCall<Req: 'static, Res: 'static> {
    channel: Channel,
    method: MethodRef<Req, Res>,
    options: Options,
}

call_options!(UnaryCall);
call_options!(ServerStreamingCall);
call_options!(ClientStreamingCall);
call_options!(BidiCall);

impl Channel {
    /// Begins a unary call; generated stubs do this.
    pub fn unary<Req, Res>(
        &self,
        method: impl Into<MethodRef<Req, Res>>,
        request: Request<Req>,
    ) -> UnaryCall<Req, Res> {
        let method = method.into();
        let options = Options::new(self, &method.path());
        UnaryCall { channel: self.clone(), method, request, options }
    }

    /// Begins a server-streaming call; generated stubs do this.
    pub fn server_streaming<Req, Res>(
        &self,
        method: impl Into<MethodRef<Req, Res>>,
        request: Request<Req>,
    ) -> ServerStreamingCall<Req, Res> {
        let method = method.into();
        let options = Options::new(self, &method.path());
        ServerStreamingCall { channel: self.clone(), method, request, options }
    }

    /// Begins a client-streaming call; generated stubs do this.
    pub fn client_streaming<Req, Res>(
        &self,
        method: impl Into<MethodRef<Req, Res>>,
    ) -> ClientStreamingCall<Req, Res> {
        let method = method.into();
        let options = Options::new(self, &method.path());
        ClientStreamingCall { channel: self.clone(), method, options }
    }

    /// Begins a bidirectional call; generated stubs do this.
    pub fn bidi<Req, Res>(&self, method: impl Into<MethodRef<Req, Res>>) -> BidiCall<Req, Res> {
        let method = method.into();
        let options = Options::new(self, &method.path());
        BidiCall { channel: self.clone(), method, options }
    }
}

impl<Req: Send + Sync, Res: Send> IntoFuture for UnaryCall<Req, Res> {
    type Output = Result<Response<Res>, Status>;
    type IntoFuture = BoxFuture<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(unary(self))
    }
}

/// One request, one response. Each step is a line here; each line is one file away.
async fn unary<Req, Res>(call: UnaryCall<Req, Res>) -> Result<Response<Res>, Status> {
    let UnaryCall { channel, method, request, mut options } = call;
    let (mut metadata, mut message, extensions) = request.into_parts();
    let cancellation = options.begin(&mut metadata)?;
    let following = intercept(&channel, &method, &mut metadata, extensions, &options).await?;
    if let Some(following) = &following {
        following.request(&mut message, method.request()).map_err(|status| following.failed(status))?;
    }
    let response = answer(&channel, &method, &metadata, &message, &options, cancellation.as_deref()).await;
    match following {
        Some(following) => followed(&following, response, &method),
        None => response,
    }
}

/// Sends the request until it is answered, as often as that is safe.
async fn answer<Req, Res>(
    channel: &Channel,
    method: &MethodRef<Req, Res>,
    metadata: &Metadata,
    message: &Req,
    options: &Options,
    cancellation: Option<&Cancellation>,
) -> Result<Response<Res>, Status> {
    let deadline = options.deadline;
    let mut attempts = Attempts::default();
    let finished = loop {
        let encoder = options.encoder.as_ref();
        let octets = envelope::encode(method.request(), message, options.request_bytes_max, encoder)
            .map_err(|status| status.of(&method.path()))?;
        let conn = channel.pick(options.wait_for_ready, deadline, cancellation).await?;
        let exchange = options.open(&conn, method.path(), metadata, Some(octets), true);
        adopt(cancellation, &exchange);
        let finished = Answer { exchange, done: false }.await;
        match &finished.ended {
            Err(status) if attempts.again(status) => {}
            _ => break finished,
        }
    };

    let Finished { head, messages, ended } = finished;
    let trailers = match ended {
        Ok(trailers) => trailers,
        Err(status) => return Err(status.behind(head)),
    };
    let ChannelConfig { compression, decode, .. } = channel.config();
    let Envelope { octets, compressed } = the_one(messages)?;
    let (codec, encoding) = (method.response(), || head.wire(ENCODING));
    let message = envelope::decode(
        codec,
        &octets,
        compressed,
        compression,
        encoding,
        options.response_bytes_max,
        decode,
    )
    .map_err(|status| status.of(&method.path()))?;
    Ok(Response::received(message, head, trailers, compressed))
}

/// Lets the channel's interceptors begin. `None` if nobody follows the call.
async fn intercept<Req, Res>(
    channel: &Channel,
    method: &MethodRef<Req, Res>,
    metadata: &mut Metadata,
    extensions: Extensions,
    options: &Options,
) -> Result<Option<Arc<Following>>, Status> {
    match channel.chain() {
        // Boxed: calls without interceptors should not have room for it.
        Some(chain) => {
            Box::pin(begin(chain, method.path(), method.kind(), metadata, extensions, options.deadline)).await
        }
        None => Ok(None),
    }
}

/// The chain begins, within the deadline.
async fn begin(
    chain: &Chain,
    path: Path,
    kind: Kind,
    metadata: &mut Metadata,
    extensions: Extensions,
    deadline: Option<Instant>,
) -> Result<Option<Arc<Following>>, Status> {
    let mut start = CallStart {
        side: CallSide::Client,
        path: path.into(),
        kind,
        about: About { metadata: std::mem::take(metadata), extensions, deadline, connection: None },
    };
    let begin = chain.begin(&mut start, None);
    let begun = match deadline {
        None => begin.await,
        Some(deadline) => match tokio::time::timeout_at(deadline, begin).await {
            Ok(begun) => begun,
            Err(_) => Err(deadline::exceeded(Phase::Deadline)),
        },
    };
    *metadata = start.about.metadata;
    begun.map_err(Status::not_executed)
}

/// Shows a unary call's answer to those who follow it.
fn followed<Req, Res>(
    following: &Following,
    response: Result<Response<Res>, Status>,
    method: &MethodRef<Req, Res>,
) -> Result<Response<Res>, Status> {
    let seen = response.and_then(|mut response| {
        following.headers(response.metadata_mut());
        following.response(response.get_mut(), method.response())?;
        Ok(response)
    });
    let mut response = seen.map_err(|status| following.failed(status))?;
    let trailers = std::mem::take(response.trailers_mut());
    *response.trailers_mut() = following.end(Ok(trailers))?;
    Ok(response)
}

/// A unary call that is answered has exactly one message.
fn the_one(mut messages: Messages) -> Result<Envelope, Status> {
    match messages.pop_front() {
        Some(message) if messages.is_empty() => Ok(message),
        first => {
            let n = if first.is_some() { "several messages" } else { "no message" };
            Err(Status::unimplemented(format!("the server answered with {n} where one is due"))
                .at(Phase::Recv))
        }
    }
}

/// Transparent retries (gRFC A6): as often as needed while nothing left this client, once if the server
/// refused the stream.
#[derive(Default)]
struct Attempts {
    refused: bool,
    unsent: u32,
}

/// Connections that die before taking a call, in a row: enough for any restart, not for a busy loop.
const UNSENT_MAX: u32 = 5;

impl Attempts {
    fn again(&mut self, status: &Status) -> bool {
        if status.may_have_executed() || status.code() != crate::Code::Unavailable {
            return false;
        }
        match status.phase() {
            // Sent and refused (REFUSED_STREAM): the server said so once, and may mean it.
            Some(Phase::Send) => !std::mem::replace(&mut self.refused, true),
            Some(Phase::Http2 | Phase::Queue) => {
                self.unsent += 1;
                self.unsent <= UNSENT_MAX
            }
            _ => false,
        }
    }
}

/// Waits for the whole answer; dropped before, it cancels the call.
struct Answer {
    exchange: Arc<Exchange>,
    done: bool,
}

impl Future for Answer {
    type Output = Finished;

    fn poll(mut self: Pin<&mut Self>, cx: &mut std::task::Context<'_>) -> std::task::Poll<Finished> {
        let poll = self.exchange.poll_finished(cx);
        self.done = poll.is_ready();
        poll
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        if !self.done {
            self.exchange.abandon(ErrorCode::CANCEL);
        }
    }
}

/// A stream that is open.
struct Opened {
    exchange: Arc<Exchange>,
    following: Option<Arc<Following>>,
}

/// Lets interceptors begin, picks a connection and waits until the stream is open.
async fn open<Req, Res>(
    channel: &Channel,
    method: &MethodRef<Req, Res>,
    request: (Metadata, Option<Req>, Extensions),
    options: &mut Options,
) -> Result<Opened, Status> {
    let (mut metadata, mut message, extensions) = request;
    let cancellation = options.begin(&mut metadata)?;
    let following = intercept(channel, method, &mut metadata, extensions, options).await?;
    let failed = |status| match &following {
        Some(following) => following.failed(status),
        None => status,
    };
    if let (Some(following), Some(message)) = (&following, &mut message) {
        following.request(message, method.request()).map_err(failed)?;
    }
    let opened = stream(channel, method, &metadata, message.as_ref(), options, cancellation.as_deref()).await;
    let exchange = opened.map_err(failed)?;
    Ok(Opened { exchange, following })
}

async fn stream<Req, Res>(
    channel: &Channel,
    method: &MethodRef<Req, Res>,
    metadata: &Metadata,
    message: Option<&Req>,
    options: &Options,
    cancellation: Option<&Cancellation>,
) -> Result<Arc<Exchange>, Status> {
    let (wait_for_ready, deadline) = (options.wait_for_ready, options.deadline);
    let mut attempts = Attempts::default();
    loop {
        let encoder = options.encoder.as_ref();
        let encode =
            |message| envelope::encode(method.request(), message, options.request_bytes_max, encoder);
        let octets = message.map(encode).transpose().map_err(|status| status.of(&method.path()))?;
        let conn = channel.pick(wait_for_ready, deadline, cancellation).await?;
        let exchange = options.open(&conn, method.path(), metadata, octets, false);
        adopt(cancellation, &exchange);
        let opening = Opening { exchange: Some(exchange) };
        match opening.wait().await {
            Ok(exchange) => return Ok(exchange),
            Err(status) if attempts.again(&status) => {}
            Err(status) => return Err(status),
        }
    }
}

/// Ties a call to the one whose handler makes it.
fn adopt(cancellation: Option<&Cancellation>, exchange: &Arc<Exchange>) {
    if let Some(cancellation) = cancellation {
        cancellation.adopt(exchange);
    }
}

/// Waits for the stream; dropped before, it gives the call up.
struct Opening {
    exchange: Option<Arc<Exchange>>,
}

impl Opening {
    async fn wait(mut self) -> Result<Arc<Exchange>, Status> {
        let exchange = self.exchange.clone();
        let Some(exchange) = exchange else { return Err(Status::internal("the call was never begun")) };
        let opened = poll_fn(|cx| exchange.poll_opened(cx)).await;
        self.exchange = None;
        opened.map(|()| exchange)
    }
}

impl Drop for Opening {
    fn drop(&mut self) {
        if let Some(exchange) = &self.exchange {
            exchange.abandon(ErrorCode::CANCEL);
        }
    }
}

impl<Req: Send + Sync, Res: Send> IntoFuture for ServerStreamingCall<Req, Res> {
    type Output = Result<Streaming<Res>, Status>;
    type IntoFuture = BoxFuture<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let Self { channel, method, request, mut options } = self;
            let (metadata, message, extensions) = request.into_parts();
            let request = (metadata, Some(message), extensions);
            let opened = open(&channel, &method, request, &mut options).await?;
            Ok(receiver(&opened, &channel, &method, &options))
        })
    }
}

impl<Req: Send + Sync, Res: Send> IntoFuture for ClientStreamingCall<Req, Res> {
    type Output = Result<Upload<Req, Res>, Status>;
    type IntoFuture = BoxFuture<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let Self { channel, method, mut options } = self;
            let opened = open(&channel, &method, Default::default(), &mut options).await?;
            let sender = sender(&opened, &method, &options);
            Ok(Upload { sender, receiver: receiver(&opened, &channel, &method, &options) })
        })
    }
}

impl<Req: Send + Sync, Res: Send> IntoFuture for BidiCall<Req, Res> {
    type Output = Result<Bidi<Req, Res>, Status>;
    type IntoFuture = BoxFuture<Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let Self { channel, method, mut options } = self;
            let opened = open(&channel, &method, Default::default(), &mut options).await?;
            let sender = sender(&opened, &method, &options);
            Ok(Bidi { sender, receiver: receiver(&opened, &channel, &method, &options) })
        })
    }
}

fn sender<Req, Res>(opened: &Opened, method: &MethodRef<Req, Res>, options: &Options) -> Sender<Req> {
    let Opened { exchange, following } = opened;
    let bytes_max = options.request_bytes_max;
    let encoder = options.encoder.clone();
    Sender::client(exchange.clone(), method.request(), bytes_max, encoder, following.clone())
}

fn receiver<Req, Res>(
    opened: &Opened,
    channel: &Channel,
    method: &MethodRef<Req, Res>,
    options: &Options,
) -> Streaming<Res> {
    let Opened { exchange, following } = opened;
    let ChannelConfig { compression, decode, .. } = channel.config();
    Streaming::new(
        exchange.clone(),
        method.response(),
        *decode,
        options.response_bytes_max,
        compression.clone(),
        None,
        true,
        following.clone(),
        options.message_timeout,
    )
}

/// An open client-streaming call.
#[derive(Debug)]
#[must_use = "dropping an upload cancels its call"]
pub struct Upload<Req: 'static, Res: 'static> {
    sender: Sender<Req>,
    receiver: Streaming<Res>,
}

impl<Req, Res> Upload<Req, Res> {
    /// Sends a message; see [`Sender::send`].
    ///
    /// # Errors
    /// As [`Sender::send`]. If the server has answered already, [`finish`](Self::finish) tells what.
    ///
    /// # Cancel safety
    /// If the future is dropped, the message was not sent.
    pub async fn send(&mut self, message: Req) -> Result<(), Status> {
        self.sender.send(message).await
    }

    /// The sending half, for everything else it can do.
    pub fn sender(&mut self) -> &mut Sender<Req> {
        &mut self.sender
    }

    /// Half-closes and waits for the response.
    ///
    /// # Errors
    /// How the call ended, if not well.
    ///
    /// # Cancel safety
    /// Dropping the future cancels the call.
    pub async fn finish(self) -> Result<Response<Res>, Status> {
        let Self { mut sender, mut receiver } = self;
        sender.close();
        let first = receiver.message().await;
        let was_compressed = receiver.was_compressed();
        let second = if matches!(first, Ok(Some(_))) { receiver.message().await } else { Ok(None) };
        let metadata = receiver.headers().await?.clone();
        let (first, second) = match (first, second) {
            (Ok(first), Ok(second)) => (first, second),
            (Err(status), _) | (_, Err(status)) => return Err(status.behind(metadata)),
        };
        let trailers = receiver.trailers().cloned().unwrap_or_default();
        match (first, second) {
            (Some(message), None) => Ok(Response::received(message, metadata, trailers, was_compressed)),
            (None, _) => {
                Err(Status::unimplemented("the server answered with no message where one is due")
                    .at(Phase::Recv))
            }
            _ => Err(Status::unimplemented("the server answered with several messages where one is due")
                .at(Phase::Recv)),
        }
    }
}

/// An open bidirectional call.
#[derive(Debug)]
#[must_use = "dropping both halves cancels the call"]
pub struct Bidi<Req: 'static, Res: 'static> {
    sender: Sender<Req>,
    receiver: Streaming<Res>,
}

impl<Req, Res> Bidi<Req, Res> {
    /// The two halves, independent of each other.
    pub fn split(self) -> (Sender<Req>, Streaming<Res>) {
        (self.sender, self.receiver)
    }

    /// The sending half.
    pub fn sender(&mut self) -> &mut Sender<Req> {
        &mut self.sender
    }

    /// The receiving half.
    pub fn receiver(&mut self) -> &mut Streaming<Res> {
        &mut self.receiver
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;
    use crate::{Method, codec};

    #[test]
    fn a_refused_stream_is_tried_once_more_and_an_unsent_call_a_few_times() {
        let unavailable = |phase| Status::unavailable("why").at(phase).not_executed();
        let mut attempts = Attempts::default();
        assert!(attempts.again(&unavailable(Phase::Send)));
        assert!(!attempts.again(&unavailable(Phase::Send)));
        for _ in 0..UNSENT_MAX {
            assert!(attempts.again(&unavailable(Phase::Http2)));
        }
        assert!(!attempts.again(&unavailable(Phase::Queue)));
    }

    #[test]
    fn what_may_have_run_or_never_connected_is_not_tried_again() {
        let mut attempts = Attempts::default();
        assert!(!attempts.again(&Status::unavailable("why").at(Phase::Http2)));
        assert!(!attempts.again(&Status::unavailable("why").at(Phase::Connect).not_executed()));
        assert!(!attempts.again(&Status::resource_exhausted("why").at(Phase::Send).not_executed()));
    }

    #[tokio::test]
    async fn a_unary_call_is_no_larger_than_what_allocators_have_at_hand() {
        static METHOD: Method<Bytes, Bytes> =
            Method::with_codecs("/a.B/C", "a.B", "C", Kind::Unary, &codec::Raw, &codec::Raw);
        let channel = Channel::new("127.0.0.1:1").expect("a target");
        let call = unary(channel.unary(&METHOD, Request::new(Bytes::new())));
        // glibc keeps pieces of up to 1,032 octets by thread; a larger one sorts all free ones first. What is left
        // is for the user's request.
        assert!(size_of_val(&call) <= 768, "{} octets", size_of_val(&call));
    }
}
