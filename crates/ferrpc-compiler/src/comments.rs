//! Which comment belongs to which declaration.
//!
//! The rules are protoc's, since its descriptors are what tools read comments from: a comment on the
//! line of the token before, or right below it and set off by a blank line, trails that token; one that
//! touches the next token leads it; all others are detached.

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
/// `first`: nothing stands before the gap. `closes`: the token behind ends a scope (or the file), so that
/// nothing can lead it.
pub(crate) fn between(gap: &str, first: bool, closes: bool) -> Comments {
    // Most gaps are a blank or a line's end.
    if !gap.contains('/') {
        return Comments::default();
    }
    let mut gap = Gap { rest: gap.as_bytes() };
    let mut sorter = Sorter { can_trail: !first, ..Sorter::default() };
    if !first {
        // On the line of the token before.
        gap.blanks();
        match gap.comment_start() {
            Some(Style::Line) => {
                gap.line_comment(sorter.line());
                sorter.flush();
            }
            Some(Style::Block) => {
                gap.block_comment(sorter.block());
                gap.blanks();
                if !gap.newline() {
                    // The next token is on the same line: nobody knows whose comment this is.
                    sorter.can_trail = false;
                    sorter.flush();
                    return sorter.out;
                }
                sorter.flush();
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
    if closes {
        sorter.flush();
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
            self.can_trail = false;
        } else {
            self.out.detached.push(text);
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
        loop {
            let end = self.rest.iter().position(|&c| c == b'\n').map(|at| at + 1);
            let close = self.rest.windows(2).position(|it| it == b"*/");
            match (end, close) {
                (Some(end), close) if close.is_none_or(|close| end <= close) => {
                    self.copy(end, out);
                    self.blanks();
                    if self.take(b"*") && self.take(b"/") {
                        return;
                    }
                }
                (_, Some(close)) => {
                    self.copy(close, out);
                    self.take(b"*/");
                    return;
                }
                _ => {
                    self.copy(self.rest.len(), out);
                    return;
                }
            }
        }
    }

    fn copy(&mut self, count: usize, out: &mut String) {
        let (text, rest) = self.rest.split_at(count);
        out.push_str(&String::from_utf8_lossy(text));
        self.rest = rest;
    }
}
