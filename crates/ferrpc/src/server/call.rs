//! One call on the server: decode, handler, encode. Each kind is its own straight function.

use std::future::Future;
use std::mem::{ManuallyDrop, take};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use super::Config;
use crate::codec::Segments;
use crate::compression::{Accepted, ENCODING, Encoder};
use crate::conn::exchange::{Exchange, Whose};
use crate::conn::{Reply, ResponseHead};
use crate::envelope::{self, Envelope};
use crate::interceptor::Following;
use crate::method::Method;
use crate::request::{About, Beside, Request, Response};
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
    pub(crate) about: About,
    /// The only message, where the client does not stream.
    pub(crate) message: Option<Envelope>,
    /// Where either side streams.
    pub(crate) exchange: Option<Arc<Exchange>>,
    pub(crate) terms: Terms,
}

/// What a call goes by, to its end.
#[derive(Clone, Debug)]
pub(crate) struct Terms {
    pub(crate) config: Arc<Config>,
    /// What the client can decompress.
    pub(crate) accepted: Accepted,
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
        // Made where it stays, since it is too large to be moved there; if there is no memory for it, the call leaks.
        let call = ManuallyDrop::new(self);
        let place = Box::new_uninit();
        let call = ManuallyDrop::into_inner(call);
        let running = Box::write(place, async move {
            // The whole of it, which is moved there at once, and not what is used one by one.
            let _ = &call;
            let (message, was_compressed) = match call.terms.decode(call.message, &call.about, method) {
                Ok(decoded) => decoded,
                Err(status) => return Reply::End(Err(status)),
            };
            match handler(Request::received(message, call.about, was_compressed)).await {
                Ok(mut response) => call.terms.answer(&mut response, method),
                Err(status) => Reply::End(Err(status)),
            }
        });
        Running(Box::into_pin(running))
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
        let parts = Box::new((self, method, handler));
        Running(Box::pin(async move {
            let (call, method, handler) = unbox(parts);
            let (request, sender, exchange) = call.into_request_and_sender(method);
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
        let parts = Box::new((self, method, handler));
        Running(Box::pin(async move {
            let (call, method, handler) = unbox(parts);
            let (request, terms) = call.into_stream(method);
            match handler(request).await {
                Ok(mut response) => terms.answer(&mut response, method),
                Err(status) => Reply::End(Err(status)),
            }
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
        let parts = Box::new((self, method, handler));
        Running(Box::pin(async move {
            let (call, method, handler) = unbox(parts);
            let (request, sender, exchange) = call.into_stream_and_sender(method);
            end(handler(request, sender).await, &exchange)
        }))
    }

    /// Answers UNIMPLEMENTED: for an index that no method has.
    pub fn unimplemented(self) -> Running {
        Running(Box::pin(async { Reply::End(Err(Status::unimplemented("no such method"))) }))
    }

    fn into_request_and_sender<Req, Res>(
        self,
        method: &Method<Req, Res>,
    ) -> (Result<Request<Req>, Status>, Sender<Res>, Arc<Exchange>) {
        let exchange = self.exchange();
        let sender = self.sender(method, &exchange);
        let request = self
            .terms
            .decode(self.message, &self.about, method)
            .map(|(message, was_compressed)| Request::received(message, self.about, was_compressed));
        (request, sender, exchange)
    }

    fn into_stream<Req, Res>(self, method: &Method<Req, Res>) -> (Request<Streaming<Req>>, Terms) {
        let stream = self.stream(method, self.exchange());
        (Request::received(stream, self.about, false), self.terms)
    }

    fn into_stream_and_sender<Req, Res>(
        self,
        method: &Method<Req, Res>,
    ) -> (Request<Streaming<Req>>, Sender<Res>, Arc<Exchange>) {
        let exchange = self.exchange();
        let (stream, sender) = (self.stream(method, exchange.clone()), self.sender(method, &exchange));
        (Request::received(stream, self.about, false), sender, exchange)
    }

    fn stream<Req, Res>(&self, method: &Method<Req, Res>, exchange: Arc<Exchange>) -> Streaming<Req> {
        let Config { limits, compression, .. } = &*self.terms.config;
        Streaming::new(
            exchange,
            method.request,
            limits.decode,
            limits.message_bytes_max,
            compression.clone(),
            Some(self.about.metadata.clone()),
            false,
            self.terms.following.clone(),
            limits.message_timeout,
        )
    }

    fn sender<Req, Res>(&self, method: &Method<Req, Res>, exchange: &Arc<Exchange>) -> Sender<Res> {
        let Terms { config, accepted, following } = &self.terms;
        Sender::server(
            exchange.clone(),
            method.response,
            config.limits.send_message_bytes_max,
            config.compression.clone(),
            *accepted,
            following.clone(),
        )
    }

    /// The driver gives every streaming call one; a service that mixes its kinds up gets a dead one.
    fn exchange(&self) -> Arc<Exchange> {
        self.exchange.clone().unwrap_or_else(|| Exchange::new(Arc::default(), Whose::Server, None, None))
    }
}

impl Terms {
    /// The one message of a request, and whether it came compressed.
    fn decode<Req, Res>(
        &self,
        message: Option<Envelope>,
        about: &About,
        method: &Method<Req, Res>,
    ) -> Result<(Req, bool), Status> {
        let Config { limits, compression, .. } = &*self.config;
        // The driver begins no such call without its message.
        let Some(Envelope { octets, compressed }) = message else {
            return Err(Status::internal("the call has no message"));
        };
        let encoding = || about.metadata.wire(ENCODING);
        let (codec, bytes_max) = (method.request, limits.message_bytes_max);
        let mut message =
            envelope::decode(codec, &octets, compressed, compression, encoding, bytes_max, &limits.decode)
                .map_err(|status| status.of(method.info().path))?;
        if let Some(following) = &self.following {
            following.request(&mut message, method.request)?;
        }
        Ok((message, compressed))
    }

    /// What is sent of a response.
    fn answer<Req, Res>(&self, response: &mut Response<Res>, method: &Method<Req, Res>) -> Reply {
        let (message, beside) = response.parts_mut();
        if let Some(following) = &self.following {
            following.headers(&mut beside.metadata);
            if let Err(status) = following.response(message, method.response) {
                return Reply::End(Err(status));
            }
        }
        let sealed = match method.response.encode(message) {
            Ok(octets) if beside.is_untouched() && !self.config.compression.sends() => {
                envelope::uncompressed(octets, self.config.limits.send_message_bytes_max)
                    .map(|octets| Reply::Message { octets, around: None })
            }
            Ok(octets) => self.seal(octets, beside),
            Err(status) => Err(status),
        };
        sealed.unwrap_or_else(|status| Reply::End(Err(status.of(method.info().path))))
    }

    /// Compressed, or with metadata.
    fn seal(&self, octets: Segments, beside: &mut Beside) -> Result<Reply, Status> {
        let Self { config, accepted, .. } = self;
        let encoder = match beside.compression() {
            Some(name) => config.compression.encoder(name, *accepted)?,
            None => config.compression.default_encoder(*accepted),
        };
        let octets = envelope::seal(octets, config.limits.send_message_bytes_max, encoder.as_ref())?;
        let encoding = encoder.as_ref().map(Encoder::name);
        let head = ResponseHead { metadata: take(&mut beside.metadata), encoding };
        Ok(Reply::message(octets, head, take(&mut beside.trailers)))
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
