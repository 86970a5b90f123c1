//! Text: bytes that are UTF-8, looked at where they lie, or copied and looked at in one go.

#![expect(unsafe_code)]

use alloc::string::String;
use alloc::vec::Vec;

/// The top bit of each byte: set where it is not ASCII.
const NOT_ASCII: u64 = 0x8080_8080_8080_8080;

/// The bytes as text where they lie, if they are UTF-8.
#[inline]
pub(crate) fn borrowed(bytes: &[u8]) -> Option<&str> {
    // SAFETY: nothing is written.
    let seen = if bytes.is_empty() { 0 } else { unsafe { words::<false>(bytes, core::ptr::null_mut()) } };
    if seen & NOT_ASCII != 0 {
        return core::str::from_utf8(bytes).ok();
    }
    // SAFETY: ASCII is UTF-8.
    Some(unsafe { core::str::from_utf8_unchecked(bytes) })
}

/// The bytes as text of exactly their length, if they are UTF-8.
#[inline]
pub(crate) fn copied(bytes: &[u8]) -> Option<String> {
    let len = bytes.len();
    if len == 0 {
        return Some(String::new());
    }
    let mut text = Vec::with_capacity(len);
    // SAFETY: there is room for as many bytes, and all of them are written before they count.
    unsafe {
        let seen = words::<true>(bytes, text.as_mut_ptr());
        if seen & NOT_ASCII != 0 && core::str::from_utf8(bytes).is_err() {
            return None;
        }
        text.set_len(len);
        // ASCII is UTF-8, and the rest has been looked at.
        Some(String::from_utf8_unchecked(text))
    }
}

/// Looks at all of `bytes`, of which there are some, and copies them if `COPY`; returns them all or-ed
/// together, more or less: the top bit of one of its bytes is set if one is not ASCII.
///
/// # Safety
/// There is room for them at `to`, if they are copied.
#[inline(always)]
unsafe fn words<const COPY: bool>(bytes: &[u8], to: *mut u8) -> u64 {
    let (from, len) = (bytes.as_ptr(), bytes.len());
    // SAFETY: the words lie within the bytes. The last ones may overlap the first ones, and what lies in
    // both is written twice.
    unsafe {
        let word = |at: usize| {
            let word = from.add(at).cast::<u64>().read_unaligned();
            if COPY {
                to.add(at).cast::<u64>().write_unaligned(word);
            }
            word
        };
        let four = |at: usize| word(at) | word(at + 8) | word(at + 16) | word(at + 24);
        if len > 64 {
            if COPY {
                core::ptr::copy_nonoverlapping(from, to, len);
            }
            return seen(bytes);
        }
        if len > 32 {
            return four(0) | four(len - 32);
        }
        if len > 16 {
            return word(0) | word(8) | word(len - 16) | word(len - 8);
        }
        if len >= 8 {
            return word(0) | word(len - 8);
        }
        if len >= 4 {
            let half = |at: usize| {
                let half = from.add(at).cast::<u32>().read_unaligned();
                if COPY {
                    to.add(at).cast::<u32>().write_unaligned(half);
                }
                half
            };
            return u64::from(half(0) | half(len - 4));
        }
        let (first, middle, last) = (*from, *from.add(len / 2), *from.add(len - 1));
        if COPY {
            to.write(first);
            to.add(len / 2).write(middle);
            to.add(len - 1).write(last);
        }
        u64::from(first | middle | last)
    }
}

/// The bytes, of which there are many, or-ed together.
fn seen(bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks::<32>();
    let last = bytes.last_chunk::<32>().unwrap_or(&[0; 32]);
    let mut seen = [0; 4];
    for words in words.iter().chain((!rest.is_empty()).then_some(last)) {
        for (seen, word) in seen.iter_mut().zip(words.as_chunks::<8>().0) {
            *seen |= u64::from_ne_bytes(*word);
        }
    }
    seen.into_iter().fold(0, |all, seen| all | seen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_that_is_no_ascii_is_found_wherever_it_is() {
        for len in 0..150 {
            let mut bytes: Vec<u8> =
                (b'!'..).take(len.min(90)).chain(core::iter::repeat_n(b'x', len)).take(len).collect();
            assert_eq!(copied(&bytes).as_deref().map(str::as_bytes), Some(&bytes[..]));
            assert_eq!(borrowed(&bytes).map(str::as_bytes), Some(&bytes[..]));
            for at in 0..len {
                let there = core::mem::replace(&mut bytes[at], 0x80);
                assert_eq!((copied(&bytes), borrowed(&bytes)), (None, None), "{at} of {len}");
                bytes[at] = there;
            }
        }
        for text in ["ü", "grüße", "a much longer text with one ü in it", "日本語", &"é".repeat(100)]
        {
            assert_eq!(copied(text.as_bytes()).as_deref(), Some(text));
            assert_eq!(borrowed(text.as_bytes()), Some(text));
        }
    }

    #[test]
    fn text_takes_the_memory_it_needs() {
        for len in 0..100 {
            let text = copied(&alloc::vec![b'x'; len]);
            assert_eq!(text.map(|text| (text.len(), text.capacity())), Some((len, len)));
        }
    }
}
