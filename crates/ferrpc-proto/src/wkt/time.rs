//! `Timestamp` and `Duration`: reckoning with them, and to and from the standard library's. Out of range is an
//! error, never a panic: their fields come from the wire and may hold anything.

use core::cmp::Ordering;
use core::fmt;

use super::{Duration, Timestamp};

const NANOS: i32 = 1_000_000_000;

/// 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z, in seconds from 1970.
const TIMESTAMP_SECONDS: core::ops::RangeInclusive<i64> = -62_135_596_800..=253_402_300_799;

/// 10,000 years, in seconds.
const DURATION_SECONDS_MAX: i64 = 315_576_000_000;

/// A time or a span that the other type cannot hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct OutOfRange;

impl fmt::Display for OutOfRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a time or duration out of range")
    }
}

impl core::error::Error for OutOfRange {}

impl Timestamp {
    /// Whether it is a time between the years 1 and 9999, with nanoseconds below one second.
    pub fn is_valid(&self) -> bool {
        TIMESTAMP_SECONDS.contains(&self.seconds) && (0..NANOS).contains(&self.nanos)
    }

    /// The time of `nanos` nanoseconds since 1970, before it if negative.
    fn from_total(nanos: i128) -> Result<Self, OutOfRange> {
        let seconds = i64::try_from(nanos.div_euclid(NANOS.into())).map_err(|_| OutOfRange)?;
        let nanos = i32::try_from(nanos.rem_euclid(NANOS.into())).map_err(|_| OutOfRange)?;
        let time = Self { seconds, nanos, ..Self::default() };
        if time.is_valid() { Ok(time) } else { Err(OutOfRange) }
    }

    /// The same time with nanoseconds from 0 up to one second, whatever their sign and size here.
    ///
    /// # Errors
    /// A time outside of the years 1 to 9999.
    pub fn normalized(&self) -> Result<Self, OutOfRange> {
        Self::from_total(total(self.seconds, self.nanos))
    }

    /// The time so much later, or earlier if `span` is negative.
    ///
    /// ```
    /// use ferrpc_proto::wkt::{Duration, Timestamp};
    ///
    /// let time = Timestamp { seconds: 10, ..Default::default() };
    /// let later = time.checked_add(&Duration::from_nanos(1_500_000_000)).unwrap();
    /// assert_eq!((later.seconds, later.nanos), (11, 500_000_000));
    /// assert_eq!(later.checked_since(&time), Ok(Duration::from_nanos(1_500_000_000)));
    /// ```
    /// # Errors
    /// A time outside of the years 1 to 9999, here or as the result, and a span that is not valid.
    pub fn checked_add(&self, span: &Duration) -> Result<Self, OutOfRange> {
        Self::from_total(self.valid()? + span.valid()?)
    }

    /// The time so much earlier, or later if `span` is negative.
    ///
    /// # Errors
    /// As [`checked_add`](Self::checked_add).
    pub fn checked_sub(&self, span: &Duration) -> Result<Self, OutOfRange> {
        Self::from_total(self.valid()? - span.valid()?)
    }

    /// How much later this is than `earlier`; negative if it is not.
    ///
    /// # Errors
    /// A time outside of the years 1 to 9999.
    pub fn checked_since(&self, earlier: &Self) -> Result<Duration, OutOfRange> {
        Duration::from_total(self.valid()? - earlier.valid()?)
    }

    fn valid(&self) -> Result<i128, OutOfRange> {
        if self.is_valid() { Ok(total(self.seconds, self.nanos)) } else { Err(OutOfRange) }
    }

    /// The time now.
    #[cfg(feature = "std")]
    pub fn now() -> Self {
        // A clock outside of the years 1 to 9999 is as good as one at the epoch.
        std::time::SystemTime::now().try_into().unwrap_or_default()
    }
}

impl Duration {
    /// Whether it is within 10,000 years, with nanoseconds below one second and of the same sign.
    pub fn is_valid(&self) -> bool {
        let same_sign = self.seconds == 0 || self.nanos == 0 || (self.seconds < 0) == (self.nanos < 0);
        self.seconds.unsigned_abs() <= DURATION_SECONDS_MAX.unsigned_abs()
            && self.nanos.unsigned_abs() < NANOS.unsigned_abs()
            && same_sign
    }
}

impl Duration {
    /// A span of so many nanoseconds. Every `i64` of them is within range.
    pub fn from_nanos(nanos: i64) -> Self {
        let (seconds, below) = (nanos / i64::from(NANOS), nanos % i64::from(NANOS));
        // Below a second, so it fits.
        Self { seconds, nanos: i32::try_from(below).unwrap_or_default(), ..Self::default() }
    }

    fn from_total(nanos: i128) -> Result<Self, OutOfRange> {
        let seconds = i64::try_from(nanos / i128::from(NANOS)).map_err(|_| OutOfRange)?;
        let nanos = i32::try_from(nanos % i128::from(NANOS)).map_err(|_| OutOfRange)?;
        let span = Self { seconds, nanos, ..Self::default() };
        if span.is_valid() { Ok(span) } else { Err(OutOfRange) }
    }

    /// The same span with nanoseconds below one second and of the seconds' sign, whatever they are here.
    ///
    /// # Errors
    /// A span of more than 10,000 years.
    pub fn normalized(&self) -> Result<Self, OutOfRange> {
        Self::from_total(total(self.seconds, self.nanos))
    }

    /// Both spans together.
    ///
    /// # Errors
    /// A span that is not valid, here or as the result.
    pub fn checked_add(&self, other: &Self) -> Result<Self, OutOfRange> {
        Self::from_total(self.valid()? + other.valid()?)
    }

    /// This span without the other.
    ///
    /// # Errors
    /// A span that is not valid, here or as the result.
    pub fn checked_sub(&self, other: &Self) -> Result<Self, OutOfRange> {
        Self::from_total(self.valid()? - other.valid()?)
    }

    fn valid(&self) -> Result<i128, OutOfRange> {
        if self.is_valid() { Ok(total(self.seconds, self.nanos)) } else { Err(OutOfRange) }
    }
}

/// In nanoseconds. Sums and differences of two of these are far from overflowing.
fn total(seconds: i64, nanos: i32) -> i128 {
    i128::from(seconds) * i128::from(NANOS) + i128::from(nanos)
}

macro_rules! in_order {
    ($($type:ty),*) => { $(
        /// By time alone. What is at the same time and yet not equal, by its unknown fields, has no order.
        impl PartialOrd for $type {
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                match total(self.seconds, self.nanos).cmp(&total(other.seconds, other.nanos)) {
                    Ordering::Equal if self != other => None,
                    order => Some(order),
                }
            }
        }
    )* };
}

in_order! { Timestamp, Duration }

impl TryFrom<core::time::Duration> for Duration {
    type Error = OutOfRange;

    fn try_from(span: core::time::Duration) -> Result<Self, OutOfRange> {
        let seconds = i64::try_from(span.as_secs()).map_err(|_| OutOfRange)?;
        let nanos = i32::try_from(span.subsec_nanos()).map_err(|_| OutOfRange)?;
        let span = Self { seconds, nanos, ..Self::default() };
        if span.is_valid() { Ok(span) } else { Err(OutOfRange) }
    }
}

impl TryFrom<Duration> for core::time::Duration {
    type Error = OutOfRange;

    /// The standard library's durations are never negative.
    fn try_from(span: Duration) -> Result<Self, OutOfRange> {
        if !span.is_valid() {
            return Err(OutOfRange);
        }
        let seconds = u64::try_from(span.seconds).map_err(|_| OutOfRange)?;
        let nanos = u32::try_from(span.nanos).map_err(|_| OutOfRange)?;
        Ok(Self::new(seconds, nanos))
    }
}

#[cfg(feature = "std")]
impl TryFrom<std::time::SystemTime> for Timestamp {
    type Error = OutOfRange;

    fn try_from(time: std::time::SystemTime) -> Result<Self, OutOfRange> {
        use std::time::UNIX_EPOCH;

        let (seconds, nanos) = match time.duration_since(UNIX_EPOCH) {
            Ok(since) => (i64::try_from(since.as_secs()), since.subsec_nanos()),
            // Before 1970 the seconds count down, and the nanoseconds still up.
            Err(before) => {
                let before = before.duration();
                let up = before.subsec_nanos() > 0;
                let seconds = i64::try_from(before.as_secs()).map(|seconds| -seconds - i64::from(up));
                (seconds, if up { NANOS.unsigned_abs() - before.subsec_nanos() } else { 0 })
            }
        };
        let seconds = seconds.map_err(|_| OutOfRange)?;
        let nanos = i32::try_from(nanos).map_err(|_| OutOfRange)?;
        let time = Self { seconds, nanos, ..Self::default() };
        if time.is_valid() { Ok(time) } else { Err(OutOfRange) }
    }
}

#[cfg(feature = "std")]
impl TryFrom<Timestamp> for std::time::SystemTime {
    type Error = OutOfRange;

    fn try_from(time: Timestamp) -> Result<Self, OutOfRange> {
        use std::time::{Duration, UNIX_EPOCH};

        if !time.is_valid() {
            return Err(OutOfRange);
        }
        let whole = Duration::from_secs(time.seconds.unsigned_abs());
        let whole = match time.seconds < 0 {
            true => UNIX_EPOCH.checked_sub(whole),
            false => UNIX_EPOCH.checked_add(whole),
        };
        let nanos = u64::try_from(time.nanos).map_err(|_| OutOfRange)?;
        whole.and_then(|whole| whole.checked_add(Duration::from_nanos(nanos))).ok_or(OutOfRange)
    }
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use super::*;
    use std::time::{Duration as Span, SystemTime, UNIX_EPOCH};

    fn timestamp(seconds: i64, nanos: i32) -> Timestamp {
        Timestamp { seconds, nanos, ..Default::default() }
    }

    fn duration(seconds: i64, nanos: i32) -> Duration {
        Duration { seconds, nanos, ..Default::default() }
    }

    #[test]
    fn times_before_and_after_1970_go_both_ways() {
        let before = UNIX_EPOCH - Span::new(1, 250_000_000);
        for (time, proto) in [
            (UNIX_EPOCH, timestamp(0, 0)),
            (UNIX_EPOCH + Span::new(5, 7), timestamp(5, 7)),
            (before, timestamp(-2, 750_000_000)),
            (UNIX_EPOCH - Span::from_secs(3), timestamp(-3, 0)),
        ] {
            assert_eq!(Timestamp::try_from(time), Ok(proto.clone()));
            assert_eq!(SystemTime::try_from(proto), Ok(time));
        }
        assert!(Timestamp::now().seconds > 1_700_000_000);
    }

    #[test]
    fn s36_what_the_wire_may_bring_is_an_error_and_no_panic() {
        for (seconds, nanos) in [
            (i64::MAX, i32::MAX),
            (i64::MIN, i32::MIN),
            (0, -1),
            (0, NANOS),
            (253_402_300_800, 0),
            (-62_135_596_801, 0),
        ] {
            assert_eq!(SystemTime::try_from(timestamp(seconds, nanos)), Err(OutOfRange), "{seconds} {nanos}");
        }
        for (seconds, nanos) in
            [(i64::MAX, 0), (i64::MIN, 0), (0, i32::MIN), (1, -1), (-1, 0), (0, NANOS), (315_576_000_001, 0)]
        {
            assert_eq!(Span::try_from(duration(seconds, nanos)), Err(OutOfRange), "{seconds} {nanos}");
        }
        assert_eq!(Duration::try_from(Span::MAX), Err(OutOfRange));
    }

    #[test]
    fn sums_and_differences_carry_over_seconds() {
        let time = timestamp(-2, 750_000_000);
        let span = duration(1, 500_000_000);
        assert_eq!(time.checked_add(&span), Ok(timestamp(0, 250_000_000)));
        assert_eq!(time.checked_sub(&span), Ok(timestamp(-3, 250_000_000)));
        assert_eq!(time.checked_since(&timestamp(0, 0)), Ok(duration(-1, -250_000_000)));
        assert_eq!(span.checked_add(&duration(-2, 0)), Ok(duration(0, -500_000_000)));
        assert_eq!(span.checked_sub(&duration(0, 600_000_000)), Ok(duration(0, 900_000_000)));
        assert_eq!(Duration::from_nanos(i64::MIN), duration(-9_223_372_036, -854_775_808));
        assert!(Duration::from_nanos(i64::MAX).is_valid() && Duration::from_nanos(i64::MIN).is_valid());
    }

    #[test]
    fn s36_reckoning_beyond_the_range_is_an_error() {
        let (first, last) = (timestamp(-62_135_596_800, 0), timestamp(253_402_300_799, NANOS - 1));
        assert_eq!(last.checked_add(&Duration::from_nanos(1)), Err(OutOfRange));
        assert_eq!(first.checked_sub(&Duration::from_nanos(1)), Err(OutOfRange));
        assert_eq!(last.checked_since(&first).map(|span| span.seconds), Ok(315_537_897_599));
        let most = duration(DURATION_SECONDS_MAX, 0);
        assert_eq!(most.checked_add(&duration(1, 0)), Err(OutOfRange));
        let wild = [(i64::MAX, i32::MAX), (i64::MIN, i32::MIN), (0, NANOS), (1, -1)];
        for (seconds, nanos) in wild {
            let (time, span) = (timestamp(seconds, nanos), duration(seconds, nanos));
            assert_eq!(time.checked_add(&duration(0, 0)), Err(OutOfRange));
            assert_eq!(timestamp(0, 0).checked_sub(&span), Err(OutOfRange));
            assert_eq!(span.checked_add(&span), Err(OutOfRange));
            assert!(time.normalized().is_ok() == (seconds.abs_diff(0) < 2) && time <= time);
        }
        assert_eq!(timestamp(1, -1).normalized(), Ok(timestamp(0, NANOS - 1)));
        assert_eq!(duration(-1, NANOS + 1).normalized(), Ok(duration(0, 1)));
        assert_eq!(timestamp(i64::MAX, i32::MAX).normalized(), Err(OutOfRange));
    }

    #[test]
    fn times_and_spans_have_an_order() {
        assert!(timestamp(0, 1) > timestamp(0, 0) && timestamp(-1, 5) < timestamp(0, 0));
        assert!(duration(-1, -5) < duration(-1, 0) && duration(0, 0) <= duration(0, 0));
        let mut odd = duration(0, 0);
        odd._unknown.append_raw(b"\x78\x01");
        assert_eq!(odd.partial_cmp(&duration(0, 0)), None);
    }

    #[test]
    fn spans_go_both_ways() {
        for (span, proto) in [(Span::ZERO, duration(0, 0)), (Span::new(3, 5), duration(3, 5))] {
            assert_eq!(Duration::try_from(span), Ok(proto.clone()));
            assert_eq!(Span::try_from(proto), Ok(span));
        }
        assert!(duration(-1, -1).is_valid() && !duration(-1, 1).is_valid());
    }
}
