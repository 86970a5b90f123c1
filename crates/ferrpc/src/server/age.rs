//! When a connection has been there long enough, or has nothing to do: it is drained then, and in the end cut (gRFC A9).

use std::time::Duration;

use ferrpc_http2::Connection;
use tokio::time::Instant;

use super::ServerLimits;
use crate::conn::random::random;

/// How long a peer may take what is for it after its calls were cut.
const GOODBYE: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(super) struct Age {
    idle_timeout: Option<Duration>,
    grace: Duration,
    /// When the connection is old enough.
    old_at: Option<Instant>,
    /// Since when there has been no call, while there is none.
    idle_since: Option<Instant>,
    cut_at: Option<Instant>,
    close_at: Option<Instant>,
}

/// What is due.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Due {
    Nothing,
    /// Its calls have had their grace.
    Cut,
    /// Its peer took too long to take that.
    Close,
}

impl Age {
    pub(super) fn new(limits: &ServerLimits, now: Instant) -> Self {
        // ± 10 %, so that connections that began together do not all end together.
        let max = limits.connection_age_max.map(|max| max.mul_f64(0.9 + 0.2 * random()));
        Self {
            idle_timeout: limits.connection_idle_timeout,
            grace: limits.connection_age_grace,
            old_at: max.and_then(|max| now.checked_add(max)),
            idle_since: Some(now),
            cut_at: None,
            close_at: None,
        }
    }

    /// The connection has so many streams now; when something is due.
    pub(super) fn due(&mut self, streams: usize, now: Instant) -> Option<Instant> {
        if streams > 0 {
            self.idle_since = None;
        } else if self.idle_since.is_none() {
            self.idle_since = Some(now);
        }
        [self.old_at, self.idle_at(), self.cut_at, self.close_at].into_iter().flatten().min()
    }

    fn idle_at(&self) -> Option<Instant> {
        self.idle_since.zip(self.idle_timeout).and_then(|(since, timeout)| since.checked_add(timeout))
    }

    pub(super) fn tick(&mut self, conn: &mut Connection, now: Instant) -> Due {
        let passed = |at: Option<Instant>| at.is_some_and(|at| at <= now);
        if passed(self.old_at) || passed(self.idle_at()) {
            conn.drain(now.into_std());
            (self.old_at, self.idle_timeout) = (None, None);
            self.cut_at = now.checked_add(self.grace);
        }
        if passed(self.cut_at) {
            self.cut_at = None;
            self.close_at = Some(now + GOODBYE);
            return Due::Cut;
        }
        if passed(self.close_at) {
            self.close_at = None;
            return Due::Close;
        }
        Due::Nothing
    }
}
