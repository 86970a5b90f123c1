//! The values of literals: what digits and quoted text stand for.
//!
//! The lexer has reported what is wrong with them; here anything gives some value.

/// The value of an integer token, `None` if it does not fit.
pub(crate) fn int(text: &str) -> Option<u64> {
    if let Some(hex) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        return u64::from_str_radix(hex, 16).ok();
    }
    if text.len() > 1 && text.starts_with('0') {
        return u64::from_str_radix(text, 8).ok();
    }
    text.parse().ok()
}

/// The value of a float token, or of an integer token where a number is wanted.
pub(crate) fn float(text: &str) -> f64 {
    if text.starts_with('0')
        && let Some(value) = int(text)
    {
        #[expect(clippy::cast_precision_loss, reason = "the nearest double is what is asked for")]
        return value as f64;
    }
    text.parse().unwrap_or(0.0)
}

/// Appends what a quoted string stands for: bytes, since escapes can spell what is no UTF-8.
pub(crate) fn bytes(token: &str, out: &mut Vec<u8>) {
    let text = token.as_bytes();
    let Some((&quote, text)) = text.split_first() else { return };
    let text = text.strip_suffix(&[quote]).unwrap_or(text);
    let mut rest = text;
    while let Some((&c, after)) = rest.split_first() {
        rest = after;
        if c != b'\\' {
            out.push(c);
            continue;
        }
        let Some((&kind, after)) = rest.split_first() else { return };
        rest = after;
        match kind {
            b'a' => out.push(7),
            b'b' => out.push(8),
            b'f' => out.push(12),
            b'n' => out.push(b'\n'),
            b'r' => out.push(b'\r'),
            b't' => out.push(b'\t'),
            b'v' => out.push(11),
            b'0'..=b'7' => {
                let code = digits(&mut rest, u32::from(kind - b'0'), 2, 8);
                out.push((code & 0xFF) as u8);
            }
            b'x' | b'X' => {
                let code = digits(&mut rest, 0, 2, 16);
                out.push((code & 0xFF) as u8);
            }
            b'u' => {
                let mut code = digits(&mut rest, 0, 4, 16);
                // A surrogate pair spells one character.
                if (0xD800..0xDC00).contains(&code)
                    && let Some(mut low) = rest.strip_prefix(b"\\u")
                {
                    let second = digits(&mut low, 0, 4, 16);
                    if (0xDC00..0xE000).contains(&second) {
                        code = 0x1_0000 + ((code - 0xD800) << 10) + (second - 0xDC00);
                        rest = low;
                    }
                }
                push_char(code, out);
            }
            b'U' => {
                let code = digits(&mut rest, 0, 8, 16);
                push_char(code, out);
            }
            other => out.push(other),
        }
    }
}

fn digits(rest: &mut &[u8], mut value: u32, most: usize, radix: u32) -> u32 {
    for _ in 0..most {
        let Some(digit) = rest.first().and_then(|&c| char::from(c).to_digit(radix)) else { break };
        value = value.wrapping_mul(radix).wrapping_add(digit);
        *rest = &rest[1..];
    }
    value
}

/// Appends a code point in UTF-8; a lone surrogate in the three bytes UTF-8 would have for it.
fn push_char(code: u32, out: &mut Vec<u8>) {
    match char::from_u32(code) {
        Some(c) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        None => {
            let part = |shift: u32| ((code >> shift) & 0x3F) as u8;
            out.extend_from_slice(&[0xE0 | (part(12) & 0x0F), 0x80 | part(6), 0x80 | part(0)]);
        }
    }
}

/// Bytes written so that a C string literal would give them back: the form of `default_value` for `bytes`.
pub(crate) fn c_escape(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(bytes.len());
    for &byte in bytes {
        match byte {
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            b'"' => out.push_str("\\\""),
            b'\'' => out.push_str("\\'"),
            b'\\' => out.push_str("\\\\"),
            0x20..0x7F => out.push(char::from(byte)),
            _ => {
                let _ = write!(out, "\\{byte:03o}");
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(token: &str) -> Vec<u8> {
        let mut out = Vec::new();
        bytes(token, &mut out);
        out
    }

    #[test]
    fn escapes_stand_for_their_bytes() {
        assert_eq!(text(r#""a\n\x41\101\0\377""#), b"a\nAA\0\xFF");
        assert_eq!(text(r"'\u00e9\U0001F600'"), "é😀".as_bytes());
        assert_eq!(text(r"'\ud83d\ude00'"), "😀".as_bytes());
        assert_eq!(text(r"'\?\''"), b"?'");
    }

    #[test]
    fn integers_are_decimal_octal_or_hexadecimal() {
        assert_eq!(int("0x1F"), Some(31));
        assert_eq!(int("017"), Some(15));
        assert_eq!(int("0"), Some(0));
        assert_eq!(int("18446744073709551615"), Some(u64::MAX));
        assert_eq!(int("18446744073709551616"), None);
    }

    #[test]
    fn bytes_are_escaped_as_in_c() {
        assert_eq!(c_escape(b"a\"\n\x00\xFF\\"), "a\\\"\\n\\000\\377\\\\");
    }
}
