//! The halves of a streaming call: [`Streaming`] receives messages, [`Sender`] sends them. Both sides of
//! a call use the same two types.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use ferrpc_http2::ErrorCode;
use ferrpc_proto::DecodeLimits;
use futures_core::Stream;
use tokio::time::Sleep;

use crate::codec::{Codec, Segments};
use crate::compression::{Accepted, Compression, ENCODING, Encoder};
use crate::conn::ResponseHead;
use crate::conn::exchange::{Exchange, Messages};
use crate::envelope;
use crate::interceptor::Following;
use crate::metadata::Metadata;
use crate::status::{Phase, Status};

/// The receiving half of a stream of messages.
///
/// On a client, dropping it before its end cancels the call. It is also a [`Stream`].
#[must_use = "dropping the receiving half cancels a client's call"]
pub struct Streaming<T: 'static>(Box<Receiving<T>>);

/// What is in a [`Streaming`]: handlers' futures hold those several times over, so they are one pointer wide.
struct Receiving<T: 'static> {
    exchange: Arc<Exchange>,
    codec: &'static dyn Codec<T>,
    limits: DecodeLimits,
    message_bytes_max: usize,
    compression: Compression,
    state: State,
    /// Known once it has ended well.
    trailers: Metadata,
    /// What stood before the messages: the request's metadata, or the response's once it is asked for.
    head: Metadata,
    has_head: bool,
    /// What a client's call gives up when this half goes early.
    cancels: bool,
    /// Messages taken from the exchange together and not asked for yet.
    came: Messages,
    /// Octets consumed whose credit is not given back yet.
    consumed: usize,
    was_compressed: bool,
    following: Option<Arc<Following>>,
    /// How long a message may stay away.
    pause: Option<Box<Pause>>,
}

struct Pause {
    max: Duration,
    /// Runs while somebody waits.
    timer: Option<Pin<Box<Sleep>>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    /// No message comes any more.
    Failed,
    Ended,
}

impl<T> Receiving<T> {
    /// Sees to it that the head is here, if it came. A server has it from the start.
    fn fetch_head(&mut self) {
        if !self.has_head
            && let Some(head) = self.exchange.take_head()
        {
            (self.head, self.has_head) = (head, true);
        }
    }
}

impl<T> Streaming<T> {
    pub(crate) fn new(
        exchange: Arc<Exchange>,
        codec: &'static dyn Codec<T>,
        limits: DecodeLimits,
        message_bytes_max: usize,
        compression: Compression,
        head: Option<Metadata>,
        cancels: bool,
        following: Option<Arc<Following>>,
        message_timeout: Option<Duration>,
    ) -> Self {
        Self(Box::new(Receiving {
            exchange,
            codec,
            limits,
            message_bytes_max,
            compression,
            state: State::Open,
            trailers: Metadata::new(),
            has_head: head.is_some(),
            head: head.unwrap_or_default(),
            cancels,
            came: Messages::default(),
            consumed: 0,
            was_compressed: false,
            following,
            pause: message_timeout.map(|max| Box::new(Pause { max, timer: None })),
        }))
    }

    /// The next message, or `None` once the peer has finished.
    ///
    /// # Errors
    /// The peer's status if it ended the call; [`Code::DeadlineExceeded`](crate::Code::DeadlineExceeded)
    /// if time ran out first, of the call or of `message_timeout`; [`Code::Cancelled`](crate::Code::Cancelled) on a server whose client went
    /// away. After an error the stream is over.
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing; the message is returned by the next call.
    #[inline]
    pub fn message(&mut self) -> impl Future<Output = Result<Option<T>, Status>> {
        poll_fn(|cx| self.poll(cx))
    }

    /// Gives a client's call up while this half is kept: the server learns of it, messages that came before can still be
    /// taken, and behind them the stream ends with [`Code::Cancelled`](crate::Code::Cancelled). A call that is over
    /// stays as it ended. On a server it does nothing: return a status instead.
    pub fn cancel(&mut self) {
        if self.0.cancels {
            self.0.exchange.abandon(ErrorCode::CANCEL);
        }
    }

    /// Whether the last message came compressed.
    pub fn was_compressed(&self) -> bool {
        self.0.was_compressed
    }

    /// The trailers, once [`message`](Self::message) returned `None`.
    pub fn trailers(&self) -> Option<&Metadata> {
        (self.0.state == State::Ended).then_some(&self.0.trailers)
    }

    /// Client: the metadata that stands before the first message. Waits for it; empty if the call ends
    /// without.
    ///
    /// # Errors
    /// None of its own: how the call ended is told by [`message`](Self::message).
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing.
    #[cfg(feature = "client")]
    pub async fn headers(&mut self) -> Result<&Metadata, Status> {
        if !self.0.has_head {
            let exchange = &self.0.exchange;
            let head = poll_fn(|cx| exchange.poll_head(cx)).await;
            (self.0.head, self.0.has_head) = (head.unwrap_or_default(), true);
            self.pass_head();
        }
        Ok(&self.0.head)
    }

    #[inline]
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<T>, Status>> {
        // What is over has no messages left that came.
        if self.0.came.is_empty() && !ready!(self.poll_came(cx))? {
            return Poll::Ready(Ok(None));
        }
        self.decode()
    }

    /// True once there are messages that came, false if none will.
    fn poll_came(&mut self, cx: &mut Context<'_>) -> Poll<Result<bool, Status>> {
        if self.0.state != State::Open {
            return Poll::Ready(Ok(false));
        }
        match self.0.exchange.poll_messages(cx, &mut self.0.came, &mut self.0.consumed) {
            Poll::Pending => {
                let status = ready!(self.poll_pause(cx));
                Poll::Ready(Err(status))
            }
            Poll::Ready(Ok(())) => {
                if let Some(pause) = &mut self.0.pause {
                    pause.timer = None;
                }
                Poll::Ready(Ok(true))
            }
            Poll::Ready(Err(ended)) => {
                self.0.state = State::Failed;
                self.0.trailers = self.pass_end(ended)?;
                self.0.state = State::Ended;
                Poll::Ready(Ok(false))
            }
        }
    }

    /// Ready when a message has stayed away for too long.
    fn poll_pause(&mut self, cx: &mut Context<'_>) -> Poll<Status> {
        let Some(pause) = &mut self.0.pause else { return Poll::Pending };
        let max = pause.max;
        ready!(pause.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep(max))).as_mut().poll(cx));
        self.0.state = State::Failed;
        if self.0.cancels {
            self.0.exchange.abandon(ErrorCode::CANCEL);
        }
        let why =
            format!("no message came for {} s; message_timeout says how long to wait", max.as_secs_f64());
        let status = Status::deadline_exceeded(why).at(Phase::Recv);
        Poll::Ready(match self.0.following.as_ref().filter(|_| self.0.cancels) {
            Some(following) => following.failed(status),
            None => status,
        })
    }

    /// Shows a client's interceptors the head, once.
    fn pass_head(&mut self) {
        if self.0.following.is_none() || !self.0.cancels {
            return;
        }
        self.0.fetch_head();
        if let Receiving { following: Some(following), head, has_head: true, .. } = &mut *self.0 {
            following.headers(head);
        }
    }

    /// Shows a client's interceptors how the call ended. On a server that is the reply's business.
    fn pass_end(&mut self, ended: Result<Metadata, Status>) -> Result<Metadata, Status> {
        self.pass_head();
        match self.0.following.as_ref().filter(|_| self.0.cancels) {
            Some(following) => following.end(ended),
            None => ended,
        }
    }

    fn pass(&mut self, message: &mut T) -> Result<(), Status> {
        self.pass_head();
        match &self.0.following {
            Some(following) if self.0.cancels => following.response(message, self.0.codec),
            Some(following) => following.request(message, self.0.codec),
            None => Ok(()),
        }
    }

    /// The next of the messages that came. It is moved once: what was just written in words and is moved in larger
    /// pieces stalls a core, and each message passes here.
    #[inline]
    fn decode(&mut self) -> Poll<Result<Option<T>, Status>> {
        let Some(front) = self.0.came.narrow() else { return Poll::Ready(Ok(None)) };
        let compressed = front.compressed;
        if compressed {
            self.0.fetch_head();
        }
        let Receiving { codec, limits, message_bytes_max, compression, head, came, .. } = &mut *self.0;
        let encoding = || head.wire(ENCODING);
        let (octets, bytes_max) = (came.first(), *message_bytes_max);
        let mut message = None;
        let decoded = if compressed {
            envelope::decode(*codec, octets, true, compression, encoding, bytes_max, limits)
                .map(|decoded| message = Some(decoded))
        } else {
            codec.decode_into(octets, limits, &mut message)
        };
        self.0.consumed += came.go_on(front);
        self.0.exchange.consumed(&mut self.0.consumed);
        self.0.was_compressed = compressed;
        if decoded.is_err() || self.0.following.is_some() {
            return Poll::Ready(self.passed(decoded, message));
        }
        Poll::Ready(Ok(message))
    }

    /// The same for what is no message, and where interceptors see it.
    #[cold]
    fn passed(&mut self, decoded: Result<(), Status>, mut message: Option<T>) -> Result<Option<T>, Status> {
        let passed = decoded.and_then(|()| message.as_mut().map_or(Ok(()), |message| self.pass(message)));
        passed.map(|()| message).map_err(|status| self.fail(status))
    }

    /// No message comes after one that is none.
    #[cold]
    fn fail(&mut self, status: Status) -> Status {
        self.0.state = State::Failed;
        self.0.came = Messages::default();
        if self.0.cancels {
            self.0.exchange.abandon(ErrorCode::CANCEL);
        }
        match self.0.following.as_ref().filter(|_| self.0.cancels) {
            Some(following) => following.failed(status),
            None => status,
        }
    }
}

impl<T> Stream for Streaming<T> {
    type Item = Result<T, Status>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Self::poll(&mut self, cx).map(Result::transpose)
    }
}

impl<T> Drop for Streaming<T> {
    fn drop(&mut self) {
        if self.0.cancels && self.0.state == State::Open {
            self.0.exchange.abandon(ErrorCode::CANCEL);
        }
    }
}

impl<T> fmt::Debug for Streaming<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Streaming").field("state", &self.0.state).finish_non_exhaustive()
    }
}

/// Messages that are sent together, in octets: what one DATA frame takes.
const BATCH_BYTES: usize = 16 << 10;

/// The sending half of a stream of messages.
///
/// On a client, [`close`](Self::close) ends the stream; dropping it unclosed cancels the call, so that an
/// early `?` never looks like a complete upload. On a server the call ends when its handler returns.
#[must_use = "dropping the sending half unclosed cancels a client's call"]
pub struct Sender<T: 'static>(Box<Sending<T>>);

/// What is in a [`Sender`].
struct Sending<T: 'static> {
    exchange: Arc<Exchange>,
    codec: &'static dyn Codec<T>,
    bytes_max: usize,
    /// What messages are compressed with, as long as `compresses`.
    encoder: Option<Encoder>,
    compresses: bool,
    /// What a server's handler can choose from, until its head is out.
    choice: Option<(Compression, Accepted)>,
    /// A server's metadata, due before the first message.
    head: Metadata,
    head_is_due: bool,
    cancels: bool,
    closed: bool,
    following: Option<Arc<Following>>,
}

impl<T> Sending<T> {
    /// The exchange, and what takes the head that is due before a server's first message.
    fn exchange_and_head(&mut self) -> (&Exchange, impl FnOnce() -> Option<ResponseHead>) {
        let Self { exchange, head, head_is_due, encoder, .. } = self;
        let take = move || {
            std::mem::take(head_is_due).then(|| ResponseHead {
                metadata: std::mem::take(head),
                encoding: encoder.as_ref().map(Encoder::name),
            })
        };
        (exchange, take)
    }
}

impl<T> Sender<T> {
    #[cfg(feature = "client")]
    pub(crate) fn client(
        exchange: Arc<Exchange>,
        codec: &'static dyn Codec<T>,
        bytes_max: usize,
        encoder: Option<Encoder>,
        following: Option<Arc<Following>>,
    ) -> Self {
        Self(Box::new(Sending {
            exchange,
            codec,
            bytes_max,
            encoder,
            compresses: true,
            choice: None,
            head: Metadata::new(),
            head_is_due: false,
            cancels: true,
            closed: false,
            following,
        }))
    }

    #[cfg(feature = "server")]
    pub(crate) fn server(
        exchange: Arc<Exchange>,
        codec: &'static dyn Codec<T>,
        bytes_max: usize,
        compression: Compression,
        accepted: Accepted,
        following: Option<Arc<Following>>,
    ) -> Self {
        Self(Box::new(Sending {
            exchange,
            codec,
            bytes_max,
            encoder: compression.default_encoder(accepted),
            compresses: true,
            choice: Some((compression, accepted)),
            head: Metadata::new(),
            head_is_due: true,
            cancels: false,
            closed: false,
            following,
        }))
    }

    /// Sends a message, once flow control and the stream's quota allow it: 64 KiB unsent by default.
    ///
    /// # Errors
    /// How the call ended, if it is over; [`Code::ResourceExhausted`](crate::Code::ResourceExhausted) for a
    /// message over the send limit, which does not end the stream.
    ///
    /// # Cancel safety
    /// If the future is dropped, the message was not sent.
    pub fn send(&mut self, mut message: T) -> impl Future<Output = Result<(), Status>> {
        let mut octets = self.encode(&mut message);
        // Its octets are all that is needed while it waits.
        drop(message);
        poll_fn(move |cx| match &mut octets {
            Ok(octets) => self.poll_hand_over(cx, octets),
            Err(status) => Poll::Ready(Err(status.clone())),
        })
    }

    /// Gives encoded messages to the connection, once the quota allows; nothing is left of them then.
    fn poll_hand_over(&mut self, cx: &Context<'_>, octets: &mut Segments) -> Poll<Result<(), Status>> {
        let (exchange, head) = self.0.exchange_and_head();
        exchange.poll_send(cx, octets, head)
    }

    fn encode(&mut self, message: &mut T) -> Result<Segments, Status> {
        if self.0.closed {
            return Err(Status::failed_precondition("send after close").at(Phase::Send));
        }
        self.pass_head();
        match &self.0.following {
            Some(following) if self.0.cancels => following.request(message, self.0.codec)?,
            Some(following) => following.response(message, self.0.codec)?,
            None => {}
        }
        let encoder = self.0.encoder.as_ref().filter(|_| self.0.compresses);
        envelope::encode(self.0.codec, message, self.0.bytes_max, encoder)
    }

    /// Sends a message now, over the quota if need be.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub fn try_send(&mut self, mut message: T) -> Result<(), Status> {
        let mut octets = self.encode(&mut message)?;
        let (exchange, head) = self.0.exchange_and_head();
        exchange.send(&mut octets, head)
    }

    /// Waits until [`try_send`](Self::try_send) stays within the quota.
    ///
    /// # Errors
    /// How the call ended, if it is over.
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing.
    pub async fn ready(&mut self) -> Result<(), Status> {
        let exchange = &self.0.exchange;
        poll_fn(|cx| exchange.poll_ready(cx)).await
    }

    /// Sends all messages of a stream: those that are ready at once, up to 16 KiB, under one lock. An error in
    /// the stream is returned, behind the messages before it, and ends nothing.
    ///
    /// # Errors
    /// As [`send`](Self::send), and what the stream yields.
    ///
    /// # Cancel safety
    /// If the future is dropped, messages already taken from the stream may be lost.
    pub async fn send_all<S>(&mut self, messages: S) -> Result<(), Status>
    where
        S: Stream<Item = Result<T, Status>>,
    {
        let mut messages = std::pin::pin!(messages);
        loop {
            let (mut batch, end) = poll_fn(|cx| self.poll_batch(cx, messages.as_mut())).await;
            if !batch.is_empty() {
                poll_fn(|cx| self.poll_hand_over(cx, &mut batch)).await?;
            }
            if let Some(end) = end {
                return end;
            }
        }
    }

    /// What a stream has ready, encoded, up to [`BATCH_BYTES`]; and how it ended, if it did.
    fn poll_batch<S>(
        &mut self,
        cx: &mut Context<'_>,
        mut messages: Pin<&mut S>,
    ) -> Poll<(Segments, Option<Result<(), Status>>)>
    where
        S: Stream<Item = Result<T, Status>>,
    {
        let mut batch = Segments::new();
        while batch.len() < BATCH_BYTES {
            // Each message is encoded where it was returned.
            let mut next = messages.as_mut().poll_next(cx);
            let end = match &mut next {
                Poll::Ready(Some(Ok(message))) => match self.encode(message) {
                    Ok(octets) => {
                        batch.append(octets);
                        continue;
                    }
                    Err(status) => Err(status),
                },
                Poll::Ready(Some(Err(status))) => Err(status.clone()),
                Poll::Ready(None) => Ok(()),
                // The stream wakes us for the next one, whoever waits for what.
                Poll::Pending if batch.is_empty() => return Poll::Pending,
                Poll::Pending => return Poll::Ready((batch, None)),
            };
            return Poll::Ready((batch, Some(end)));
        }
        Poll::Ready((batch, None))
    }

    /// Ready once the peer will take no more: the call ended, was cancelled, or its client went away.
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing.
    pub async fn closed(&self) {
        let exchange = &self.0.exchange;
        poll_fn(|cx| exchange.poll_over(cx)).await;
    }

    /// Server: the metadata that goes before the first message; no effect after that.
    pub fn headers_mut(&mut self) -> &mut Metadata {
        &mut self.0.head
    }

    /// Server: compresses the messages of this call with the compressor of this name, `identity` for none. Nothing is
    /// compressed that the client does not accept.
    ///
    /// # Errors
    /// [`Code::Internal`](crate::Code::Internal) if the server has no such compressor;
    /// [`Code::FailedPrecondition`](crate::Code::FailedPrecondition) once the metadata is out, and on a client,
    /// whose call has an option for it.
    pub fn set_compression(&mut self, name: &str) -> Result<(), Status> {
        let Some((compression, accepted)) = self.0.choice.as_ref().filter(|_| self.0.head_is_due) else {
            return Err(Status::failed_precondition(
                "the metadata is out, and the compression is part of it",
            ));
        };
        self.0.encoder = compression.encoder(name, *accepted)?;
        Ok(())
    }

    /// Whether messages are compressed from here on, where the call has a compressor. Default yes.
    pub fn set_message_compression(&mut self, yes: bool) {
        self.0.compresses = yes;
    }

    /// Server: sends the metadata now, before any message.
    pub fn send_headers(&mut self) {
        self.send_head();
    }

    /// Server: adds to the trailers, which go with the status when the handler returns `Ok`.
    pub fn add_trailers(&mut self, trailers: &Metadata) {
        if !self.0.cancels {
            self.0.exchange.add_trailers(trailers);
        }
    }

    /// Ends the stream: a client's half-close. On a server it does nothing, the handler's return does.
    pub fn close(&mut self) {
        if self.0.cancels && !std::mem::replace(&mut self.0.closed, true) {
            self.0.exchange.send_end();
        }
    }

    /// Gives a client's call up, whether this half is closed or not: the server learns of it, and the receiving half
    /// ends with [`Code::Cancelled`](crate::Code::Cancelled). A call that is over stays as it ended. On a server it
    /// does nothing: return a status instead.
    pub fn cancel(&mut self) {
        if self.0.cancels {
            self.0.exchange.abandon(ErrorCode::CANCEL);
        }
    }

    /// Shows a server's interceptors the head, once.
    fn pass_head(&mut self) {
        if let Sending { following: Some(following), head, head_is_due: true, .. } = &mut *self.0 {
            following.headers(head);
        }
    }

    fn send_head(&mut self) {
        self.pass_head();
        let (exchange, head) = self.0.exchange_and_head();
        if let Some(head) = head() {
            exchange.send_head(head);
        }
    }
}

impl<T> Drop for Sender<T> {
    fn drop(&mut self) {
        if self.0.cancels && !self.0.closed {
            self.0.exchange.abandon(ErrorCode::CANCEL);
        }
        // What a handler has set goes out, though it sent no message.
        if self.0.head_is_due && !self.0.head.is_empty() {
            self.send_head();
        }
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").field("closed", &self.0.closed).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_one_pointer_wide() {
        assert_eq!(size_of::<Streaming<String>>(), size_of::<usize>());
        assert_eq!(size_of::<Sender<String>>(), size_of::<usize>());
    }
}
