//! Input that can be read a little past its end.

use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

use bytes::Bytes;

use crate::input;

/// A message's bytes with at least [`SLACK_BYTES`](Self::SLACK_BYTES) more behind them that can be read as well.
///
/// What those are does not matter; they are not decoded. A decoder that may read them needs no copy of the
/// message's last bytes, so [`Message::decode_slack`](crate::Message::decode_slack) is a little faster than
/// [`Message::decode`](crate::Message::decode). Being borrowed they cannot change meanwhile: a buffer that
/// still receives must be split first.
///
/// ```
/// use ferrpc_proto::{DecodeLimits, Message, SlackBytes, wkt};
///
/// let mut buffer = b"\x08\x05\x08\x07more that was received".to_vec();
/// let first = SlackBytes::new(&buffer, 2).expect("more than 16 bytes follow");
/// let duration = wkt::Duration::decode_slack(first, &DecodeLimits::new())?;
/// assert_eq!(duration.seconds, 5);
///
/// buffer.truncate(4);
/// let both = SlackBytes::pad(&mut buffer);
/// assert_eq!(wkt::Duration::decode_slack(both, &DecodeLimits::new())?.seconds, 7);
/// # Ok::<(), ferrpc_proto::DecodeError>(())
/// ```
#[derive(Clone, Copy)]
pub struct SlackBytes<'a> {
    readable: &'a [u8],
    len: usize,
    block: Option<&'a Bytes>,
}

impl<'a> SlackBytes<'a> {
    /// How many bytes must follow the message.
    pub const SLACK_BYTES: usize = input::SLACK_BYTES;

    /// The first `len` bytes of `readable`; `None` if fewer than [`SLACK_BYTES`](Self::SLACK_BYTES) follow.
    pub fn new(readable: &'a [u8], len: usize) -> Option<Self> {
        let slack = readable.len().checked_sub(len)?;
        (slack >= Self::SLACK_BYTES).then_some(Self { readable, len, block: None })
    }

    /// All of `bytes`, with zeros put behind them, which stay there.
    pub fn pad(bytes: &'a mut Vec<u8>) -> Self {
        let len = bytes.len();
        bytes.resize(len + Self::SLACK_BYTES, 0);
        Self { readable: bytes, len, block: None }
    }

    /// A part of `block`, which messages may share: their `bytes` fields of 1 KiB and more are slices of
    /// it, which keep all of it alive, instead of copies. `None` as for [`new`](Self::new).
    pub fn shared(block: &'a Bytes, part: Range<usize>) -> Option<Self> {
        let input = Self::new(block.get(part.start..)?, part.end.checked_sub(part.start)?)?;
        Some(Self { block: Some(block), ..input })
    }

    /// The message's bytes.
    pub fn as_slice(&self) -> &'a [u8] {
        &self.readable[..self.len]
    }

    /// The message's bytes and those behind them.
    pub(crate) fn readable(&self) -> &'a [u8] {
        self.readable
    }

    pub(crate) fn block(&self) -> Option<&'a Bytes> {
        self.block
    }
}

impl fmt::Debug for SlackBytes<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SlackBytes({} bytes)", self.len)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slack_must_be_there() {
        let bytes = [1; 40];
        for len in 0..50 {
            let slack = SlackBytes::new(&bytes, len);
            assert_eq!(slack.map(|slack| slack.as_slice().len()), (len <= 24).then_some(len));
        }
        let block = Bytes::from_static(&[1; 40]);
        assert!(SlackBytes::shared(&block, 20..24).is_some());
        // Built outside of what clippy takes for a mistake.
        let reversed = Range { start: 4, end: 2 };
        for part in [20..25, 41..41, reversed] {
            assert!(SlackBytes::shared(&block, part).is_none());
        }
        assert!(SlackBytes::new(&bytes, usize::MAX).is_none());
    }
}
