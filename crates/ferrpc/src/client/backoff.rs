//! How long to wait between attempts to connect (gRPC `connection-backoff.md`).

use std::time::Duration;

use crate::conn::random::random;

/// 1 s, growing by 1.6 up to 120 s, ± 20 %.
#[derive(Debug)]
pub(crate) struct Backoff {
    next: Duration,
}

const FIRST: Duration = Duration::from_secs(1);
const MAX: Duration = Duration::from_secs(120);

impl Backoff {
    pub(crate) fn new() -> Self {
        Self { next: FIRST }
    }

    /// The time from the begin of the attempt that failed to the begin of the next one.
    pub(crate) fn next(&mut self) -> Duration {
        let base = self.next;
        self.next = base.mul_f64(1.6).min(MAX);
        base.mul_f64(0.8 + 0.4 * random())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_two_minutes_and_never_leave_their_range() {
        let mut backoff = Backoff::new();
        let mut base = 1.0f64;
        for _ in 0..20 {
            let wait = backoff.next().as_secs_f64();
            assert!((base * 0.8..=base * 1.2).contains(&wait), "{wait} s around {base} s");
            base = (base * 1.6).min(120.0);
        }
    }
}
