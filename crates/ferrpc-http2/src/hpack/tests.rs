//! RFC 7541's own examples, each misdeed by name, and what must hold for any octets.

#![expect(clippy::cast_possible_truncation, reason = "lengths and digits of vectors")]

mod examples;
mod laws;
mod misdeeds;

use super::{Decoder, HpackError, ListLimits, Outcome};
use crate::headers::{Headers, Indexing};

const LIMITS: ListLimits = ListLimits { list_bytes_max: 16 << 10, fields_max: 128 };

/// Octets from hexadecimal digits; white space may stand anywhere.
fn hex(digits: &str) -> Vec<u8> {
    let digits: Vec<u8> =
        digits.bytes().filter_map(|c| char::from(c).to_digit(16)).map(|d| d as u8).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

/// The list as text, a field a line.
fn text(headers: &Headers) -> String {
    let line = |(name, value): (&[u8], &[u8])| {
        format!("{}: {}\n", String::from_utf8_lossy(name), String::from_utf8_lossy(value))
    };
    headers.iter().map(line).collect()
}

fn decode(decoder: &mut Decoder, block: &[u8]) -> Result<Headers, HpackError> {
    let mut headers = Headers::new();
    let outcome = decoder.decode(block, &LIMITS, &mut headers)?;
    assert_eq!(outcome, Outcome::Complete);
    Ok(headers)
}
