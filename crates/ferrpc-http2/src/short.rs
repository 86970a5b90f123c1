//! Copies of a few octets.

/// To copy so many, whatever they are, costs less than to copy as many as there are.
pub(crate) const SHORT_BYTES: usize = 32;

/// Appends the first `len` octets of `short`.
#[inline]
pub(crate) fn append(out: &mut Vec<u8>, short: &[u8; SHORT_BYTES], len: usize) {
    let end = out.len() + len;
    out.extend_from_slice(short);
    out.truncate(end);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_octets_are_appended_as_asked_for() {
        let short = std::array::from_fn(|n| u8::try_from(n).unwrap());
        for len in 0..=SHORT_BYTES {
            let mut out = b"before".to_vec();
            append(&mut out, &short, len);
            assert_eq!(out, [b"before", &short[..len]].concat());
        }
    }
}
