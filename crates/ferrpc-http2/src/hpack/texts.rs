//! Huffman-coded strings that came before, with their texts.
//!
//! Some clients spell a string out on every call and never put it into the table: nghttp2, and with it Node.js, does
//! so with `:path`. To compare it costs a tenth of decoding it.

use std::fmt;

use super::{HpackError, huffman};

/// Strings by a few of their octets. Nothing before the first: a quiet connection has none.
#[derive(Default)]
pub(super) struct Texts(Option<Box<[Slot; SLOTS]>>);

#[derive(Default)]
struct Slot {
    /// Of the string that came last and was not known: only the second sight is worth a copy.
    seen: u64,
    coded: Vec<u8>,
    text: Vec<u8>,
}

/// Strings known at once.
const SLOTS: usize = 8;
/// Longer ones, in octets as they are coded, are not worth their memory.
const CODED_BYTES_MAX: usize = 128;

impl Texts {
    pub(super) const NONE: Self = Self(None);

    /// Appends the text of a Huffman-coded string to `out`.
    ///
    /// # Errors
    /// Those of [`huffman::decode`]; `out` then holds some of the text.
    pub(super) fn decode(&mut self, coded: &[u8], out: &mut Vec<u8>) -> Result<(), HpackError> {
        // Shorter ones are decoded as soon as found.
        let (Some(first), Some(last)) = (coded.first_chunk(), coded.last_chunk()) else {
            return huffman::decode(coded, out);
        };
        if coded.len() > CODED_BYTES_MAX {
            return huffman::decode(coded, out);
        }
        let ends =
            u64::from_le_bytes(*first) ^ u64::from_le_bytes(*last).rotate_left(20) ^ coded.len() as u64;
        // 2⁶⁴ over the golden ratio; the top bits depend on all others.
        let mark = ends.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let slots = self.0.get_or_insert_default();
        let slot = &mut slots[(mark >> 61) as usize % SLOTS];
        if slot.coded == coded {
            out.extend_from_slice(&slot.text);
            return Ok(());
        }
        let at = out.len();
        huffman::decode(coded, out)?;
        if slot.seen == mark {
            slot.coded = coded.to_vec();
            slot.text = out[at..].to_vec();
        }
        slot.seen = mark;
        Ok(())
    }
}

/// Counts, not contents.
impl fmt::Debug for Texts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = self.0.iter().flat_map(|slots| slots.iter()).filter(|slot| !slot.coded.is_empty());
        f.debug_struct("Texts").field("known", &known.count()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(texts: &Texts) -> Vec<&[u8]> {
        let slots = texts.0.iter().flat_map(|slots| slots.iter());
        slots.filter(|slot| !slot.coded.is_empty()).map(|slot| &slot.text[..]).collect()
    }

    #[test]
    fn a_string_reads_alike_however_often_it_comes() {
        let mut texts = Texts::default();
        for n in 0..2000 {
            // Of all lengths; many of them share a slot, and many their ends.
            let text = format!("/some.Service/Method{}of-many", "x".repeat(n * 7 % 300));
            let coded = huffman::encode(text.as_bytes());
            for _ in 0..1 + n % 3 {
                let mut out = b"before".to_vec();
                texts.decode(&coded, &mut out).unwrap();
                assert_eq!(out, [b"before", text.as_bytes()].concat());
            }
        }
    }

    #[test]
    fn a_string_is_known_from_its_second_sight_and_one_that_is_wrong_never() {
        let mut texts = Texts::default();
        let good = huffman::encode(b"/UserService/GetUser");
        let mut wrong = good.clone();
        wrong.extend([0xff; 2]);
        for sight in 0..3 {
            assert_eq!(texts.decode(&good, &mut Vec::new()), Ok(()));
            assert_eq!(texts.decode(&wrong, &mut Vec::new()), Err(HpackError::HuffmanPaddingTooLong));
            let expected: &[&[u8]] = if sight == 0 { &[] } else { &[b"/UserService/GetUser"] };
            assert_eq!(known(&texts), expected);
        }
    }

    #[test]
    fn memory_is_bounded_by_a_few_short_strings() {
        let mut texts = Texts::default();
        for n in 0..1000 {
            let coded = huffman::encode("x".repeat(n).as_bytes());
            for _ in 0..2 {
                texts.decode(&coded, &mut Vec::new()).unwrap();
            }
        }
        assert_eq!(known(&texts).len(), SLOTS);
        let slots = texts.0.as_ref().unwrap();
        // No letter has fewer than five bits.
        assert!(slots.iter().all(|slot| slot.coded.len() <= CODED_BYTES_MAX));
        assert!(slots.iter().all(|slot| slot.text.capacity() <= CODED_BYTES_MAX * 8 / 5));
    }
}
