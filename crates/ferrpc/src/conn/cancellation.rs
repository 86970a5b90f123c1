//! That a call on a server is over, for those who work for it: tasks that wait to hear of it, and the calls it made.

use std::sync::{Arc, Weak};

use ferrpc_http2::ErrorCode;
use tokio::sync::watch;

use super::exchange::Exchange;
use crate::lock::{Mutex, MutexGuard};

#[derive(Debug, Default)]
pub(crate) struct Cancellation {
    said: watch::Sender<bool>,
    calls: Mutex<Calls>,
}

/// Calls to be given up.
#[derive(Debug, Default)]
struct Calls {
    open: Vec<Weak<Exchange>>,
    /// At this many they are searched for those that are over.
    checked_at: usize,
}

/// Calls that may stand there before it is worth looking for those that are over.
const CHECKED_MIN: usize = 16;

impl Cancellation {
    /// The call is over. Only the first time counts.
    pub(crate) fn cancel(&self) {
        if self.said.send_replace(true) {
            return;
        }
        for exchange in std::mem::take(&mut self.lock().open) {
            if let Some(exchange) = exchange.upgrade() {
                exchange.abandon(ErrorCode::CANCEL);
            }
        }
    }

    pub(crate) fn is_cancelled(&self) -> bool {
        *self.said.borrow()
    }

    /// Ready once the call is over.
    pub(crate) async fn cancelled(&self) {
        // An error says that nobody can cancel any more, and `self` can.
        let _ = self.said.subscribe().wait_for(|said| *said).await;
    }

    /// Gives this exchange up when the call is over, or now.
    pub(crate) fn adopt(&self, exchange: &Arc<Exchange>) {
        let mut calls = self.lock();
        if self.is_cancelled() {
            drop(calls);
            return exchange.abandon(ErrorCode::CANCEL);
        }
        calls.open.push(Arc::downgrade(exchange));
        // A handler may make calls as long as it lives; doubling makes forgetting them cheap.
        if calls.open.len() >= calls.checked_at {
            calls.open.retain(|exchange| exchange.strong_count() > 0);
            calls.checked_at = (2 * calls.open.len()).max(CHECKED_MIN);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Calls> {
        self.calls.lock()
    }
}

#[cfg(all(test, feature = "server"))]
mod tests {
    use super::*;
    use crate::conn::exchange::Whose;

    fn exchange() -> Arc<Exchange> {
        Exchange::new(Arc::default(), Whose::Server, None, None)
    }

    #[test]
    fn calls_of_a_call_that_is_over_are_given_up_those_made_later_too() {
        let cancellation = Cancellation::default();
        let (before, after) = (exchange(), exchange());
        cancellation.adopt(&before);
        assert!(!before.is_abandoned());
        cancellation.cancel();
        cancellation.adopt(&after);
        assert!(before.is_abandoned() && after.is_abandoned());
    }

    #[test]
    fn calls_that_are_over_are_forgotten() {
        let cancellation = Cancellation::default();
        for _ in 0..100 * CHECKED_MIN {
            cancellation.adopt(&exchange());
        }
        assert!(cancellation.lock().open.len() <= CHECKED_MIN);
    }
}
