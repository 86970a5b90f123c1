//! Text to tokens. Comments and white space are left out; `comments` finds them again between two tokens
//! where somebody wants them.
//!
//! Never fails: what is no token is reported and skipped.

use crate::report::{Diagnostic, Sink};
use crate::source::BOM;
use crate::span::{FileId, Span, narrow};

/// One token. Its text is in the source.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) start: u32,
    pub(crate) end: u32,
}

/// What a token is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Ident,
    /// Decimal, octal or hexadecimal digits.
    Int,
    Float,
    /// A quoted string, quotes included.
    Str,
    /// Any other single character.
    Punct(u8),
    /// Behind the last token; there is exactly one.
    End,
}

/// Cuts a text into tokens; the last one is [`Kind::End`].
pub(crate) fn lex(file: FileId, text: &str, sink: &mut Sink) -> Vec<Token> {
    let mut lexer = Lexer { file, text: text.as_bytes(), at: 0, sink };
    // Measured on the files protoc ships: a token every five to eight bytes.
    let mut tokens = Vec::with_capacity(text.len() / 6 + 1);
    if lexer.text.starts_with(BOM) {
        lexer.at = BOM.len();
    }
    while let Some(kind) = lexer.next(tokens.last()) {
        tokens.push(kind);
    }
    let end = narrow(text.len());
    tokens.push(Token { kind: Kind::End, start: end, end });
    tokens
}

struct Lexer<'a> {
    file: FileId,
    text: &'a [u8],
    at: usize,
    sink: &'a mut Sink,
}

impl Lexer<'_> {
    fn next(&mut self, before: Option<&Token>) -> Option<Token> {
        loop {
            self.skip_blanks();
            let start = self.at;
            let kind = match self.peek(0)? {
                b'a'..=b'z' | b'A'..=b'Z' | b'_' => {
                    self.take_while(|c| c.is_ascii_alphanumeric() || c == b'_');
                    Kind::Ident
                }
                b'0'..=b'9' => self.number(),
                b'.' if self.peek(1).is_some_and(|c| c.is_ascii_digit()) => {
                    if before.is_some_and(|it| it.kind == Kind::Ident && it.end as usize == start) {
                        let it = Diagnostic::error("a number cannot follow a name without a space");
                        self.report(it.at(self.span(start, start + 1), "the number starts here"));
                    }
                    self.number()
                }
                quote @ (b'"' | b'\'') => {
                    self.string(quote);
                    Kind::Str
                }
                c if c.is_ascii_graphic() => {
                    self.at += 1;
                    Kind::Punct(c)
                }
                _ => {
                    self.stray();
                    continue;
                }
            };
            return Some(Token { kind, start: narrow(start), end: narrow(self.at) });
        }
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.text.get(self.at + ahead).copied()
    }

    fn take_while(&mut self, mut test: impl FnMut(u8) -> bool) -> usize {
        let start = self.at;
        while self.peek(0).is_some_and(&mut test) {
            self.at += 1;
        }
        self.at - start
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span { file: self.file, start: narrow(start), end: narrow(end) }
    }

    fn report(&mut self, diagnostic: Diagnostic) {
        self.sink.push(diagnostic);
    }

    /// White space and comments.
    fn skip_blanks(&mut self) {
        loop {
            self.take_while(|c| matches!(c, b' ' | b'\n' | b'\t' | b'\r' | 0x0b | 0x0c));
            match (self.peek(0), self.peek(1)) {
                (Some(b'/'), Some(b'/')) => {
                    self.take_while(|c| c != b'\n');
                }
                (Some(b'/'), Some(b'*')) => self.block_comment(),
                _ => return,
            }
        }
    }

    fn block_comment(&mut self) {
        let start = self.at;
        self.at += 2;
        loop {
            match (self.peek(0), self.peek(1)) {
                (Some(b'*'), Some(b'/')) => {
                    self.at += 2;
                    return;
                }
                (Some(b'/'), Some(b'*')) => {
                    let it = Diagnostic::error("block comments cannot be nested")
                        .at(self.span(self.at, self.at + 2), "a second one starts here")
                        .at(self.span(start, start + 2), "inside this one")
                        .help("use `//` for one of the two");
                    self.report(it);
                    // The star may belong to a closing `*/`.
                    self.at += 1;
                }
                (Some(_), _) => self.at += 1,
                (None, _) => {
                    let it = Diagnostic::error("this comment never ends")
                        .at(self.span(start, start + 2), "starts here")
                        .help("close it with `*/`");
                    self.report(it);
                    return;
                }
            }
        }
    }

    fn number(&mut self) -> Kind {
        let start = self.at;
        let mut float = false;
        if self.peek(0) == Some(b'0') && matches!(self.peek(1), Some(b'x' | b'X')) {
            self.at += 2;
            if self.take_while(|c| c.is_ascii_hexdigit()) == 0 {
                let it = Diagnostic::error("`0x` must be followed by hexadecimal digits");
                self.report(it.at(self.span(start, self.at), ""));
            }
        } else if self.peek(0) == Some(b'0') && self.peek(1).is_some_and(|c| c.is_ascii_digit()) {
            self.take_while(|c| matches!(c, b'0'..=b'7'));
            if self.take_while(|c| c.is_ascii_digit()) > 0 {
                let it = Diagnostic::error("a number that starts with 0 is octal")
                    .at(self.span(start, self.at), "8 and 9 are no octal digits")
                    .help("leave the leading zeros out");
                self.report(it);
            }
        } else {
            self.take_while(|c| c.is_ascii_digit());
            if self.peek(0) == Some(b'.') {
                float = true;
                self.at += 1;
                self.take_while(|c| c.is_ascii_digit());
            }
            if matches!(self.peek(0), Some(b'e' | b'E')) {
                float = true;
                self.at += 1;
                if matches!(self.peek(0), Some(b'+' | b'-')) {
                    self.at += 1;
                }
                if self.take_while(|c| c.is_ascii_digit()) == 0 {
                    let it = Diagnostic::error("an exponent needs digits");
                    self.report(it.at(self.span(start, self.at), "ends in an exponent without any"));
                }
            }
        }
        self.number_end(start, float);
        if float { Kind::Float } else { Kind::Int }
    }

    /// What stands right behind a number must not look like a part of it.
    fn number_end(&mut self, start: usize, float: bool) {
        match self.peek(0) {
            Some(b'a'..=b'z' | b'A'..=b'Z' | b'_') => {
                let it = Diagnostic::error("a name cannot follow a number without a space")
                    .at(self.span(self.at, self.at + 1), "the name starts here");
                self.report(it);
            }
            Some(b'.') => {
                self.take_while(|c| c.is_ascii_alphanumeric() || c == b'.');
                let why = if float {
                    "has one point or exponent too many"
                } else {
                    "only decimal numbers have a point"
                };
                let it = Diagnostic::error("this is not a number").at(self.span(start, self.at), why);
                self.report(it);
            }
            _ => {}
        }
    }

    fn string(&mut self, quote: u8) {
        let start = self.at;
        self.at += 1;
        loop {
            match self.peek(0) {
                Some(c) if c == quote => {
                    self.at += 1;
                    return;
                }
                Some(b'\\') => self.escape(),
                None | Some(b'\n') => {
                    let it = Diagnostic::error("this string never ends")
                        .at(self.span(start, start + 1), "starts here")
                        .help("a string ends on the line it starts on; two strings in a row are joined");
                    self.report(it);
                    return;
                }
                Some(0) => {
                    let it = Diagnostic::error("a string cannot hold a NUL character as it is");
                    self.report(it.at(self.span(self.at, self.at + 1), "").help("write it `\\0`"));
                    self.at += 1;
                }
                Some(_) => self.at += 1,
            }
        }
    }

    /// Checks an escape; `literal::bytes` decodes it.
    fn escape(&mut self) {
        let start = self.at;
        self.at += 2;
        let wrong = match self.text.get(start + 1) {
            Some(
                b'a' | b'b' | b'f' | b'n' | b'r' | b't' | b'v' | b'\\' | b'?' | b'\'' | b'"' | b'0'..=b'7',
            ) => None,
            Some(b'x' | b'X') => {
                let digits = self.hex_digits(2);
                (digits == 0).then_some("`\\x` needs one or two hexadecimal digits")
            }
            Some(b'u') => (self.hex_digits(4) < 4).then_some("`\\u` needs four hexadecimal digits"),
            Some(b'U') => {
                let digits = self.hex_digits(8);
                let code = self.text.get(start + 2..self.at).and_then(hex);
                let good = digits == 8 && code.is_some_and(|code| code <= 0x10_FFFF);
                (!good).then_some("`\\U` needs eight hexadecimal digits, at most 0010ffff")
            }
            // The end of the line or of the file: the string itself is reported.
            None | Some(b'\n') => {
                self.at = start + 1;
                None
            }
            Some(_) => Some("there is no such escape"),
        };
        if let Some(why) = wrong {
            let mut end = self.at.min(self.text.len());
            // Not in the middle of a character.
            while self.text.get(end).is_some_and(|c| c & 0xC0 == 0x80) {
                end += 1;
            }
            self.at = end;
            let it = Diagnostic::error("invalid escape in a string")
                .at(self.span(start, end), why)
                .help("a backslash itself is written `\\\\`");
            self.report(it);
        }
    }

    fn hex_digits(&mut self, most: usize) -> usize {
        let mut count = 0;
        self.take_while(|c| {
            let more = count < most && c.is_ascii_hexdigit();
            count += usize::from(more);
            more
        })
    }

    /// A run of characters that are no part of the language outside strings and comments.
    fn stray(&mut self) {
        let start = self.at;
        self.take_while(|c| !c.is_ascii_graphic() && !c.is_ascii_whitespace() && c != 0x0b);
        let text = String::from_utf8_lossy(&self.text[start..self.at]);
        let what = match text.chars().next() {
            Some(c) if c.is_control() => "control characters have no place here".to_owned(),
            Some(c @ ('\u{2018}' | '\u{2019}' | '\u{201C}' | '\u{201D}')) => {
                format!("`{c}` is a typographic quote; strings take `\"`")
            }
            Some(c) => format!("`{c}` (U+{:04X}) can stand only in strings and comments", u32::from(c)),
            None => String::new(),
        };
        let it = Diagnostic::error("unexpected character").at(self.span(start, self.at), what);
        self.report(it);
    }
}

fn hex(digits: &[u8]) -> Option<u32> {
    u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceMap;
    use std::sync::Arc;

    fn check(text: &str, expect: &str) {
        let mut sink = Sink::default();
        let tokens = lex(FileId(0), text, &mut sink);
        let mut shown: Vec<String> = tokens
            .iter()
            .map(|it| {
                let slice = &text[it.start as usize..it.end as usize];
                match it.kind {
                    Kind::Ident => format!("i:{slice}"),
                    Kind::Int => format!("n:{slice}"),
                    Kind::Float => format!("f:{slice}"),
                    Kind::Str => format!("s:{slice}"),
                    Kind::Punct(c) => (c as char).to_string(),
                    Kind::End => "end".into(),
                }
            })
            .collect();
        let mut sources = SourceMap::default();
        sources.add("a".into(), "a".into(), None, text.into());
        let report = sink.finish(Arc::new(sources));
        shown.extend(report.diagnostics().map(|it| {
            let place = report.place(it).expect("lexical errors have a place");
            format!("{}:{} {}", place.line, place.column, it.message())
        }));
        assert_eq!(shown.join(" | "), expect);
    }

    #[test]
    fn names_numbers_strings_and_signs_are_told_apart() {
        check("a_1 = 0x1F;", "i:a_1 | = | n:0x1F | ; | end");
        check("1 017 1.5 .5 1e3 1.e-3", "n:1 | n:017 | f:1.5 | f:.5 | f:1e3 | f:1.e-3 | end");
        check(r#""a\"b" 'c"'"#, r#"s:"a\"b" | s:'c"' | end"#);
        check(".foo.bar", ". | i:foo | . | i:bar | end");
    }

    #[test]
    fn comments_and_a_byte_order_mark_are_no_tokens() {
        check("\u{FEFF}a // b\n/* c * / **/ d", "i:a | i:d | end");
    }

    #[test]
    fn every_lexical_error_is_reported_and_lexing_goes_on() {
        check("1a", "n:1 | i:a | end | 1:2 a name cannot follow a number without a space");
        check("a.5", "i:a | f:.5 | end | 1:2 a number cannot follow a name without a space");
        check("09 x", "n:09 | i:x | end | 1:1 a number that starts with 0 is octal");
        check("1.2.3 x", "f:1.2.3 | i:x | end | 1:1 this is not a number");
        check(
            "0x; 1e;",
            "n:0x | ; | f:1e | ; | end | 1:1 `0x` must be followed by hexadecimal digits | 1:5 an exponent needs digits",
        );
        check("'a\nb", "s:'a | i:b | end | 1:1 this string never ends");
        check("a /* b", "i:a | end | 1:3 this comment never ends");
        check("/* /* */ a", "i:a | end | 1:4 block comments cannot be nested");
        check("a \u{1} é b", "i:a | i:b | end | 1:3 unexpected character | 1:5 unexpected character");
        check(
            r"'\q\xg\u12' b",
            r"s:'\q\xg\u12' | i:b | end | 1:2 invalid escape in a string | 1:4 invalid escape in a string | 1:7 invalid escape in a string",
        );
    }

    #[test]
    fn a_string_cut_in_the_middle_of_an_escape_ends_at_the_end_of_the_file() {
        check("'a\\", "s:'a\\ | end | 1:1 this string never ends");
        check("'\\", "s:'\\ | end | 1:1 this string never ends");
    }
}
