//! When the next operation begins, and how long it took.
//!
//! *Closed loop*: it begins when the one before has ended. *Open loop*: it is due at a time fixed
//! beforehand, and its time counts from there, whether or not somebody was free to begin it; so a server
//! that stalls is charged for all that would have come meanwhile (no coordinated omission).

use std::cell::Cell;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

/// A timer of the runtime is this coarse; the rest is waited out by giving way to others.
const TIMER: Duration = Duration::from_millis(2);

/// Hands out beginnings until time is up.
pub struct Clock {
    /// What comes before is not counted.
    counted_from: Instant,
    end: Instant,
    pace: Pace,
}

enum Pace {
    Closed,
    Open { start: Instant, interval: Duration, issued: Cell<u32> },
}

/// One operation under way.
#[derive(Clone, Copy)]
pub struct Begun {
    due: Instant,
    counted: bool,
}

impl Clock {
    /// Counts for `seconds` after `warm_up` seconds; `rate` is operations per second of all together.
    pub fn new(warm_up: f64, seconds: f64, rate: Option<f64>) -> Self {
        Self::from(Instant::now(), warm_up, seconds, rate)
    }

    /// The same, begun at another time.
    fn from(start: Instant, warm_up: f64, seconds: f64, rate: Option<f64>) -> Self {
        let counted_from = start + Duration::from_secs_f64(warm_up);
        let pace = match rate {
            None => Pace::Closed,
            Some(rate) => {
                Pace::Open { start, interval: Duration::from_secs_f64(1.0 / rate), issued: Cell::new(0) }
            }
        };
        Self { counted_from, end: counted_from + Duration::from_secs_f64(seconds), pace }
    }

    /// Waits until the next operation is due; `None` once time is up.
    pub async fn begin(&self) -> Option<Begun> {
        let due = match &self.pace {
            Pace::Closed => Instant::now(),
            Pace::Open { start, interval, issued } => {
                let ticket = issued.get();
                issued.set(ticket + 1);
                let due = *start + *interval * ticket;
                if due < self.end {
                    wait_until(due).await;
                }
                due
            }
        };
        (due < self.end).then_some(Begun { due, counted: due >= self.counted_from })
    }

    /// When counting begins.
    pub fn counted_from(&self) -> Instant {
        self.counted_from
    }

    /// When time is up.
    pub fn end(&self) -> Instant {
        self.end
    }
}

async fn wait_until(due: Instant) {
    let left = due.saturating_duration_since(Instant::now());
    if left > TIMER {
        tokio::time::sleep(left - TIMER).await;
    }
    while Instant::now() < due {
        tokio::task::yield_now().await;
    }
}

/// What was counted.
pub struct Tally {
    /// Nanoseconds an operation took.
    pub times: Histogram<u64>,
    /// Operations that failed or brought something wrong.
    pub failed: u64,
    /// The first of them, in words.
    pub first_failure: Option<String>,
}

impl Default for Tally {
    fn default() -> Self {
        // One nanosecond to a minute, to three digits.
        let times = Histogram::new_with_bounds(1, 60_000_000_000, 3).expect("valid bounds");
        Self { times, failed: 0, first_failure: None }
    }
}

impl Tally {
    /// One operation has ended now.
    pub fn end(&mut self, begun: Begun, outcome: Result<(), String>) {
        self.end_at(Instant::now(), begun, outcome);
    }

    fn end_at(&mut self, now: Instant, begun: Begun, outcome: Result<(), String>) {
        match outcome {
            // Warming up must not fail either.
            Err(failure) => self.fail(failure),
            Ok(()) if begun.counted => {
                let took = now.saturating_duration_since(begun.due);
                self.times.saturating_record(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
            }
            Ok(()) => {}
        }
    }

    /// Something went wrong.
    pub fn fail(&mut self, failure: String) {
        self.failed += 1;
        self.first_failure.get_or_insert(failure);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// To the nearest.
    const fn ms(ns: u64) -> u64 {
        (ns + 500_000) / 1_000_000
    }

    #[tokio::test]
    async fn a_stall_is_charged_to_all_that_were_due_meanwhile() {
        // Begun so long ago that all it will ever hand out is due.
        let start = Instant::now().checked_sub(Duration::from_secs(10)).expect("a clock that runs");
        let clock = Clock::from(start, 0.0, 0.1, Some(1000.0));
        let mut tally = Tally::default();
        // The server is silent for the first 100 ms and then answers all at once: one call that was sent, and 99
        // that nobody was free to send.
        let silence_ends = start + Duration::from_millis(100);
        while let Some(begun) = clock.begin().await {
            tally.end_at(silence_ends, begun, Ok(()));
        }
        assert_eq!(tally.times.len(), 100);
        let waited_ms = |quantile| ms(tally.times.value_at_quantile(quantile));
        assert_eq!([0.01, 0.5, 0.99, 1.0].map(waited_ms), [1, 50, 99, 100]);
    }

    #[tokio::test]
    async fn a_closed_loop_begins_when_somebody_is_free() {
        let clock = Clock::new(0.0, 3600.0, None);
        let before = Instant::now();
        let begun = clock.begin().await.expect("there is time");
        assert!(begun.due >= before && begun.counted);
        let mut tally = Tally::default();
        tally.end_at(begun.due + Duration::from_millis(7), begun, Ok(()));
        assert_eq!(ms(tally.times.max()), 7);
    }

    #[tokio::test]
    async fn what_begins_while_warming_up_is_not_counted_unless_it_fails() {
        let clock = Clock::new(60.0, 1.0, None);
        let mut tally = Tally::default();
        let begun = clock.begin().await.expect("there is time");
        tally.end(begun, Ok(()));
        assert_eq!((tally.times.len(), tally.failed), (0, 0));
        tally.end(begun, Err("refused".to_owned()));
        assert_eq!((tally.failed, tally.first_failure.as_deref()), (1, Some("refused")));
    }
}
