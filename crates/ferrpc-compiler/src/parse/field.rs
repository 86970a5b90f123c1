//! Fields: of messages, oneofs and extensions; maps and groups.

use std::borrow::Cow;

use ferrpc_proto::descriptor::field_descriptor_proto::{Label, Type};

use super::decl::{Scope, empty_message};
use super::{Failed, Parsed, Parser, step, tag};
use crate::ast::{DefaultValue, Field, FieldType, Ident, JsonName, MessageKind, NamedType, Number, Path};
use crate::edition::Edition;
use crate::lex::Kind;
use crate::limits::MESSAGE_DEPTH_MAX;
use crate::names;
use crate::report::Diagnostic;
use crate::span::Span;
use crate::symbols::SymbolId;

/// A field's type as far as its first tokens tell.
enum Read<'s> {
    Scalar(Type, Span),
    Named(Path<'s>),
    Group(Span),
    Map { key: Box<FieldType<'s>>, value: Box<FieldType<'s>>, span: Span },
}

impl<'s> Parser<'s, '_> {
    pub(super) fn field(
        &mut self,
        fields: &mut Vec<Field<'s>>,
        list: i32,
        scope: Scope<'_, 's>,
        oneof: Option<usize>,
        extendee: Option<&Path<'s>>,
    ) -> Parsed<()> {
        let parent = self.path.len();
        let steps = [list, step(fields.len())];
        self.within(steps, |it| it.field_here(fields, parent, scope, oneof, extendee))
    }

    fn field_here(
        &mut self,
        fields: &mut Vec<Field<'s>>,
        parent: usize,
        scope: Scope<'_, 's>,
        oneof: Option<usize>,
        extendee: Option<&Path<'s>>,
    ) -> Parsed<()> {
        let place = self.open(&[]);
        let start = self.here();
        if let Some(extendee) = extendee {
            self.note(&[tag::FIELD_EXTENDEE], extendee.span);
        }
        let label = if oneof.is_none() { self.label() } else { None };
        let ty = self.field_type(label, oneof, extendee.is_some())?;
        if label.is_none()
            && oneof.is_none()
            && self.edition == Edition::Proto2
            && !matches!(ty, Read::Map { .. })
        {
            let it = Diagnostic::error("a field of proto2 needs a label")
                .at(start, "expected `optional`, `repeated` or `required` before the type")
                .help("or say `syntax = \"proto3\";` at the top of the file");
            self.report(it);
        }

        if self.is(b'=') || self.is(b';') {
            let span = start.to(self.before());
            let text = self.text.get(span.start as usize..span.end as usize).unwrap_or("");
            let it = match &ty {
                Read::Named(_) if label.is_none() && !text.contains('.') => {
                    Diagnostic::error(format!("field `{text}` has no type"))
                        .at(span, "expected a type before the name")
                        .help(format!("a field is `TYPE NAME = NUMBER;`, like `string {text} = 1;`"))
                }
                _ => Diagnostic::error("this field has no name")
                    .at(span.after(), "expected a name here")
                    .help(format!("a field is `TYPE NAME = NUMBER;`, like `{text} id = 1;`")),
            };
            self.report(it);
            return Err(Failed);
        }
        let name = self.named(&[tag::NAME], "the name of a field")?;
        if !self.is(b'=') {
            if self.is(b';') {
                let it = Diagnostic::error(format!("field `{}` has no number", name.text))
                    .at(name.span.after(), "expected `= NUMBER` here")
                    .help("each field has a number of its own, which stands for it on the wire");
                self.report(it);
                return Err(Failed);
            }
            return Err(self.unexpected("`=` and the number of the field"));
        }
        self.next();
        let number_place = self.open(&[tag::FIELD_NUMBER]);
        let number = self.number("the number of the field")?;
        self.close(number_place);

        let mut field = Field {
            span: start.to(number.span),
            proto3_optional: self.edition == Edition::Proto3
                && label.is_some_and(|it| it.0 == Label::OPTIONAL),
            name,
            label,
            ty: FieldType::Scalar(Type::INT32, start),
            body: SymbolId::UNSET,
            number,
            oneof,
            extendee: extendee.map(|path| NamedType { path: path.clone(), resolved: None }),
            default: None,
            json_name: None,
            options: Vec::new(),
            symbol: SymbolId::UNSET,
        };
        // From here on the field stands, even if the rest of it does not.
        let options = if self.is(b'[') { self.field_options(&mut field) } else { Ok(()) };
        match ty {
            Read::Scalar(ty, span) => field.ty = FieldType::Scalar(ty, span),
            Read::Named(path) => field.ty = FieldType::Named(NamedType { path, resolved: None }),
            Read::Map { key, value, span } => {
                field.ty = FieldType::Map(scope.messages.len(), span);
                let name = Ident { text: names::map_entry(&field.name.text).into(), span: field.name.span };
                let mut entry = empty_message(name, MessageKind::MapEntry);
                entry.fields = vec![entry_field("key", 1, *key), entry_field("value", 2, *value)];
                scope.messages.push(entry);
            }
            Read::Group(span) => {
                let group = self.group(&mut field, parent, span, place, scope, options.is_ok());
                fields.push(field);
                self.close(place);
                return options.and(group);
            }
        }
        fields.push(field);
        options?;
        self.semicolon(place)
    }

    fn label(&mut self) -> Option<(Label, Span)> {
        let label = match self.text_of(self.peek()) {
            "optional" => Label::OPTIONAL,
            "repeated" => Label::REPEATED,
            "required" => Label::REQUIRED,
            _ => return None,
        };
        let place = self.open(&[tag::FIELD_LABEL]);
        let span = self.here();
        self.next();
        self.close(place);
        if !self.edition.is_legacy() && label != Label::REPEATED {
            let (word, help) = if label == Label::OPTIONAL {
                ("optional", "remove it: fields know by default whether they are set")
            } else {
                ("required", "remove it and say `features.field_presence = LEGACY_REQUIRED`")
            };
            let it = Diagnostic::error(format!("editions have no label `{word}`"))
                .at(span, "not allowed here")
                .help(help);
            self.report(it);
            return None;
        }
        Some((label, span))
    }

    fn field_type(
        &mut self,
        label: Option<(Label, Span)>,
        oneof: Option<usize>,
        extension: bool,
    ) -> Parsed<Read<'s>> {
        let start = self.here();
        let place = self.open(&[]);
        if self.is_word("map") && self.ahead(1).kind == Kind::Punct(b'<') {
            let map = self.map_type()?;
            let span = start.to(self.before());
            self.close(place);
            self.locations.extend_last(place, tag::FIELD_TYPE_NAME);
            let wrong = if oneof.is_some() {
                Some((span, "a map cannot be in a oneof", "wrap the map in a message of its own".to_owned()))
            } else if extension {
                Some((
                    span,
                    "a map cannot be an extension",
                    "wrap the map in a message of its own".to_owned(),
                ))
            } else {
                label.map(|(_, at)| {
                    let word = self.text.get(at.start as usize..at.end as usize).unwrap_or("");
                    (at, "a map has no label", format!("remove `{word}`"))
                })
            };
            if let Some((at, message, help)) = wrong {
                self.report(Diagnostic::error(message).at(at, "not allowed here").help(help));
            }
            if self.message_depth == MESSAGE_DEPTH_MAX {
                let it = Diagnostic::error(format!("messages are nested more than {MESSAGE_DEPTH_MAX} deep"))
                    .at(span, "the entries of a map are messages inside of this one");
                self.report(it);
            }
            let (key, value) = map;
            return Ok(Read::Map { key: Box::new(key), value: Box::new(value), span });
        }
        let ty = self.simple_type()?;
        self.close(place);
        let step = if matches!(ty, Read::Named(_)) { tag::FIELD_TYPE_NAME } else { tag::FIELD_TYPE };
        self.locations.extend_last(place, step);
        Ok(ty)
    }

    fn simple_type(&mut self) -> Parsed<Read<'s>> {
        let token = self.peek();
        if token.kind == Kind::Ident {
            let span = self.span_of(token);
            let word = self.text_of(token);
            if word == "group" {
                self.next();
                return Ok(Read::Group(span));
            }
            if let Some(ty) = names::scalar(word) {
                self.next();
                return Ok(Read::Scalar(ty, span));
            }
        }
        self.path_name("a type").map(Read::Named)
    }

    /// The name of a message, where nothing else can stand. One that begins like another type needs a dot
    /// in front.
    pub(super) fn message_name(&mut self, what: &str) -> Parsed<Path<'s>> {
        let (token, word) = (self.peek(), self.text_of(self.peek()));
        let follows = self.ahead(1).kind == Kind::Punct(b'.');
        if token.kind == Kind::Ident && (word == "group" || (follows && names::scalar(word).is_some())) {
            let it = Diagnostic::error(format!("expected a message, found `{word}`"))
                .at(self.span_of(token), "is a word of the language")
                .help(format!("write `.{word}` if a message is called so"));
            self.report(it);
        }
        self.path_name(what)
    }

    fn map_type(&mut self) -> Parsed<(FieldType<'s>, FieldType<'s>)> {
        self.next();
        self.next();
        let key = self.entry_type()?;
        self.expect(b',', "between the key and the value of a map")?;
        let value = self.entry_type()?;
        self.expect(b'>', "at the end of a map's type")?;
        Ok((key, value))
    }

    fn entry_type(&mut self) -> Parsed<FieldType<'s>> {
        match self.simple_type()? {
            Read::Scalar(ty, span) => Ok(FieldType::Scalar(ty, span)),
            Read::Named(path) => Ok(FieldType::Named(NamedType { path, resolved: None })),
            Read::Group(span) | Read::Map { span, .. } => {
                self.report(Diagnostic::error("a map cannot hold groups").at(span, "expected a type"));
                Err(Failed)
            }
        }
    }

    /// The body of a group, which declares a message and a field of that type at once.
    fn group(
        &mut self,
        field: &mut Field<'s>,
        parent: usize,
        keyword: Span,
        place: crate::info::Place,
        scope: Scope<'_, 's>,
        whole: bool,
    ) -> Parsed<()> {
        field.ty = FieldType::Group(scope.messages.len(), keyword);
        let mut name = field.name.clone();
        if self.edition != Edition::Proto2 {
            let it = Diagnostic::error(format!("{} has no groups", self.edition.shown()))
                .at(keyword, "not allowed here");
            let it = if self.edition.is_legacy() {
                it.help("declare a message and a field of that type")
            } else {
                it.help("declare a message, and a field of that type with `features.message_encoding = DELIMITED`")
            };
            self.report(it);
        }
        if !name.text.starts_with(|c: char| c.is_ascii_uppercase()) {
            let it = Diagnostic::error("the name of a group must start with a capital letter")
                .at(name.span, "names the message too");
            self.report(it);
            // Lest the message and the field get in each other's way as well.
            if let Some(first) = name.text.to_mut().get_mut(..1) {
                first.make_ascii_uppercase();
            }
        }
        field.name.text = Cow::Owned(name.text.to_ascii_lowercase());
        if !whole {
            return Err(Failed);
        }
        let nested = [scope.message_step, step(scope.messages.len())];
        // The message's path hangs on the parent of the field; both begin at the same token.
        let steps: Vec<i32> = self.path.drain(parent..).collect();
        let start = field.span.start;
        let group_place = self.locations.open(&self.path, &nested, start);
        self.path.extend_from_slice(&nested);
        self.note(&[tag::NAME], name.span);
        self.path.truncate(parent);
        self.path.extend_from_slice(&steps);
        self.note(&[tag::FIELD_TYPE_NAME], name.span);
        self.path.truncate(parent);
        self.path.extend_from_slice(&nested);

        let mut message = empty_message(name, MessageKind::Group);
        let body = self.message_body(&mut message, group_place);
        self.close(group_place);
        let _ = place;
        scope.messages.push(message);
        self.path.truncate(parent);
        self.path.extend_from_slice(&steps);
        body
    }

    fn field_options(&mut self, field: &mut Field<'s>) -> Parsed<()> {
        let place = self.open(&[tag::FIELD_OPTIONS]);
        self.next();
        loop {
            // What looks like an option and is a part of the field itself.
            if self.is_word("default") && self.ahead(1).kind == Kind::Punct(b'=') {
                self.default_value(field)?;
            } else if self.is_word("json_name") && self.ahead(1).kind == Kind::Punct(b'=') {
                self.json_name(field)?;
            } else {
                self.option(&mut field.options, &[tag::FIELD_OPTIONS])?;
            }
            if !self.take(b',') {
                break;
            }
        }
        self.expect(b']', "at the end of the options")?;
        self.close(place);
        Ok(())
    }

    fn default_value(&mut self, field: &mut Field<'s>) -> Parsed<()> {
        let keyword = self.here();
        self.next();
        self.next();
        let place = self.open(&[tag::FIELD_DEFAULT]);
        let start = self.here();
        let value = self.scalar("a value")?;
        self.close(place);
        let span = start.to(self.before());
        if field.default.is_some() {
            self.report(Diagnostic::error("`default` is set twice").at(keyword, "set again here"));
        }
        field.default = Some(DefaultValue { value, span });
        Ok(())
    }

    fn json_name(&mut self, field: &mut Field<'s>) -> Parsed<()> {
        let keyword = self.here();
        let place = self.open(&[tag::FIELD_JSON_NAME]);
        self.next();
        self.next();
        let value_place = self.open(&[tag::FIELD_JSON_NAME]);
        let (name, span) = self.text_string("a name in quotes")?;
        self.close(value_place);
        self.close(place);
        if field.json_name.is_some() {
            self.report(Diagnostic::error("`json_name` is set twice").at(keyword, "set again here"));
        }
        field.json_name = Some(JsonName { name, span });
        Ok(())
    }
}

fn entry_field<'s>(name: &'static str, number: i64, ty: FieldType<'s>) -> Field<'s> {
    let span = match &ty {
        FieldType::Scalar(_, span) | FieldType::Group(_, span) | FieldType::Map(_, span) => *span,
        FieldType::Named(it) => it.path.span,
    };
    Field {
        name: Ident { text: name.into(), span },
        span,
        label: None,
        ty,
        body: SymbolId::UNSET,
        number: Number { value: number, span },
        oneof: None,
        proto3_optional: false,
        extendee: None,
        default: None,
        json_name: None,
        options: Vec::new(),
        symbol: SymbolId::UNSET,
    }
}
