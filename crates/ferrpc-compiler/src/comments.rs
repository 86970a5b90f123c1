//! Which comment belongs to which declaration.
//!
//! The rules are protoc's, since its descriptors are what tools read comments from: a comment on the
//! line of the token before, or right below it and set off by a blank line, trails that token; one that
//! touches the next token leads it; all others are detached.

use crate::source::BOM;

/// The comments around one declaration.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Comments {
    pub(crate) leading: String,
    pub(crate) trailing: String,
    pub(crate) detached: Vec<String>,
}

impl Comments {
    pub(crate) fn is_empty(&self) -> bool {
        self.leading.is_empty() && self.trailing.is_empty() && self.detached.is_empty()
    }
}

/// Sorts the comments of the gap between two tokens: `trailing` belongs to the token before it, `leading`
/// to the one behind it.
///
/// `first`: nothing stands before the gap. `closes`: the token behind ends a scope, so that nothing can
/// lead it; `ends`: it is the end of the file, likewise.
pub(crate) fn between(gap: &str, first: bool, closes: bool, ends: bool) -> Comments {
    // Most gaps are a blank or a line's end.
    if !gap.contains('/') {
        return Comments::default();
    }
    let mut gap = Gap { rest: gap.as_bytes() };
    let mut sorter = Sorter { can_trail: !first, ..Sorter::default() };
    // Whether the token behind stands on the line on which the comment beside the token before ends.
    let mut same_line = false;
    if first {
        gap.take(BOM);
    } else {
        gap.blanks();
        match gap.comment_start() {
            Some(Style::Line) => {
                gap.line_comment(sorter.line());
                sorter.flush();
            }
            Some(Style::Block) => {
                gap.block_comment(sorter.block());
                sorter.flush();
                same_line = !gap.rest.contains(&b'\n');
            }
            None if gap.newline() => {}
            None => return Comments::default(),
        }
    }
    loop {
        gap.blanks();
        match gap.comment_start() {
            Some(Style::Line) => gap.line_comment(sorter.line()),
            Some(Style::Block) => {
                gap.block_comment(sorter.block());
                // The rest of the line is not a blank line.
                gap.blanks();
                gap.newline();
            }
            None if gap.newline() => {
                sorter.flush();
                sorter.can_trail = false;
            }
            None => break,
        }
    }
    if closes || ends {
        sorter.flush();
    }
    if same_line && !ends {
        sorter.detach_only();
    }
    sorter.finish()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Line,
    Block,
}

/// Comments on their way to one of the three places.
#[derive(Default)]
struct Sorter {
    out: Comments,
    /// The comment being read, `None` between two.
    open: Option<(Style, String)>,
    can_trail: bool,
    /// It may have no text: `/**/`.
    has_trailing: bool,
}

impl Sorter {
    /// Lines that follow one another are one comment.
    fn line(&mut self) -> &mut String {
        if self.open.as_ref().is_some_and(|(style, _)| *style == Style::Block) {
            self.flush();
        }
        &mut self.open.get_or_insert((Style::Line, String::new())).1
    }

    fn block(&mut self) -> &mut String {
        self.flush();
        &mut self.open.get_or_insert((Style::Block, String::new())).1
    }

    /// The open comment is complete and does not touch the next token.
    fn flush(&mut self) {
        let Some((_, text)) = self.open.take() else { return };
        if self.can_trail {
            self.out.trailing.push_str(&text);
            self.has_trailing = true;
            self.can_trail = false;
        } else {
            self.out.detached.push(text);
        }
    }

    /// Between two tokens with nothing but one comment between them, nobody knows whose it is.
    fn detach_only(&mut self) {
        if self.open.is_none() && self.out.detached.is_empty() && self.has_trailing {
            self.out.detached.push(std::mem::take(&mut self.out.trailing));
        }
    }

    fn finish(mut self) -> Comments {
        if let Some((_, text)) = self.open.take() {
            self.out.leading = text;
        }
        self.out
    }
}

struct Gap<'a> {
    rest: &'a [u8],
}

impl Gap<'_> {
    fn take(&mut self, prefix: &[u8]) -> bool {
        let Some(rest) = self.rest.strip_prefix(prefix) else { return false };
        self.rest = rest;
        true
    }

    fn newline(&mut self) -> bool {
        self.take(b"\n")
    }

    fn blanks(&mut self) {
        while let [b' ' | b'\t' | b'\r' | 0x0b | 0x0c, rest @ ..] = self.rest {
            self.rest = rest;
        }
    }

    fn comment_start(&mut self) -> Option<Style> {
        if self.take(b"//") {
            Some(Style::Line)
        } else if self.take(b"/*") {
            Some(Style::Block)
        } else {
            None
        }
    }

    fn line_comment(&mut self, out: &mut String) {
        let end = self.rest.iter().position(|&c| c == b'\n').map_or(self.rest.len(), |at| at + 1);
        self.copy(end, out);
    }

    /// Copies a block comment without the stars that begin its lines.
    fn block_comment(&mut self, out: &mut String) {
        let end = self.rest.windows(2).position(|it| it == b"*/").unwrap_or(self.rest.len());
        let mut left = end;
        while let Some(at) = self.rest[..left].iter().position(|&c| c == b'\n') {
            self.copy(at + 1, out);
            left -= at + 1;
            let before = self.rest.len();
            self.blanks();
            // The star may be the one that closes the comment.
            if before - self.rest.len() < left {
                self.take(b"*");
            }
            left -= before - self.rest.len();
        }
        self.copy(left, out);
        self.take(b"*/");
    }

    fn copy(&mut self, count: usize, out: &mut String) {
        let (text, rest) = self.rest.split_at(count);
        out.push_str(&String::from_utf8_lossy(text));
        self.rest = rest;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the comments between `a` and `b` of a text become: trailing | detached … | leading.
    fn sorted(gap: &str, closes: bool) -> String {
        let Comments { leading, trailing, detached } = between(gap, false, closes, false);
        let parts = std::iter::once(trailing).chain(detached).chain(std::iter::once(leading));
        parts.collect::<Vec<_>>().join("|")
    }

    #[test]
    fn a_comment_alone_between_two_tokens_of_a_line_is_detached() {
        assert_eq!(sorted(" /* c */ ", false), "| c |");
        assert_eq!(sorted(" /* c\n d */ ", false), "| c\nd |");
        assert_eq!(sorted(" /* c */ ", true), "| c |");
        assert_eq!(sorted(" /**/ ", false), "||");
    }

    #[test]
    fn of_several_comments_between_two_tokens_of_a_line_the_first_trails_and_the_last_leads() {
        assert_eq!(sorted(" /* t */ /* l */ ", false), " t | l ");
        assert_eq!(sorted(" /* t */ /* d */ /* l */ ", false), " t | d | l ");
        assert_eq!(sorted(" /* t */ /* d */ ", true), " t | d |");
    }

    #[test]
    fn nothing_leads_the_end_of_a_scope() {
        assert_eq!(sorted("\n// t\n", true), " t\n|");
        assert_eq!(sorted("\n\n// d\n", true), "| d\n|");
    }

    #[test]
    fn stars_at_the_starts_of_lines_are_not_text() {
        assert_eq!(sorted("/*\n * a\n ** b\n */\n\n", false), "\n a\n* b\n|");
        assert_eq!(sorted("/**\n*/\n\n", false), "*\n|");
        assert_eq!(sorted("/*\n\t \n**/\n\n", false), "\n\n|");
        assert_eq!(sorted("/***/\n\n", false), "*|");
    }

    #[test]
    fn a_byte_order_mark_is_no_part_of_the_first_gap() {
        assert_eq!(between("\u{FEFF}// l\n", true, false, false).leading, " l\n");
    }
}
