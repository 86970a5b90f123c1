//! The parsed file, in the order of the source and in the shape of the descriptor.
//!
//! Each list here has the same elements in the same order as the list of the descriptor it becomes: the
//! parser already gives groups, map entries and the oneofs of `optional` fields their place. Passes may
//! therefore walk both side by side. Texts are borrowed from the source.

use std::borrow::Cow;

use crate::edition::Edition;
use crate::info::{Locations, OptionPlace};
use crate::span::{FileId, Span};
use crate::symbols::SymbolId;
use ferrpc_proto::descriptor::field_descriptor_proto::{Label, Type};

/// A name as it was declared.
#[derive(Clone, Debug)]
pub(crate) struct Ident<'s> {
    pub(crate) text: Cow<'s, str>,
    pub(crate) span: Span,
}

/// A name as it was used: `foo.Bar`, `.foo.Bar`.
#[derive(Clone, Debug)]
pub(crate) struct Path<'s> {
    pub(crate) text: Cow<'s, str>,
    pub(crate) span: Span,
}

#[derive(Debug)]
pub(crate) struct File<'s> {
    pub(crate) id: FileId,
    pub(crate) edition: Edition,
    /// The string that names the syntax or edition.
    pub(crate) syntax_span: Option<Span>,
    pub(crate) package: Option<Path<'s>>,
    pub(crate) imports: Vec<Import>,
    pub(crate) messages: Vec<Message<'s>>,
    pub(crate) enums: Vec<Enum<'s>>,
    pub(crate) services: Vec<Service<'s>>,
    pub(crate) extensions: Vec<Field<'s>>,
    pub(crate) options: Vec<OptionDecl<'s>>,
    pub(crate) locations: Locations,
    /// Whether something in it could not be parsed: then names may be missing through no fault of others.
    pub(crate) broken: bool,
}

#[derive(Debug)]
pub(crate) struct Import {
    pub(crate) name: String,
    pub(crate) span: Span,
    pub(crate) kind: ImportKind,
    /// The file it means; `None` if there is none, which has been reported.
    pub(crate) file: Option<FileId>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ImportKind {
    Plain,
    Public,
    Weak,
    /// `import option`, of edition 2024.
    Option,
}

#[derive(Debug)]
pub(crate) struct Message<'s> {
    pub(crate) name: Ident<'s>,
    pub(crate) kind: MessageKind,
    pub(crate) visibility: Option<Visibility>,
    pub(crate) fields: Vec<Field<'s>>,
    pub(crate) extensions: Vec<Field<'s>>,
    pub(crate) messages: Vec<Self>,
    pub(crate) enums: Vec<Enum<'s>>,
    pub(crate) oneofs: Vec<Oneof<'s>>,
    pub(crate) extension_ranges: Vec<Range>,
    /// The bracketed options of each `extensions` statement that has some.
    pub(crate) range_options: Vec<Vec<OptionDecl<'s>>>,
    pub(crate) reserved_ranges: Vec<Range>,
    pub(crate) reserved_names: Vec<ReservedName>,
    pub(crate) options: Vec<OptionDecl<'s>>,
    pub(crate) symbol: SymbolId,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum MessageKind {
    Plain,
    Group,
    MapEntry,
}

/// What a type says of who may use it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Visibility {
    /// Its own file.
    Local,
    /// All files.
    Export,
}

#[derive(Debug)]
pub(crate) struct Field<'s> {
    pub(crate) name: Ident<'s>,
    /// The whole declaration up to the number.
    pub(crate) span: Span,
    pub(crate) label: Option<(Label, Span)>,
    pub(crate) ty: FieldType<'s>,
    /// The message of a group or map, set by the names pass.
    pub(crate) body: SymbolId,
    pub(crate) number: Number,
    pub(crate) oneof: Option<usize>,
    /// `optional` in proto3.
    pub(crate) proto3_optional: bool,
    /// What it extends, if it is an extension.
    pub(crate) extendee: Option<NamedType<'s>>,
    pub(crate) default: Option<DefaultValue<'s>>,
    pub(crate) json_name: Option<JsonName>,
    pub(crate) options: Vec<OptionDecl<'s>>,
    pub(crate) symbol: SymbolId,
}

#[derive(Debug)]
pub(crate) enum FieldType<'s> {
    Scalar(Type, Span),
    /// A message or an enum.
    Named(NamedType<'s>),
    /// A group; its message is at this index of the messages declared beside the field.
    Group(usize, Span),
    /// A map; its entry message is at this index of the messages declared beside the field.
    Map(usize, Span),
}

#[derive(Debug)]
pub(crate) struct NamedType<'s> {
    pub(crate) path: Path<'s>,
    /// What it means, set by the names pass.
    pub(crate) resolved: Option<SymbolId>,
}

/// A number as written, which may be too large or negative: the numbers pass says so.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Number {
    pub(crate) value: i64,
    pub(crate) span: Span,
}

#[derive(Debug)]
pub(crate) struct DefaultValue<'s> {
    pub(crate) value: Scalar<'s>,
    pub(crate) span: Span,
}

#[derive(Debug)]
pub(crate) struct JsonName {
    pub(crate) name: String,
    pub(crate) span: Span,
}

#[derive(Debug)]
pub(crate) struct Oneof<'s> {
    pub(crate) name: Ident<'s>,
    pub(crate) options: Vec<OptionDecl<'s>>,
    pub(crate) symbol: SymbolId,
}

/// A range of numbers, both ends included.
#[derive(Debug)]
pub(crate) struct Range {
    pub(crate) start: Number,
    pub(crate) end: RangeEnd,
    pub(crate) options: Option<RangeOptions>,
    pub(crate) span: Span,
}

/// The options of an extension range: all ranges of one statement share what it says.
#[derive(Debug)]
pub(crate) struct RangeOptions {
    /// Index into [`Message::range_options`].
    pub(crate) shared: usize,
    /// Where this range's copy of them is in the source info, option by option.
    pub(crate) places: Vec<OptionPlace>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum RangeEnd {
    At(Number),
    Max,
}

#[derive(Debug)]
pub(crate) struct ReservedName {
    pub(crate) name: String,
    pub(crate) span: Span,
}

#[derive(Debug)]
pub(crate) struct Enum<'s> {
    pub(crate) name: Ident<'s>,
    pub(crate) visibility: Option<Visibility>,
    pub(crate) values: Vec<EnumValue<'s>>,
    pub(crate) reserved_ranges: Vec<Range>,
    pub(crate) reserved_names: Vec<ReservedName>,
    pub(crate) options: Vec<OptionDecl<'s>>,
    /// Whether something in it could not be parsed, so that a value may be missing.
    pub(crate) broken: bool,
    pub(crate) symbol: SymbolId,
}

#[derive(Debug)]
pub(crate) struct EnumValue<'s> {
    pub(crate) name: Ident<'s>,
    pub(crate) number: Number,
    pub(crate) options: Vec<OptionDecl<'s>>,
}

#[derive(Debug)]
pub(crate) struct Service<'s> {
    pub(crate) name: Ident<'s>,
    pub(crate) methods: Vec<Method<'s>>,
    pub(crate) options: Vec<OptionDecl<'s>>,
    pub(crate) symbol: SymbolId,
}

#[derive(Debug)]
pub(crate) struct Method<'s> {
    pub(crate) name: Ident<'s>,
    pub(crate) input: NamedType<'s>,
    pub(crate) output: NamedType<'s>,
    pub(crate) client_streaming: bool,
    pub(crate) server_streaming: bool,
    /// Whether it has braces, which are for options and count as some even when empty.
    pub(crate) has_body: bool,
    pub(crate) options: Vec<OptionDecl<'s>>,
}

/// `name = value`, as a statement or in brackets.
#[derive(Debug)]
pub(crate) struct OptionDecl<'s> {
    pub(crate) name: Vec<NamePart<'s>>,
    pub(crate) value: Value<'s>,
    pub(crate) place: OptionPlace,
}

impl OptionDecl<'_> {
    /// The name, from its first to its last part.
    pub(crate) fn name_span(&self) -> Option<Span> {
        Some(self.name.first()?.span.to(self.name.last()?.span))
    }
}

/// `foo` or `(foo.bar)`.
#[derive(Debug)]
pub(crate) struct NamePart<'s> {
    pub(crate) text: Cow<'s, str>,
    pub(crate) is_extension: bool,
    pub(crate) span: Span,
}

/// What an option is set to.
#[derive(Debug)]
pub(crate) struct Value<'s> {
    pub(crate) kind: ValueKind<'s>,
    pub(crate) span: Span,
}

#[derive(Debug)]
pub(crate) enum ValueKind<'s> {
    Scalar(Scalar<'s>),
    /// `{ … }`, or `< … >` inside another one.
    Message(Vec<ValueField<'s>>),
    /// `[ … ]`, inside a message.
    List(Vec<Value<'s>>),
}

/// A value of one token, or of a sign and one token.
#[derive(Clone, Debug)]
pub(crate) enum Scalar<'s> {
    Ident(&'s str),
    /// `-inf`, `-nan`.
    NegativeIdent(&'s str),
    /// An integer that fits 64 bits, and whether a minus stands before it.
    Int(u64, Sign),
    Float(f64),
    Str(Vec<u8>),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Sign {
    Plus,
    Minus,
}

/// `name: value` inside braces.
#[derive(Debug)]
pub(crate) struct ValueField<'s> {
    pub(crate) name: ValueFieldName<'s>,
    pub(crate) span: Span,
    /// Whether a colon stands before the value; messages need none.
    pub(crate) colon: bool,
    pub(crate) value: Value<'s>,
}

#[derive(Debug)]
pub(crate) enum ValueFieldName<'s> {
    Plain(&'s str),
    /// `[foo.bar]`
    Extension(Cow<'s, str>),
    /// `[type.googleapis.com/foo.Bar]`
    Any(Cow<'s, str>),
}
