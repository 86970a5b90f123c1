//! One call on the server: decode, handler, encode. Each kind is its own straight function.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use ferrpc_http2::Chunk;

use super::ServerLimits;
use crate::conn::Reply;
use crate::conn::exchange::{Exchange, Whose};
use crate::envelope;
use crate::metadata::Metadata;
use crate::method::Method;
use crate::request::{Request, Response};
use crate::status::Status;
use crate::streaming::{Sender, Streaming};

/// A call being handled. What it leaves to be sent is the library's business.
pub struct Running(pub(crate) Pin<Box<dyn Future<Output = Reply> + Send + 'static>>);

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Running")
    }
}

/// A call as it came from the wire, for [`Service::dispatch`](super::Service::dispatch).
#[derive(Debug)]
pub struct Call {
    pub(crate) metadata: Metadata,
    /// The only message, where the client does not stream.
    pub(crate) message: Option<Chunk>,
    /// Where either side streams.
    pub(crate) exchange: Option<Arc<Exchange>>,
    pub(crate) deadline: Option<tokio::time::Instant>,
    pub(crate) peer: Option<SocketAddr>,
    pub(crate) limits: Arc<ServerLimits>,
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
            let limits = self.limits.clone();
            let response = match self.into_request(method) {
                Ok(request) => handler(request).await,
                Err(status) => Err(status),
            };
            answer(response, method, limits.send_message_bytes_max)
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
        Running(Box::pin(async move {
            let trailers = Arc::new(Mutex::new(Metadata::new()));
            let sender = self.sender(method, &trailers);
            let result = match self.into_request(method) {
                Ok(request) => handler(request, sender).await,
                Err(status) => Err(status),
            };
            end(result, &trailers)
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
        Running(Box::pin(async move {
            let bytes_max = self.limits.send_message_bytes_max;
            answer(handler(self.into_stream(method)).await, method, bytes_max)
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
        Running(Box::pin(async move {
            let trailers = Arc::new(Mutex::new(Metadata::new()));
            let sender = self.sender(method, &trailers);
            end(handler(self.into_stream(method), sender).await, &trailers)
        }))
    }

    /// Answers UNIMPLEMENTED: for an index that no method has.
    pub fn unimplemented(self) -> Running {
        Running(Box::pin(async { Reply::End(Err(Status::unimplemented("no such method"))) }))
    }

    fn into_request<Req, Res>(mut self, method: &Method<Req, Res>) -> Result<Request<Req>, Status> {
        let octets = self.message.take().unwrap_or_else(Chunk::empty);
        let message = method.request.decode(octets, &self.limits.decode)?;
        Ok(self.request(message))
    }

    fn into_stream<Req, Res>(self, method: &Method<Req, Res>) -> Request<Streaming<Req>> {
        let exchange = self.exchange();
        let stream = Streaming::new(exchange, method.request, self.limits.decode, false, self.deadline);
        self.request(stream)
    }

    fn sender<Req, Res>(&self, method: &Method<Req, Res>, trailers: &Arc<Mutex<Metadata>>) -> Sender<Res> {
        Sender::server(
            self.exchange(),
            method.response,
            self.limits.send_message_bytes_max,
            trailers.clone(),
            self.deadline,
        )
    }

    /// The driver gives every streaming call one; a service that mixes its kinds up gets a dead one.
    fn exchange(&self) -> Arc<Exchange> {
        self.exchange.clone().unwrap_or_else(|| Exchange::new(Arc::default(), Whose::Server, None))
    }

    fn request<T>(self, message: T) -> Request<T> {
        Request::received(message, self.metadata, self.deadline.map(Into::into), self.peer)
    }
}

fn answer<Req, Res>(
    response: Result<Response<Res>, Status>,
    method: &Method<Req, Res>,
    bytes_max: usize,
) -> Reply {
    let (metadata, message, trailers) = match response {
        Ok(response) => response.into_parts(),
        Err(status) => return Reply::End(Err(status)),
    };
    match envelope::encode(method.response, &message, bytes_max) {
        Ok(octets) => Reply::Message { metadata, octets, trailers },
        Err(status) => Reply::End(Err(status)),
    }
}

fn end(result: Result<(), Status>, trailers: &Mutex<Metadata>) -> Reply {
    Reply::End(result.map(|()| std::mem::take(&mut *trailers.lock().unwrap_or_else(PoisonError::into_inner))))
}
