//! A well-behaved client on another connection, while an attack goes on: what it feels, and what the server
//! takes meanwhile.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::frames::{SETTINGS, frame};
use crate::peer::Peer;

/// How often it asks.
const PAUSE: Duration = Duration::from_millis(20);
/// How often it looks at the memory meanwhile.
const LOOKS: u32 = 10;

/// What was felt and seen.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Felt {
    /// The longest it took to have SETTINGS acknowledged. Not a PING: gRPC servers count those.
    pub longest: Duration,
    /// SETTINGS stayed without answer, or the connection was lost.
    pub lost: bool,
    /// How much more memory the server held than before, at most; if anybody knows.
    pub grown_bytes: Option<usize>,
}

/// Runs until it is asked.
#[derive(Debug)]
pub struct Neighbour {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Felt>,
}

impl Neighbour {
    /// Connects before the attack begins. `held_bytes` says what the server holds, if that can be said.
    ///
    /// # Errors
    /// What the socket says.
    pub fn start(
        server: SocketAddr,
        held_bytes: impl Fn() -> Option<usize> + Send + 'static,
    ) -> std::io::Result<Self> {
        let mut peer = Peer::greeted(server, &[])?;
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let before = held_bytes();
        let thread = std::thread::spawn(move || {
            let mut felt = Felt { grown_bytes: before.map(|_| 0), ..Felt::default() };
            let note = |felt: &mut Felt| {
                if let (Some(before), Some(now)) = (before, held_bytes()) {
                    felt.grown_bytes = felt.grown_bytes.max(Some(now.saturating_sub(before)));
                }
            };
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
                note(&mut felt);
                if last || felt.lost {
                    return felt;
                }
                // Looks more often than it asks.
                for _ in 0..LOOKS {
                    std::thread::sleep(PAUSE / LOOKS);
                    note(&mut felt);
                }
            }
        });
        Ok(Self { stop, thread })
    }

    /// Ends it.
    pub fn stop(self) -> Felt {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap_or_else(|_| Felt { lost: true, ..Felt::default() })
    }
}

/// Memory of a process, where the system tells it (Linux).
pub fn resident_bytes(pid: u32) -> Option<usize> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    let kib: usize = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib << 10)
}
