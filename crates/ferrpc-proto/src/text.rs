//! Whether bytes are text.

#![expect(unsafe_code)]

/// Up to this length all bytes are looked at as ASCII first.
const SHORT_BYTES: usize = 64;

/// The bytes as text, if they are UTF-8.
#[inline]
pub(crate) fn utf8(bytes: &[u8]) -> Option<&str> {
    if bytes.len() <= SHORT_BYTES && is_ascii(bytes) {
        // SAFETY: ASCII is UTF-8.
        return Some(unsafe { core::str::from_utf8_unchecked(bytes) });
    }
    core::str::from_utf8(bytes).ok()
}

/// As the function of the standard library, which is made for longer texts.
#[inline]
fn is_ascii(bytes: &[u8]) -> bool {
    let Some(last) = bytes.last_chunk::<8>() else {
        return bytes.iter().fold(0, |all, byte| all | byte) < 0x80;
    };
    // The last eight may overlap the others: they are looked at twice then.
    let words = bytes.as_chunks::<8>().0.iter();
    let all = words.fold(u64::from_ne_bytes(*last), |all, word| all | u64::from_ne_bytes(*word));
    all & 0x8080_8080_8080_8080 == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_that_is_no_ascii_is_found_wherever_it_is() {
        for len in 0..100 {
            let mut bytes = alloc::vec![b'x'; len];
            assert_eq!(utf8(&bytes).map(str::len), Some(len));
            for at in 0..len {
                bytes[at] = 0x80;
                assert_eq!(utf8(&bytes), None, "{at} of {len}");
                bytes[at] = b'x';
            }
        }
        assert_eq!(utf8("grüße".as_bytes()), Some("grüße"));
    }
}
