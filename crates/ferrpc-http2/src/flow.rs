//! Flow-control windows (RFC 9113 §5.2): numbers and the rules between them.
//!
//! Knows nothing of streams or frames; callers decide whose window it is.

/// The largest window (RFC 9113 §6.9.1).
pub(crate) const WINDOW_MAX: i64 = 0x7fff_ffff;

/// What both sides start with before any setting (RFC 9113 §6.9.2).
pub(crate) const WINDOW_START: u32 = 65_535;

/// Credit of a larger window need not return in halves of it.
const PORTION_BYTES: i64 = 64 << 10;

/// What we may still send. A SETTINGS change can make it negative (RFC 9113 §6.9.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SendWindow(i64);

impl SendWindow {
    pub(crate) fn new(octets: u32) -> Self {
        Self(i64::from(octets))
    }

    /// Octets that may go out now.
    pub(crate) fn available(self) -> usize {
        //= RFC 9113 §6.9.2 negative-window: unwrap_or(0) → unwrap_or(1)
        usize::try_from(self.0).unwrap_or(0)
    }

    pub(crate) fn take(&mut self, octets: usize) {
        debug_assert!(octets <= self.available());
        self.0 -= signed(octets);
    }

    /// Adds the peer's credit; false when that is over the largest window.
    #[must_use]
    pub(crate) fn add(&mut self, credit: i64) -> bool {
        self.0 += credit;
        //= RFC 9113 §6.9.1 largest-window: self.0 <= WINDOW_MAX → true
        self.0 <= WINDOW_MAX
    }
}

/// What the peer may still send, and what we have consumed but not yet given back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct RecvWindow {
    /// The peer's remaining credit, as it knows it.
    credit: i64,
    /// Consumed, not yet returned.
    owed: i64,
    /// What the window is while nothing is extended: `credit + owed + unread = size + extra`.
    size: i64,
    /// Credit lent on top for one large message. What comes of it is not given back when it is consumed.
    extra: i64,
}

impl RecvWindow {
    pub(crate) fn new(octets: u32) -> Self {
        Self { credit: i64::from(octets), owed: 0, size: i64::from(octets), extra: 0 }
    }

    /// Takes received octets out of the window; false when the peer had no credit for them.
    #[must_use]
    pub(crate) fn take(&mut self, octets: usize) -> bool {
        self.credit -= signed(octets);
        // An empty frame may come even when a shrunk window is below zero (RFC 9113 §6.9.1).
        self.credit >= 0 || octets == 0
    }

    /// Marks octets as consumed. Returns the increment to send once a part of the window is owed, so that a window
    /// costs few updates however small its frames are: half of a small one, a quarter of one that has grown, since a
    /// long way must not run empty meanwhile.
    #[must_use]
    pub(crate) fn consume(&mut self, octets: usize) -> Option<u32> {
        let octets = signed(octets);
        let lent = octets.min(self.extra);
        self.extra -= lent;
        self.owed += octets - lent;
        if self.owed < (self.size / 4).max((self.size / 2).min(PORTION_BYTES)) {
            return None;
        }
        let owed = std::mem::take(&mut self.owed);
        self.credit += owed;
        u32::try_from(owed).ok().filter(|&n| n > 0)
    }

    /// What it is while nothing is lent.
    pub(crate) fn size(self) -> u64 {
        u64::try_from(self.size).unwrap_or(0)
    }

    /// Makes it larger for good, within the largest window. Returns by how much, for the caller to add to an
    /// increment.
    pub(crate) fn grow(&mut self, octets: u32) -> u32 {
        let held = (self.size + self.extra).max(self.credit + self.owed);
        let growth = i64::from(octets).min(WINDOW_MAX - held).max(0);
        self.size += growth;
        self.credit += growth;
        u32::try_from(growth).unwrap_or(0)
    }

    /// What must be lent so that `octets` can come even if nothing is consumed meanwhile.
    pub(crate) fn lacks(self, octets: usize) -> i64 {
        (signed(octets) - self.credit - self.owed).max(0)
    }

    /// Lends what [`lacks`](Self::lacks) says and gives back what is owed; returns the increment to send.
    #[must_use]
    pub(crate) fn extend_to(&mut self, octets: usize) -> Option<u32> {
        let missing = signed(octets) - self.credit;
        if missing <= 0 {
            return None;
        }
        let owed = std::mem::take(&mut self.owed);
        let grant = missing.max(owed);
        self.extra += grant - owed;
        self.credit += grant;
        u32::try_from(grant).ok()
    }

    /// Octets that came and are not consumed.
    pub(crate) fn unread(self) -> usize {
        usize::try_from(self.size + self.extra - self.credit - self.owed).unwrap_or(0)
    }

    /// What is lent now.
    pub(crate) fn extra(self) -> i64 {
        self.extra
    }

    /// Takes back credit that the peer was never told of. Returns the increment to send if as much as
    /// half of what is left is owed.
    #[must_use]
    pub(crate) fn shrink(&mut self, octets: u32) -> Option<u32> {
        self.credit -= i64::from(octets);
        self.size -= i64::from(octets);
        self.consume(0)
    }

    #[cfg(test)]
    pub(crate) fn outstanding(self) -> i64 {
        self.credit + self.owed
    }
}

fn signed(octets: usize) -> i64 {
    i64::try_from(octets).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_settings_change_can_make_a_send_window_negative_and_it_recovers() {
        let mut window = SendWindow::new(100);
        window.take(100);
        assert!(window.add(-60));
        assert_eq!(window.available(), 0);
        assert!(window.add(70));
        assert_eq!(window.available(), 10);
        assert!(!window.add(WINDOW_MAX));
    }

    #[test]
    fn credit_returns_once_half_the_window_is_consumed_and_none_is_lost() {
        let mut window = RecvWindow::new(100);
        assert!(window.take(60));
        assert_eq!(window.consume(49), None);
        assert_eq!(window.consume(11), Some(60));
        assert_eq!(window.outstanding(), 100);
        assert!(window.take(100));
        assert!(!window.take(1));
    }

    #[test]
    fn a_large_message_extends_its_window_once() {
        let mut window = RecvWindow::new(100);
        assert!(window.take(10));
        assert_eq!(window.consume(10), None);
        assert_eq!(window.lacks(1000), 900);
        assert_eq!(window.extend_to(1000), Some(910));
        assert_eq!(window.extend_to(1000), None);
        assert_eq!((window.outstanding(), window.extra()), (1000, 900));
        // Once the message is consumed, the window is what it was.
        assert!(window.take(1000));
        assert_eq!(window.unread(), 1000);
        assert_eq!(window.consume(1000), Some(100));
        assert_eq!((window.outstanding(), window.extra(), window.unread()), (100, 0, 0));
    }

    #[test]
    fn what_is_owed_does_not_count_as_credit_for_a_large_message() {
        let mut window = RecvWindow::new(100);
        assert!(window.take(60));
        assert_eq!(window.consume(40), None);
        assert_eq!(window.extend_to(70), Some(40));
        assert_eq!(window.outstanding(), 80);
    }
}
