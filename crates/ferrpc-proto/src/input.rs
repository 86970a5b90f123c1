//! Raw reading of the wire format, for decoders that check once a record instead of once a byte.
//!
//! # The contract
//! A function that says *16 readable* may be called where at least [`SLACK_BYTES`] initialised bytes can
//! be read from `p` on, in the allocation `p` points into, while nobody writes them. That holds at every
//! record that begins below [`Decoding::fast_end`](crate::decoding::Decoding), be they bytes of the input
//! or the slack behind it. A tag and a varint are 15 bytes at most, so a record's head needs no more
//! checks. What is read may lie behind the end of the message at hand: the caller compares the position
//! that comes back with that end, once.
//!
//! A position that is [`ODD`] means that the record is: it goes to the engine that knows all rules.

#![expect(unsafe_code)]

use crate::wire;

/// A position in an input.
pub type At = *const u8;

/// How many bytes must be readable from where a record begins.
pub(crate) const SLACK_BYTES: usize = 16;

/// The record is not as usual. Behind every end, so that one comparison finds this and what is too long.
pub(crate) const ODD: At = core::ptr::without_provenance(usize::MAX);

/// A tag as it lies on the wire.
#[derive(Clone, Copy, Debug)]
pub struct Tag {
    bits: u64,
    len: u32,
}

impl Tag {
    /// Of a field, with a wire type.
    pub const fn new(number: u32, wire_type: u32) -> Self {
        let (mut rest, mut bits, mut len) = (number << 3 | wire_type, 0, 1);
        while rest > 0x7f {
            bits |= ((rest & 0x7f | 0x80) as u64) << (8 * (len - 1));
            (rest, len) = (rest >> 7, len + 1);
        }
        Self { bits: bits | (rest as u64) << (8 * (len - 1)), len }
    }

    /// The tag that ends a group this one starts.
    pub(crate) const fn of_end(self) -> Self {
        // Both have the same number, so only the three lowest bits differ: 3 and 4.
        Self { bits: self.bits + 1, ..self }
    }

    /// Number and wire type as one number.
    pub(crate) fn number(self) -> u32 {
        #[expect(clippy::cast_possible_truncation)] // 32 bits on the wire, too.
        let number = join(self.bits & !GOES_ON) as u32;
        number
    }

    /// Octets it takes.
    #[inline(always)]
    pub const fn width(self) -> usize {
        self.len as usize
    }

    /// Whether it stands at `p`.
    ///
    /// # Safety
    /// 16 readable at `p`.
    #[inline(always)]
    #[expect(clippy::cast_possible_truncation)] // As many bits as the tag has.
    pub unsafe fn begins(self, p: At) -> bool {
        // SAFETY: the caller's promise.
        unsafe {
            match self.len {
                1 => *p == self.bits as u8,
                2 => load::<u16>(p) == self.bits as u16,
                _ => (load::<u64>(p) ^ self.bits) << (64 - 8 * self.len) == 0,
            }
        }
    }

    /// The tag at `p` as it lies on the wire, if it is to be looked up among `MANY`.
    ///
    /// # Safety
    /// 16 readable at `p`.
    #[inline(always)]
    pub unsafe fn at<const MANY: bool>(p: At) -> u64 {
        if !MANY {
            return 0;
        }
        // SAFETY: the caller's promise.
        let word = unsafe { load::<u64>(p) };
        let ends = !word & GOES_ON;
        word & (ends ^ ends.wrapping_sub(1))
    }

    /// Whether it stands at `p`, where [`Tag::at`] found `there`: with `MANY` a choice by one number.
    ///
    /// # Safety
    /// 16 readable at `p`.
    #[inline(always)]
    pub unsafe fn is<const MANY: bool>(self, there: u64, p: At) -> bool {
        // SAFETY: the caller's promise.
        if MANY { there == self.bits } else { unsafe { self.begins(p) } }
    }

    /// [`begins`](Self::begins) for a tag that is no constant.
    ///
    /// # Safety
    /// 16 readable at `p`.
    #[inline(always)]
    pub unsafe fn follows(self, p: At) -> bool {
        // SAFETY: the caller's promise.
        unsafe { (load::<u64>(p) ^ self.bits) << (64 - 8 * self.len) == 0 }
    }
}

/// The group of fields each field of a wide message is in.
#[derive(Debug)]
#[doc(hidden)]
pub struct Groups<const N: usize, const L: usize> {
    /// Field numbers, ascending, and their groups.
    all: [(u32, u16); N],
    /// The same for numbers below `L`, by number.
    low: [u16; L],
}

impl<const N: usize, const L: usize> Groups<N, L> {
    /// From field numbers, ascending, and their groups.
    pub(crate) const fn new(all: [(u32, u16); N]) -> Self {
        let (mut low, mut at) = ([Self::NONE; L], 0);
        while at < N {
            let (number, group) = all[at];
            if (number as usize) < L {
                low[number as usize] = group;
            }
            at += 1;
        }
        Self { all, low }
    }

    /// What is said of fields that do not exist.
    const NONE: u16 = u16::MAX;

    /// The group of the field whose record begins at `p`.
    ///
    /// # Safety
    /// 16 readable at `p`.
    #[inline(always)]
    pub unsafe fn at(&self, p: At) -> u16 {
        // SAFETY: the caller's promise.
        let (tag, _) = unsafe { varint(p) };
        let number = (tag >> 3) as usize;
        self.low.get(number).copied().unwrap_or_else(|| search(&self.all, number))
    }
}

#[inline(never)]
fn search(groups: &[(u32, u16)], number: usize) -> u16 {
    match groups.binary_search_by_key(&number, |(number, _)| *number as usize) {
        Ok(at) => groups[at].1,
        Err(_) => u16::MAX,
    }
}

/// A number as it lies at `p`, wherever that is.
///
/// # Safety
/// As many bytes as `T` has are readable at `p`, and `T` is a number.
#[inline(always)]
pub(crate) unsafe fn load<T: Word>(p: At) -> T {
    // SAFETY: the caller's promise; a number may have any bits.
    unsafe { p.cast::<T>().read_unaligned() }.little()
}

/// A number that may have any bits.
pub(crate) trait Word: Copy {
    fn little(self) -> Self;
}

macro_rules! words {
    ($($type:ty)*) => { $(impl Word for $type {
        #[inline(always)]
        fn little(self) -> Self {
            <$type>::from_le(self)
        }
    })* };
}

words! { u16 u32 u64 }

/// The top bit of each byte: set where a varint goes on.
pub(crate) const GOES_ON: u64 = 0x8080_8080_8080_8080;

/// Reads a varint; `ODD` if it has more than ten bytes.
///
/// # Safety
/// Ten bytes are readable at `p`.
#[inline(always)]
pub(crate) unsafe fn varint(p: At) -> (u64, At) {
    // SAFETY: the second byte is looked at only if the first one goes on.
    unsafe {
        let first = *p;
        if first < 0x80 {
            return (u64::from(first), p.add(1));
        }
        let second = *p.add(1);
        if second < 0x80 {
            return (u64::from(first & 0x7f) | u64::from(second) << 7, p.add(2));
        }
        long_varint(p)
    }
}

/// A varint of any length, made for three bytes and more.
///
/// # Safety
/// As for [`varint`].
#[inline(never)]
unsafe fn long_varint(p: At) -> (u64, At) {
    // SAFETY: ten bytes are looked at.
    unsafe {
        let word = load::<u64>(p);
        let ends = !word & GOES_ON;
        if ends != 0 {
            let (value, len) = squeeze(word, ends);
            return (value, p.add(len));
        }
        longest_varint(p, word)
    }
}

/// A varint of nine or ten bytes, of which `word` are the first eight.
///
/// # Safety
/// As for [`varint`].
#[inline(always)]
pub(crate) unsafe fn longest_varint(p: At, word: u64) -> (u64, At) {
    // SAFETY: the ninth and tenth byte are looked at.
    let (ninth, tenth) = unsafe { (*p.add(8), *p.add(9)) };
    let value = join(word & !GOES_ON) | u64::from(ninth & 0x7f) << 56;
    // SAFETY: behind what was looked at.
    unsafe {
        if ninth < 0x80 {
            (value, p.add(9))
        } else if tenth < 0x80 {
            (value | u64::from(tenth) << 63, p.add(10))
        } else {
            (0, ODD)
        }
    }
}

/// How many varints end in `bytes`: each has one byte without the top bit.
#[inline(never)] // Long, and the same for all kinds of lists.
pub(crate) fn count_varints(bytes: &[u8]) -> usize {
    let (words, rest) = bytes.as_chunks::<8>();
    // A byte for each place in a word counts up to 31, so that all eight together fit in one.
    let many = words.chunks(31).map(|words| {
        let ends = words.iter().map(|word| (!u64::from_ne_bytes(*word) & GOES_ON) >> 7).sum::<u64>();
        (ends.wrapping_mul(0x0101_0101_0101_0101) >> 56) as usize
    });
    many.sum::<usize>() + rest.iter().filter(|byte| **byte < 0x80).count()
}

/// How many of the top bits of a word's bytes are set, of all its bits.
#[inline(always)]
pub(crate) const fn count_ends(ends: u64) -> usize {
    ((ends >> 7).wrapping_mul(0x0101_0101_0101_0101) >> 56) as usize
}

/// The first varint in `word`, and its length; `ends` has a bit for each last byte of one.
#[inline(always)]
pub(crate) fn squeeze(word: u64, ends: u64) -> (u64, usize) {
    // All bits up to the first end, that bit included.
    let own = ends ^ ends.wrapping_sub(1);
    (join(word & own & !GOES_ON), (ends.trailing_zeros() as usize >> 3) + 1)
}

/// Eight times seven bits, moved together.
#[inline(always)]
fn join(word: u64) -> u64 {
    let word = (word & 0x7f00_7f00_7f00_7f00) >> 1 | word & 0x007f_007f_007f_007f;
    let word = (word & 0x3fff_0000_3fff_0000) >> 2 | word & 0x0000_3fff_0000_3fff;
    (word & 0x0fff_ffff_0000_0000) >> 4 | word & 0x0000_0000_0fff_ffff
}

/// Reads a length: where its bytes begin and end, if they end at `end` or before. `ODD` twice otherwise.
///
/// # Safety
/// Ten bytes are readable at `p`; `end` is of the same allocation, and what lies before it is readable.
#[inline(always)]
pub(crate) unsafe fn delimited(p: At, end: At) -> (At, At) {
    // SAFETY: the caller's promise; what is added is no more than there is.
    unsafe {
        let first = *p;
        if first < 0x80 {
            let body = p.add(1);
            // Negative if the length itself lies behind the end.
            if isize::from(i16::from(first)) > end.offset_from(body) {
                (ODD, ODD)
            } else {
                (body, body.add(usize::from(first)))
            }
        } else {
            long_delimited(p, end)
        }
    }
}

/// # Safety
/// As for [`delimited`].
#[inline(never)]
unsafe fn long_delimited(p: At, end: At) -> (At, At) {
    // SAFETY: the caller's promise; what is added is no more than there is.
    unsafe {
        let (len, body) = varint(p);
        if body == ODD || body.offset_from_unsigned(p) > wire::LENGTH_BYTES_MAX {
            return (ODD, ODD);
        }
        match (usize::try_from(len), usize::try_from(end.offset_from(body))) {
            (Ok(len), Ok(room)) if len <= room => (body, body.add(len)),
            _ => (ODD, ODD),
        }
    }
}

/// How many records with this tag and a length follow one another, at least one: `p` is behind the tag of
/// the first.
///
/// # Safety
/// 16 readable at each position before `limit`, and from the record's begin on; `p`, `limit` and `end` as
/// in [`delimited`].
pub(crate) unsafe fn run(mut p: At, limit: At, end: At, tag: Tag) -> usize {
    let mut count = 1;
    loop {
        // SAFETY: a record that begins before `limit`, as the caller promises or the line below saw.
        unsafe {
            (_, p) = delimited(p, end);
            if p == ODD {
                return count;
            }
            if p >= limit {
                return count + last_run(core::slice::from_raw_parts(p, end.offset_from_unsigned(p)), tag);
            }
            if !tag.follows(p) {
                return count;
            }
            p = p.add(tag.width());
        }
        count += 1;
    }
}

/// The same for the last few bytes of an input.
fn last_run(mut bytes: &[u8], tag: Tag) -> usize {
    let mut count = 0;
    while wire::tag(&mut bytes) == Ok(tag.number()) && wire::delimited(&mut bytes).is_ok() {
        count += 1;
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::low_byte;
    use alloc::vec::Vec;

    /// Bytes with the slack behind them that the functions ask for, of a kind that would be noticed.
    fn padded(bytes: &[u8]) -> Vec<u8> {
        [bytes, &[0xff; SLACK_BYTES]].concat()
    }

    fn by_wire(bytes: &[u8]) -> Option<(u64, usize)> {
        let mut rest = bytes;
        let value = wire::varint(&mut rest).ok()?;
        Some((value, bytes.len() - rest.len()))
    }

    fn raw(bytes: &[u8]) -> Option<(u64, usize)> {
        let padded = padded(bytes);
        // SAFETY: 16 bytes follow.
        let (value, behind) = unsafe { varint(padded.as_ptr()) };
        (behind != ODD).then(|| (value, behind.addr() - padded.as_ptr().addr()))
    }

    #[test]
    fn varints_are_read_as_the_careful_reader_reads_them() {
        let mut bytes = Vec::new();
        for bits in 0..64 {
            for value in [(1u64 << bits) - 1, 1 << bits, 0x5555_5555_5555_5555 << bits, u64::MAX << bits] {
                bytes.clear();
                wire::push_varint(&mut bytes, value);
                assert_eq!(raw(&bytes), by_wire(&bytes), "{value:#x}");
                // With zeros that nobody needs, up to one byte too many.
                while bytes.len() < 11 {
                    if let Some(last) = bytes.last_mut() {
                        *last |= 0x80;
                    }
                    bytes.push(0);
                    assert_eq!(raw(&bytes), by_wire(&bytes), "{bytes:x?}");
                }
            }
        }
        // Bits above the 64th are dropped.
        assert_eq!(raw(&[0xff; 9].iter().copied().chain([0x7f]).collect::<Vec<_>>()), Some((u64::MAX, 10)));
        assert_eq!(raw(&[0xff; 11]), None);
    }

    #[test]
    fn varints_are_counted_by_their_last_bytes() {
        for len in 0..600 {
            let bytes: Vec<u8> = (0..len).map(|at| low_byte((at * at % 251) as u64)).collect();
            let ends = bytes.iter().filter(|byte| **byte < 0x80).count();
            assert_eq!((count_varints(&bytes), count_varints(&alloc::vec![1; len])), (ends, len));
            if let Ok(word) = bytes.as_slice().try_into().map(u64::from_le_bytes) {
                assert_eq!(count_ends(!word & GOES_ON), ends);
            }
        }
    }

    #[test]
    fn tags_are_found_whatever_their_length() {
        for number in [1, 15, 16, 2047, 2048, 262_143, 262_144, 33_554_431, 33_554_432, (1 << 29) - 1] {
            for wire_type in [wire::VARINT, wire::FIXED64, wire::LEN, wire::FIXED32] {
                let mut bytes = Vec::new();
                wire::push_varint(&mut bytes, u64::from(number << 3 | wire_type));
                let tag = Tag::new(number, wire_type);
                assert_eq!(tag.width(), bytes.len());
                let mut bytes = padded(&bytes);
                // SAFETY: 16 bytes follow.
                assert!(unsafe { tag.begins(bytes.as_ptr()) && tag.follows(bytes.as_ptr()) });
                // SAFETY: the same bytes.
                let is = |p| unsafe { tag.is::<true>(Tag::at::<true>(p), p) };
                assert!(is(bytes.as_ptr()));
                for at in 0..tag.width() {
                    bytes[at] ^= 0x10;
                    // SAFETY: the same bytes.
                    assert!(!unsafe { tag.begins(bytes.as_ptr()) || tag.follows(bytes.as_ptr()) });
                    assert!(!is(bytes.as_ptr()));
                    bytes[at] ^= 0x10;
                }
            }
        }
    }

    #[test]
    fn a_length_reaches_no_further_than_the_end() {
        let mut lens: Vec<u64> = (0..64).flat_map(|bits| [1 << bits, (1 << bits) - 1]).collect();
        lens.extend([100, 127, 128, 200, 300, u64::MAX]);
        for len in lens {
            let mut head = Vec::new();
            wire::push_varint(&mut head, len);
            for behind in [0, 1, 99, 100, 101, 127, 128, 199, 200, 299, 300, 5000] {
                let bytes = padded(&[&head[..], &alloc::vec![0; behind]].concat());
                // Also where the message ends within the length itself.
                for all in (0..=head.len() + behind).filter(|all| *all <= head.len() || *all >= behind) {
                    let p = bytes.as_ptr();
                    // SAFETY: 16 bytes follow the last one that is looked at.
                    let (body, end) = unsafe { delimited(p, p.add(all)) };
                    let mut rest = &bytes[..all];
                    match wire::delimited(&mut rest) {
                        Ok(taken) => {
                            assert_eq!(
                                (body.addr(), end.addr()),
                                (taken.as_ptr().addr(), rest.as_ptr().addr())
                            );
                        }
                        Err(_) => assert!(body == ODD && end == ODD, "{len} of {all}"),
                    }
                }
            }
        }
    }

    #[test]
    fn a_run_ends_with_its_tag_or_its_message() {
        for number in [1, 16, 2048, 1 << 28] {
            let tag = Tag::new(number, wire::LEN);
            let mut record = Vec::new();
            wire::push_varint(&mut record, u64::from(number << 3 | wire::LEN));
            record.extend([3, b'a', b'b', b'c']);
            for count in 1..6 {
                for last in [&[][..], &[0x08, 1], &record[..tag.width() + 2]] {
                    let bytes = [&record.repeat(count)[..], last].concat();
                    let len = bytes.len();
                    let bytes = padded(&bytes);
                    let p = bytes.as_ptr();
                    // SAFETY: 16 bytes follow the end.
                    let found = unsafe { run(p.add(tag.width()), p.add(len), p.add(len), tag) };
                    // SAFETY: 16 bytes follow the begin of the first record.
                    let careful = unsafe { run(p.add(tag.width()), p.add(1), p.add(len), tag) };
                    assert_eq!(careful, count);
                    // A record that is cut off is counted: it will be found out when it is read.
                    assert_eq!(found, count + usize::from(last.len() > 2));
                }
            }
        }
    }
}
