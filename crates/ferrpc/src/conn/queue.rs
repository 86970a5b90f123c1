//! Values from many to one that sleeps while there are none.
//!
//! Producers push under a short lock and wake the owner only if it sleeps; the owner takes all at once, and
//! does not even lock while nobody has pushed. The waker lies under the same lock as the values, so no wake
//! can fall between the two. `cargo xtask loom` tries all orders in which they can meet.

use std::task::Waker;

use super::sync::{AtomicBool, Mutex, MutexGuard, Ordering};

#[derive(Debug)]
pub(crate) struct Queue<T> {
    state: Mutex<State<T>>,
    /// False only while there is nothing and the owner's waker is in place. Written under the lock.
    stirred: AtomicBool,
    /// The owner is gone. Written under the lock; who only asks needs none.
    closed: AtomicBool,
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        let state = State { values: Vec::new(), owner: None };
        // The owner has left no waker yet.
        Self { state: Mutex::new(state), stirred: AtomicBool::new(true), closed: AtomicBool::new(false) }
    }
}

#[derive(Debug)]
struct State<T> {
    values: Vec<T>,
    /// Set while the owner sleeps.
    owner: Option<Waker>,
}

impl<T> Queue<T> {
    /// Hands a value over; false if the owner is gone, who would have wanted it.
    pub(crate) fn push(&self, value: T) -> bool {
        let mut state = self.lock();
        if self.is_closed() {
            return false;
        }
        state.values.push(value);
        self.stirred.store(true, Ordering::Release);
        let owner = state.owner.take();
        drop(state);
        if let Some(owner) = owner {
            owner.wake();
        }
        true
    }

    /// Owner: moves all values into `into`, which must be empty. If there are none, `waker` is woken by the
    /// next push. It must be the same one each time, as the wakers of one task are.
    pub(crate) fn take(&self, into: &mut Vec<T>, waker: &Waker) {
        if !self.stirred.load(Ordering::Acquire) {
            return;
        }
        let mut state = self.lock();
        if state.values.is_empty() {
            self.stirred.store(false, Ordering::Release);
            match &mut state.owner {
                Some(owner) => owner.clone_from(waker),
                none => *none = Some(waker.clone()),
            }
        } else {
            std::mem::swap(&mut state.values, into);
        }
    }

    /// Owner, after it slept: true if somebody has pushed since. Takes no lock.
    pub(crate) fn is_stirred(&self) -> bool {
        self.stirred.load(Ordering::Acquire)
    }

    /// Owner: refuses all further values and returns those not taken.
    pub(crate) fn close(&self) -> Vec<T> {
        let mut state = self.lock();
        self.closed.store(true, Ordering::Release);
        state.owner = None;
        std::mem::take(&mut state.values)
    }

    /// True once the owner is gone. Takes no lock; a push that comes later is refused all the same.
    pub(crate) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock()
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
        let queue = Queue::default();
        let count = Arc::new(Count::default());
        let waker = Waker::from(count.clone());
        let mut taken = Vec::new();
        queue.take(&mut taken, &waker);
        assert!(!queue.is_stirred());
        for _ in 0..3 {
            assert!(queue.push(1));
        }
        assert_eq!(count.0.load(Ordering::Relaxed), 1);
        assert!(queue.is_stirred());
        queue.take(&mut taken, &waker);
        assert_eq!(taken.len(), 3);
        // Awake: it has not looked again since.
        assert!(queue.push(2));
        assert_eq!(count.0.load(Ordering::Relaxed), 1);
        taken.clear();
        queue.take(&mut taken, &waker);
        assert_eq!(taken.len(), 1);
        taken.clear();
        queue.take(&mut taken, &waker);
        queue.take(&mut taken, &waker);
        assert!(taken.is_empty());
        assert!(queue.push(2));
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
        let queue = Arc::new(Queue::default());
        let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| (0..EACH).for_each(|_| assert!(queue.push(1))));
            }
            let (mut taken, mut count) = (Vec::new(), 0);
            while count < 3 * EACH {
                queue.take(&mut taken, &waker);
                if taken.is_empty() {
                    // A lost wake-up would park for ever; the test runner then says which test hangs.
                    std::thread::park();
                }
                count += taken.drain(..).count();
            }
        });
    }

    #[test]
    fn a_closed_queue_takes_nothing() {
        let queue = Queue::default();
        assert!(queue.push(1));
        assert_eq!(queue.close().len(), 1);
        assert!(!queue.push(2));
        assert!(queue.is_closed());
    }
}
