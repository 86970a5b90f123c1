//! What a handler does besides answering, the same for every server.

use std::time::{Duration, Instant};

/// The runtime of a server: current-thread for one thread, unless it is to be a `multi`-thread one.
pub fn runtime(threads: usize, multi: bool) -> tokio::runtime::Builder {
    if threads == 1 && !multi {
        return tokio::runtime::Builder::new_current_thread();
    }
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime.worker_threads(threads);
    runtime
}

/// Work of a unary handler.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Work {
    /// None.
    #[default]
    None,
    /// Gives way to others once: the handler awaits.
    Yield,
    /// Sleeps 1 ms.
    Sleep,
    /// Uses its thread for 50 µs.
    Burn,
}

impl Work {
    /// Does it.
    pub async fn run(self) {
        match self {
            Self::None => {}
            Self::Yield => tokio::task::yield_now().await,
            Self::Sleep => tokio::time::sleep(Duration::from_millis(1)).await,
            Self::Burn => {
                let end = Instant::now() + Duration::from_micros(50);
                while Instant::now() < end {
                    std::hint::spin_loop();
                }
            }
        }
    }
}
