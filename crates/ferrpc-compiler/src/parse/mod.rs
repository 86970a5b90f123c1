//! Tokens to a syntax tree, by recursive descent. Never stops: a statement that cannot be read is
//! reported and skipped, and the next one is read.

mod decl;
mod field;
mod option;

use std::borrow::Cow;

use crate::ast::{File, Ident, Path};
use crate::comments::{self, Comments};
use crate::edition::Edition;
use crate::info::{Locations, Place};
use crate::lex::{Kind, Token};
use crate::literal;
use crate::report::{Diagnostic, Sink};
use crate::span::{FileId, Span};

/// Parses one file. `tokens` are those of `text`, the last of them [`Kind::End`].
pub(crate) fn parse<'s>(id: FileId, text: &'s str, tokens: &[Token], sink: &mut Sink) -> File<'s> {
    let mut parser = Parser {
        id,
        text,
        tokens,
        at: 0,
        sink,
        edition: Edition::Proto2,
        path: Vec::new(),
        locations: Locations::default(),
        upcoming: Comments::default(),
        message_depth: 0,
        imported: [0; 4],
        range_options: 0,
        lost: false,
    };
    let mut file = parser.file();
    file.locations = std::mem::take(&mut parser.locations);
    file.broken = parser.lost;
    file
}

/// A statement could not be read; why has been reported.
#[derive(Debug)]
struct Failed;

type Parsed<T> = Result<T, Failed>;

struct Parser<'s, 'p> {
    id: FileId,
    text: &'s str,
    tokens: &'p [Token],
    at: usize,
    sink: &'p mut Sink,
    edition: Edition,
    /// Path of the declaration being read, as in the source info.
    path: Vec<i32>,
    locations: Locations,
    /// Comments read behind the last declaration that belong to the next one.
    upcoming: Comments,
    message_depth: usize,
    /// Imports so far, by [`ImportKind`](crate::ast::ImportKind).
    imported: [usize; 4],
    /// Copies of options that extension ranges have had so far.
    range_options: usize,
    /// Whether a declaration that others may name was skipped, or taken for part of another one.
    lost: bool,
}

// Looking at tokens and taking them.
impl<'s> Parser<'s, '_> {
    fn peek(&self) -> Token {
        self.tokens[self.at]
    }

    fn ahead(&self, count: usize) -> Token {
        self.tokens[(self.at + count).min(self.tokens.len() - 1)]
    }

    fn text_of(&self, token: Token) -> &'s str {
        self.text.get(token.start as usize..token.end as usize).unwrap_or("")
    }

    fn span_of(&self, token: Token) -> Span {
        Span { file: self.id, start: token.start, end: token.end }
    }

    fn here(&self) -> Span {
        self.span_of(self.peek())
    }

    /// The token before; at the start of the file, its start.
    fn before(&self) -> Span {
        match self.at.checked_sub(1) {
            Some(at) => self.span_of(self.tokens[at]),
            None => Span { file: self.id, start: 0, end: 0 },
        }
    }

    fn at_end(&self) -> bool {
        self.peek().kind == Kind::End
    }

    fn is(&self, sign: u8) -> bool {
        self.peek().kind == Kind::Punct(sign)
    }

    fn is_word(&self, word: &str) -> bool {
        self.peek().kind == Kind::Ident && self.text_of(self.peek()) == word
    }

    fn next(&mut self) -> Token {
        let token = self.peek();
        // The end is never passed.
        if token.kind != Kind::End {
            self.at += 1;
        }
        token
    }

    fn take(&mut self, sign: u8) -> bool {
        let found = self.is(sign);
        if found {
            self.next();
        }
        found
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        if found {
            self.next();
        }
        found
    }

    /// Whether the next token stands on another line than the one before it.
    fn on_new_line(&self) -> bool {
        let gap = self.before().end as usize..self.peek().start as usize;
        self.at == 0 || self.text.get(gap).is_some_and(|gap| gap.contains('\n'))
    }

    fn expect(&mut self, sign: u8, why: &str) -> Parsed<()> {
        if self.take(sign) {
            return Ok(());
        }
        let sign = char::from(sign);
        let why = if why.is_empty() { String::new() } else { format!(" {why}") };
        Err(self.unexpected(&format!("`{sign}`{why}")))
    }

    fn ident(&mut self, what: &str) -> Parsed<Ident<'s>> {
        if self.peek().kind != Kind::Ident {
            return Err(self.unexpected(what));
        }
        let token = self.next();
        Ok(Ident { text: Cow::Borrowed(self.text_of(token)), span: self.span_of(token) })
    }

    /// `a.b.c`, with a leading dot where one may stand.
    fn path_name(&mut self, what: &str) -> Parsed<Path<'s>> {
        let start = self.here();
        let leading = self.take(b'.');
        let first = self.ident(what)?;
        let mut end = first.span;
        let mut parts = vec![first.text];
        while self.is(b'.') {
            self.next();
            let part = self.ident("a name after `.`")?;
            end = part.span;
            parts.push(part.text);
        }
        let span = start.to(end);
        let slice = self.text.get(span.start as usize..span.end as usize).unwrap_or("");
        let length = parts.iter().map(|it| it.len() + 1).sum::<usize>() - usize::from(!leading);
        // White space may stand around the dots; then the name has to be put together.
        let text = if slice.len() == length {
            Cow::Borrowed(slice)
        } else {
            Cow::Owned(format!("{}{}", if leading { "." } else { "" }, parts.join(".")))
        };
        Ok(Path { text, span })
    }

    /// One or more strings in a row are one. The span is that of all of them.
    fn string(&mut self, what: &str) -> Parsed<(Vec<u8>, Span)> {
        let token = self.peek();
        let alone = matches!(self.ahead(1).kind, Kind::Punct(b';' | b',' | b']'));
        if alone && matches!(token.kind, Kind::Ident | Kind::Int | Kind::Float) {
            let it = Diagnostic::error(format!("expected {what}, found {}", self.found()))
                .at(self.here(), format!("expected {what}"))
                .help(format!("write it in quotes: \"{}\"", self.text_of(token)));
            self.report(it);
            return Err(Failed);
        }
        if token.kind != Kind::Str {
            return Err(self.unexpected(what));
        }
        let start = self.here();
        let mut value = Vec::new();
        while self.peek().kind == Kind::Str {
            let token = self.next();
            literal::bytes(self.text_of(token), &mut value);
        }
        Ok((value, start.to(self.before())))
    }

    /// A string that must be text.
    fn text_string(&mut self, what: &str) -> Parsed<(String, Span)> {
        let (value, span) = self.string(what)?;
        let text = String::from_utf8(value).unwrap_or_else(|wrong| {
            let it =
                Diagnostic::error("this string is not valid UTF-8").at(span, "its escapes spell other bytes");
            self.report(it);
            String::from_utf8_lossy(wrong.as_bytes()).into_owned()
        });
        Ok((text, span))
    }
}

// Source info and comments.
impl Parser<'_, '_> {
    /// Begins a location at the next token; `tail` are the steps of its path from the declaration's own.
    fn open(&mut self, tail: &[i32]) -> Place {
        let start = self.peek().start;
        self.locations.open(&self.path, tail, start)
    }

    /// Ends a location at the token before.
    fn close(&mut self, place: Place) {
        let end = self.before().end;
        self.locations.close(place, end);
    }

    /// Notes a location that is already behind.
    fn note(&mut self, tail: &[i32], span: Span) -> Place {
        let place = self.locations.open(&self.path, tail, span.start);
        self.locations.close(place, span.end);
        place
    }

    /// The comments between the token before and the next one.
    fn gap(&self) -> Comments {
        let gap = self.before().end as usize..self.peek().start as usize;
        let closes = matches!(self.peek().kind, Kind::Punct(b'}' | b']' | b')'));
        comments::between(self.text.get(gap).unwrap_or(""), self.at == 0, closes, self.at_end())
    }

    /// Takes the token that ends a declaration, or its head. Comments before the declaration and behind
    /// this token go to `place`; those before the next one are kept for it.
    fn end_of_declaration(&mut self, sign: u8, place: Option<Place>) {
        debug_assert!(self.is(sign));
        self.next();
        let Comments { leading, trailing, detached } = self.gap();
        let leading = std::mem::replace(&mut self.upcoming.leading, leading);
        match place {
            Some(place) => {
                let detached = std::mem::replace(&mut self.upcoming.detached, detached);
                self.locations.attach(place, Comments { leading, trailing, detached });
            }
            None if sign == b'}' => self.upcoming.detached = detached,
            None => self.upcoming.detached.extend(detached),
        }
    }

    /// Takes the `;` of a declaration and ends its location. If it is missing, that is reported, and if the next line starts
    /// something new the declaration stands as if it were there.
    fn semicolon(&mut self, place: Place) -> Parsed<()> {
        if self.is(b';') {
            self.end_of_declaration(b';', Some(place));
            self.close(place);
            return Ok(());
        }
        if self.on_new_line() || self.is(b'}') || self.at_end() {
            let it = Diagnostic::error("missing `;`").at(self.before().after(), "expected `;` here");
            self.report(it);
            self.close(place);
            return Ok(());
        }
        Err(self.unexpected("`;`"))
    }
}

// Errors and going on after them.
impl Parser<'_, '_> {
    fn report(&mut self, diagnostic: Diagnostic) {
        self.sink.push(diagnostic);
    }

    /// What the next token is, for people.
    fn found(&self) -> String {
        let token = self.peek();
        match token.kind {
            Kind::End => "the end of the file".to_owned(),
            Kind::Str => "a string".to_owned(),
            _ => format!("`{}`", self.text_of(token)),
        }
    }

    fn unexpected(&mut self, wanted: &str) -> Failed {
        let comment = self.is(b'#').then_some("comments start with `//`");
        let it = Diagnostic::error(format!("expected {wanted}, found {}", self.found()))
            .at(self.here(), format!("expected {wanted}"))
            .maybe_help(comment);
        self.report(it);
        Failed
    }

    /// Skips the rest of a statement: up to its `;`, or over its block, or up to what closes the block
    /// around it, or to a line that starts like another statement.
    fn skip_statement(&mut self) {
        let start = self.at;
        self.lost |= self.loses();
        loop {
            match self.peek().kind {
                Kind::End | Kind::Punct(b'}') => return,
                Kind::Punct(b';') => {
                    self.end_of_declaration(b';', None);
                    return;
                }
                Kind::Punct(b'{') => {
                    self.skip_block();
                    return;
                }
                Kind::Ident if self.at > start && self.on_new_line() && self.starts_statement() => return,
                _ => {
                    self.next();
                }
            }
        }
    }

    /// Whether the statement that is about to be skipped may declare something that others name: it has a
    /// block, or says that it brings names.
    fn loses(&self) -> bool {
        let ends = |it: &&Token| matches!(it.kind, Kind::Punct(b';' | b'{' | b'}') | Kind::End);
        // Looks at so many tokens on either side only, lest a file of nothing else takes the square of them.
        let (before, behind) = self.tokens.split_at(self.at);
        let before = before.iter().rev().take(LOOK_MAX).take_while(|it| !ends(it));
        let behind = behind.iter().take(LOOK_MAX);
        let Some(end) = behind.clone().find(ends) else { return true };
        let mut statement = before.chain(behind.take_while(|it| !ends(it)));
        let brings = |it: &Token| {
            it.kind == Kind::Ident
                && matches!(
                    self.text_of(*it),
                    "import" | "package" | "message" | "enum" | "group" | "service" | "extend"
                )
        };
        end.kind == Kind::Punct(b'{') || statement.any(brings)
    }

    fn starts_statement(&self) -> bool {
        matches!(
            self.text_of(self.peek()),
            "message"
                | "enum"
                | "service"
                | "rpc"
                | "oneof"
                | "extend"
                | "import"
                | "option"
                | "package"
                | "reserved"
                | "extensions"
                | "repeated"
                | "optional"
                | "required"
        )
    }

    /// Skips a block, braces included. Not recursive: the input may be nothing but braces.
    fn skip_block(&mut self) {
        let mut depth = 0_usize;
        loop {
            match self.peek().kind {
                Kind::End => return,
                Kind::Punct(b'{') => depth += 1,
                Kind::Punct(b'}') => {
                    depth -= 1;
                    if depth == 0 {
                        self.end_of_declaration(b'}', None);
                        return;
                    }
                }
                _ => {}
            }
            self.next();
        }
    }

    /// Takes the `{` of a declaration and gives its place.
    fn open_brace(&mut self, place: Place, what: &str) -> Parsed<Span> {
        if !self.is(b'{') {
            return Err(self.unexpected(&format!("`{{` to begin the {what}")));
        }
        let span = self.here();
        self.end_of_declaration(b'{', Some(place));
        Ok(span)
    }

    /// Takes the `}` of a block and says whether the block is over, by it or by the end of the file.
    fn block_ended(&mut self, open: Span) -> bool {
        if self.is(b'}') {
            self.end_of_declaration(b'}', None);
            return true;
        }
        if self.at_end() {
            self.lost = true;
            let it = Diagnostic::error("this `{` is never closed")
                .at(open, "opened here")
                .at(self.here(), "the file ends here");
            self.report(it);
            return true;
        }
        false
    }

    /// Runs a statement's parser with a longer path, whatever comes of it.
    fn within<T>(&mut self, steps: [i32; 2], parse: impl FnOnce(&mut Self) -> T) -> T {
        let length = self.path.len();
        self.path.extend_from_slice(&steps);
        let result = parse(self);
        self.path.truncate(length);
        result
    }
}

/// Tokens looked at to tell what a statement would have declared.
const LOOK_MAX: usize = 64;

/// Field numbers of descriptor.proto, the steps of a path.
mod tag {
    pub(super) const FILE_PACKAGE: i32 = 2;
    pub(super) const FILE_DEPENDENCY: i32 = 3;
    pub(super) const FILE_MESSAGE: i32 = 4;
    pub(super) const FILE_ENUM: i32 = 5;
    pub(super) const FILE_SERVICE: i32 = 6;
    pub(super) const FILE_EXTENSION: i32 = 7;
    pub(super) const FILE_OPTIONS: i32 = 8;
    pub(super) const FILE_PUBLIC_DEPENDENCY: i32 = 10;
    pub(super) const FILE_WEAK_DEPENDENCY: i32 = 11;
    /// Of the edition too, which has a number of its own: so does protoc.
    pub(super) const FILE_SYNTAX: i32 = 12;
    pub(super) const FILE_OPTION_DEPENDENCY: i32 = 15;

    pub(super) const NAME: i32 = 1;

    pub(super) const MESSAGE_FIELD: i32 = 2;
    pub(super) const MESSAGE_NESTED: i32 = 3;
    pub(super) const MESSAGE_ENUM: i32 = 4;
    pub(super) const MESSAGE_EXTENSION_RANGE: i32 = 5;
    pub(super) const MESSAGE_EXTENSION: i32 = 6;
    pub(super) const MESSAGE_OPTIONS: i32 = 7;
    pub(super) const MESSAGE_ONEOF: i32 = 8;
    pub(super) const MESSAGE_RESERVED_RANGE: i32 = 9;
    pub(super) const MESSAGE_RESERVED_NAME: i32 = 10;

    pub(super) const RANGE_START: i32 = 1;
    pub(super) const RANGE_END: i32 = 2;
    pub(super) const RANGE_OPTIONS: i32 = 3;

    pub(super) const FIELD_EXTENDEE: i32 = 2;
    pub(super) const FIELD_NUMBER: i32 = 3;
    pub(super) const FIELD_LABEL: i32 = 4;
    pub(super) const FIELD_TYPE: i32 = 5;
    pub(super) const FIELD_TYPE_NAME: i32 = 6;
    pub(super) const FIELD_DEFAULT: i32 = 7;
    pub(super) const FIELD_OPTIONS: i32 = 8;
    pub(super) const FIELD_JSON_NAME: i32 = 10;

    pub(super) const ONEOF_OPTIONS: i32 = 2;

    pub(super) const ENUM_VALUE: i32 = 2;
    pub(super) const ENUM_OPTIONS: i32 = 3;
    pub(super) const ENUM_RESERVED_RANGE: i32 = 4;
    pub(super) const ENUM_RESERVED_NAME: i32 = 5;
    pub(super) const VALUE_NUMBER: i32 = 2;
    pub(super) const VALUE_OPTIONS: i32 = 3;

    pub(super) const SERVICE_METHOD: i32 = 2;
    pub(super) const SERVICE_OPTIONS: i32 = 3;
    pub(super) const METHOD_INPUT: i32 = 2;
    pub(super) const METHOD_OUTPUT: i32 = 3;
    pub(super) const METHOD_OPTIONS: i32 = 4;
    pub(super) const METHOD_CLIENT_STREAMING: i32 = 5;
    pub(super) const METHOD_SERVER_STREAMING: i32 = 6;

    pub(super) const UNINTERPRETED_OPTION: i32 = 999;
}

/// An index as a step of a path.
fn step(index: usize) -> i32 {
    crate::span::index(index)
}
