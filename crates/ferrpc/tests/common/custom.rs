//! The text service with handlers that a test gives.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use ferrpc::server::{Call, Running, Service};
use ferrpc::{MethodInfo, Request, Response, Sender, Status, Streaming};

use super::{ECHO, JOIN, METHODS, SPLIT, UPPER};

type Answer<T> = Pin<Box<dyn Future<Output = Result<T, Status>> + Send>>;
type Unary = dyn Fn(Request<String>) -> Answer<Response<String>> + Send + Sync;
type Down = dyn Fn(Request<String>, Sender<String>) -> Answer<()> + Send + Sync;
type Up = dyn Fn(Request<Streaming<String>>) -> Answer<Response<String>> + Send + Sync;
type Bidi = dyn Fn(Request<Streaming<String>>, Sender<String>) -> Answer<()> + Send + Sync;

/// Methods without a handler are not implemented.
#[derive(Clone, Default)]
pub struct Custom {
    unary: Option<Arc<Unary>>,
    down: Option<Arc<Down>>,
    up: Option<Arc<Up>>,
    bidi: Option<Arc<Bidi>>,
}

impl Custom {
    pub fn unary<F, A>(mut self, handler: F) -> Self
    where
        F: Fn(Request<String>) -> A + Send + Sync + 'static,
        A: Future<Output = Result<Response<String>, Status>> + Send + 'static,
    {
        self.unary = Some(Arc::new(move |request| Box::pin(handler(request))));
        self
    }

    pub fn down<F, A>(mut self, handler: F) -> Self
    where
        F: Fn(Request<String>, Sender<String>) -> A + Send + Sync + 'static,
        A: Future<Output = Result<(), Status>> + Send + 'static,
    {
        self.down = Some(Arc::new(move |request, out| Box::pin(handler(request, out))));
        self
    }

    pub fn up<F, A>(mut self, handler: F) -> Self
    where
        F: Fn(Request<Streaming<String>>) -> A + Send + Sync + 'static,
        A: Future<Output = Result<Response<String>, Status>> + Send + 'static,
    {
        self.up = Some(Arc::new(move |request| Box::pin(handler(request))));
        self
    }

    pub fn bidi<F, A>(mut self, handler: F) -> Self
    where
        F: Fn(Request<Streaming<String>>, Sender<String>) -> A + Send + Sync + 'static,
        A: Future<Output = Result<(), Status>> + Send + 'static,
    {
        self.bidi = Some(Arc::new(move |request, out| Box::pin(handler(request, out))));
        self
    }
}

impl Service for Custom {
    fn name(&self) -> &'static str {
        "test.Text"
    }

    fn methods(&self) -> &'static [MethodInfo] {
        &METHODS
    }

    fn dispatch(&self, index: usize, call: Call) -> Running {
        let handlers = self.clone();
        match (index, handlers) {
            (0, Self { unary: Some(handler), .. }) => call.unary(&UPPER, move |request| handler(request)),
            (1, Self { down: Some(handler), .. }) => {
                call.server_streaming(&SPLIT, move |request, out| handler(request, out))
            }
            (2, Self { up: Some(handler), .. }) => {
                call.client_streaming(&JOIN, move |request| handler(request))
            }
            (3, Self { bidi: Some(handler), .. }) => {
                call.bidi(&ECHO, move |request, out| handler(request, out))
            }
            _ => call.unimplemented(),
        }
    }
}
