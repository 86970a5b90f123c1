//! A service whose calls pass interceptors first.

use std::borrow::Cow;
use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;

use super::call::{Call, Running};
use super::service::Service;
use crate::conn::{Around, Reply};
use crate::interceptor::{CallSide, CallStart, Chain, Following, Interceptor};
use crate::method::{Kind, MethodInfo};

/// A service behind an interceptor of its own: `Server::new().add(Intercepted::new(UserServiceServer::new(Users), auth))`.
/// Those of the server ([`Server::intercept`](super::Server::intercept)) come before it.
#[derive(Clone)]
pub struct Intercepted {
    service: Arc<dyn Service>,
    chain: Chain,
}

impl Intercepted {
    /// Puts an interceptor before a service.
    pub fn new(service: impl Service, interceptor: impl Interceptor) -> Self {
        Self::by_chain(Arc::new(service), Chain::and(None, interceptor))
    }

    pub(crate) fn by_chain(service: Arc<dyn Service>, chain: Chain) -> Self {
        Self { service, chain }
    }

    /// Puts another interceptor behind the others, nearer to the service.
    pub fn and(self, interceptor: impl Interceptor) -> Self {
        Self { chain: Chain::and(Some(&self.chain), interceptor), ..self }
    }
}

impl Service for Intercepted {
    fn name(&self) -> &'static str {
        self.service.name()
    }

    fn methods(&self) -> &'static [MethodInfo] {
        self.service.methods()
    }

    fn dispatch(&self, index: usize, mut call: Call) -> Running {
        let Self { service, chain } = self.clone();
        let method = service.methods().get(index);
        let mut start = CallStart {
            side: CallSide::Server,
            path: match (&call.path, method) {
                (Some(path), _) => path.clone().into(),
                (None, Some(method)) => method.path.into(),
                (None, None) => Cow::Borrowed(""),
            },
            kind: method.map_or(Kind::Bidi, |method| method.kind),
            about: std::mem::take(&mut call.about),
        };
        Running(Box::pin(async move {
            let outer = call.terms.following.take();
            let is_outermost = outer.is_none();
            let following = match chain.begin(&mut start, outer).await {
                Ok(following) => following,
                Err(status) => return Reply::End(Err(status)),
            };
            call.about = start.about;
            call.terms.following.clone_from(&following);
            let mut running = service.dispatch(index, call);
            let reply = poll_fn(|cx| running.poll(cx)).await;
            match following {
                Some(following) if is_outermost => end(&following, reply),
                _ => reply,
            }
        }))
    }
}

fn end(following: &Following, reply: Reply) -> Reply {
    match reply {
        Reply::Message { octets, around } => {
            let Around { head, trailers } = around.map(|around| *around).unwrap_or_default();
            match following.end(Ok(trailers)) {
                Ok(trailers) => Reply::message(octets, head, trailers),
                Err(status) => Reply::End(Err(status)),
            }
        }
        Reply::End(ended) => Reply::End(following.end(ended)),
    }
}

impl fmt::Debug for Intercepted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Intercepted({}, {:?})", self.service.name(), self.chain)
    }
}
