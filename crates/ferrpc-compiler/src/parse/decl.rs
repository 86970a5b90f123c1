//! Files, messages, enums and services.

use std::collections::HashSet;

use super::{Failed, Parsed, Parser, step, tag};
use crate::ast::{
    Enum, EnumValue, Field, File, Ident, Import, ImportKind, Message, MessageKind, Method, NamedType, Number,
    Oneof, Range, RangeEnd, RangeOptions, ReservedName, Service, Visibility,
};
use crate::edition::Edition;
use crate::info::{Locations, Place};
use crate::lex::Kind;
use crate::limits::{MESSAGE_DEPTH_MAX, PACKAGE_BYTES_MAX, PACKAGE_PARTS_MAX, RANGE_OPTIONS_MAX};
use crate::report::Diagnostic;
use crate::span::Span;
use crate::symbols::SymbolId;

/// Where the declarations of one scope go: those of a file or of a message.
pub(super) struct Scope<'a, 's> {
    pub(super) messages: &'a mut Vec<Message<'s>>,
    /// The step of a message in this scope.
    pub(super) message_step: i32,
}

impl<'s> Parser<'s, '_> {
    pub(super) fn file(&mut self) -> File<'s> {
        let mut file = File {
            id: self.id,
            edition: Edition::Proto2,
            syntax_span: None,
            package: None,
            imports: Vec::new(),
            messages: Vec::new(),
            enums: Vec::new(),
            services: Vec::new(),
            extensions: Vec::new(),
            options: Vec::new(),
            locations: Locations::default(),
            broken: false,
        };
        self.upcoming = self.gap();
        let root = self.open(&[]);
        if self.is_word("syntax") || self.is_word("edition") {
            if self.syntax(&mut file).is_err() {
                self.skip_statement();
            }
            self.edition = file.edition;
        }
        while !self.at_end() {
            if self.file_statement(&mut file).is_ok() {
                continue;
            }
            self.skip_statement();
            if self.is(b'}') {
                self.lost = true;
                let it = Diagnostic::error("unmatched `}`").at(self.here(), "no `{` is open here");
                self.report(it);
                self.end_of_declaration(b'}', None);
            }
        }
        self.close(root);
        file
    }

    fn syntax(&mut self, file: &mut File<'s>) -> Parsed<()> {
        let edition = self.is_word("edition");
        let place = self.open(&[tag::FILE_SYNTAX]);
        self.next();
        self.expect(b'=', "")?;
        let (name, span) = self.text_string("a string")?;
        file.syntax_span = Some(span);
        file.edition = match name.as_str() {
            _ if edition => Edition::from_name(&name).unwrap_or_else(|| {
                let names = Edition::NAMED.map(|it| format!("`{}`", it.1)).join(", ");
                let it = Diagnostic::error(format!("there is no edition `{name}`"))
                    .at(span, format!("expected one of {names}"));
                self.report(it);
                // The latest of those without rules of style: what follows is judged mildly.
                Edition::E2023
            }),
            "proto2" => Edition::Proto2,
            "proto3" => Edition::Proto3,
            _ => {
                let it = Diagnostic::error(format!("there is no syntax `{name}`"))
                    .at(span, "expected `proto2` or `proto3`");
                self.report(it);
                Edition::Proto3
            }
        };
        self.semicolon(place)
    }

    fn file_statement(&mut self, file: &mut File<'s>) -> Parsed<()> {
        if self.is(b';') {
            self.end_of_declaration(b';', None);
            return Ok(());
        }
        let word = if self.peek().kind == Kind::Ident { self.text_of(self.peek()) } else { "" };
        match word {
            "message" => self.message(&mut file.messages, tag::FILE_MESSAGE, None),
            "enum" => self.enumeration(&mut file.enums, tag::FILE_ENUM, None),
            "service" => self.service(&mut file.services),
            "extend" => {
                let scope = Scope { messages: &mut file.messages, message_step: tag::FILE_MESSAGE };
                self.extend(&mut file.extensions, tag::FILE_EXTENSION, scope)
            }
            "import" => self.import(&mut file.imports),
            "package" => self.package(file),
            "option" => self.option_statement(&mut file.options, &[tag::FILE_OPTIONS]),
            "syntax" | "edition" => {
                let it = Diagnostic::error(format!("`{word}` must be the first statement of the file"))
                    .at(self.here(), "comes too late here");
                self.report(it);
                Err(Failed)
            }
            "export" | "local" if self.edition < Edition::E2024 => {
                let it = Diagnostic::error(format!("`{word}` belongs to edition 2024"))
                    .at(self.here(), format!("not in {}", self.edition.shown()))
                    .help("leave it out: everything is exported here");
                self.report(it);
                self.next();
                self.file_statement(file)
            }
            "export" | "local" => {
                let visibility = self.visibility()?;
                if self.is_word("enum") {
                    self.enumeration(&mut file.enums, tag::FILE_ENUM, visibility)
                } else {
                    self.message(&mut file.messages, tag::FILE_MESSAGE, visibility)
                }
            }
            _ => Err(self.unknown_statement("a declaration", &FILE_WORDS)),
        }
    }

    /// Reports a statement that begins like none of those that may stand here.
    pub(super) fn unknown_statement(&mut self, wanted: &str, words: &[&str]) -> Failed {
        if self.is(b'}') {
            return Failed;
        }
        let word = self.text_of(self.peek());
        let list = words.iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", ");
        let list = if words.len() == 1 { list } else { format!("one of {list}") };
        let mut it = Diagnostic::error(format!("expected {wanted}, found {}", self.found()))
            .at(self.here(), format!("expected {list}"));
        if let Some(near) = crate::suggest::nearest(word, self.sink, words.iter().copied()) {
            it = it.help(format!("did you mean `{near}`?"));
        } else if self.ahead(1).kind == Kind::Ident && words.contains(&"message") && !words.contains(&"oneof")
        {
            it = it.help("fields belong inside a `message`");
        }
        self.report(it);
        Failed
    }

    fn import(&mut self, imports: &mut Vec<Import>) -> Parsed<()> {
        let start = self.here();
        let mut kind = match self.text_of(self.ahead(1)) {
            "public" => ImportKind::Public,
            "weak" => ImportKind::Weak,
            "option" => ImportKind::Option,
            _ => ImportKind::Plain,
        };
        let of_options = self.imported[ImportKind::Option as usize];
        let place = match kind {
            ImportKind::Option => self.open(&[tag::FILE_OPTION_DEPENDENCY, step(of_options)]),
            _ => self.open(&[tag::FILE_DEPENDENCY, step(imports.len() - of_options)]),
        };
        self.next();
        if of_options > 0 && kind != ImportKind::Option {
            let it = Diagnostic::error("imports come before all `import option`")
                .at(start, "comes too late here")
                .help("move it up");
            self.report(it);
        }
        let word = self.here();
        let nth = step(self.imported[kind as usize]);
        match kind {
            ImportKind::Plain => {}
            ImportKind::Public => {
                self.note(&[tag::FILE_PUBLIC_DEPENDENCY, nth], word);
            }
            ImportKind::Weak => {
                if self.edition >= Edition::E2024 {
                    let it = Diagnostic::error("weak imports ended with edition 2023")
                        .at(start.to(word), format!("not in {}", self.edition.shown()))
                        .help("use `import option` for what only options need, or a plain `import`");
                    self.report(it);
                }
                self.note(&[tag::FILE_WEAK_DEPENDENCY, nth], word);
            }
            ImportKind::Option => {
                if self.edition < Edition::E2024 {
                    let it = Diagnostic::error("`import option` belongs to edition 2024")
                        .at(start.to(word), format!("not in {}", self.edition.shown()))
                        .help("use a plain `import`");
                    self.report(it);
                    // Goes on as what it would have to be.
                    kind = ImportKind::Plain;
                }
            }
        }
        if matches!(self.text_of(self.peek()), "public" | "weak" | "option") {
            self.next();
        }
        let (name, span) = self.text_string("the name of a file, in quotes")?;
        self.imported[kind as usize] += 1;
        imports.push(Import { name, span, kind, file: None });
        self.semicolon(place)
    }

    fn package(&mut self, file: &mut File<'s>) -> Parsed<()> {
        let place = self.open(&[tag::FILE_PACKAGE]);
        let keyword = self.here();
        self.next();
        let path = self.path_name("the name of a package")?;
        if path.text.starts_with('.') {
            self.lost = true;
            let it = Diagnostic::error("a package name cannot start with a dot").at(path.span, "");
            self.report(it);
        } else if let Some(first) = &file.package {
            self.lost = true;
            let it = Diagnostic::error("a file has one package")
                .at(keyword.to(path.span), "declared again here")
                .at(first.span, "first declared here");
            self.report(it);
        } else {
            let parts = path.text.split('.').count();
            if path.text.len() > PACKAGE_BYTES_MAX || parts > PACKAGE_PARTS_MAX {
                let it = Diagnostic::error("this name of a package is too long")
                    .at(path.span, format!("has {parts} parts and {} bytes", path.text.len()))
                    .note(format!("the limits are {PACKAGE_PARTS_MAX} parts and {PACKAGE_BYTES_MAX} bytes"));
                self.report(it);
            }
            file.package = Some(path);
        }
        self.semicolon(place)
    }

    /// `export` or `local`, behind which a message or an enum must follow.
    fn visibility(&mut self) -> Parsed<Option<Visibility>> {
        let word = self.text_of(self.peek());
        let visibility = if word == "export" { Visibility::Export } else { Visibility::Local };
        self.next();
        if self.is_word("message") || self.is_word("enum") {
            return Ok(Some(visibility));
        }
        let it =
            Diagnostic::error(format!("expected `message` or `enum` after `{word}`, found {}", self.found()))
                .at(self.here(), "has no visibility");
        let it = if self.peek().kind == Kind::Ident {
            it.note("from edition 2024 on no field's type can begin with `export` or `local`; write it with a dot in front")
        } else {
            it
        };
        self.report(it);
        Err(Failed)
    }

    fn message(
        &mut self,
        messages: &mut Vec<Message<'s>>,
        list: i32,
        visibility: Option<Visibility>,
    ) -> Parsed<()> {
        self.within([list, step(messages.len())], |it| {
            let place = it.open(&[]);
            it.next();
            let name = it.named(&[tag::NAME], "the name of a message")?;
            let mut message = Message { visibility, ..empty_message(name, MessageKind::Plain) };
            let body = it.message_body(&mut message, place);
            messages.push(message);
            it.close(place);
            body
        })
    }

    /// A name at its own location.
    pub(super) fn named(&mut self, tail: &[i32], what: &str) -> Parsed<Ident<'s>> {
        let place = self.open(tail);
        let name = self.ident(what)?;
        self.close(place);
        Ok(name)
    }

    /// Everything in the braces of a message or group. `path` is the message's.
    pub(super) fn message_body(&mut self, message: &mut Message<'s>, place: Place) -> Parsed<()> {
        let open = self.open_brace(place, "message")?;
        if self.message_depth == MESSAGE_DEPTH_MAX {
            self.lost = true;
            let it = Diagnostic::error(format!("messages are nested more than {MESSAGE_DEPTH_MAX} deep"))
                .at(open, "this one is too deep")
                .help("declare it outside and name it here");
            self.report(it);
            // Back to the brace, to skip the whole block.
            self.at -= 1;
            self.skip_block();
            return Ok(());
        }
        self.message_depth += 1;
        while !self.block_ended(open) {
            if self.message_statement(message).is_err() {
                self.skip_statement();
            }
        }
        self.message_depth -= 1;
        if self.edition == Edition::Proto3 {
            add_synthetic_oneofs(message);
        }
        Ok(())
    }

    fn message_statement(&mut self, message: &mut Message<'s>) -> Parsed<()> {
        if self.is(b';') {
            self.end_of_declaration(b';', None);
            return Ok(());
        }
        let word = if self.peek().kind == Kind::Ident { self.text_of(self.peek()) } else { "" };
        match word {
            "message" => self.message(&mut message.messages, tag::MESSAGE_NESTED, None),
            "enum" => self.enumeration(&mut message.enums, tag::MESSAGE_ENUM, None),
            "export" | "local" if self.edition >= Edition::E2024 => {
                let visibility = self.visibility()?;
                if self.is_word("enum") {
                    self.enumeration(&mut message.enums, tag::MESSAGE_ENUM, visibility)
                } else {
                    self.message(&mut message.messages, tag::MESSAGE_NESTED, visibility)
                }
            }
            "extensions" => self.extensions(message),
            "reserved" => self.reserved(
                &mut message.reserved_ranges,
                &mut message.reserved_names,
                [tag::MESSAGE_RESERVED_RANGE, tag::MESSAGE_RESERVED_NAME],
            ),
            "extend" => {
                let scope = Scope { messages: &mut message.messages, message_step: tag::MESSAGE_NESTED };
                self.extend(&mut message.extensions, tag::MESSAGE_EXTENSION, scope)
            }
            "option" => self.option_statement(&mut message.options, &[tag::MESSAGE_OPTIONS]),
            "oneof" => self.oneof(message),
            _ => {
                if self.peek().kind != Kind::Ident && !self.is(b'.') {
                    return Err(self.unexpected("a field or another declaration"));
                }
                let Message { fields, messages, .. } = message;
                let scope = Scope { messages, message_step: tag::MESSAGE_NESTED };
                self.field(fields, tag::MESSAGE_FIELD, scope, None, None)
            }
        }
    }

    fn oneof(&mut self, message: &mut Message<'s>) -> Parsed<()> {
        let index = message.oneofs.len();
        let base = self.path.len();
        let place = self.open(&[tag::MESSAGE_ONEOF, step(index)]);
        self.next();
        let name = self.named(&[tag::MESSAGE_ONEOF, step(index), tag::NAME], "the name of a oneof")?;
        message.oneofs.push(Oneof { name, options: Vec::new(), symbol: SymbolId::UNSET });
        let open = self.open_brace(place, "oneof")?;
        let mut empty = true;
        while !self.block_ended(open) {
            debug_assert_eq!(self.path.len(), base, "statements give the path back");
            if self.is(b';') {
                let it = Diagnostic::error("expected a field, found `;`")
                    .at(self.here(), "a oneof has no empty statements")
                    .help("remove it");
                self.report(it);
                self.end_of_declaration(b';', None);
                continue;
            }
            let tail = [tag::MESSAGE_ONEOF, step(index), tag::ONEOF_OPTIONS];
            let result = if self.is_word("option") {
                self.option_statement(&mut message.oneofs[index].options, &tail)
            } else {
                empty = false;
                self.oneof_label();
                let Message { fields, messages, .. } = message;
                let scope = Scope { messages, message_step: tag::MESSAGE_NESTED };
                self.field(fields, tag::MESSAGE_FIELD, scope, Some(index), None)
            };
            if result.is_err() {
                self.skip_statement();
            }
        }
        if empty {
            let name = &message.oneofs[index].name;
            let it = Diagnostic::error(format!("oneof `{}` has no fields", name.text))
                .at(name.span, "needs at least one field");
            self.report(it);
        }
        self.close(place);
        Ok(())
    }

    /// A label in a oneof is an error that the rest of the field survives.
    fn oneof_label(&mut self) {
        let word = self.text_of(self.peek());
        if !matches!(word, "optional" | "required" | "repeated") || self.peek().kind != Kind::Ident {
            return;
        }
        let it = Diagnostic::error("fields of a oneof have no label").at(self.here(), "not allowed here");
        let it = match word {
            "repeated" => it.help("wrap the list in a message of its own"),
            _ => it.help(format!("remove `{word}`: a oneof knows which of its fields is set")),
        };
        self.report(it);
        self.next();
    }

    fn extend(&mut self, extensions: &mut Vec<Field<'s>>, list: i32, scope: Scope<'_, 's>) -> Parsed<()> {
        let place = self.open(&[list]);
        self.next();
        let extendee = self.message_name("the message to extend")?;
        let open = self.open_brace(place, "extension")?;
        let mut empty = true;
        while !self.block_ended(open) {
            if self.is(b';') {
                let it = Diagnostic::error("expected a field, found `;`")
                    .at(self.here(), "`extend` has no empty statements")
                    .help("remove it");
                self.report(it);
                self.end_of_declaration(b';', None);
                continue;
            }
            empty = false;
            let scope = Scope { messages: &mut *scope.messages, message_step: scope.message_step };
            if self.field(extensions, list, scope, None, Some(&extendee)).is_err() {
                self.lost = true;
                self.skip_statement();
            }
        }
        if empty {
            let it = Diagnostic::error("`extend` without fields").at(extendee.span, "extended by nothing");
            self.report(it);
        }
        self.close(place);
        Ok(())
    }

    fn extensions(&mut self, message: &mut Message<'s>) -> Parsed<()> {
        let first = message.extension_ranges.len();
        let place = self.open(&[tag::MESSAGE_EXTENSION_RANGE]);
        self.next();
        self.ranges(&mut message.extension_ranges, tag::MESSAGE_EXTENSION_RANGE)?;
        if self.is(b'[') {
            let shared = message.range_options.len();
            let start = self.locations.next();
            let mut options = Vec::new();
            let tail = [tag::MESSAGE_EXTENSION_RANGE, step(first), tag::RANGE_OPTIONS];
            let read = self.bracketed_options(&mut options, &tail);
            let end = self.locations.next();
            let index_at = self.path.len() + 1;
            let count = message.extension_ranges.len() - first;
            self.range_options += options.len() * count;
            if self.range_options > RANGE_OPTIONS_MAX {
                let it = Diagnostic::error("too many options of extension ranges")
                    .at(self.before(), format!("{} options for each of {count} ranges", options.len()))
                    .note(format!(
                        "each range has a copy of them; the limit is {RANGE_OPTIONS_MAX} in a file"
                    ));
                self.report(it);
                return Err(Failed);
            }
            for (nth, range) in message.extension_ranges[first..].iter_mut().enumerate() {
                let moved = match nth {
                    0 => 0,
                    _ => self.locations.repeat(start, end, index_at, step(first + nth)),
                };
                let places = options.iter().map(|it| it.place.moved_by(moved)).collect();
                range.options = Some(RangeOptions { shared, places });
            }
            message.range_options.push(options);
            read?;
        }
        self.semicolon(place)
    }

    fn ranges(&mut self, ranges: &mut Vec<Range>, list: i32) -> Parsed<()> {
        loop {
            let nth = step(ranges.len());
            let place = self.open(&[list, nth]);
            let start_place = self.open(&[list, nth, tag::RANGE_START]);
            let first = self.here();
            let start = self.number("a number or a range like `4 to 8`")?;
            self.close(start_place);
            let end = if self.take_word("to") {
                let end_place = self.open(&[list, nth, tag::RANGE_END]);
                let end = if self.take_word("max") {
                    RangeEnd::Max
                } else {
                    RangeEnd::At(self.number("the end of the range, a number or `max`")?)
                };
                self.close(end_place);
                end
            } else {
                // Its first token only, be that the minus: so does protoc.
                self.note(&[list, nth, tag::RANGE_END], first);
                RangeEnd::At(start)
            };
            self.close(place);
            let span = start.span.to(self.before());
            ranges.push(Range { start, end, options: None, span });
            if !self.take(b',') {
                return Ok(());
            }
        }
    }

    fn reserved(
        &mut self,
        ranges: &mut Vec<Range>,
        names: &mut Vec<ReservedName>,
        [range_list, name_list]: [i32; 2],
    ) -> Parsed<()> {
        let keyword = self.here();
        self.next();
        let quoted = self.peek().kind == Kind::Str;
        if quoted || self.peek().kind == Kind::Ident {
            let legacy = self.edition.is_legacy();
            if quoted && !legacy {
                let it = Diagnostic::error("in editions reserved names are written without quotes")
                    .at(self.here(), "expected a name or a number")
                    .help("remove the quotes");
                self.report(it);
            } else if !quoted && legacy {
                let it = Diagnostic::error("reserved names are written in quotes")
                    .at(self.here(), "expected a string or a number")
                    .help(format!("write \"{}\"", self.text_of(self.peek())));
                self.report(it);
            }
            let place = self.locations.open(&self.path, &[name_list], keyword.start);
            loop {
                let name_place = self.open(&[name_list, step(names.len())]);
                let (name, span) = if quoted {
                    self.text_string("a name in quotes")?
                } else {
                    let it = self.ident("a name")?;
                    (it.text.into_owned(), it.span)
                };
                self.close(name_place);
                names.push(ReservedName { name, span });
                if !self.take(b',') {
                    break;
                }
            }
            return self.reserved_end(place);
        }
        let place = self.locations.open(&self.path, &[range_list], keyword.start);
        self.ranges(ranges, range_list)?;
        self.reserved_end(place)
    }

    fn reserved_end(&mut self, place: Place) -> Parsed<()> {
        if self.peek().kind == Kind::Str || self.peek().kind == Kind::Int {
            let it = Diagnostic::error(format!("expected `,` or `;`, found {}", self.found()))
                .at(self.here(), "one statement reserves either numbers or names")
                .help("separate them by `,`, or use two statements");
            self.report(it);
            return Err(Failed);
        }
        self.semicolon(place)
    }

    /// An integer, with a minus if somebody wrote one. Too large ones stay too large.
    pub(super) fn number(&mut self, what: &str) -> Parsed<Number> {
        let start = self.here();
        let minus = self.take(b'-');
        if self.peek().kind != Kind::Int {
            return Err(self.unexpected(what));
        }
        let token = self.next();
        let value = crate::literal::int(self.text_of(token)).and_then(|it| i64::try_from(it).ok());
        let value = value.unwrap_or(TOO_LARGE).min(TOO_LARGE);
        Ok(Number { value: if minus { -value } else { value }, span: start.to(self.span_of(token)) })
    }

    fn enumeration(
        &mut self,
        enums: &mut Vec<Enum<'s>>,
        list: i32,
        visibility: Option<Visibility>,
    ) -> Parsed<()> {
        self.within([list, step(enums.len())], |it| {
            let place = it.open(&[]);
            it.next();
            let name = it.named(&[tag::NAME], "the name of an enum")?;
            let mut this = Enum {
                name,
                visibility,
                values: Vec::new(),
                reserved_ranges: Vec::new(),
                reserved_names: Vec::new(),
                options: Vec::new(),
                broken: false,
                symbol: SymbolId::UNSET,
            };
            let open = it.open_brace(place, "enum");
            this.broken = open.is_err();
            if let Ok(open) = open {
                while !it.block_ended(open) {
                    if it.enum_statement(&mut this).is_err() {
                        this.broken = true;
                        it.skip_statement();
                    }
                }
            }
            enums.push(this);
            it.close(place);
            open.map(|_: Span| ())
        })
    }

    fn enum_statement(&mut self, this: &mut Enum<'s>) -> Parsed<()> {
        if self.is(b';') {
            self.end_of_declaration(b';', None);
            return Ok(());
        }
        if self.is_word("option") {
            return self.option_statement(&mut this.options, &[tag::ENUM_OPTIONS]);
        }
        if self.is_word("reserved") {
            return self.reserved(
                &mut this.reserved_ranges,
                &mut this.reserved_names,
                [tag::ENUM_RESERVED_RANGE, tag::ENUM_RESERVED_NAME],
            );
        }
        self.within([tag::ENUM_VALUE, step(this.values.len())], |it| {
            let place = it.open(&[]);
            let name = it.named(&[tag::NAME], "the name of an enum value")?;
            if !it.is(b'=') {
                let why = Diagnostic::error(format!("enum value `{}` has no number", name.text))
                    .at(name.span.after(), "expected `= NUMBER` here");
                it.report(why);
                return Err(Failed);
            }
            it.next();
            let number_place = it.open(&[tag::VALUE_NUMBER]);
            let number = it.number("a number")?;
            it.close(number_place);
            let mut options = Vec::new();
            if it.is(b'[') {
                it.bracketed_options(&mut options, &[tag::VALUE_OPTIONS])?;
            }
            this.values.push(EnumValue { name, number, options });
            it.semicolon(place)
        })
    }

    fn service(&mut self, services: &mut Vec<Service<'s>>) -> Parsed<()> {
        self.within([tag::FILE_SERVICE, step(services.len())], |it| {
            let place = it.open(&[]);
            it.next();
            let name = it.named(&[tag::NAME], "the name of a service")?;
            let mut service =
                Service { name, methods: Vec::new(), options: Vec::new(), symbol: SymbolId::UNSET };
            let open = it.open_brace(place, "service");
            if let Ok(open) = open {
                while !it.block_ended(open) {
                    if it.service_statement(&mut service).is_err() {
                        it.skip_statement();
                    }
                }
            }
            services.push(service);
            it.close(place);
            open.map(|_: Span| ())
        })
    }

    fn service_statement(&mut self, service: &mut Service<'s>) -> Parsed<()> {
        if self.is(b';') {
            self.end_of_declaration(b';', None);
            return Ok(());
        }
        if self.is_word("option") {
            return self.option_statement(&mut service.options, &[tag::SERVICE_OPTIONS]);
        }
        if !self.is_word("rpc") {
            return Err(self.unknown_statement("a method", &["rpc", "option"]));
        }
        self.within([tag::SERVICE_METHOD, step(service.methods.len())], |it| {
            let method = it.method()?;
            service.methods.push(method);
            Ok(())
        })
    }

    fn method(&mut self) -> Parsed<Method<'s>> {
        let place = self.open(&[]);
        self.next();
        let name = self.named(&[tag::NAME], "the name of a method")?;
        let (client_streaming, input) = self.method_type(tag::METHOD_CLIENT_STREAMING, tag::METHOD_INPUT)?;
        if !self.take_word("returns") {
            return Err(self.unexpected("`returns`"));
        }
        let (server_streaming, output) =
            self.method_type(tag::METHOD_SERVER_STREAMING, tag::METHOD_OUTPUT)?;
        let mut options = Vec::new();
        let has_body = self.is(b'{');
        if has_body {
            let open = self.here();
            self.end_of_declaration(b'{', Some(place));
            while !self.block_ended(open) {
                if self.is(b';') {
                    self.end_of_declaration(b';', None);
                    continue;
                }
                let read = if self.is_word("option") {
                    self.option_statement(&mut options, &[tag::METHOD_OPTIONS])
                } else {
                    Err(self.unknown_statement("an option", &["option"]))
                };
                if read.is_err() {
                    self.skip_statement();
                }
            }
        } else {
            self.semicolon(place)?;
        }
        self.close(place);
        Ok(Method { name, input, output, client_streaming, server_streaming, has_body, options })
    }

    fn method_type(&mut self, streaming: i32, list: i32) -> Parsed<(bool, NamedType<'s>)> {
        self.expect(b'(', "and the type of a message")?;
        let streams = self.is_word("stream");
        if streams {
            self.note(&[streaming], self.here());
            self.next();
        }
        let place = self.open(&[list]);
        let path = self.message_name("the type of a message")?;
        self.close(place);
        self.expect(b')', "after the type")?;
        Ok((streams, NamedType { path, resolved: None }))
    }
}

/// A message without anything in it.
pub(super) fn empty_message(name: Ident<'_>, kind: MessageKind) -> Message<'_> {
    Message {
        name,
        kind,
        visibility: None,
        fields: Vec::new(),
        extensions: Vec::new(),
        messages: Vec::new(),
        enums: Vec::new(),
        oneofs: Vec::new(),
        extension_ranges: Vec::new(),
        range_options: Vec::new(),
        reserved_ranges: Vec::new(),
        reserved_names: Vec::new(),
        options: Vec::new(),
        symbol: SymbolId::UNSET,
    }
}

/// Gives each `optional` field of proto3 a oneof of its own, behind those that were written. That is how
/// code that knows nothing of `optional` sees that the field has presence.
fn add_synthetic_oneofs(message: &mut Message<'_>) {
    if !message.fields.iter().any(|it| it.proto3_optional) {
        return;
    }
    let names = message.fields.iter().map(|it| &it.name).chain(message.oneofs.iter().map(|it| &it.name));
    let mut taken: HashSet<String> = names.map(|it| it.text.to_string()).collect();
    for field in message.fields.iter_mut().filter(|it| it.proto3_optional) {
        let mut name = if field.name.text.starts_with('_') {
            field.name.text.to_string()
        } else {
            format!("_{}", field.name.text)
        };
        while !taken.insert(name.clone()) {
            name.insert(0, 'X');
        }
        field.oneof = Some(message.oneofs.len());
        message.oneofs.push(Oneof {
            name: Ident { text: name.into(), span: field.name.span },
            options: Vec::new(),
            symbol: SymbolId::UNSET,
        });
    }
}

/// Stands for all numbers that fit nowhere, and leaves room to count on from.
const TOO_LARGE: i64 = 1 << 40;

const FILE_WORDS: [&str; 7] = ["message", "enum", "service", "extend", "import", "package", "option"];
