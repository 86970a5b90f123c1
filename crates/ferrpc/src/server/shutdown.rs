//! How a server ends: stage by stage, never later than planned, with a report.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

/// The stages of a server's end, and how long each may take. All are bounded: what is longer than a day is a day.
///
/// | stage | from | what happens |
/// |---|---|---|
/// | lame duck | the call | all goes on; who balances load may look elsewhere |
/// | drain | `lame_duck` | no new connections; GOAWAY twice; calls that run may finish |
/// | cut | `drain` after that | calls that are left end with UNAVAILABLE |
/// | kill | `kill` after the lame duck | connections that are left are closed, within another second |
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ShutdownPlan {
    /// How long connections and calls are taken as before. Default 0.
    pub lame_duck: Duration,
    /// How long calls may go on after that. Default 25 s.
    pub drain: Duration,
    /// After the lame duck, when connections are closed whose peers do not take what is for them. Default 30 s; at
    /// least `drain`.
    pub kill: Duration,
}

impl Default for ShutdownPlan {
    fn default() -> Self {
        Self { lame_duck: Duration::ZERO, drain: Duration::from_secs(25), kill: Duration::from_secs(30) }
    }
}

impl ShutdownPlan {
    /// For a server whose clients find it by a list that takes a while to change: a lame duck of 5 s, and an end within
    /// the 30 s that Kubernetes gives.
    pub fn kubernetes() -> Self {
        Self {
            lame_duck: Duration::from_secs(5),
            drain: Duration::from_secs(20),
            kill: Duration::from_secs(23),
        }
    }

    pub(super) fn without_lame_duck(self) -> Self {
        Self { lame_duck: Duration::ZERO, ..self }
    }

    /// All stages at once: calls are cut.
    pub fn at_once() -> Self {
        Self { lame_duck: Duration::ZERO, drain: Duration::ZERO, kill: Duration::ZERO }
    }
}

/// How a server ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ShutdownReport {
    /// Connections that were open when the drain began.
    pub connections: usize,
    /// Of these and of such as came later, those that were still open when calls were cut.
    pub undrained: usize,
    /// Calls that were cut.
    pub calls_cut: u64,
    /// Connections that were still open at the last stage and closed by force.
    pub killed: usize,
    /// From the end of the lame duck to the end of the last connection.
    pub took: Duration,
}

/// When the stages are due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stop {
    pub(super) drain_at: Instant,
    pub(super) cut_at: Instant,
    pub(super) kill_at: Instant,
}

/// No stage is longer.
const STAGE_MAX: Duration = Duration::from_secs(24 * 3600);

impl Stop {
    pub(super) fn new(plan: &ShutdownPlan, now: Instant) -> Self {
        let drain_at = now + plan.lame_duck.min(STAGE_MAX);
        let cut_at = drain_at + plan.drain.min(STAGE_MAX);
        let kill_at = (drain_at + plan.kill.min(STAGE_MAX)).max(cut_at);
        Self { drain_at, cut_at, kill_at }
    }

    /// What is asked for twice happens at the earlier of the two times.
    pub(super) fn or_sooner(self, other: Option<Self>) -> Self {
        let Some(other) = other else { return self };
        Self {
            drain_at: self.drain_at.min(other.drain_at),
            cut_at: self.cut_at.min(other.cut_at),
            kill_at: self.kill_at.min(other.kill_at),
        }
    }
}

/// Whether and when a server is to end, as it stands now.
pub(super) type Stopping = watch::Receiver<Option<Stop>>;

/// Ready when a stage is due; the time may change meanwhile. For ever if nobody can ask for an end any more.
pub(super) async fn due(mut stopping: Stopping, stage: impl Fn(&Stop) -> Instant) {
    loop {
        let at = stopping.borrow_and_update().as_ref().map(&stage);
        let changed = stopping.changed();
        let asked = match at {
            Some(at) => match tokio::time::timeout_at(at, changed).await {
                Ok(asked) => asked,
                Err(_) => return,
            },
            None => changed.await,
        };
        if asked.is_err() {
            match at {
                Some(at) => return tokio::time::sleep_until(at).await,
                None => std::future::pending().await,
            }
        }
    }
}
