//! What all connections of a server hold of requests that nobody took yet, and each connection's share in it
//! (http2's windows bound one connection; a server has many).

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Changes below this are not told to the others.
const STEP_BYTES: usize = 16 << 10;

/// Of one server.
#[derive(Debug)]
pub(super) struct Unread {
    bytes_max: usize,
    bytes: AtomicUsize,
    connections: AtomicUsize,
}

impl Unread {
    pub(super) fn new(bytes_max: usize) -> Self {
        Self { bytes_max, bytes: AtomicUsize::new(0), connections: AtomicUsize::new(0) }
    }
}

/// Of one connection, as long as that is there.
#[derive(Debug)]
pub(super) struct Share {
    all: Arc<Unread>,
    /// What the others know of it.
    told_bytes: usize,
}

impl Share {
    pub(super) fn new(all: &Arc<Unread>) -> Self {
        all.connections.fetch_add(1, Ordering::Relaxed);
        Self { all: all.clone(), told_bytes: 0 }
    }

    /// The connection holds so many octets now. True if that is noticeably more than before.
    #[inline]
    pub(super) fn grew_to(&mut self, bytes: usize) -> bool {
        let before = self.told_bytes;
        if bytes.abs_diff(before) < STEP_BYTES {
            return false;
        }
        self.tell(bytes);
        bytes > before
    }

    /// The connection holds so many octets now.
    pub(super) fn tell(&mut self, bytes: usize) {
        let before = std::mem::replace(&mut self.told_bytes, bytes);
        if bytes > before {
            self.all.bytes.fetch_add(bytes - before, Ordering::Relaxed);
        } else {
            self.all.bytes.fetch_sub(before - bytes, Ordering::Relaxed);
        }
    }

    /// All connections together hold more than they may, and this one more than an equal part of that.
    pub(super) fn is_exceeded(&self) -> bool {
        let bytes_max = self.all.bytes_max;
        let connections = self.all.connections.load(Ordering::Relaxed).max(1);
        self.all.bytes.load(Ordering::Relaxed) > bytes_max && self.told_bytes > bytes_max / connections
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.all.bytes.fetch_sub(self.told_bytes, Ordering::Relaxed);
        self.all.connections.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_has_more_than_an_equal_part_exceeds_it_and_only_while_there_is_too_much() {
        let all = Arc::new(Unread::new(8 * STEP_BYTES));
        let (mut large, mut small) = (Share::new(&all), Share::new(&all));
        assert!(large.grew_to(8 * STEP_BYTES) && !large.is_exceeded());
        assert!(small.grew_to(STEP_BYTES) && !small.is_exceeded());
        assert!(large.is_exceeded());
        large.tell(7 * STEP_BYTES);
        assert!(!large.is_exceeded());
        assert!(small.grew_to(3 * STEP_BYTES) && large.is_exceeded());
        // Where there are more of them, each has less.
        let third = Share::new(&all);
        assert!(small.is_exceeded());
        drop(third);
        assert!(!small.is_exceeded());
        // What a connection had goes with it.
        drop(large);
        assert_eq!(all.bytes.load(Ordering::Relaxed), 3 * STEP_BYTES);
    }

    #[test]
    fn small_changes_are_not_told() {
        let all = Arc::new(Unread::new(0));
        let mut share = Share::new(&all);
        assert!(!share.grew_to(STEP_BYTES - 1));
        assert!(share.grew_to(STEP_BYTES));
        assert!(!share.grew_to(1));
        assert_eq!(all.bytes.load(Ordering::Relaxed), STEP_BYTES);
        assert!(!share.grew_to(0), "it became less");
        assert_eq!(all.bytes.load(Ordering::Relaxed), 0);
    }
}
