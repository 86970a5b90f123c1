//! Diagnostics: what is wrong, where, and what to do about it; and how they look on a terminal.
//!
//! Knows sources and spans, nothing of the language.

use std::fmt;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use crate::limits::{DIAGNOSTICS_MAX, FRAME_CHARS_MAX};
use crate::source::{SourceFile, SourceMap};
use crate::span::{FileId, Span};

/// How bad a [`Diagnostic`] is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Level {
    /// The input is not valid; nothing is compiled.
    Error,
    /// The input is valid and probably not what was meant.
    Warning,
}

/// One finding.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    level: Level,
    message: String,
    labels: Vec<Label>,
    notes: Vec<String>,
    help: Vec<String>,
}

/// A place in the source that a diagnostic points at. The first label of a diagnostic is where it is;
/// the others are what it has to do with.
#[derive(Clone, Debug)]
struct Label {
    span: Span,
    text: String,
}

impl Diagnostic {
    pub(crate) fn error(message: impl Into<String>) -> Self {
        Self::new(Level::Error, message.into())
    }

    pub(crate) fn warning(message: impl Into<String>) -> Self {
        Self::new(Level::Warning, message.into())
    }

    fn new(level: Level, message: String) -> Self {
        Self { level, message, labels: Vec::new(), notes: Vec::new(), help: Vec::new() }
    }

    pub(crate) fn at(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    pub(crate) fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    pub(crate) fn help(mut self, text: impl Into<String>) -> Self {
        self.help.push(text.into());
        self
    }

    /// Adds the help if there is some.
    pub(crate) fn maybe_help(self, text: Option<impl Into<String>>) -> Self {
        match text {
            Some(text) => self.help(text),
            None => self,
        }
    }

    /// Whether it is an error or a warning.
    pub fn level(&self) -> Level {
        self.level
    }

    /// What is wrong, in one line.
    pub fn message(&self) -> &str {
        &self.message
    }
}

/// Where a diagnostic points, for an editor or a log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Place<'a> {
    /// The file as the report shows it: its path if it has one.
    pub file: &'a str,
    /// Line, counted from one.
    pub line: usize,
    /// Column, counted from one, in characters.
    pub column: usize,
    /// Line of the end, counted from one.
    pub end_line: usize,
    /// Column right behind the end, counted from one, in characters.
    pub end_column: usize,
}

/// All findings of one run, in the order of the files and of the lines in them.
///
/// [`Display`](fmt::Display) and [`Debug`](fmt::Debug) both print it as for people, without colours,
/// because `main` and `unwrap` print errors with `Debug`.
#[derive(Clone, Default)]
pub struct Report {
    diagnostics: Vec<Diagnostic>,
    /// Findings over [`DIAGNOSTICS_MAX`], which were counted and not kept.
    dropped: usize,
    sources: Arc<SourceMap>,
}

impl Report {
    /// How many errors there are, those over the limit of a report included.
    pub fn errors(&self) -> usize {
        self.diagnostics.iter().filter(|it| it.level == Level::Error).count() + self.dropped
    }

    /// Whether there is nothing to say.
    pub fn is_empty(&self) -> bool {
        self.diagnostics.is_empty() && self.dropped == 0
    }

    /// Each finding.
    pub fn diagnostics(&self) -> impl Iterator<Item = &Diagnostic> {
        self.diagnostics.iter()
    }

    /// Where a finding of this report is; `None` for one that belongs to no line (a missing input).
    pub fn place(&self, diagnostic: &Diagnostic) -> Option<Place<'_>> {
        let span = diagnostic.labels.first()?.span;
        let file = self.sources.file(span.file);
        let (line, column) = file.position(span.start);
        let (end_line, end_column) = file.position(span.end);
        Some(Place { file: &file.shown, line, column, end_line, end_column })
    }

    /// Every file on disk that was read, whatever came of it.
    pub fn read(&self) -> impl Iterator<Item = &Path> {
        self.sources.ids().filter_map(|id| self.sources.file(id).path.as_deref())
    }

    /// The whole report as text; with ANSI colours for a terminal if asked.
    pub fn render(&self, color: bool) -> String {
        let mut out = String::new();
        for diagnostic in &self.diagnostics {
            if !out.is_empty() {
                out.push('\n');
            }
            Renderer { sources: &self.sources, color, out: &mut out }.diagnostic(diagnostic);
        }
        if self.dropped > 0 {
            let _ = writeln!(out, "\n… and {} more errors; mend these first", self.dropped);
        }
        out
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.render(false).trim_end())
    }
}

impl fmt::Debug for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // On a line of its own: `fn main() -> Result<(), Report>` prints `Error: ` in front.
        write!(f, "\n{self}")
    }
}

impl std::error::Error for Report {}

/// Where passes put their findings.
#[derive(Debug, Default)]
pub(crate) struct Sink {
    diagnostics: Vec<Diagnostic>,
    dropped: usize,
    errors: usize,
    muted: Option<FileId>,
}

impl Sink {
    /// Says nothing of what is found in this file from here on.
    pub(crate) fn mute(&mut self, file: FileId) {
        self.muted = Some(file);
    }

    pub(crate) fn push(&mut self, diagnostic: Diagnostic) {
        if diagnostic.labels.first().is_some_and(|it| Some(it.span.file) == self.muted) {
            return;
        }
        if diagnostic.level == Level::Error {
            self.errors += 1;
        }
        if self.diagnostics.len() < DIAGNOSTICS_MAX {
            self.diagnostics.push(diagnostic);
        } else if diagnostic.level == Level::Error {
            self.dropped += 1;
        }
    }

    /// Takes over what another one was told.
    pub(crate) fn absorb(&mut self, other: Self) {
        for diagnostic in other.diagnostics {
            self.push(diagnostic);
        }
        self.dropped += other.dropped;
        self.errors += other.dropped;
    }

    /// Errors so far.
    pub(crate) fn errors(&self) -> usize {
        self.errors
    }

    /// The report, with its findings in the order of the text.
    pub(crate) fn finish(mut self, sources: Arc<SourceMap>) -> Report {
        self.diagnostics.sort_by_key(|it| it.labels.first().map(|label| (label.span.file, label.span.start)));
        Report { diagnostics: self.diagnostics, dropped: self.dropped, sources }
    }
}

struct Renderer<'a> {
    sources: &'a SourceMap,
    color: bool,
    out: &'a mut String,
}

#[derive(Clone, Copy)]
enum Paint {
    Error,
    Warning,
    Help,
    Frame,
    Bold,
}

impl Renderer<'_> {
    fn diagnostic(&mut self, it: &Diagnostic) {
        let (word, paint) = match it.level {
            Level::Error => ("error", Paint::Error),
            Level::Warning => ("warning", Paint::Warning),
        };
        self.paint(paint, word);
        self.paint(Paint::Bold, &format!(": {}", it.message));
        self.out.push('\n');
        let width = self.frames(&it.labels, paint);
        let has_more = !it.notes.is_empty() || !it.help.is_empty();
        if has_more && !it.labels.is_empty() {
            self.gutter(width, "");
            self.out.push('\n');
        }
        for (word, texts) in [("note", &it.notes), ("help", &it.help)] {
            for text in texts {
                let _ = write!(self.out, "{:width$} ", "");
                self.paint(Paint::Frame, "= ");
                self.paint(Paint::Help, word);
                // Lines after the first stand under the first.
                let text = text.replace('\n', &format!("\n{:indent$}", "", indent = width + word.len() + 5));
                let _ = writeln!(self.out, ": {text}");
            }
        }
    }

    /// Prints the places of a diagnostic; returns the width of the line number column.
    fn frames(&mut self, labels: &[Label], paint: Paint) -> usize {
        let Some(first) = labels.first() else { return 0 };
        let lines =
            labels.iter().map(|label| self.sources.file(label.span.file).line_index(label.span.end) + 1);
        let width = lines.max().unwrap_or(1).to_string().len();

        // The first label's file first, then the others in the order in which they come up.
        let mut files = Vec::new();
        for label in labels {
            if !files.contains(&label.span.file) {
                files.push(label.span.file);
            }
        }
        for id in files {
            let file = self.sources.file(id);
            let mut here: Vec<_> = labels.iter().filter(|label| label.span.file == id).collect();
            let (line, column) = file.position(here[0].span.start);
            let arrow = if id == first.span.file { "-->" } else { ":::" };
            let _ = write!(self.out, "{:width$}", "");
            self.paint(Paint::Frame, arrow);
            let _ = writeln!(self.out, " {}:{line}:{column}", file.shown);
            self.gutter(width, "");
            self.out.push('\n');

            here.sort_by_key(|label| label.span.start);
            let mut shown: Option<usize> = None;
            for label in here {
                let line = file.line_index(label.span.start);
                if shown.is_some_and(|last| line > last + 1) {
                    self.paint(Paint::Frame, "...");
                    self.out.push('\n');
                }
                let mark = if std::ptr::eq(label, first) { ('^', paint) } else { ('-', Paint::Frame) };
                self.label(file, line, width, label, mark, shown != Some(line));
                shown = Some(line);
            }
        }
        width
    }

    fn label(
        &mut self,
        file: &SourceFile,
        line: usize,
        width: usize,
        label: &Label,
        (mark, paint): (char, Paint),
        with_text: bool,
    ) {
        let (_, column) = file.position(label.span.start);
        let text = file.line(line);
        let length = text.chars().count();
        // A label that goes on over several lines marks its first to the end.
        let end = if file.line_index(label.span.end) == line {
            file.position(label.span.end).1 - 1
        } else {
            length
        };
        let start = column - 1;
        let (from, to) = window(length, start);
        if with_text {
            self.gutter(width, &(line + 1).to_string());
            self.out.push(' ');
            if from > 0 {
                self.out.push('…');
            }
            for c in text.chars().skip(from).take(to - from) {
                self.out.push_str(&shown(c));
            }
            if to < length {
                self.out.push('…');
            }
            self.trim();
            self.out.push('\n');
        }
        self.gutter(width, "");
        self.out.push(' ');
        if from > 0 {
            self.out.push(' ');
        }
        for c in text.chars().skip(from).take(start - from) {
            for _ in shown(c).chars() {
                self.out.push(' ');
            }
        }
        let marks: usize = text
            .chars()
            .skip(start)
            .take(end.min(to).saturating_sub(start))
            .map(|c| shown(c).chars().count())
            .sum();
        let mut marks: String = std::iter::repeat_n(mark, marks.max(1)).collect();
        if !label.text.is_empty() {
            let _ = write!(marks, " {}", label.text);
        }
        self.paint(paint, &marks);
        self.out.push('\n');
    }

    fn gutter(&mut self, width: usize, number: &str) {
        self.paint(Paint::Frame, &format!("{number:>width$} |"));
    }

    fn trim(&mut self) {
        self.out.truncate(self.out.trim_end_matches(' ').len());
    }

    fn paint(&mut self, paint: Paint, text: &str) {
        if !self.color {
            self.out.push_str(text);
            return;
        }
        let code = match paint {
            Paint::Error => "1;31",
            Paint::Warning => "1;33",
            Paint::Help => "1;36",
            Paint::Frame => "1;34",
            Paint::Bold => "1",
        };
        let _ = write!(self.out, "\x1b[{code}m{text}\x1b[0m");
    }
}

/// How a character of a source line is shown. What a terminal would act upon is replaced, so that a file
/// cannot write to the screen of whoever compiles it.
fn shown(c: char) -> String {
    match c {
        '\t' => "    ".into(),
        c if c.is_control() => "\u{FFFD}".into(),
        // Bidirectional overrides would show the line in another order than it is compiled.
        '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => "\u{FFFD}".into(),
        c => c.into(),
    }
}

/// The part of a line of `length` characters to show, so that the one at `start` is seen.
fn window(length: usize, start: usize) -> (usize, usize) {
    if length <= FRAME_CHARS_MAX {
        return (0, length);
    }
    let from = start.saturating_sub(FRAME_CHARS_MAX / 2).min(length - FRAME_CHARS_MAX);
    (from, from + FRAME_CHARS_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(start: u32, end: u32) -> Span {
        Span { file: FileId(0), start, end }
    }

    fn report(text: &str, diagnostic: Diagnostic) -> Report {
        let mut sources = SourceMap::default();
        sources.add("a.proto".into(), "dir/a.proto".into(), None, text.into());
        let mut sink = Sink::default();
        sink.push(diagnostic);
        sink.finish(Arc::new(sources))
    }

    #[test]
    fn a_diagnostic_shows_its_place_its_frame_and_its_help() {
        let it = Diagnostic::error("number 1 is used twice")
            .at(span(19, 20), "used again here")
            .at(span(8, 9), "first used here")
            .note("numbers are what goes over the wire")
            .help("use 2");
        let expect = "\
error: number 1 is used twice
 --> dir/a.proto:2:9
  |
1 | int32 a=1;
  |         - first used here
2 | int64 b=1;
  |         ^ used again here
  |
  = note: numbers are what goes over the wire
  = help: use 2
";
        assert_eq!(report("int32 a=1;\nint64 b=1;\n", it).render(false), expect);
    }

    #[test]
    fn a_long_line_is_cut_around_the_label() {
        let text = format!("{}int32 x{}", " ".repeat(500), " ".repeat(500));
        let rendered = report(&text, Diagnostic::error("x").at(span(506, 507), "here")).render(false);
        let longest = rendered.lines().map(|line| line.chars().count()).max();
        assert!(longest < Some(FRAME_CHARS_MAX + 20), "{rendered}");
        assert!(rendered.contains("int32 x"), "{rendered}");
    }

    #[test]
    fn source_text_cannot_drive_the_terminal() {
        let text = "a \x1b[2J \u{202E} b";
        let rendered = report(text, Diagnostic::error("x").at(span(0, 1), "")).render(false);
        assert!(!rendered.contains('\x1b') && !rendered.contains('\u{202E}'), "{rendered}");
    }

    #[test]
    fn colours_come_only_when_asked_for() {
        let it = report("a", Diagnostic::error("x").at(span(0, 1), ""));
        assert!(it.render(true).contains("\x1b[1;31merror"));
        assert!(!it.render(false).contains('\x1b'));
    }

    #[test]
    fn errors_over_the_limit_are_counted_not_kept() {
        let mut sink = Sink::default();
        for _ in 0..DIAGNOSTICS_MAX + 7 {
            sink.push(Diagnostic::error("x"));
        }
        let report = sink.finish(Arc::default());
        assert_eq!(report.diagnostics().count(), DIAGNOSTICS_MAX);
        assert_eq!(report.errors(), DIAGNOSTICS_MAX + 7);
        assert!(report.to_string().ends_with("and 7 more errors; mend these first"));
    }
}
