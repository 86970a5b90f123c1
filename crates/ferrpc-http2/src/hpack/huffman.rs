//! The Huffman code of strings (RFC 7541 §5.2, appendix B), decoding only.
//!
//! Does not encode: our own strings go out as they are, which costs fewer instructions at both ends.

use super::HpackError;

/// Appends the text of a Huffman-coded string to `out`, in steps of up to two letters.
///
/// # Errors
/// As RFC 7541 §5.2 demands; `out` then holds some of the text.
pub(super) fn decode(coded: &[u8], out: &mut Vec<u8>) -> Result<(), HpackError> {
    let start = out.len();
    // No letter is shorter than 5 bits. Letters are written eight at a time, hence the slack.
    out.resize(start + coded.len() * 8 / SHORTEST as usize + size_of::<u64>(), 0);
    let mut text = Text { octets: &mut out[start..], len: 0, word: 0, word_bits: 0 };
    let result = decode_into(Bits { octets: coded, word: 0, len: 0 }, &mut text);
    let len = text.len;
    out.truncate(start + len);
    result
}

fn decode_into(mut bits: Bits<'_>, text: &mut Text<'_>) -> Result<(), HpackError> {
    // A full word holds 56 bits or more, so four steps need no look at its length.
    while bits.fill_word() {
        let mut step = Step::NONE;
        for _ in 0..4 {
            // One that stands for a longer letter does nothing, nor do those behind it.
            step = bits.step();
            bits.skip(step.bits());
            text.push(step);
        }
        text.flush();
        if step.is_none() {
            bits.fill();
            if let Some((letter, len)) = long_letter(bits)? {
                bits.skip(len);
                text.push(letter);
                text.flush();
            }
        }
    }
    // The last octets: a step may only take bits that are there.
    loop {
        bits.fill();
        let step = bits.step();
        if bits.len < STEP_BITS {
            break;
        }
        if !step.is_none() {
            bits.skip(step.bits());
            text.push(step);
        } else if let Some((letter, len)) = long_letter(bits)? {
            bits.skip(len);
            text.push(letter);
        } else {
            break;
        }
        text.flush();
    }
    // Fewer bits than a step: letter by letter, with the ones that may follow. No letter's code is a
    // run of ones, so padding is never taken for one.
    while bits.len > 0 {
        let padded = Bits { word: bits.word | (u64::MAX >> bits.len), ..bits };
        let step = padded.step().first();
        if step.is_none() || step.bits() > bits.len {
            break;
        }
        bits.skip(step.bits());
        text.push(step);
        text.flush();
    }
    bits.check_padding()
}

/// Bits yet to be decoded: `len` of them at the top of `word`, then `octets`.
#[derive(Clone, Copy)]
struct Bits<'a> {
    octets: &'a [u8],
    word: u64,
    len: u32,
}

impl Bits<'_> {
    /// Fills the word from the next eight octets, or says that there are fewer.
    #[inline]
    fn fill_word(&mut self) -> bool {
        let Some(next) = self.octets.first_chunk::<8>() else { return false };
        // Bits of an octet that fits only in part are there already and come again next time: the
        // same bits at the same place.
        self.word |= u64::from_be_bytes(*next) >> self.len;
        self.octets = &self.octets[((63 - self.len) >> 3) as usize..];
        self.len |= 56;
        true
    }

    #[inline]
    fn fill(&mut self) {
        while self.len <= 56 {
            let Some((&octet, rest)) = self.octets.split_first() else { break };
            self.word |= u64::from(octet) << (56 - self.len);
            self.len += 8;
            self.octets = rest;
        }
    }

    #[inline]
    fn step(self) -> Step {
        STEPS[(self.word >> (64 - STEP_BITS)) as usize]
    }

    #[inline]
    fn skip(&mut self, bits: u32) {
        self.word <<= bits;
        self.len -= bits;
    }

    /// What is left of the last octet must be the beginning of EOS.
    fn check_padding(self) -> Result<(), HpackError> {
        //= RFC 7541 §5.2 padding-too-long
        if self.len > 7 {
            Err(HpackError::HuffmanPaddingTooLong)
        //= RFC 7541 §5.2 padding-of-ones
        } else if self.word | (u64::MAX >> self.len) != u64::MAX {
            Err(HpackError::HuffmanPaddingNotOnes)
        } else {
            Ok(())
        }
    }
}

/// A letter of more than `STEP_BITS` bits and how many; none if not all of them are there.
#[cold]
fn long_letter(bits: Bits<'_>) -> Result<Option<(Step, u32)>, HpackError> {
    let top = (bits.word >> 32) as u32;
    for (first, len) in LONG.firsts.iter().zip(STEP_BITS + 1..) {
        // All codes of this length lie below `end`, those that are longer above.
        if top < first.end {
            let nth = (top - first.code) >> (32 - len);
            let letter = LONG.letters[first.at as usize + nth as usize];
            return Ok((len <= bits.len).then_some((Step::new(letter.into(), 1, 0), len)));
        }
    }
    //= RFC 7541 §5.2 eos: bits.len < EOS_BITS → true
    if bits.len < EOS_BITS { Ok(None) } else { Err(HpackError::HuffmanEos) }
}

/// Where the text goes: letters gather in a word, which is written without a look at each.
struct Text<'a> {
    octets: &'a mut [u8],
    len: usize,
    word: u64,
    word_bits: u32,
}

impl Text<'_> {
    /// At most four times between two flushes.
    #[inline]
    fn push(&mut self, step: Step) {
        self.word |= step.letters() << (self.word_bits & 63);
        self.word_bits += step.letter_bits();
    }

    #[inline]
    fn flush(&mut self) {
        if let Some(room) = self.octets.get_mut(self.len..).and_then(|room| room.first_chunk_mut::<8>()) {
            *room = self.word.to_le_bytes();
        }
        self.len += (self.word_bits / 8) as usize;
        (self.word, self.word_bits) = (0, 0);
    }
}

/// What the next `STEP_BITS` bits mean, in one word: from the low end the number of bits taken, eight
/// times the number of letters (0, 8 or 16), the first letter, the second.
#[derive(Clone, Copy)]
struct Step(u32);

impl Step {
    /// The first letter is longer than a step.
    const NONE: Self = Self::new(0, 0, 0);

    const fn new(letters: u16, count: u8, bits: u8) -> Self {
        Self((letters as u32) << 16 | (count as u32) << 11 | bits as u32)
    }

    fn is_none(self) -> bool {
        self.letter_bits() == 0
    }

    fn bits(self) -> u32 {
        self.0 & 0xff
    }

    fn letter_bits(self) -> u32 {
        self.0 >> 8 & 0xff
    }

    fn letters(self) -> u64 {
        u64::from(self.0 >> 16)
    }

    /// Only the first letter, if there is one.
    fn first(self) -> Self {
        if self.is_none() {
            return self;
        }
        let letter = (self.0 >> 16 & 0xff) as u8;
        Self::new(letter.into(), 1, BITS[usize::from(letter)])
    }
}

/// Two of the common letters (5 to 6 bits) fit a step.
const STEP_BITS: u32 = 12;
const SHORTEST: u32 = 5;
const EOS_BITS: u32 = 30;

static STEPS: [Step; 1 << STEP_BITS] = steps();
static LONG: Long = long();

/// The codes of more than `STEP_BITS` bits, by length.
struct Long {
    firsts: [First; (EOS_BITS - STEP_BITS) as usize],
    letters: [u8; 256],
}

#[derive(Clone, Copy)]
struct First {
    /// The first code of this length, at the top of the word, and where the next length's begin.
    code: u32,
    end: u32,
    /// Its letter's place in `letters`.
    at: u16,
}

/// Length of each letter's code, the letters in order; the last is EOS (RFC 7541 appendix B).
///
/// The lengths are the code: "The code [is] canonical", that is, codes count up through the letters of
/// a length in order, and each length goes on where the one before it stopped.
const BITS: [u8; 257] = [
    13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, // 0x00
    28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28, // 0x10
    6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, // 0x20
    5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10, // 0x30
    13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, // 0x40
    7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6, // 0x50
    15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, // 0x60
    6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28, // 0x70
    20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, // 0x80
    24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24, // 0x90
    22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, // 0xa0
    21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23, // 0xb0
    26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, // 0xc0
    19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27, // 0xd0
    20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, // 0xe0
    26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26, // 0xf0
    30,
];

const CODES: [u32; 257] = codes();

const fn codes() -> [u32; 257] {
    let mut codes = [0; 257];
    let mut next = 0;
    let mut bits = SHORTEST;
    while bits <= EOS_BITS {
        let mut letter = 0;
        while letter < BITS.len() {
            if BITS[letter] as u32 == bits {
                codes[letter] = next;
                next += 1;
            }
            letter += 1;
        }
        next <<= 1;
        bits += 1;
    }
    // The code is complete: it ends with EOS, all ones.
    assert!(codes[256] == (1 << EOS_BITS) - 1 && next == 2 << EOS_BITS);
    codes
}

#[expect(clippy::cast_possible_truncation, reason = "letters are octets; EOS is too long for a step")]
const fn steps() -> [Step; 1 << STEP_BITS] {
    let mut steps = [Step::NONE; 1 << STEP_BITS];
    let mut a = 0;
    while a < 256 {
        if BITS[a] as u32 <= STEP_BITS {
            fill(&mut steps, CODES[a], Step::new(a as u16, 1, BITS[a]));
            let mut b = 0;
            while b < 256 {
                if (BITS[a] + BITS[b]) as u32 <= STEP_BITS {
                    let both = Step::new(a as u16 | (b as u16) << 8, 2, BITS[a] + BITS[b]);
                    fill(&mut steps, CODES[a] << BITS[b] | CODES[b], both);
                }
                b += 1;
            }
        }
        a += 1;
    }
    steps
}

/// Writes `step` wherever an index begins with `code`.
const fn fill(steps: &mut [Step; 1 << STEP_BITS], code: u32, step: Step) {
    let free = STEP_BITS - (step.0 & 0xff);
    let mut i = code << free;
    while i < (code + 1) << free {
        steps[i as usize] = step;
        i += 1;
    }
}

#[expect(clippy::cast_possible_truncation, reason = "letters are octets, places fewer than 257")]
const fn long() -> Long {
    let none = First { code: 0, end: 0, at: 0 };
    let mut long = Long { firsts: [none; (EOS_BITS - STEP_BITS) as usize], letters: [0; 256] };
    let mut at = 0;
    let mut bits = STEP_BITS + 1;
    while bits <= EOS_BITS {
        let mut first = First { code: u32::MAX, end: 0, at: at as u16 };
        let mut letter = 0;
        // Without EOS: what is above every `end` is EOS.
        while letter < 256 {
            if BITS[letter] as u32 == bits {
                let code = CODES[letter] << (32 - bits);
                if first.end == 0 {
                    first.code = code;
                }
                first.end = code + (1 << (32 - bits));
                long.letters[at] = letter as u8;
                at += 1;
            }
            letter += 1;
        }
        long.firsts[(bits - STEP_BITS - 1) as usize] = first;
        bits += 1;
    }
    long
}

/// Encodes, for tests only.
#[cfg(test)]
#[expect(clippy::cast_possible_truncation, reason = "takes the low octet")]
pub(super) fn encode(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let (mut word, mut len) = (0_u64, 0);
    for &letter in text {
        word = word << BITS[usize::from(letter)] | u64::from(CODES[usize::from(letter)]);
        len += u32::from(BITS[usize::from(letter)]);
        while len >= 8 {
            len -= 8;
            out.push((word >> len) as u8);
        }
    }
    if len > 0 {
        out.push((word << (8 - len)) as u8 | 0xff >> len);
    }
    out
}
