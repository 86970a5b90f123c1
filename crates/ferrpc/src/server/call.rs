//! One call on the server: decode, handler, encode. Each kind is its own straight function.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::Config;
use crate::compression::{Accepted, ENCODING, Encoder};
use crate::conn::exchange::{Exchange, Whose};
use crate::conn::{Reply, ResponseHead};
use crate::connection_info::ConnectionInfo;
use crate::envelope::{self, Envelope};
use crate::extensions::Extensions;
use crate::interceptor::Following;
use crate::metadata::Metadata;
use crate::method::Method;
use crate::request::{Request, Response};
use crate::status::Status;
use crate::streaming::{Sender, Streaming};

/// A call being handled. What it leaves to be sent is the library's business.
pub struct Running(pub(crate) Pin<Box<dyn Future<Output = Reply> + Send + 'static>>);

impl Running {
    /// A panic is a status (gRPC `statuscodes.md`: UNKNOWN). A future that panicked is not polled again.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Reply> {
        catch_unwind(AssertUnwindSafe(|| self.0.as_mut().poll(cx))).unwrap_or_else(|_| {
            // The panic hook has printed it on our side; nothing of it goes to the client.
            Poll::Ready(Reply::End(Err(Status::unknown("handler panicked"))))
        })
    }
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Running")
    }
}

/// A call as it came from the wire, for [`Service::dispatch`](super::Service::dispatch).
#[derive(Debug)]
pub struct Call {
    /// Of a method that no service has.
    pub(crate) path: Option<String>,
    pub(crate) metadata: Metadata,
    /// The only message, where the client does not stream.
    pub(crate) message: Option<Envelope>,
    /// Where either side streams.
    pub(crate) exchange: Option<Arc<Exchange>>,
    pub(crate) deadline: Option<tokio::time::Instant>,
    pub(crate) connection: Arc<ConnectionInfo>,
    /// What the client can decompress.
    pub(crate) accepted: Accepted,
    pub(crate) config: Arc<Config>,
    pub(crate) extensions: Extensions,
    pub(crate) following: Option<Arc<Following>>,
}

impl Call {
    /// One request, one response.
    pub fn unary<Req, Res, H, F>(self, method: &'static Method<Req, Res>, handler: H) -> Running
    where
        Req: Send + 'static,
        Res: Send + 'static,
        H: FnOnce(Request<Req>) -> F + Send + 'static,
        F: Future<Output = Result<Response<Res>, Status>> + Send + 'static,
    {
        Running(Box::pin(async move {
            let (request, answering) = self.into_request(method);
            let response = match request {
                Ok(request) => handler(request).await,
                Err(status) => Err(status),
            };
            answering.answer(response, method)
        }))
    }

    /// One request, a stream of responses.
    pub fn server_streaming<Req, Res, H, F>(self, method: &'static Method<Req, Res>, handler: H) -> Running
    where
        Req: Send + 'static,
        Res: Send + 'static,
        H: FnOnce(Request<Req>, Sender<Res>) -> F + Send + 'static,
        F: Future<Output = Result<(), Status>> + Send + 'static,
    {
        // What is moved into a future stays a part of it to its end, and a stream may be open for long.
        let call = Box::new(self);
        Running(Box::pin(async move {
            let (request, sender, exchange) = unbox(call).into_request_and_sender(method);
            let result = match request {
                Ok(request) => handler(request, sender).await,
                Err(status) => Err(status),
            };
            end(result, &exchange)
        }))
    }

    /// A stream of requests, one response.
    pub fn client_streaming<Req, Res, H, F>(self, method: &'static Method<Req, Res>, handler: H) -> Running
    where
        Req: Send + 'static,
        Res: Send + 'static,
        H: FnOnce(Request<Streaming<Req>>) -> F + Send + 'static,
        F: Future<Output = Result<Response<Res>, Status>> + Send + 'static,
    {
        let call = Box::new(self);
        Running(Box::pin(async move {
            let (request, answering) = unbox(call).into_stream(method);
            answering.answer(handler(request).await, method)
        }))
    }

    /// Streams both ways.
    pub fn bidi<Req, Res, H, F>(self, method: &'static Method<Req, Res>, handler: H) -> Running
    where
        Req: Send + 'static,
        Res: Send + 'static,
        H: FnOnce(Request<Streaming<Req>>, Sender<Res>) -> F + Send + 'static,
        F: Future<Output = Result<(), Status>> + Send + 'static,
    {
        let call = Box::new(self);
        Running(Box::pin(async move {
            let (request, sender, exchange) = unbox(call).into_stream_and_sender(method);
            end(handler(request, sender).await, &exchange)
        }))
    }

    /// Answers UNIMPLEMENTED: for an index that no method has.
    pub fn unimplemented(self) -> Running {
        Running(Box::pin(async { Reply::End(Err(Status::unimplemented("no such method"))) }))
    }

    /// The request, and what its answer needs of the call.
    fn into_request<Req, Res>(self, method: &Method<Req, Res>) -> (Result<Request<Req>, Status>, Answering) {
        let Self { metadata, message, deadline, connection, accepted, config, extensions, following, .. } =
            self;
        let answering = Answering { config, accepted, following };
        let request = answering.decode(message, &metadata, method).map(|(message, was_compressed)| {
            let deadline = deadline.map(Into::into);
            Request::received(message, metadata, extensions, deadline, Some(connection), was_compressed)
        });
        (request, answering)
    }

    fn into_request_and_sender<Req, Res>(
        self,
        method: &Method<Req, Res>,
    ) -> (Result<Request<Req>, Status>, Sender<Res>, Arc<Exchange>) {
        let exchange = self.exchange();
        let sender = self.sender(method, &exchange);
        (self.into_request(method).0, sender, exchange)
    }

    fn into_stream<Req, Res>(self, method: &Method<Req, Res>) -> (Request<Streaming<Req>>, Answering) {
        let answering = Answering::of(&self);
        let stream = self.stream(method, self.exchange());
        (self.request(stream), answering)
    }

    fn into_stream_and_sender<Req, Res>(
        self,
        method: &Method<Req, Res>,
    ) -> (Request<Streaming<Req>>, Sender<Res>, Arc<Exchange>) {
        let exchange = self.exchange();
        let (stream, sender) = (self.stream(method, exchange.clone()), self.sender(method, &exchange));
        (self.request(stream), sender, exchange)
    }

    fn stream<Req, Res>(&self, method: &Method<Req, Res>, exchange: Arc<Exchange>) -> Streaming<Req> {
        let Config { limits, compression, .. } = &*self.config;
        Streaming::new(
            exchange,
            method.request,
            limits.decode,
            limits.message_bytes_max,
            compression.clone(),
            Some(self.metadata.clone()),
            false,
            self.following.clone(),
            limits.message_timeout,
        )
    }

    fn sender<Req, Res>(&self, method: &Method<Req, Res>, exchange: &Arc<Exchange>) -> Sender<Res> {
        Sender::server(
            exchange.clone(),
            method.response,
            self.config.limits.send_message_bytes_max,
            self.config.compression.clone(),
            self.accepted,
            self.following.clone(),
        )
    }

    /// The driver gives every streaming call one; a service that mixes its kinds up gets a dead one.
    fn exchange(&self) -> Arc<Exchange> {
        self.exchange.clone().unwrap_or_else(|| Exchange::new(Arc::default(), Whose::Server, None, None))
    }

    fn request<T>(self, stream: Streaming<T>) -> Request<Streaming<T>> {
        let deadline = self.deadline.map(Into::into);
        let connection = Some(self.connection);
        Request::received(stream, self.metadata, self.extensions, deadline, connection, false)
    }
}

/// What is needed of a call to answer it with one message.
struct Answering {
    config: Arc<Config>,
    accepted: Accepted,
    following: Option<Arc<Following>>,
}

impl Answering {
    fn of(call: &Call) -> Self {
        Self { config: call.config.clone(), accepted: call.accepted, following: call.following.clone() }
    }

    /// The one message of the request, and whether it came compressed.
    fn decode<Req, Res>(
        &self,
        message: Option<Envelope>,
        metadata: &Metadata,
        method: &Method<Req, Res>,
    ) -> Result<(Req, bool), Status> {
        let Config { limits, compression, .. } = &*self.config;
        // The driver begins no such call without its message.
        let Some(Envelope { octets, compressed }) = message else {
            return Err(Status::internal("the call has no message"));
        };
        let encoding = || metadata.wire(ENCODING);
        let (codec, bytes_max) = (method.request, limits.message_bytes_max);
        let mut message =
            envelope::decode(codec, &octets, compressed, compression, encoding, bytes_max, &limits.decode)
                .map_err(|status| status.of(method.info().path))?;
        if let Some(following) = &self.following {
            following.request(&mut message, method.request)?;
        }
        Ok((message, compressed))
    }

    fn answer<Req, Res>(&self, response: Result<Response<Res>, Status>, method: &Method<Req, Res>) -> Reply {
        let encoded = response.and_then(|response| self.encode(response, method));
        encoded.unwrap_or_else(|status| Reply::End(Err(status)))
    }

    fn encode<Req, Res>(
        &self,
        mut response: Response<Res>,
        method: &Method<Req, Res>,
    ) -> Result<Reply, Status> {
        let Self { config, accepted, following } = self;
        if let Some(following) = following {
            following.headers(response.metadata_mut());
            following.response(response.get_mut(), method.response)?;
        }
        let encoder = match response.compression() {
            Some(name) => config.compression.encoder(name, *accepted)?,
            None => config.compression.default_encoder(*accepted),
        };
        let (metadata, message, trailers) = response.into_parts();
        let bytes_max = config.limits.send_message_bytes_max;
        let octets = envelope::encode(method.response, &message, bytes_max, encoder.as_ref())
            .map_err(|status| status.of(method.info().path))?;
        let encoding = encoder.as_ref().map(Encoder::name);
        Ok(Reply::Message { head: ResponseHead { metadata, encoding }, octets, trailers })
    }
}

/// Takes a value out of its box, which is freed. For generated code, whose futures live for long: what is moved into one
/// stays a part of it to its end, and a box that something is moved out of is freed at the end of its block.
#[doc(hidden)]
#[expect(clippy::boxed_local, reason = "to be freed here")]
pub fn unbox<T>(boxed: Box<T>) -> T {
    *boxed
}

fn end(result: Result<(), Status>, exchange: &Exchange) -> Reply {
    Reply::End(result.map(|()| exchange.take_trailers()))
}
