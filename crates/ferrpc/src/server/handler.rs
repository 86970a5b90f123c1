//! A handler as its connection runs it: where it begins, and in which context.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker, ready};

use ferrpc_http2::StreamKey;
use tokio::task::coop;
use tokio::time::Instant;

use super::Handlers;
use super::call::Running;
use super::habit::Habit;
use crate::conn::Reply;
use crate::conn::inbox::{Command, Inbox};
use crate::context::{self, CallContext};
use crate::envelope::Envelope;

/// Where a handler begins.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// In its connection's task.
    Inline,
    /// In its own.
    Task,
    /// Where those of its method do best.
    Learned,
}

impl Place {
    pub(super) fn of(handlers: Handlers, one_thread: bool, request: Option<&Envelope>) -> Self {
        let is_large = request.is_some_and(|request| request.octets.len() > INLINE_BYTES_MAX);
        match handlers {
            Handlers::Inline => Self::Inline,
            Handlers::Spawn => Self::Task,
            Handlers::Auto if one_thread => Self::Inline,
            Handlers::Auto if is_large => Self::Task,
            Handlers::Auto => Self::Learned,
        }
    }
}

/// Larger requests take longer to decode than others should wait, where there are threads for it.
const INLINE_BYTES_MAX: usize = 64 << 10;

/// A handler in the context of its call.
pub(super) struct Handler {
    running: Running,
    /// What calls made by it inherit; always there between polls.
    context: Option<CallContext>,
}

impl Handler {
    pub(super) fn new(running: Running, context: CallContext) -> Self {
        Self { running, context: Some(context) }
    }

    /// The first poll, in the connection's task, and what is learned of it.
    pub(super) fn poll_inline(&mut self, habit: Option<&Habit>) -> Poll<Reply> {
        // A future that is not done keeps no memory of this waker: its next poll, in a task of its own, gives it
        // another one.
        let mut cx = Context::from_waker(Waker::noop());
        let began = habit.filter(|habit| habit.is_watched()).map(|_| Instant::now());
        let poll = self.poll(&mut cx);
        if let Some(habit) = habit {
            if let Some(began) = began {
                habit.took(began.elapsed());
            }
            // What pends since the connection's task has used up its share (tokio's budget) might not in its own.
            if poll.is_ready() || coop::has_budget_remaining() {
                habit.came(poll.is_ready());
            }
        }
        poll
    }

    #[inline(always)]
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Reply> {
        let Self { running, context, .. } = self;
        context::within(context, || running.poll(cx))
    }
}

impl Drop for Handler {
    fn drop(&mut self) {
        if let Some(context) = &self.context {
            context.end();
        }
    }
}

/// A handler in a task of its own. Written by hand, since of an `async` block what is moved into it is there twice.
pub(super) struct Spawned {
    /// Until it is done.
    working: Option<(Handler, Live)>,
    key: StreamKey,
    inbox: Arc<Inbox>,
}

impl Spawned {
    pub(super) fn new(handler: Handler, live: Live, key: StreamKey, inbox: Arc<Inbox>) -> Self {
        Self { working: Some((handler, live)), key, inbox }
    }
}

impl Future for Spawned {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Some((handler, _)) = &mut self.working else { return Poll::Ready(()) };
        let reply = ready!(handler.poll(cx));
        self.working = None;
        // If the connection is gone, so is whoever wanted the reply.
        self.inbox.push(Command::Finish { key: self.key, reply });
        Poll::Ready(())
    }
}

/// One whose first poll somebody wants to know of. A future of its own: most are not, and would have room for it.
pub(super) struct Reporting {
    habit: Option<Arc<Habit>>,
    spawned: Spawned,
}

impl Reporting {
    pub(super) fn new(habit: Arc<Habit>, spawned: Spawned) -> Self {
        Self { habit: Some(habit), spawned }
    }
}

impl Future for Reporting {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let Some(habit) = self.habit.take() else { return Pin::new(&mut self.spawned).poll(cx) };
        let began = Instant::now();
        let poll = Pin::new(&mut self.spawned).poll(cx);
        habit.took(began.elapsed());
        habit.came(poll.is_ready());
        poll
    }
}

/// Counts a handler as long as it lives.
pub(super) struct Live(Arc<AtomicUsize>);

impl Live {
    pub(super) fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count.clone())
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}
