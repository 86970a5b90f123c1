//! As much of Rust's grammar as the rules need: what is code, what is test code, what is a word.

use std::ops::Range;

/// The text with the insides of comments, strings and character literals blanked out. Offsets and
/// lines stay as they were.
pub(crate) fn code(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let end = match bytes[at] {
            b'/' if bytes[at..].starts_with(b"//") => find(bytes, at, b"\n").unwrap_or(bytes.len()),
            b'/' if bytes[at..].starts_with(b"/*") => end_of_block_comment(bytes, at),
            b'"' => end_of_quoted(bytes, at),
            b'\'' => match end_of_character(text, at) {
                Some(end) => end,
                None => {
                    at += 1; // a lifetime
                    continue;
                }
            },
            byte if is_word(byte) => {
                let word_end = at + bytes[at..].iter().take_while(|byte| is_word(**byte)).count();
                match (&text[at..word_end], end_of_raw(bytes, word_end)) {
                    ("r" | "br" | "cr", Some(end)) => end,
                    _ => {
                        at = word_end;
                        continue;
                    }
                }
            }
            _ => {
                at += 1;
                continue;
            }
        };
        blank(&mut out, at..end);
        at = end;
    }
    // Only whole characters were replaced, by spaces.
    String::from_utf8_lossy(&out).into_owned()
}

fn blank(out: &mut [u8], range: Range<usize>) {
    for byte in &mut out[range] {
        if *byte != b'\n' {
            *byte = b' ';
        }
    }
}

fn find(bytes: &[u8], from: usize, what: &[u8]) -> Option<usize> {
    bytes[from..].windows(what.len()).position(|window| window == what).map(|offset| from + offset)
}

fn end_of_block_comment(bytes: &[u8], start: usize) -> usize {
    let mut depth = 0;
    let mut at = start;
    while at < bytes.len() {
        match &bytes[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] if depth == 1 => return at + 2,
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
    }
    bytes.len()
}

fn end_of_quoted(bytes: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// The end of the character literal at `start`; `None` if it is a lifetime.
fn end_of_character(text: &str, start: usize) -> Option<usize> {
    let inside = &text[start + 1..];
    if let Some(escape) = inside.strip_prefix('\\') {
        // The escaped character may be the quote itself.
        let skipped = escape.chars().next()?.len_utf8();
        return Some(start + 2 + skipped + escape[skipped..].find('\'')? + 1);
    }
    let length = inside.chars().next()?.len_utf8();
    inside[length..].starts_with('\'').then_some(start + 1 + length + 1)
}

/// The end of the raw string whose hashes start at `hashes`, if there is one.
fn end_of_raw(bytes: &[u8], hashes: usize) -> Option<usize> {
    let count = bytes[hashes..].iter().take_while(|byte| **byte == b'#').count();
    if bytes.get(hashes + count) != Some(&b'"') {
        return None;
    }
    let mut close = vec![b'#'; count + 1];
    close[0] = b'"';
    Some(find(bytes, hashes + count + 1, &close).map_or(bytes.len(), |at| at + close.len()))
}

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// The words of a piece of code, with their offsets.
pub(super) fn words(code: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let bytes = code.as_bytes();
        at += bytes[at..].iter().take_while(|byte| !is_word(**byte)).count();
        let start = at;
        at += bytes[at..].iter().take_while(|byte| is_word(**byte)).count();
        (at > start).then(|| (start, &code[start..at]))
    })
}

/// The line of an offset.
pub(super) fn line_of(text: &str, offset: usize) -> usize {
    text[..offset].matches('\n').count() + 1
}

/// The bodies of `mod name { … }`, wherever they stand.
pub(super) fn inline_modules(code: &str) -> Vec<Range<usize>> {
    words(code)
        .filter(|(_, word)| *word == "mod")
        .filter_map(|(at, _)| {
            let open = at + code[at..].find(['{', ';'])?;
            (code.as_bytes()[open] == b'{').then(|| open..end_of_braces(code, open))
        })
        .collect()
}

/// What stands behind `#[cfg(test)]`, up to the end of the item.
pub(super) fn test_items(code: &str) -> Vec<Range<usize>> {
    code.match_indices("#[cfg(test)]")
        .map(|(at, _)| {
            let end = code[at..].find(['{', ';']).map_or(code.len(), |offset| at + offset);
            at..if code[end..].starts_with('{') {
                end_of_braces(code, end)
            } else {
                (end + 1).min(code.len())
            }
        })
        .collect()
}

/// The code without its tests.
pub(super) fn without_tests(code: &str) -> String {
    let mut out = code.as_bytes().to_vec();
    for range in test_items(code) {
        blank(&mut out, range);
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// One past the brace that closes the one at `open`.
pub(super) fn end_of_braces(code: &str, open: usize) -> usize {
    let mut depth = 0;
    for (offset, byte) in code.as_bytes()[open..].iter().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            _ => continue,
        }
        if depth == 0 {
            return open + offset + 1;
        }
    }
    code.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_strings_and_characters_are_blanked() {
        let text = r##"a // x "y
            b /* x /* y */ z */ c "x\"y" d r#"x"y"# e br"x" f '"' g '\'' h b'x' i 'j k r#type "##;
        let found = code(text);
        let words = words(&found).map(|(_, word)| word).collect::<Vec<_>>();
        assert_eq!(words, ["a", "b", "c", "d", "e", "f", "g", "h", "b", "i", "j", "k", "r", "type"]);
        assert_eq!(found.len(), text.len());
    }

    #[test]
    fn tests_are_told_from_the_rest() {
        let text = "fn a() {}\n#[cfg(test)]\nmod tests { fn b() { {} } }\nfn c() {}\n#[cfg(test)]\nmod d;\nfn e() {}";
        let rest = without_tests(text);
        let words = words(&rest).map(|(_, word)| word).collect::<Vec<_>>();
        assert_eq!(words, ["fn", "a", "fn", "c", "fn", "e"]);
    }
}
