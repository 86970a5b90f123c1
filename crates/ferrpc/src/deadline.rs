//! Deadlines and their form on the wire, `grpc-timeout` (gRPC PROTOCOL-HTTP2.md).

use std::time::Duration;

use tokio::time::Instant;

use crate::code::Code;
use crate::status::{Phase, Status};

/// When a cancellation or a reset arrives after the deadline, the deadline is what ended the call.
pub(crate) fn blame(status: Status, deadline: Option<Instant>) -> Status {
    let late = deadline.is_some_and(|deadline| deadline <= Instant::now());
    if late && status.code() == Code::Cancelled { exceeded(Phase::Recv) } else { status }
}

/// The status of a call whose time is up on this side.
pub(crate) fn exceeded(phase: Phase) -> Status {
    Status::deadline_exceeded("the deadline of the call has passed").at(phase)
}

/// The same, with what it waited for.
#[cfg(feature = "client")]
pub(crate) fn exceeded_waiting(phase: Phase, what: &str) -> Status {
    Status::deadline_exceeded(format!("the deadline of the call has passed while it waited {what}"))
        .at(phase)
        .not_executed()
}

/// Parses `grpc-timeout`: at most 8 digits and a unit. `None` for anything else.
pub(crate) fn parse_timeout(field: &[u8]) -> Option<Duration> {
    let (unit, digits) = field.split_last()?;
    if digits.is_empty() || digits.len() > 8 {
        return None;
    }
    let n = digits
        .iter()
        .try_fold(0u64, |n, digit| digit.is_ascii_digit().then(|| n * 10 + u64::from(digit - b'0')))?;
    Some(match unit {
        b'H' => Duration::from_secs(n * 3600),
        b'M' => Duration::from_secs(n * 60),
        b'S' => Duration::from_secs(n),
        b'm' => Duration::from_millis(n),
        b'u' => Duration::from_micros(n),
        b'n' => Duration::from_nanos(n),
        _ => return None,
    })
}

/// The timeout in the finest unit that holds it in 8 digits, rounded up: a peer may wait a little too
/// long, and never not long enough.
pub(crate) fn format_timeout(timeout: Duration) -> String {
    const UNITS: [(u128, char); 6] = [
        (1, 'n'),
        (1_000, 'u'),
        (1_000_000, 'm'),
        (1_000_000_000, 'S'),
        (60_000_000_000, 'M'),
        (3_600_000_000_000, 'H'),
    ];
    let nanos = timeout.as_nanos();
    for (unit, name) in UNITS {
        let n = nanos.div_ceil(unit);
        if n < 100_000_000 {
            return format!("{n}{name}");
        }
    }
    "99999999H".into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeouts_keep_their_length_to_eight_digits() {
        for (timeout, field) in [
            (Duration::ZERO, "0n"),
            (Duration::from_millis(50), "50000000n"),
            (Duration::from_secs(2), "2000000u"),
            (Duration::from_nanos(99_999_999_001), "100000m"),
            (Duration::from_secs(100_000_000), "1666667M"),
            (Duration::MAX, "99999999H"),
        ] {
            assert_eq!(format_timeout(timeout), field);
            assert!(
                parse_timeout(field.as_bytes()).unwrap()
                    >= timeout.min(Duration::from_secs(99_999_999 * 3600))
            );
        }
    }

    #[test]
    fn what_is_no_timeout_is_none() {
        for field in ["", "S", "1", "1s", "123456789S", "-1S", "1.5S", " 1S"] {
            assert_eq!(parse_timeout(field.as_bytes()), None, "{field:?}");
        }
    }
}
