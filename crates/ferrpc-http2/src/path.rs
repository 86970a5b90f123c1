//! How much the path to the peer holds: what comes while a PING goes there and back. Windows grow to twice
//! that, so that the peer need not wait for credit while there is room on the way.
//!
//! Asks only while DATA comes, and seldom once the answer stays the same: peers police PINGs.

use std::time::{Duration, Instant};

/// Payload of the PING that measures.
pub(crate) const PROBE: [u8; 8] = *b"distance";

/// Octets that come before it is worth asking: small calls never do.
const PROBE_AFTER_BYTES: usize = 32 << 10;
/// Time between two PINGs after one that changed nothing: doubles from the first to the last.
const PAUSE_MIN: Duration = Duration::from_millis(100);
const PAUSE_MAX: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(crate) struct Path {
    /// What a stream's window begins with, what it should be, and what at most.
    start_bytes: u32,
    window_bytes: u32,
    window_bytes_max: u32,
    /// Octets that came in the flight that the PING measures; before, since the last one was answered.
    bytes: usize,
    /// When it was sent, if it is under way.
    sent_at: Option<Instant>,
    /// Octets per second, the most that was seen.
    rate_max: f64,
    pause: Duration,
    next_at: Option<Instant>,
}

impl Path {
    /// One that is taken to hold what fits into the window every stream begins with, which may grow by so much.
    pub(crate) fn new(window_bytes: u32, grown_bytes_max: u32) -> Self {
        Self {
            start_bytes: window_bytes,
            window_bytes,
            window_bytes_max: window_bytes.saturating_add(grown_bytes_max),
            bytes: 0,
            sent_at: None,
            rate_max: 0.0,
            pause: PAUSE_MIN,
            next_at: None,
        }
    }

    /// How much larger windows should be than they began, in octets. Never less than it was.
    pub(crate) fn grown_bytes(&self) -> u32 {
        self.window_bytes - self.start_bytes
    }

    /// Flow-controlled octets came; true if a PING with [`PROBE`] should go out now.
    #[must_use]
    pub(crate) fn received(&mut self, bytes: usize, now: Instant) -> bool {
        self.bytes = self.bytes.saturating_add(bytes);
        if self.sent_at.is_some()
            || self.bytes < PROBE_AFTER_BYTES
            || self.window_bytes >= self.window_bytes_max
            || self.next_at.is_some_and(|at| at > now)
        {
            return false;
        }
        // What made it worth asking came in the same flight, but not all that came while nobody asked.
        self.bytes = PROBE_AFTER_BYTES;
        self.sent_at = Some(now);
        true
    }

    /// The PING was answered.
    pub(crate) fn answered(&mut self, now: Instant) {
        let Some(sent_at) = self.sent_at.take() else { return };
        let (bytes, took) = (std::mem::take(&mut self.bytes), now.saturating_duration_since(sent_at));
        let rate = bytes as f64 / took.as_secs_f64().max(1e-6);
        // More octets only because they took longer say that a queue grew, not that the path holds more.
        let fuller = bytes * 3 >= self.window_bytes as usize * 2 && rate > self.rate_max;
        self.rate_max = self.rate_max.max(rate);
        if fuller {
            let doubled = u32::try_from(bytes.saturating_mul(2)).unwrap_or(u32::MAX);
            self.window_bytes = doubled.max(self.window_bytes).min(self.window_bytes_max);
            // It takes once there and back until more can come.
            (self.pause, self.next_at) = (PAUSE_MIN, Some(now + took));
        } else {
            self.next_at = Some(now + self.pause);
            self.pause = (self.pause * 2).min(PAUSE_MAX);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::disallowed_methods, reason = "the code never asks, and one has to begin somewhere")]
    fn beginning() -> Instant {
        Instant::now()
    }

    /// A peer that sends a whole window each time around, as far as the line carries it; the windows that are
    /// given, and how many PINGs it took.
    fn windows(path: &mut Path, round_trip: Duration, bytes_max: usize, rounds: u32) -> (Vec<u32>, u32) {
        let mut now = beginning();
        let (mut windows, mut pings) = (Vec::new(), 0);
        for _ in 0..rounds {
            let bytes = bytes_max.min(path.window_bytes as usize);
            let mut asked = false;
            for _ in 0..16 {
                asked |= path.received(bytes / 16, now);
            }
            now += round_trip;
            pings += u32::from(asked);
            path.answered(now);
            if windows.last() != Some(&path.window_bytes) {
                windows.push(path.window_bytes);
            }
        }
        (windows, pings)
    }

    #[test]
    fn windows_grow_until_the_path_is_full_and_the_asking_becomes_rare() {
        let mut path = Path::new(65_535, 16 << 20);
        let (windows, pings) = windows(&mut path, Duration::from_millis(80), 4 << 20, 1000);
        let last = *windows.last().unwrap();
        assert!((4 << 20..=8 << 20).contains(&last), "{windows:?}");
        assert!(windows.len() < 20, "{windows:?}");
        // 80 seconds: a dozen while they grew, then 0.1, 0.2, … 10 seconds apart.
        assert!(pings < 40, "{pings}");
    }

    #[test]
    fn no_window_is_over_the_maximum() {
        let mut path = Path::new(65_535, 1 << 20);
        let (windows, _) = windows(&mut path, Duration::from_millis(80), usize::MAX, 100);
        assert_eq!(windows.last(), Some(&(65_535 + (1 << 20))));
        assert!(!path.received(1 << 30, beginning()), "there is nothing more to ask");
    }

    #[test]
    fn small_calls_ask_nothing_and_what_fits_into_the_window_changes_little() {
        let now = beginning();
        let mut path = Path::new(65_535, 1 << 20);
        assert!(!path.received(PROBE_AFTER_BYTES - 1, now));
        assert!(path.received(1, now));
        assert!(!path.received(1 << 20, now), "one at a time");
        let mut path = Path::new(65_535, 1 << 20);
        let (windows, _) = windows(&mut path, Duration::from_millis(1), 40_000, 1000);
        assert!(*windows.last().unwrap() < 4 * 40_000, "{windows:?}");
    }
}
