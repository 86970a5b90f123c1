//! Commands from calls to the task that owns a connection.
//!
//! Producers push under a short lock and wake the owner only if it sleeps; the owner takes all at once, and
//! does not even lock while nobody has pushed. The waker lies under the same lock as the commands, so no
//! wake can fall between the two. Bounded by
//! the live calls, each of which waits for its send quota before it pushes another message.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use ferrpc_http2::{ErrorCode, StreamKey};

use super::Reply;
use crate::metadata::Metadata;

/// What calls ask of a connection.
#[derive(Debug)]
pub(crate) enum Command {
    /// Client: open a stream.
    #[cfg(feature = "client")]
    Open(super::Open),
    /// Server: the head of a streaming response, before its first message.
    Head { key: StreamKey, metadata: Metadata },
    /// Messages wait in the stream's exchange.
    Send { key: StreamKey },
    /// Client: no more messages.
    End { key: StreamKey },
    /// Received octets were consumed: give their credit back.
    Consumed { key: StreamKey, octets: usize },
    /// Cut the stream short.
    Reset { key: StreamKey, code: ErrorCode },
    /// Server: the handler of a call is done.
    Finish { key: StreamKey, reply: Reply },
    /// Take no new streams, finish those that are open, then close.
    Drain,
    /// Close now.
    Close,
}

#[derive(Debug)]
pub(crate) struct Inbox {
    state: Mutex<State>,
    /// False only while there are no commands and the owner's waker is in place. Written under the lock.
    stirred: AtomicBool,
}

impl Default for Inbox {
    fn default() -> Self {
        // The owner has left no waker yet.
        Self { state: Mutex::default(), stirred: AtomicBool::new(true) }
    }
}

#[derive(Debug, Default)]
struct State {
    commands: Vec<Command>,
    /// Set while the owner sleeps.
    owner: Option<Waker>,
    closed: bool,
}

impl Inbox {
    /// Hands a command over; false if the connection is gone, and with it whoever wanted this done.
    pub(crate) fn push(&self, command: Command) -> bool {
        let mut state = self.lock();
        if state.closed {
            return false;
        }
        state.commands.push(command);
        self.stirred.store(true, Ordering::Release);
        let owner = state.owner.take();
        drop(state);
        if let Some(owner) = owner {
            owner.wake();
        }
        true
    }

    /// Owner: moves all commands into `into`, which must be empty. If there are none, `waker` is woken by the
    /// next push. It must be the same one each time, as the wakers of one task are.
    pub(crate) fn take(&self, into: &mut Vec<Command>, waker: &Waker) {
        if !self.stirred.load(Ordering::Acquire) {
            return;
        }
        let mut state = self.lock();
        if state.commands.is_empty() {
            self.stirred.store(false, Ordering::Release);
            match &mut state.owner {
                Some(owner) => owner.clone_from(waker),
                none => *none = Some(waker.clone()),
            }
        } else {
            std::mem::swap(&mut state.commands, into);
        }
    }

    /// Owner: refuses all further commands and returns those not taken.
    pub(crate) fn close(&self) -> Vec<Command> {
        let mut state = self.lock();
        state.closed = true;
        state.owner = None;
        std::mem::take(&mut state.commands)
    }

    /// True once the connection is gone.
    pub(crate) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing under the lock can panic half-way.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::AtomicUsize;
    use std::task::Wake;

    use super::*;

    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn the_owner_is_woken_once_per_sleep_and_never_while_awake() {
        let inbox = Inbox::default();
        let count = Arc::new(Count::default());
        let waker = Waker::from(count.clone());
        let mut taken = Vec::new();
        inbox.take(&mut taken, &waker);
        for _ in 0..3 {
            assert!(inbox.push(Command::Drain));
        }
        assert_eq!(count.0.load(Ordering::Relaxed), 1);
        inbox.take(&mut taken, &waker);
        assert_eq!(taken.len(), 3);
        // Awake: it has not looked again since.
        assert!(inbox.push(Command::Close));
        assert_eq!(count.0.load(Ordering::Relaxed), 1);
        taken.clear();
        inbox.take(&mut taken, &waker);
        assert_eq!(taken.len(), 1);
        taken.clear();
        inbox.take(&mut taken, &waker);
        inbox.take(&mut taken, &waker);
        assert!(taken.is_empty());
        assert!(inbox.push(Command::Close));
        assert_eq!(count.0.load(Ordering::Relaxed), 2);
    }

    /// Unparks a thread, and remembers if it came too early.
    struct Unpark(std::thread::Thread);

    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    #[test]
    fn no_push_is_lost_however_owner_and_producers_meet() {
        const EACH: usize = 20_000;
        let inbox = Arc::new(Inbox::default());
        let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| (0..EACH).for_each(|_| assert!(inbox.push(Command::Drain))));
            }
            let (mut taken, mut count) = (Vec::new(), 0);
            while count < 3 * EACH {
                inbox.take(&mut taken, &waker);
                if taken.is_empty() {
                    // A lost wake-up would park for ever; the test runner then says which test hangs.
                    std::thread::park();
                }
                count += taken.drain(..).count();
            }
        });
    }

    #[test]
    fn a_closed_inbox_takes_no_commands() {
        let inbox = Inbox::default();
        assert!(inbox.push(Command::Drain));
        assert_eq!(inbox.close().len(), 1);
        assert!(!inbox.push(Command::Close));
        assert!(inbox.is_closed());
    }
}
