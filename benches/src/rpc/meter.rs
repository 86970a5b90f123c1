//! CPU time of the server and of ourselves over a stretch of time, and what was done in it.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use nix::time::{ClockId, clock_getcpuclockid, clock_gettime};
use nix::unistd::Pid;

/// Messages received (or sent, where the server only takes), by all operations together.
#[derive(Clone, Default)]
pub struct Count(Rc<Cell<u64>>);

impl Count {
    /// One more.
    pub fn one(&self) {
        self.0.set(self.0.get() + 1);
    }

    /// How many so far.
    pub fn get(&self) -> u64 {
        self.0.get()
    }
}

/// Reads the clocks.
pub struct Meter {
    server: Option<ClockId>,
    count: Count,
}

/// What the clocks showed.
#[derive(Clone, Copy)]
pub struct Reading {
    at: Instant,
    server: Option<Duration>,
    own: Duration,
    messages: u64,
}

/// What lies between two readings.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stretch {
    /// How long it was.
    pub seconds: f64,
    /// Messages in it.
    pub messages: u64,
    /// CPU time of all threads of the server, also of those that have ended.
    pub server_cpu_ns: Option<u64>,
    /// The same of this process.
    pub own_cpu_ns: u64,
}

impl Meter {
    /// Watches a server, if its process is named.
    ///
    /// # Errors
    /// There is no such process.
    pub fn new(server: Option<u32>, count: Count) -> Result<Self, String> {
        let clock = server.map(|process| {
            let id = i32::try_from(process).map_err(|error| error.to_string())?;
            clock_getcpuclockid(Pid::from_raw(id)).map_err(|error| format!("process {process}: {error}"))
        });
        Ok(Self { server: clock.transpose()?, count })
    }

    /// Now.
    ///
    /// # Errors
    /// The server's process has ended.
    pub fn read(&self) -> Result<Reading, String> {
        let cpu = |clock: ClockId| {
            clock_gettime(clock)
                .map(Duration::from)
                .map_err(|error| format!("the server's process is gone: {error}"))
        };
        Ok(Reading {
            at: Instant::now(),
            server: self.server.map(cpu).transpose()?,
            own: cpu(ClockId::CLOCK_PROCESS_CPUTIME_ID)?,
            messages: self.count.get(),
        })
    }
}

impl Reading {
    /// From this reading to a later one.
    pub fn until(&self, later: &Self) -> Stretch {
        let ns = |from: Duration, to: Duration| u64::try_from((to - from).as_nanos()).unwrap_or(u64::MAX);
        Stretch {
            seconds: (later.at - self.at).as_secs_f64(),
            messages: later.messages - self.messages,
            server_cpu_ns: self.server.zip(later.server).map(|(from, to)| ns(from, to)),
            own_cpu_ns: ns(self.own, later.own),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_of_the_watched_process_is_seen() {
        let count = Count::default();
        let meter = Meter::new(Some(std::process::id()), count.clone()).expect("we are running");
        let before = meter.read().expect("we are running");
        let end = Instant::now() + Duration::from_millis(20);
        while Instant::now() < end {
            count.one();
        }
        let stretch = before.until(&meter.read().expect("we are running"));
        assert_eq!(stretch.messages, count.get());
        assert!(stretch.seconds >= 0.02);
        // Other tests may run, in this process or beside it.
        assert!(stretch.server_cpu_ns.is_some_and(|ns| ns > 0));
        assert!(stretch.own_cpu_ns > 0);
    }

    #[test]
    fn a_process_that_is_not_there_is_named() {
        // One above the highest number that Linux gives.
        let refused = Meter::new(Some(4_194_305), Count::default()).err();
        assert!(refused.is_some_and(|error| error.starts_with("process 4194305: ")));
    }
}
