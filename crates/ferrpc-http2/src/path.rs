//! How much the path to the peer holds: what comes while something goes there and back. Windows grow until that no
//! longer fills them, so that the peer need not wait for credit while there is room on the way.
//!
//! How far it is, the acknowledgement of our SETTINGS says first, and then PINGs. Asks only while DATA comes, and
//! seldom once the answer stays the same: peers police PINGs.

use std::time::{Duration, Instant};

/// Payload of the PING that measures.
pub(crate) const PROBE: [u8; 8] = *b"distance";

/// Octets that come before it is worth asking: small calls never do.
const PROBE_AFTER_BYTES: usize = 32 << 10;
/// How many times what came a window becomes that was the narrowest place, at least and at most. Between them it is
/// twice what would have come all the time at the speed at which it came.
const GROWTH_MIN: f64 = 4.0;
const GROWTH_MAX: f64 = 16.0;
/// From here on the acknowledgement of SETTINGS says how far it is.
const FAR: Duration = Duration::from_millis(1);
/// Time between two PINGs after one that changed nothing: doubles from the first to the last.
const PAUSE_MIN: Duration = Duration::from_millis(100);
const PAUSE_MAX: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(crate) struct Path {
    /// What a stream's window begins with, what it should be, and what at most.
    start_bytes: u32,
    window_bytes: u32,
    window_bytes_max: u32,
    /// Octets that came since the flight began that is measured, or since the last one was.
    bytes: usize,
    /// When the PING under way was sent, microseconds from then until the last octets came, and whether its flight is
    /// still to be judged.
    sent_at: Option<Instant>,
    came_in: u32,
    measuring: bool,
    /// How long it took there and back the last time.
    round_trip: Option<Duration>,
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
            came_in: 0,
            measuring: false,
            round_trip: None,
            rate_max: 0.0,
            pause: PAUSE_MIN,
            next_at: None,
        }
    }

    /// How much larger windows should be than they began, in octets. Never less than it was.
    pub(crate) fn grown_bytes(&self) -> u32 {
        self.window_bytes - self.start_bytes
    }

    /// Our SETTINGS are acknowledged, after so long. Who is near needs no head start.
    pub(crate) fn acknowledged(&mut self, took: Duration) {
        if self.round_trip.is_none() && took >= FAR {
            self.round_trip = Some(took);
        }
    }

    /// Flow-controlled octets came; true if a PING with [`PROBE`] should go out now.
    #[must_use]
    #[inline]
    pub(crate) fn received(&mut self, bytes: usize, now: Instant) -> bool {
        self.bytes = self.bytes.saturating_add(bytes);
        // Of a few octets nothing can be learned.
        (self.sent_at.is_some() || self.bytes >= PROBE_AFTER_BYTES) && self.learn(now)
    }

    fn learn(&mut self, now: Instant) -> bool {
        if let Some(sent_at) = self.sent_at {
            let came_in = now.saturating_duration_since(sent_at);
            self.came_in = u32::try_from(came_in.as_micros()).unwrap_or(u32::MAX);
            // Once it is known how far it is, a flight that fills the window need not be over.
            if self.measuring
                && self.bytes / 7 >= self.window_bytes as usize / 8
                && let Some(round_trip) = self.round_trip
            {
                self.judge(now, round_trip.max(came_in));
            }
            return false;
        }
        if self.window_bytes >= self.window_bytes_max || self.next_at.is_some_and(|at| at > now) {
            return false;
        }
        // What made it worth asking came in the same flight, but not all that came while nobody asked.
        self.bytes = PROBE_AFTER_BYTES;
        self.sent_at = Some(now);
        self.came_in = 0;
        self.measuring = true;
        true
    }

    /// The PING was answered; false if there was none.
    pub(crate) fn answered(&mut self, now: Instant) -> bool {
        let Some(sent_at) = self.sent_at.take() else { return false };
        let took = now.saturating_duration_since(sent_at);
        self.round_trip = Some(took);
        if self.measuring && !self.judge(now, took) {
            self.bytes = 0;
            self.measuring = false;
            self.next_at = Some(now + self.pause);
            self.pause = (self.pause * 2).min(PAUSE_MAX);
        }
        true
    }

    /// Grows the windows if they were the narrowest place while what came took so long, waits for credit
    /// included; else nothing changes.
    fn judge(&mut self, now: Instant, took: Duration) -> bool {
        // Credit returns in halves of a window: a flight may be one of them.
        if self.bytes < self.window_bytes as usize / 2 {
            return false;
        }
        let (bytes, took_secs) = (self.bytes as f64, took.as_secs_f64().max(1e-6));
        let rate = bytes / took_secs;
        // More octets only because they took longer say that a queue grew, not that the path holds more.
        if rate <= self.rate_max {
            return false;
        }
        self.rate_max = rate;
        // The first of them came before the clock began.
        let speed = (bytes - PROBE_AFTER_BYTES as f64) / (f64::from(self.came_in.max(1)) * 1e-6);
        let grown = (2.0 * speed * took_secs).clamp(GROWTH_MIN * bytes, GROWTH_MAX * bytes);
        let grown = grown.min(f64::from(self.window_bytes_max));
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "it is within the largest window"
        )]
        let grown = grown as u32;
        self.window_bytes = self.window_bytes.max(grown);
        self.bytes = 0;
        self.measuring = false;
        // It takes about once there and back until more can come.
        (self.pause, self.next_at) = (PAUSE_MIN, Some(now + took * 3 / 4));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::disallowed_methods, reason = "the code never asks, and one has to begin somewhere")]
    fn beginning() -> Instant {
        Instant::now()
    }

    /// A peer that sends a whole window each time around, at the speed of the line and as far as it carries that; the
    /// windows that are given, and how many PINGs it took.
    fn windows(path: &mut Path, round_trip: Duration, bytes_max: usize, rounds: u32) -> (Vec<u32>, u32) {
        let mut now = beginning();
        let (mut windows, mut pings) = (Vec::new(), 0);
        for _ in 0..rounds {
            let bytes = bytes_max.min(path.window_bytes as usize);
            let mut asked = false;
            let arrives = now + round_trip;
            for _ in 0..16 {
                now += round_trip.mul_f64((bytes / 16) as f64 / bytes_max as f64);
                asked |= path.received(bytes / 16, now);
            }
            now = arrives.max(now);
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
        let mut path = Path::new(65_535, 64 << 20);
        let (windows, pings) = windows(&mut path, Duration::from_millis(80), 4 << 20, 1000);
        let last = *windows.last().unwrap();
        // Over what the path holds, and not more than four times that.
        assert!((4 << 20..=16 << 20).contains(&last), "{windows:?}");
        assert!(windows.len() < 10, "{windows:?}");
        // 80 seconds: a dozen while they grew, then 0.1, 0.2, … 10 seconds apart.
        assert!(pings < 40, "{pings}");
    }

    #[test]
    fn once_the_distance_is_known_windows_grow_with_each_flight_that_fills_them() {
        let round_trip = Duration::from_millis(80);
        let mut now = beginning();
        let mut path = Path::new(65_535, 16 << 20);
        assert!(path.received(65_535, now));
        assert!(!path.received(65_535, now));
        now += round_trip;
        path.answered(now);
        for flights in 1.. {
            let window = path.window_bytes;
            if window == path.window_bytes_max {
                assert!(flights <= 4, "{flights}");
                break;
            }
            now += round_trip;
            // The answer comes behind what was sent before it.
            path.answered(now);
            for _ in 0..16 {
                let _ = path.received(window as usize / 16, now);
            }
            assert!(path.window_bytes > window, "{window} after {flights} flights");
        }
    }

    #[test]
    fn who_took_long_to_acknowledge_settings_has_a_larger_window_after_its_first_flight() {
        for (microseconds, grows) in [(80_000, true), (1000, true), (999, false)] {
            let now = beginning();
            let mut path = Path::new(65_535, 16 << 20);
            path.acknowledged(Duration::from_micros(microseconds));
            assert!(path.received(32_768, now));
            assert!(!path.received(32_767, now));
            assert_eq!(path.grown_bytes() > 0, grows, "{microseconds} µs");
            assert!(path.window_bytes <= 16 * 65_535, "{}", path.window_bytes);
        }
    }

    #[test]
    fn what_came_over_the_whole_way_there_and_back_grows_a_window_less_than_what_came_together() {
        let grown = |spread| {
            let (mut now, round_trip) = (beginning(), Duration::from_millis(80));
            let mut path = Path::new(65_535, 16 << 20);
            assert!(path.received(32_768, now));
            let arrives = now + round_trip;
            now += spread;
            let _ = path.received(32_767, now);
            path.answered(arrives);
            path.window_bytes
        };
        assert_eq!(grown(Duration::ZERO), 16 * 65_535);
        assert_eq!(grown(Duration::from_millis(80)), 4 * 65_535);
        // Half of what came took an eighth of the time: the path holds eight halves, and twice that is given.
        assert!((7 * 65_535..=9 * 65_535).contains(&grown(Duration::from_millis(10))));
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
        assert!(*windows.last().unwrap() <= 4 * 65_535, "{windows:?}");
    }
}
