//! A well-behaved client on another connection, while an attack goes on: what it feels, and what the server
//! takes meanwhile.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::peer::{Peer, SETTINGS, frame};

/// How often it looks.
const PAUSE: Duration = Duration::from_millis(20);

/// What was felt and seen.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Felt {
    /// The longest it took to have SETTINGS acknowledged. Not a PING: gRPC servers count those.
    pub(crate) longest: Duration,
    /// SETTINGS stayed without answer, or the connection was lost.
    pub(crate) lost: bool,
    /// How much more memory the server held than before, at most; if its process is known.
    pub(crate) grown_bytes: Option<usize>,
}

/// Runs until it is asked.
pub(crate) struct Neighbour {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Felt>,
}

impl Neighbour {
    /// Connects before the attack begins.
    pub(crate) fn start(server: SocketAddr, pid: Option<u32>) -> std::io::Result<Self> {
        let mut peer = Peer::greeted(server, &[])?;
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let before = pid.and_then(resident_bytes);
        let thread = std::thread::spawn(move || {
            let mut felt = Felt { grown_bytes: before.map(|_| 0), ..Felt::default() };
            // One was sent to greet.
            let mut sent = 1;
            loop {
                // Once more at the end: what the attack leaves behind counts.
                let last = stopped.load(Ordering::Relaxed);
                let began = Instant::now();
                sent += 1;
                let answered =
                    peer.send(&frame(SETTINGS, 0, 0, &[])) && peer.wait(|told| told.settings_acks >= sent);
                felt.lost |= !answered;
                felt.longest = felt.longest.max(began.elapsed());
                if let (Some(before), Some(now)) = (before, pid.and_then(resident_bytes)) {
                    felt.grown_bytes = felt.grown_bytes.max(Some(now.saturating_sub(before)));
                }
                if last || felt.lost {
                    return felt;
                }
                std::thread::sleep(PAUSE);
            }
        });
        Ok(Self { stop, thread })
    }

    /// Ends it.
    pub(crate) fn stop(self) -> Felt {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap_or_else(|_| Felt { lost: true, ..Felt::default() })
    }
}

/// Memory of a process, where the system tells it (Linux).
fn resident_bytes(pid: u32) -> Option<usize> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kib: usize = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib << 10)
}
