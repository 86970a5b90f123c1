//! Handlers that run in their connection's task, one behind the other, and how long that goes well.

use std::time::Duration;

use tokio::task::coop;
use tokio::time::Instant;

use super::habit::BRIEF;
use super::router::{RouteId, Router};

/// Handlers that one connection polls in a row, and the clock beside them: when to look at it, whose methods to watch,
/// and whether the answers should not wait any longer.
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
