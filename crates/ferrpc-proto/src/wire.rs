//! The wire format: varints, tags, and how to step over a record.
//!
//! Readers take what they read off the front of a slice; they know nothing of messages.

use alloc::vec::Vec;

use crate::error::DecodeErrorKind as Kind;

/// The wire types that have a length rule; groups are told apart by their two tags.
pub(crate) const VARINT: u32 = 0;
pub(crate) const FIXED64: u32 = 1;
pub(crate) const LEN: u32 = 2;
pub(crate) const START_GROUP: u32 = 3;
pub(crate) const END_GROUP: u32 = 4;
pub(crate) const FIXED32: u32 = 5;

/// Reads a varint of at most ten bytes; bits above the 64th are dropped, as everywhere.
#[inline]
pub(crate) fn varint(input: &mut &[u8]) -> Result<u64, Kind> {
    match *input {
        [byte, rest @ ..] if *byte < 0x80 => {
            *input = rest;
            Ok(u64::from(*byte))
        }
        _ => long_varint(input),
    }
}

fn long_varint(input: &mut &[u8]) -> Result<u64, Kind> {
    let mut value = 0;
    for (i, byte) in input.iter().take(10).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * i);
        if *byte < 0x80 {
            *input = &input[i + 1..];
            return Ok(value);
        }
    }
    Err(if input.len() < 10 { Kind::Truncated } else { Kind::VarintTooLong })
}

/// Reads a tag: field number and wire type, still packed in one number.
#[inline]
pub(crate) fn tag(input: &mut &[u8]) -> Result<u32, Kind> {
    match *input {
        [byte, rest @ ..] if *byte < 0x80 && *byte >= 8 => {
            *input = rest;
            Ok(u32::from(*byte))
        }
        _ => long_tag(input),
    }
}

fn long_tag(input: &mut &[u8]) -> Result<u32, Kind> {
    let mut value = 0;
    for (i, byte) in input.iter().take(5).enumerate() {
        // The fifth byte has room for four bits of the 32.
        if i == 4 && *byte > 0x0f {
            return Err(Kind::InvalidTag);
        }
        value |= u32::from(byte & 0x7f) << (7 * i);
        if *byte < 0x80 {
            *input = &input[i + 1..];
            return if value >> 3 == 0 { Err(Kind::InvalidTag) } else { Ok(value) };
        }
    }
    Err(Kind::Truncated)
}

/// A length has at most so many bytes, as with Google's parsers in C and C++: 2 GiB fit, and no more is legal.
pub(crate) const LENGTH_BYTES_MAX: usize = 5;

/// Reads a length and takes that many bytes.
#[inline]
pub(crate) fn delimited<'a>(input: &mut &'a [u8]) -> Result<&'a [u8], Kind> {
    let before = input.len();
    let len = varint(input)?;
    if before - input.len() > LENGTH_BYTES_MAX {
        return Err(Kind::LengthTooLong);
    }
    let len = usize::try_from(len).map_err(|_| Kind::Truncated)?;
    let (taken, rest) = input.split_at_checked(len).ok_or(Kind::Truncated)?;
    *input = rest;
    Ok(taken)
}

#[inline]
pub(crate) fn fixed32(input: &mut &[u8]) -> Result<u32, Kind> {
    let (taken, rest) = input.split_first_chunk().ok_or(Kind::Truncated)?;
    *input = rest;
    Ok(u32::from_le_bytes(*taken))
}

#[inline]
pub(crate) fn fixed64(input: &mut &[u8]) -> Result<u64, Kind> {
    let (taken, rest) = input.split_first_chunk().ok_or(Kind::Truncated)?;
    *input = rest;
    Ok(u64::from_le_bytes(*taken))
}

/// Steps over the value of a record whose tag has been read.
///
/// `Ok(None)` means groups nest deeper than `depth` levels.
pub(crate) fn skip(input: &mut &[u8], tag: u32, depth: u32) -> Result<Option<()>, Kind> {
    match tag & 7 {
        VARINT => drop(varint(input)?),
        FIXED64 => drop(fixed64(input)?),
        LEN => drop(delimited(input)?),
        FIXED32 => drop(fixed32(input)?),
        START_GROUP => {
            let Some(depth) = depth.checked_sub(1) else { return Ok(None) };
            loop {
                let inner = self::tag(input)?;
                if inner & 7 == END_GROUP {
                    return if inner >> 3 == tag >> 3 { Ok(Some(())) } else { Err(Kind::UnmatchedEndGroup) };
                }
                if skip(input, inner, depth)?.is_none() {
                    return Ok(None);
                }
            }
        }
        END_GROUP => return Err(Kind::UnmatchedEndGroup),
        _ => return Err(Kind::InvalidWireType),
    }
    Ok(Some(()))
}

/// Takes the whole record at the front, and says its tag; `None` at the end, or where no record begins.
pub(crate) fn record<'a>(input: &mut &'a [u8]) -> Option<(u32, &'a [u8])> {
    let mut rest = *input;
    let tag = tag(&mut rest).ok()?;
    skip(&mut rest, tag, RECORD_DEPTH_MAX).ok()??;
    let (record, rest) = input.split_at(input.len() - rest.len());
    *input = rest;
    Some((tag, record))
}

/// Groups in records that were taken in nest no deeper by default.
const RECORD_DEPTH_MAX: u32 = 100;

/// The bytes around an item of a message set: group 1 of a number (2) and a message (3).
pub(crate) const ITEM: u8 = 0x0b;
pub(crate) const ITEM_END: u8 = 0x0c;
pub(crate) const ITEM_NUMBER: u8 = 0x10;
pub(crate) const ITEM_MESSAGE: u8 = 0x1a;

/// Reads an item of a message set whose first tag has been read: its number, and its message from the length
/// on. Either may come first; of several, the first counts. Without a number, 0.
pub(crate) fn item<'a>(input: &mut &'a [u8]) -> Result<(u32, Option<&'a [u8]>), Kind> {
    let (mut number, mut message) = (None, None);
    loop {
        let tag = tag(input)?;
        let value = *input;
        if tag == u32::from(ITEM_END) {
            return Ok((number.unwrap_or(0), message));
        }
        if tag == u32::from(ITEM_NUMBER) {
            let found = varint(input)?;
            number.get_or_insert_with(|| u32::try_from(found).unwrap_or(0));
            continue;
        }
        // What else there may be is of no interest, and groups in it need not be looked into.
        skip(input, tag, ITEM_DEPTH_MAX)?.ok_or(Kind::UnmatchedEndGroup)?;
        if tag == u32::from(ITEM_MESSAGE) {
            message.get_or_insert(&value[..value.len() - input.len()]);
        }
    }
}

/// Nothing that is defined nests in an item but its message.
const ITEM_DEPTH_MAX: u32 = 8;

pub(crate) const fn zigzag32(value: i32) -> u32 {
    (value.cast_unsigned() << 1) ^ (value >> 31).cast_unsigned()
}

pub(crate) const fn unzigzag32(value: u32) -> i32 {
    (value >> 1).cast_signed() ^ -((value & 1).cast_signed())
}

pub(crate) const fn zigzag64(value: i64) -> u64 {
    (value.cast_unsigned() << 1) ^ (value >> 63).cast_unsigned()
}

pub(crate) const fn unzigzag64(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -((value & 1).cast_signed())
}

/// The lowest seven bits.
#[inline]
pub(crate) const fn low_byte(value: u64) -> u8 {
    (value & 0x7f) as u8
}

/// Appends a varint.
pub(crate) fn push_varint(out: &mut Vec<u8>, mut value: u64) {
    while value > 0x7f {
        out.push(low_byte(value) | 0x80);
        value >>= 7;
    }
    out.push(low_byte(value));
}

/// Bytes a varint takes.
#[inline]
pub(crate) const fn varint_len(value: u64) -> usize {
    // ceil(bits / 7) for 1..=64 bits, without a division.
    ((64 - (value | 1).leading_zeros() as usize) * 9 + 64) >> 6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_varint_may_have_ten_bytes_and_no_more() {
        let ten = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
        assert_eq!(varint(&mut &ten[..]), Ok(u64::MAX));
        let eleven = [0x80; 11];
        assert_eq!(varint(&mut &eleven[..]), Err(Kind::VarintTooLong));
        assert_eq!(varint(&mut &eleven[..9]), Err(Kind::Truncated));
        assert_eq!(varint(&mut &[][..]), Err(Kind::Truncated));
    }

    #[test]
    fn a_tag_has_a_field_number_and_at_most_32_bits() {
        assert_eq!(tag(&mut &[0x08][..]), Ok(8));
        assert_eq!(tag(&mut &[0xff, 0xff, 0xff, 0xff, 0x0f][..]), Ok(u32::MAX));
        assert_eq!(tag(&mut &[0xff, 0xff, 0xff, 0xff, 0x1f][..]), Err(Kind::InvalidTag));
        assert_eq!(tag(&mut &[0x80, 0x80, 0x80, 0x80, 0x80, 0x01][..]), Err(Kind::InvalidTag));
        assert_eq!(tag(&mut &[0x02][..]), Err(Kind::InvalidTag));
        assert_eq!(tag(&mut &[0x80][..]), Err(Kind::Truncated));
    }

    #[test]
    fn the_length_of_a_varint_is_known_before_it_is_written() {
        for bits in 0..64 {
            for value in [(1u64 << bits) - 1, 1 << bits, (1 << bits) | 1] {
                let expected = (64 - (value | 1).leading_zeros()).div_ceil(7) as usize;
                assert_eq!(varint_len(value), expected, "{value:#x}");
            }
        }
        assert_eq!(varint_len(u64::MAX), 10);
    }

    #[test]
    fn zigzag_is_its_own_inverse_at_the_edges() {
        for value in [0, -1, 1, i32::MIN, i32::MAX] {
            assert_eq!(unzigzag32(zigzag32(value)), value);
            assert_eq!(unzigzag64(zigzag64(i64::from(value) << 32)), i64::from(value) << 32);
        }
        assert_eq!((zigzag32(-1), zigzag32(1), zigzag64(-2)), (1, 2, 3));
    }

    #[test]
    fn a_group_ends_only_with_its_own_tag() {
        // group 1 { field 2: varint 5 }
        let mut good = &[0x10, 0x05, 0x0c][..];
        assert_eq!(skip(&mut good, 0x0b, 9), Ok(Some(())));
        assert!(good.is_empty());
        assert_eq!(skip(&mut &[0x14][..], 0x0b, 9), Err(Kind::UnmatchedEndGroup));
        assert_eq!(skip(&mut &[0x10, 0x05][..], 0x0b, 9), Err(Kind::Truncated));
    }

    #[test]
    fn groups_nest_no_deeper_than_allowed() {
        let mut nested = [0x0b; 1000].as_slice();
        assert_eq!(skip(&mut nested, 0x0b, 100), Ok(None));
    }
}
