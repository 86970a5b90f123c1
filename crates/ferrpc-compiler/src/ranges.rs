//! The numbers a message can use.

use crate::ast::{Message, Range, RangeEnd};
use crate::options::flag;

/// The largest field number: a tag is 32 bits, three of which are the wire type.
pub(crate) const FIELD_MAX: i64 = 536_870_911;

/// The largest number that a message can reserve. No field could have most of them, and nobody minds; a
/// descriptor says where a range ends by the number behind it.
pub(crate) const RESERVED_MAX: i64 = 2_147_483_646;

/// The end of a range of a message's numbers, included. Messages of the message set format go on to the
/// largest `int32`.
pub(crate) fn range_end(range: &Range, max: i64) -> i64 {
    match range.end {
        RangeEnd::At(number) => number.value,
        RangeEnd::Max => max,
    }
}

/// Whether a message says `option message_set_wire_format = true`: its extensions may have larger numbers.
pub(crate) fn is_message_set(message: &Message<'_>) -> bool {
    flag(&message.options, "message_set_wire_format") == Some(true)
}

pub(crate) fn message_max(message: &Message<'_>) -> i64 {
    if is_message_set(message) { i64::from(i32::MAX) - 1 } else { FIELD_MAX }
}
