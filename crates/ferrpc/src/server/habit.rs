//! What the handlers of a method are like, as far as it decides where they run.
//!
//! A handler that is polled in its connection's task costs no task, and holds up all calls of the connection while it
//! has the thread. So a method's handlers run there as long as they are brief and come to their end at once. Nearly
//! nothing is measured while that is so: a connection looks at the clock once in eight polls. Where these took too
//! long each is timed by itself for a while, and so are the first ones of each method.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::task::coop;
use tokio::time::Instant;

use super::router::{RouteId, Router};

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
const BRIEF: Duration = Duration::from_micros(20);
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

    fn watch(&self) {
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

/// Handlers that one connection polls in a row, and the clock beside them: when to look at it, whom to watch, and
/// whether the answers should not wait any longer.
#[derive(Debug)]
pub(super) struct Batch {
    /// Where there is one thread nobody looks at the clock: nothing is learned there, and answers may wait, since to end
    /// the turn would only let other connections' handlers go first.
    has_clock: bool,
    /// When the first of them began, or the clock was looked at last.
    since: Option<Instant>,
    /// When the first of those began whose answers wait to be written.
    answers_since: Option<Instant>,
    polls: usize,
    routes: [RouteId; BATCH_POLLS],
    /// Answers have waited long enough.
    is_late: bool,
}

/// Polls for one look at the clock.
const BATCH_POLLS: usize = 8;
/// Answers wait no longer than this, and one batch, for handlers that are polled behind theirs.
const ANSWERS_WAIT_MAX: Duration = Duration::from_micros(200);

impl Batch {
    pub(super) fn new(one_thread: bool) -> Self {
        Self {
            has_clock: !one_thread,
            since: None,
            answers_since: None,
            polls: 0,
            routes: [RouteId::default(); BATCH_POLLS],
            is_late: false,
        }
    }

    /// A handler was polled, in a turn that began at `turn`.
    #[inline]
    pub(super) fn polled(&mut self, router: &Router, route: RouteId, turn: Instant, is_done: bool) {
        if self.has_clock && self.add(route, turn) {
            self.close(router, Instant::now());
        }
        if !is_done && !coop::has_budget_remaining() {
            // The same would happen to the next ones; they have all of it in another turn.
            self.is_late = true;
        }
    }

    /// One more. True if the clock is to be looked at.
    fn add(&mut self, route: RouteId, turn: Instant) -> bool {
        if self.polls == 0 {
            let since = *self.since.get_or_insert(turn);
            self.answers_since.get_or_insert(since);
        }
        self.routes[self.polls] = route;
        self.polls += 1;
        self.polls == BATCH_POLLS
    }

    /// The clock says `now`: another batch begins. The methods of one that was not brief are watched.
    fn close(&mut self, router: &Router, now: Instant) {
        let polls = std::mem::take(&mut self.polls);
        let took = |since: Option<Instant>| {
            since.map_or(Duration::ZERO, |since| now.saturating_duration_since(since))
        };
        if took(self.since) > BRIEF * u32::try_from(polls).unwrap_or(u32::MAX) {
            for route in &self.routes[..polls] {
                router.route(*route).habit.watch();
            }
        }
        self.since = Some(now);
        self.is_late |= took(self.answers_since) > ANSWERS_WAIT_MAX;
    }

    /// Whether it is time to write the answers; then they are as good as written.
    pub(super) fn take_late(&mut self) -> bool {
        if self.is_late {
            self.answers_since = None;
        }
        std::mem::take(&mut self.is_late)
    }

    /// Something else than handlers has its turn.
    pub(super) fn end(&mut self, router: &Router) {
        if self.polls > 0 {
            self.close(router, Instant::now());
        }
        *self = Self::new(!self.has_clock);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::server::fallback::Fallback;

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

    fn router() -> (Router, RouteId) {
        let mut router = Router::default();
        router.set_fallback(Arc::new(Fallback(Arc::new(|_, _, _| async { Ok(()) }))));
        let route = router.find(b"/a.B/C").unwrap();
        (router, route)
    }

    #[test]
    fn a_batch_that_took_long_has_its_methods_watched() {
        let (router, route) = router();
        let habit = &router.route(route).habit;
        while habit.is_watched() {}
        let turn = Instant::now();
        let mut batch = Batch::new(false);
        for poll in 1..=BATCH_POLLS {
            assert_eq!(batch.add(route, turn), poll == BATCH_POLLS);
        }
        batch.close(&router, turn + Duration::from_micros(159));
        assert!(!habit.is_watched());
        // From there on, and not from the beginning of the turn; one poll alone has less time than eight.
        batch.add(route, turn);
        batch.close(&router, turn + Duration::from_micros(178));
        assert!(!habit.is_watched());
        batch.add(route, turn);
        batch.close(&router, turn + Duration::from_micros(199));
        assert!(habit.is_watched());
    }

    #[tokio::test(start_paused = true)]
    async fn answers_end_a_turn_by_waiting_only_where_there_are_other_threads() {
        let (router, route) = router();
        for one_thread in [true, false] {
            let mut batch = Batch::new(one_thread);
            let turn = Instant::now();
            for _ in 0..BATCH_POLLS {
                tokio::time::advance(ANSWERS_WAIT_MAX).await;
                batch.polled(&router, route, turn, true);
            }
            assert_eq!(batch.take_late(), !one_thread);
            batch.end(&router);
            assert!(!batch.take_late(), "another turn");
        }
    }

    #[test]
    fn answers_wait_200_microseconds_and_a_batch() {
        let (router, route) = router();
        let turn = Instant::now();
        let mut batch = Batch::new(false);
        batch.add(route, turn);
        batch.close(&router, turn + Duration::from_micros(150));
        assert!(!batch.take_late());
        batch.add(route, turn);
        batch.close(&router, turn + Duration::from_micros(201));
        assert!(batch.take_late());
        // What was late is written.
        batch.add(route, turn);
        batch.close(&router, turn + Duration::from_micros(400));
        assert!(!batch.take_late());
        assert!(!batch.take_late());
    }
}
