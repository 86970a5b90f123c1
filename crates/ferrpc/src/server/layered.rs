//! A service behind a tower layer: HTTP's view of a call, for what there is already of that kind.

use std::convert::Infallible;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use tower_layer::Layer;
use tower_service::Service as TowerService;

use super::call::{Call, Running};
use super::service::Service;
use crate::code::Code;
use crate::conn::{Around, Reply, ResponseHead};
use crate::metadata::Metadata;
use crate::method::MethodInfo;
use crate::status::Status;

/// A service behind a [tower layer](Layer), which sees each call as an HTTP request and its end as a response; feature
/// `tower`. [`Intercepted`](super::Intercepted) sees more, and costs less.
///
/// - The request has the path and the metadata; what the layer changes of the metadata reaches the handler, and what it
///   puts into the extensions is in the handler's as one [`http::Extensions`].
/// - The response comes when the handler has returned. It has the metadata of a single answer, to be changed, or
///   `grpc-status` if the call failed; of a stream of answers everything is out by then.
/// - Bodies are opaque. A layer that answers by itself gives its own an empty one (`Default`): then `grpc-status` in the
///   headers, or else the HTTP status, becomes the call's. An error of the layer ends the call with UNAVAILABLE.
/// - Its service is cloned for each call.
#[derive(Clone)]
pub struct Layered<S> {
    name: &'static str,
    methods: &'static [MethodInfo],
    layered: S,
}

impl<S> Layered<S> {
    /// Puts a layer before a service.
    pub fn new<L>(service: impl Service, layer: L) -> Self
    where
        L: Layer<Dispatch, Service = S>,
    {
        let (name, methods) = (service.name(), service.methods());
        Self { name, methods, layered: layer.layer(Dispatch { service: Arc::new(service) }) }
    }
}

impl<S> Service for Layered<S>
where
    S: TowerService<http::Request<RequestBody>, Response = http::Response<ResponseBody>>,
    S: Clone + Send + Sync + 'static,
    S::Future: Send,
    S::Error: fmt::Display,
{
    fn name(&self) -> &'static str {
        self.name
    }

    fn methods(&self) -> &'static [MethodInfo] {
        self.methods
    }

    fn dispatch(&self, index: usize, mut call: Call) -> Running {
        let mut layered = self.layered.clone();
        let path = self.methods.get(index).map_or("/", |method| method.path);
        Running(Box::pin(async move {
            let metadata = std::mem::take(&mut call.about.metadata);
            let mut request = http::Request::new(RequestBody { call, index });
            *request.method_mut() = http::Method::POST;
            *request.version_mut() = http::Version::HTTP_2;
            // A path that is no URI could not have been routed.
            *request.uri_mut() = path.parse().unwrap_or_default();
            *request.headers_mut() = to_headers(&metadata);
            let failed = |error: S::Error| Reply::End(Err(Status::unavailable(error.to_string())));
            if let Err(error) = poll_fn(|cx| layered.poll_ready(cx)).await {
                return failed(error);
            }
            layered.call(request).await.map_or_else(failed, into_reply)
        }))
    }
}

impl<S> fmt::Debug for Layered<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Layered({})", self.name)
    }
}

/// What a layer is put before: the service itself.
#[derive(Clone)]
pub struct Dispatch {
    service: Arc<dyn Service>,
}

impl TowerService<http::Request<RequestBody>> for Dispatch {
    type Response = http::Response<ResponseBody>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<RequestBody>) -> Self::Future {
        let (head, RequestBody { mut call, index }) = request.into_parts();
        call.about.metadata = to_metadata(&head.headers);
        if !head.extensions.is_empty() {
            call.about.extensions.insert(head.extensions);
        }
        let mut running = self.service.dispatch(index, call);
        Box::pin(async move { Ok(to_response(poll_fn(|cx| running.poll(cx)).await)) })
    }
}

impl fmt::Debug for Dispatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Dispatch({})", self.service.name())
    }
}

/// The messages of a call, which layers pass on.
#[derive(Debug)]
pub struct RequestBody {
    call: Call,
    index: usize,
}

/// What a handler left to be sent, which layers pass on; empty in answers of their own.
#[derive(Debug, Default)]
pub struct ResponseBody {
    reply: Option<Reply>,
}

fn to_headers(metadata: &Metadata) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/grpc"));
    for (key, value) in metadata.iter() {
        let (Ok(key), Ok(mut value)) = (key.parse::<HeaderName>(), HeaderValue::from_bytes(value)) else {
            continue;
        };
        value.set_sensitive(metadata.is_secret(key.as_str()));
        headers.append(key, value);
    }
    headers
}

/// Without what belongs to HTTP and gRPC.
fn to_metadata(headers: &HeaderMap) -> Metadata {
    let mut metadata = Metadata::new();
    for (key, value) in headers {
        metadata.append_wire(key.as_str(), value.as_bytes(), value.is_sensitive());
    }
    metadata
}

fn to_response(reply: Reply) -> http::Response<ResponseBody> {
    let headers = match &reply {
        Reply::Message { around: Some(around), .. } => to_headers(&around.head.metadata),
        Reply::Message { around: None, .. } => to_headers(&Metadata::new()),
        Reply::End(ended) => {
            let mut headers = to_headers(&Metadata::new());
            let code = ended.as_ref().map_or_else(Status::code, |_| Code::Ok);
            headers.insert(GRPC_STATUS, HeaderValue::from(code.number()));
            headers
        }
    };
    let mut response = http::Response::new(ResponseBody { reply: Some(reply) });
    *response.headers_mut() = headers;
    response
}

fn into_reply(response: http::Response<ResponseBody>) -> Reply {
    let (head, body) = response.into_parts();
    match body.reply {
        Some(Reply::Message { octets, around }) => {
            let Around { head: own, trailers } = around.map(|around| *around).unwrap_or_default();
            let own = ResponseHead { metadata: to_metadata(&head.headers), ..own };
            Reply::message(octets, own, trailers)
        }
        Some(reply) => reply,
        None => Reply::End(Err(by_layer(&head))),
    }
}

/// What the answer of a layer means that did not ask the service.
fn by_layer(head: &http::response::Parts) -> Status {
    let code = match head.headers.get(GRPC_STATUS) {
        Some(code) => Code::from_field(code.as_bytes()),
        None => Code::from_http(head.status.as_u16()),
    };
    Status::new(code, format!("a layer before the service answered with HTTP {}", head.status.as_u16()))
}

const GRPC_STATUS: &str = "grpc-status";
