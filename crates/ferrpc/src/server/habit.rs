//! What the handlers of a method are like, as far as it decides where they run.
//!
//! A handler that is polled in its connection's task costs no task, and holds up all calls of the connection while it
//! has the thread. So a method's handlers run there as long as they are brief and come to their end at once. Nearly
//! nothing is measured while that is so: a connection looks at the clock once in some polls (`batch.rs`). Where these
//! took too long each is timed by itself for a while, and so are the first ones of each method.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// A method's handlers lately, over all connections. Threads that write at the same time may lose what one of them
/// saw: it is an estimate.
#[derive(Debug)]
pub(crate) struct Habit {
    /// How long a first poll takes, in ns; 0 before any was timed. Rises fast and falls slowly: one handler in a
    /// hundred that blocks its thread is enough to be kept away from the others.
    poll_ns: AtomicU32,
    /// How many of [`ALL`] first polls do not end the call; all, before any was seen, so that nobody is held up by a
    /// method that blocks from its first call on.
    pending: AtomicU32,
    /// Polls still to be timed one by one.
    watched: AtomicU32,
}

/// A method whose polls take longer gets tasks for them. A task costs about a tenth of it.
pub(super) const BRIEF: Duration = Duration::from_micros(20);
/// Polls that are timed one by one, at first and whenever one of them must have been long.
const WATCHED: u32 = 32;
/// The share of a new observation, one in so many, where it is longer than the average, and where it is shorter.
const RISE: i64 = 8;
const FALL: i64 = 128;
/// What [`Habit::pending`] is a part of, and the share of a new observation, one in so many.
const ALL: u32 = 1024;
const PENDING_SHARE: u32 = 8;

impl Default for Habit {
    fn default() -> Self {
        Self { poll_ns: AtomicU32::new(0), pending: AtomicU32::new(ALL), watched: AtomicU32::new(WATCHED) }
    }
}

impl Habit {
    /// True if its handlers may run in their connection's task.
    pub(super) fn is_brief(&self) -> bool {
        u128::from(self.poll_ns.load(Ordering::Relaxed)) <= BRIEF.as_nanos()
            && self.pending.load(Ordering::Relaxed) <= ALL / 2
    }

    /// True if the next poll is to be timed.
    pub(super) fn is_watched(&self) -> bool {
        let watched = self.watched.load(Ordering::Relaxed);
        if watched > 0 {
            self.watched.store(watched - 1, Ordering::Relaxed);
        }
        watched > 0
    }

    pub(super) fn watch(&self) {
        self.watched.store(WATCHED, Ordering::Relaxed);
    }

    /// A first poll took so long.
    pub(super) fn took(&self, time: Duration) {
        let before = i64::from(self.poll_ns.load(Ordering::Relaxed));
        let new = i64::try_from(time.as_nanos()).unwrap_or(i64::MAX).clamp(1, i64::from(u32::MAX));
        let after = match new - before {
            _ if before == 0 => new,
            more if more > 0 => before + (more + RISE - 1) / RISE,
            less => before + (less - FALL + 1) / FALL,
        };
        // Between the two.
        self.poll_ns.store(u32::try_from(after).unwrap_or(u32::MAX), Ordering::Relaxed);
    }

    /// A first poll ended its call, or did not.
    pub(super) fn came(&self, to_its_end: bool) {
        let before = self.pending.load(Ordering::Relaxed);
        // A method that never waits is only read.
        match (to_its_end, before) {
            (true, 0) => {}
            (true, _) => self.pending.store(before - before.div_ceil(PENDING_SHARE), Ordering::Relaxed),
            (false, _) => self.pending.store(before + (ALL - before) / PENDING_SHARE, Ordering::Relaxed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Duration = Duration::from_micros(2);
    const BLOCKED: Duration = Duration::from_millis(50);

    fn come(habit: &Habit, calls: usize, time: Duration) {
        for _ in 0..calls {
            habit.took(time);
            habit.came(true);
        }
    }

    #[test]
    fn a_method_nobody_knows_is_not_brief_until_a_few_calls_were() {
        let habit = Habit::default();
        assert!(!habit.is_brief());
        come(&habit, 10, SHORT);
        assert!(habit.is_brief());
        let blocking = Habit::default();
        come(&blocking, 1, BLOCKED);
        come(&blocking, 9, SHORT);
        assert!(!blocking.is_brief());
    }

    #[test]
    fn a_method_that_blocks_once_in_a_hundred_calls_is_never_brief() {
        let habit = Habit::default();
        come(&habit, 100, SHORT);
        for _ in 0..100 {
            habit.took(BLOCKED);
            assert!(!habit.is_brief());
            come(&habit, 99, SHORT);
            assert!(!habit.is_brief());
        }
        // It may mend its ways.
        come(&habit, 5000, SHORT);
        assert!(habit.is_brief());
    }

    #[test]
    fn a_method_is_brief_while_most_of_its_calls_end_in_one_poll() {
        let habit = Habit::default();
        come(&habit, 10, SHORT);
        for call in 0..1000 {
            habit.came(call % 4 != 0);
            assert!(habit.is_brief());
        }
        (0..6).for_each(|_| habit.came(false));
        assert!(!habit.is_brief());
        (0..1000).for_each(|_| habit.came(false));
        (0..10).for_each(|_| habit.came(true));
        assert!(habit.is_brief());
    }
}
