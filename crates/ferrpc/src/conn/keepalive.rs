//! Whether the peer is still there: a PING after a while of silence, and an end if that brings nothing (gRFC A8).

use std::time::Duration;

use tokio::time::Instant;

/// How a side makes sure that its peer is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Keepalive {
    /// Silence after which the peer is asked by a PING. `None` never asks. At least 10 s on a client, and 1 s on a
    /// server. Clients: servers want at least five minutes, if not told otherwise, and end connections that ask more
    /// often; a channel that is told so doubles its interval.
    pub interval: Option<Duration>,
    /// How long the peer may then stay silent, whatever it says, before the connection ends. Default 20 s.
    pub timeout: Duration,
    /// Whether to ask while there is no call. Default: a server does, a client does not.
    pub without_calls: bool,
}

impl Keepalive {
    /// Does not ask: a channel's default.
    pub fn off() -> Self {
        Self { interval: None, timeout: Duration::from_secs(20), without_calls: false }
    }

    /// Asks after so much silence, while there are calls.
    pub fn every(interval: Duration) -> Self {
        Self { interval: Some(interval), ..Self::off() }
    }

    /// A server's default: after two hours, calls or not.
    #[cfg(feature = "server")]
    pub(crate) fn server() -> Self {
        Self { without_calls: true, ..Self::every(Duration::from_secs(2 * 3600)) }
    }

    /// The same, with no shorter interval.
    pub(crate) fn at_least(mut self, interval_min: Duration) -> Self {
        self.interval = self.interval.map(|interval| interval.max(interval_min));
        self
    }
}

/// The silence of one peer.
#[derive(Debug)]
pub(super) struct Pulse {
    config: Keepalive,
    heard_at: Instant,
    asked_at: Option<Instant>,
}

/// What is due.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Beat {
    Nothing,
    /// Send a PING.
    Ask,
    /// It was silent for so long after one.
    Dead(Duration),
}

impl Pulse {
    pub(super) fn new(config: Keepalive, now: Instant) -> Self {
        Self { config, heard_at: now, asked_at: None }
    }

    /// Octets came: any will do.
    pub(super) fn heard(&mut self, now: Instant) {
        self.heard_at = now;
        self.asked_at = None;
    }

    /// When something is due, if it is.
    pub(super) fn due(&self, streams: usize) -> Option<Instant> {
        match self.asked_at {
            Some(at) => at.checked_add(self.config.timeout),
            None if streams > 0 || self.config.without_calls => {
                self.config.interval.and_then(|interval| self.heard_at.checked_add(interval))
            }
            None => None,
        }
    }

    pub(super) fn tick(&mut self, now: Instant, streams: usize) -> Beat {
        if self.due(streams).is_none_or(|due| due > now) {
            return Beat::Nothing;
        }
        if self.asked_at.is_some() {
            return Beat::Dead(self.config.timeout);
        }
        self.asked_at = Some(now);
        Beat::Ask
    }
}
