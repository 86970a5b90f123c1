//! As `conn` of ferrpc, with the two files that are tried.
#![allow(dead_code, reason = "the models use a part of it")]

#[path = "../../../crates/ferrpc/src/conn/exchange.rs"]
pub(crate) mod exchange;
#[path = "../../../crates/ferrpc/src/conn/inbox.rs"]
pub(crate) mod inbox;
#[path = "../../../crates/ferrpc/src/conn/queue.rs"]
pub(crate) mod queue;

/// What they stand on here.
mod sync {
    pub(crate) use loom::sync::MutexGuard;
    pub(crate) use loom::sync::atomic::{AtomicBool, Ordering};

    /// As the product's, around loom's.
    #[derive(Debug, Default)]
    pub(crate) struct Mutex<T>(loom::sync::Mutex<T>);

    impl<T> Mutex<T> {
        pub(crate) fn new(value: T) -> Self {
            Self(loom::sync::Mutex::new(value))
        }

        pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
            self.0.lock().expect("no model panics under a lock and goes on")
        }
    }
}

use ferrpc_http2::{Connection, End, StreamKey};

use crate::codec::Segments;

#[derive(Debug)]
pub(crate) struct ResponseHead;

#[derive(Debug)]
pub(crate) struct Reply;

#[derive(Debug)]
pub(crate) struct Open;

/// Gives the engine so many octets.
pub(crate) fn send_segments(conn: &mut Connection, key: StreamKey, octets: Segments, end: End) {
    HANDED_OVER.set(HANDED_OVER.get() + octets.len());
    conn.send_slice(key, &vec![0; octets.len()], end);
}

/// Octets that an engine was given so far, by models on this thread of the system: loom's are all on one.
pub(crate) fn handed_over() -> usize {
    HANDED_OVER.get()
}

std::thread_local! {
    static HANDED_OVER: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}
