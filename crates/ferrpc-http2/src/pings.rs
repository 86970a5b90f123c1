//! A server's patience with PINGs: how often a client may ask whether it is there (gRFC A8).

use std::time::{Duration, Instant};

use crate::limits::Limits;

/// Without calls a client has little to ask about: so long apart, unless the limits say that it may all the same.
const IDLE_INTERVAL: Duration = Duration::from_secs(2 * 3600);

/// The PINGs of one client.
#[derive(Debug, Default)]
pub(crate) struct Pings {
    last_at: Option<Instant>,
    strikes: u32,
}

impl Pings {
    /// One came while so many streams were open; false if there were too many.
    #[must_use]
    pub(crate) fn came(&mut self, now: Instant, streams: usize, limits: &Limits) -> bool {
        if limits.ping_interval_min.is_zero() {
            return true;
        }
        let interval = if streams == 0 && !limits.pings_without_streams {
            limits.ping_interval_min.max(IDLE_INTERVAL)
        } else {
            limits.ping_interval_min
        };
        let early = self.last_at.is_some_and(|last| now.saturating_duration_since(last) < interval);
        self.last_at = Some(now);
        self.strikes += u32::from(early);
        self.strikes <= limits.ping_strikes_max
    }

    /// HEADERS or DATA went out: a client that measures the path, or asks after what it waits for, does well.
    pub(crate) fn forgive(&mut self) {
        *self = Self::default();
    }
}
