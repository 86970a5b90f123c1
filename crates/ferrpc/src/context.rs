//! What a call on a server hands on to the calls that are made for it: deadline, cancellation, trace context.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;

use tokio::time::Instant;

use crate::conn::cancellation::Cancellation;
use crate::metadata::Metadata;

/// The call that a handler works for, as calls made by the handler inherit it.
///
/// It is there while a handler's future is polled, so nothing needs to be passed on: a call that is awaited in a
/// handler has the handler's deadline if its own is later or it has none, is cancelled with it, and carries its trace
/// context (`traceparent`, `tracestate`, `grpc-trace-bin`) unless it has one of its own. A call that should do none
/// of that says `.inherit(false)`. A task that a handler spawns is outside, unless it is wrapped:
///
/// ```
/// # async fn work() {}
/// # async fn handler() {
/// let context = ferrpc::CallContext::current().expect("a handler");
/// let task = tokio::spawn(context.scope(work()));
/// # }
/// ```
#[derive(Clone, Debug, Default)]
pub struct CallContext {
    deadline: Option<Instant>,
    /// The request's metadata, if there is a trace context in it.
    trace: Option<Box<Metadata>>,
    /// Made when somebody asks for it: most calls are cancelled by dropping their handler.
    cancellation: Option<Arc<Cancellation>>,
}

/// W3C Trace Context, and the binary form that gRPC had before it (gRFC A72).
const TRACE_KEYS: [&str; 2] = ["traceparent", "tracestate"];
const TRACE_BIN: &str = "grpc-trace-bin";

thread_local! {
    static CURRENT: RefCell<Option<CallContext>> = const { RefCell::new(None) };
}

impl CallContext {
    #[cfg(feature = "server")]
    pub(crate) fn new(
        deadline: Option<Instant>,
        trace: Option<Metadata>,
        cancellation: Option<Arc<Cancellation>>,
    ) -> Self {
        // Few calls have one, and a spawned handler keeps this to its end.
        Self { deadline, trace: trace.map(Box::new), cancellation }
    }

    /// The call whose handler is running here; `None` outside of handlers.
    pub fn current() -> Option<Self> {
        CURRENT.with_borrow_mut(|current| {
            let current = current.as_mut()?;
            current.cancellation.get_or_insert_default();
            Some(current.clone())
        })
    }

    /// When the client stops waiting, if it does.
    pub fn deadline(&self) -> Option<std::time::Instant> {
        self.deadline.map(Into::into)
    }

    /// Whether the call is over: the client cancelled it or went away, its deadline passed, or its handler has
    /// returned.
    pub fn is_cancelled(&self) -> bool {
        self.cancellation.as_ref().is_some_and(|cancellation| cancellation.is_cancelled())
    }

    /// Ready once the call is over. For tasks of its own, and for handlers that are told instead of dropped
    /// ([`OnCancel::Tell`](crate::server::OnCancel)).
    ///
    /// # Cancel safety
    /// Dropping the future loses nothing.
    pub async fn cancelled(&self) {
        match &self.cancellation {
            Some(cancellation) => cancellation.cancelled().await,
            None => std::future::pending().await,
        }
    }

    /// The same future as a part of this call: what it calls inherits from it. It is not ended with the call, its
    /// calls are.
    pub async fn scope<F: Future>(self, future: F) -> F::Output {
        let mut future = pin!(future);
        let mut context = Some(self);
        poll_fn(move |cx| within(&mut context, || future.as_mut().poll(cx))).await
    }

    /// The call is over.
    #[cfg(feature = "server")]
    pub(crate) fn end(&self) {
        if let Some(cancellation) = &self.cancellation {
            cancellation.cancel();
        }
    }
}

/// Runs a poll with `context` as the current call.
pub(crate) fn within<R>(context: &mut Option<CallContext>, poll: impl FnOnce() -> R) -> R {
    /// Also when the poll panics.
    struct Restore<'a>(&'a mut Option<CallContext>);

    impl Drop for Restore<'_> {
        fn drop(&mut self) {
            CURRENT.with_borrow_mut(|current| std::mem::swap(current, self.0));
        }
    }

    CURRENT.with_borrow_mut(|current| std::mem::swap(current, context));
    let _restore = Restore(context);
    poll()
}

/// Gives a call about to be made what the current one hands on. The cancellation is there only if somebody else
/// than the handler's drop may cancel.
#[cfg(feature = "client")]
pub(crate) fn inherit(metadata: &mut Metadata, deadline: &mut Option<Instant>) -> Option<Arc<Cancellation>> {
    CURRENT.with_borrow(|current| {
        let current = current.as_ref()?;
        *deadline = [*deadline, current.deadline].into_iter().flatten().min();
        if let Some(trace) = &current.trace {
            hand_on(trace, metadata);
        }
        current.cancellation.clone()
    })
}

/// A trace is handed on whole or not at all.
#[cfg(feature = "client")]
fn hand_on(from: &Metadata, to: &mut Metadata) {
    if TRACE_KEYS.iter().chain([&TRACE_BIN]).any(|key| to.has(key)) {
        return;
    }
    for key in TRACE_KEYS.iter().chain([&TRACE_BIN]) {
        to.copy(key, from);
    }
}

/// Whether a field belongs to a trace context.
#[cfg(feature = "server")]
pub(crate) fn is_trace(key: &[u8]) -> bool {
    TRACE_KEYS.iter().chain([&TRACE_BIN]).any(|trace| trace.as_bytes() == key)
}
