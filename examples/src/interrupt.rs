//! Ctrl-C as a future that listens from the moment it is made.

use std::future::{Future, poll_fn};
use std::task::Poll;

/// Listens for Ctrl-C from now on; the future it returns is ready once it comes, and never where signals
/// cannot be had.
pub async fn interrupted() -> impl Future<Output = ()> {
    let mut signal = Box::pin(async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    });
    // tokio registers the handler at the first poll.
    poll_fn(|cx| {
        let _ = signal.as_mut().poll(cx);
        Poll::Ready(())
    })
    .await;
    signal
}
