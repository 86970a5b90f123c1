//! What a peer makes us do for nothing, counted in token buckets that refill.
//!
//! No lifetime counters: a long-lived healthy connection must not die of old age (h2#939). Useful traffic
//! earns tokens back, so heavy honest use never runs dry.

use std::time::{Duration, Instant};

use crate::limits::Limits;

/// The two budgets of a connection. The first values are nghttp2's.
#[derive(Debug)]
pub(crate) struct Ledger {
    /// Streams cut short: by the peer's RST_STREAM (CVE-2023-44487) or by ours for its misdeeds
    /// (CVE-2025-8671).
    resets: Bucket,
    /// Frames that cost work and bring nothing.
    cheap: Bucket,
}

impl Ledger {
    pub(crate) fn new(limits: &Limits, now: Instant) -> Self {
        Self {
            resets: Bucket::new(limits.resets_burst, limits.resets_per_second, now),
            cheap: Bucket::new(limits.cheap_frames_burst, limits.cheap_frames_per_second, now),
        }
    }

    /// A stream was cut short; false if there were too many.
    #[must_use]
    pub(crate) fn reset(&mut self, now: Instant) -> bool {
        self.resets.take(now)
    }

    /// A frame brought nothing; false if there were too many.
    #[must_use]
    pub(crate) fn cheap_frame(&mut self, now: Instant) -> bool {
        self.cheap.take(now)
    }

    /// DATA went either way: the frames that rightly come with it are paid for.
    pub(crate) fn useful(&mut self, frames: u32) {
        self.cheap.earn(frames);
    }
}

/// Tokens up to a burst, some more each second.
#[derive(Debug)]
struct Bucket {
    tokens: u32,
    burst: u32,
    per_second: u32,
    filled_at: Instant,
}

impl Bucket {
    fn new(burst: u32, per_second: u32, now: Instant) -> Self {
        Self { tokens: burst, burst, per_second, filled_at: now }
    }

    fn take(&mut self, now: Instant) -> bool {
        if self.tokens == 0 {
            self.refill(now);
        }
        match self.tokens.checked_sub(1) {
            Some(left) => {
                self.tokens = left;
                true
            }
            None => false,
        }
    }

    /// Only an empty bucket asks the time; what it missed meanwhile is given at once, up to the burst.
    fn refill(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.filled_at);
        let earned = passed.as_secs_f64() * f64::from(self.per_second);
        let whole = earned.min(f64::from(self.burst)).floor();
        if whole >= 1.0 {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "from 1 to the burst"
            )]
            self.earn(whole as u32);
            // What is earned in part is not lost, unless the bucket ran over.
            let used = Duration::from_secs_f64(whole / f64::from(self.per_second.max(1)));
            self.filled_at = if earned > f64::from(self.burst) { now } else { self.filled_at + used };
        }
    }

    fn earn(&mut self, tokens: u32) {
        self.tokens = self.tokens.saturating_add(tokens).min(self.burst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(bucket: &mut Bucket, now: Instant) -> u32 {
        (0..10_000).take_while(|_| bucket.take(now)).count().try_into().unwrap()
    }

    #[expect(clippy::disallowed_methods, reason = "any instant will do to count from")]
    fn beginning() -> Instant {
        Instant::now()
    }

    #[test]
    fn a_bucket_gives_its_burst_and_then_its_rate() {
        let start = beginning();
        let mut bucket = Bucket::new(100, 10, start);
        assert_eq!(taken(&mut bucket, start), 100);
        assert_eq!(taken(&mut bucket, start + Duration::from_millis(50)), 0);
        assert_eq!(taken(&mut bucket, start + Duration::from_millis(150)), 1);
        assert_eq!(taken(&mut bucket, start + Duration::from_millis(1050)), 9);
        assert_eq!(taken(&mut bucket, start + Duration::from_secs(3600)), 100);
    }

    #[test]
    fn one_token_a_period_can_be_taken_for_ever() {
        let start = beginning();
        let mut bucket = Bucket::new(10, 10, start);
        for i in 0..10_000 {
            assert!(bucket.take(start + Duration::from_millis(101 * i)), "{i}");
        }
    }

    #[test]
    fn useful_traffic_earns_up_to_the_burst() {
        let start = beginning();
        let mut bucket = Bucket::new(5, 0, start);
        assert_eq!(taken(&mut bucket, start), 5);
        bucket.earn(3);
        assert_eq!(taken(&mut bucket, start), 3);
        bucket.earn(100);
        assert_eq!(taken(&mut bucket, start), 5);
    }
}
