//! Values of options as wire records, checked against the fields they are for.

use std::collections::{BTreeMap, HashSet};

use ferrpc_proto::descriptor::field_descriptor_proto::{Label, Type};

use crate::ast::{
    Field, FieldType, Message, MessageKind, Scalar, Sign, Syntax, Value, ValueField, ValueFieldName,
    ValueKind,
};
use crate::defaults::{self, Misfit};
use crate::lower::World;
use crate::nodes::Nodes;
use crate::pass::names::{Found, Scopes, Want};
use crate::report::{Diagnostic, Sink};
use crate::span::Span;
use crate::suggest;
use crate::symbols::{Kind, SymbolId};

/// The type of a field, and its message if that is what it holds. `None` if the type is unknown, which
/// has been reported.
pub(crate) fn type_of(field: &Field<'_>, nodes: &Nodes<'_>) -> Option<(Type, Option<SymbolId>)> {
    Some(match &field.ty {
        FieldType::Scalar(ty, _) => (*ty, None),
        FieldType::Group(..) => (Type::GROUP, Some(field.body)),
        FieldType::Map(..) => (Type::MESSAGE, Some(field.body)),
        FieldType::Named(ty) => {
            let id = ty.resolved?;
            match nodes.get_message(id) {
                Some(_) => (Type::MESSAGE, Some(id)),
                None => (Type::ENUM, None),
            }
        }
    })
}

/// Whether an option is for whoever compiles the source, and nobody behind: descriptors go without it.
pub(crate) fn is_source_only(field: &Field<'_>) -> bool {
    field.options.iter().any(|it| {
        matches!(&it.name[..], [part] if part.text == "retention" && !part.is_extension)
            && matches!(it.value.kind, ValueKind::Scalar(Scalar::Ident("RETENTION_SOURCE")))
    })
}

/// Turns values into bytes.
pub(crate) struct Encoder<'e, 'a> {
    pub(crate) nodes: &'e Nodes<'a>,
    pub(crate) world: &'e World<'a>,
    pub(crate) scopes: &'e Scopes<'a>,
    pub(crate) sink: &'e mut Sink,
    /// Paths that have a value in the options message; those set inside braces are added.
    pub(crate) set: &'e mut HashSet<Vec<i32>>,
}

impl<'a> Encoder<'_, 'a> {
    /// Appends the record of an option that is set to this value; says so if it does not fit.
    pub(crate) fn option(
        &mut self,
        field: &Field<'_>,
        value: &Value<'_>,
        path: &[i32],
        out: &mut Vec<u8>,
    ) -> bool {
        let Some((ty, message)) = type_of(field, self.nodes) else { return false };
        if let Some(message) = message.and_then(|id| self.nodes.get_message(id)) {
            let ValueKind::Message(fields) = &value.kind else {
                return self.misfit(
                    field,
                    value.span,
                    Misfit {
                        label: format!(
                            "expected a message, `{{ … }}` with the fields of `{}`",
                            message.name.text
                        ),
                        help: None,
                    },
                );
            };
            let mut inner = Vec::new();
            let good = self.message(message, fields, value.span, path, &mut inner);
            put_message(field, ty, &inner, out);
            return good;
        }
        let ValueKind::Scalar(scalar) = &value.kind else {
            let label = "expected a plain value, not a message".to_owned();
            return self.misfit(field, value.span, Misfit { label, help: None });
        };
        match self.scalar(field, ty, scalar, Dialect::Option) {
            Ok(scalar) => {
                put_tag(field.number.value, wire_type(ty), out);
                scalar.put(out);
                true
            }
            Err(why) => self.misfit(field, value.span, why),
        }
    }

    fn misfit(&mut self, field: &Field<'_>, span: Span, why: Misfit) -> bool {
        let it = Diagnostic::error(format!("the value of option `{}` does not fit", field.name.text))
            .at(span, why.label)
            .maybe_help(why.help);
        self.sink.push(it);
        false
    }

    /// Appends the fields of a message, by number as an encoder would write them.
    fn message(
        &mut self,
        message: &'a Message<'a>,
        fields: &[ValueField<'_>],
        span: Span,
        path: &[i32],
        out: &mut Vec<u8>,
    ) -> bool {
        if let [ValueField { name: ValueFieldName::Any(url), value, span }] = fields {
            return self.any(message, url, *span, value, out);
        }
        let mut good = true;
        let mut by_number: BTreeMap<i64, (&'a Field<'a>, Vec<&Value<'_>>)> = BTreeMap::new();
        let mut oneofs: BTreeMap<usize, &'a Field<'a>> = BTreeMap::new();
        for entry in fields {
            let Some(field) = self.find(message, entry) else {
                good = false;
                continue;
            };
            let repeated = field.label.is_some_and(|it| it.0 == Label::REPEATED)
                || matches!(field.ty, FieldType::Map(..));
            let values = &mut by_number.entry(field.number.value).or_insert_with(|| (field, Vec::new())).1;
            match &entry.value.kind {
                ValueKind::List(list) if repeated => {
                    values.extend(list);
                    continue;
                }
                ValueKind::List(_) => {
                    let why = Misfit { label: "expected one value, not a list".into(), help: None };
                    good = self.misfit(field, entry.value.span, why);
                    continue;
                }
                _ if !repeated && !values.is_empty() => {
                    let it = Diagnostic::error(format!("field `{}` is set twice", field.name.text))
                        .at(entry.span, "set again here");
                    self.sink.push(it);
                    good = false;
                    continue;
                }
                _ => values.push(&entry.value),
            }
            if let Some(oneof) = field.oneof
                && let Some(other) = oneofs.insert(oneof, field)
            {
                let name = message.oneofs.get(oneof).map_or("", |it| &*it.name.text);
                let it = Diagnostic::error(format!("only one field of oneof `{name}` can be set"))
                    .at(entry.span, format!("`{}` is set beside it", other.name.text));
                self.sink.push(it);
                good = false;
            }
        }
        for required in message.fields.iter().filter(|it| it.label.is_some_and(|it| it.0 == Label::REQUIRED))
        {
            if !by_number.contains_key(&required.number.value) && good {
                let it = Diagnostic::error(format!(
                    "`{}` needs its field `{}`",
                    message.name.text, required.name.text
                ))
                .at(span, "is not set in here");
                self.sink.push(it);
                good = false;
            }
        }
        for (field, values) in by_number.values() {
            good &= self.field(field, values, message.kind == MessageKind::MapEntry, path, out);
        }
        good
    }

    /// Appends all values of one field.
    fn field(
        &mut self,
        field: &Field<'_>,
        values: &[&Value<'_>],
        in_map: bool,
        path: &[i32],
        out: &mut Vec<u8>,
    ) -> bool {
        let Some((ty, message)) = type_of(field, self.nodes) else { return false };
        let path = [path, &[i32::try_from(field.number.value).unwrap_or(0)]].concat();
        self.set.insert(path.clone());
        let repeated = field.label.is_some_and(|it| it.0 == Label::REPEATED);
        let packed = repeated && self.is_packed(field, ty);
        // A plain field of proto3 that is zero is as good as not set.
        let implicit = !in_map
            && self.world.files[field.name.span.file.index()].syntax == Syntax::Proto3
            && field.label.is_none()
            && field.oneof.is_none()
            && field.extendee.is_none();
        let mut good = true;
        let mut run = Vec::new();
        let mut dropped = Vec::new();
        let out = if is_source_only(field) { &mut dropped } else { out };
        for value in values {
            if let Some(message) = message.and_then(|id| self.nodes.get_message(id)) {
                let ValueKind::Message(fields) = &value.kind else {
                    let label =
                        format!("expected a message, `{{ … }}` with the fields of `{}`", message.name.text);
                    good = self.misfit(field, value.span, Misfit { label, help: None });
                    continue;
                };
                let mut inner = Vec::new();
                good &= self.message(message, fields, value.span, &path, &mut inner);
                put_message(field, ty, &inner, out);
                continue;
            }
            let ValueKind::Scalar(scalar) = &value.kind else {
                let label = "expected a plain value, not a message".to_owned();
                good = self.misfit(field, value.span, Misfit { label, help: None });
                continue;
            };
            match self.scalar(field, ty, scalar, Dialect::Text) {
                Ok(scalar) if packed => scalar.put(&mut run),
                Ok(scalar) if implicit && scalar.is_zero() => {}
                Ok(scalar) => {
                    put_tag(field.number.value, wire_type(ty), out);
                    scalar.put(out);
                }
                Err(why) => good = self.misfit(field, value.span, why),
            }
        }
        if packed && !run.is_empty() {
            put_tag(field.number.value, 2, out);
            Wire::Bytes(run).put(out);
        }
        good
    }

    fn is_packed(&self, field: &Field<'_>, ty: Type) -> bool {
        if matches!(ty, Type::STRING | Type::BYTES | Type::MESSAGE | Type::GROUP) {
            return false;
        }
        let said =
            field.options.iter().rev().find(|it| matches!(&it.name[..], [part] if part.text == "packed"));
        match said.map(|it| &it.value.kind) {
            Some(ValueKind::Scalar(Scalar::Ident(word))) => *word == "true",
            _ => self.world.files[field.name.span.file.index()].syntax == Syntax::Proto3,
        }
    }

    /// The field of a message that a name in braces means.
    fn find(&mut self, message: &'a Message<'a>, entry: &ValueField<'_>) -> Option<&'a Field<'a>> {
        let missing = |name: &str| {
            Diagnostic::error(format!("`{}` has no field `{name}`", message.name.text))
                .at(entry.span, "unknown field")
        };
        match &entry.name {
            ValueFieldName::Plain(name) => {
                // A group is called by the name of its message, or of its field.
                let is = |it: &&'a Field<'a>| match it.ty {
                    FieldType::Group(..) => it.name.text.eq_ignore_ascii_case(name),
                    _ => it.name.text == *name,
                };
                let found = message.fields.iter().find(is);
                if found.is_none() {
                    let near = suggest::nearest(name, message.fields.iter().map(|it| &*it.name.text));
                    self.sink.push(missing(name).maybe_help(near.map(|it| format!("did you mean `{it}`?"))));
                }
                found
            }
            ValueFieldName::Extension(name) => {
                let scope = self.world.symbols.get(message.symbol).name.clone();
                if let Found::Symbol(id) = self.scopes.find(&scope, name, Want::Extension)
                    && self.world.symbols.get(id).kind == Kind::Extension
                    && let Some(field) = self.nodes.get_field(id)
                    && field.extendee.as_ref().is_some_and(|it| it.resolved == Some(message.symbol))
                {
                    return Some(field);
                }
                self.sink.push(
                    missing(&format!("[{name}]")).help("give the full name of an extension that is imported"),
                );
                None
            }
            ValueFieldName::Any(url) => {
                let it = missing(&format!("[{url}]"))
                    .help("the URL of a type stands alone, in a `google.protobuf.Any`");
                self.sink.push(it);
                None
            }
        }
    }

    /// `[type.googleapis.com/foo.Bar] { … }`: an Any, written as what is in it.
    fn any(
        &mut self,
        message: &Message<'_>,
        url: &str,
        span: Span,
        value: &Value<'_>,
        out: &mut Vec<u8>,
    ) -> bool {
        let name = url.rsplit('/').next().unwrap_or("");
        let inner = self.world.symbols.find(name).and_then(|id| self.nodes.get_message(id));
        let is_any = &*self.world.symbols.get(message.symbol).name == "google.protobuf.Any";
        let (Some(inner), true, ValueKind::Message(fields)) = (inner, is_any, &value.kind) else {
            let it = Diagnostic::error(format!("`[{url}]` cannot be set here")).at(
                span,
                if is_any {
                    format!("expected a message that is imported, not `{name}`")
                } else {
                    "only in a `google.protobuf.Any`".into()
                },
            );
            self.sink.push(it);
            return false;
        };
        let mut bytes = Vec::new();
        // What is inside an Any is out of reach of other options, so its paths are nobody's.
        let mut set = HashSet::new();
        std::mem::swap(self.set, &mut set);
        let good = self.message(inner, fields, value.span, &[], &mut bytes);
        std::mem::swap(self.set, &mut set);
        put_tag(1, 2, out);
        Wire::Bytes(url.as_bytes().to_vec()).put(out);
        if !bytes.is_empty() {
            put_tag(2, 2, out);
            Wire::Bytes(bytes).put(out);
        }
        good
    }

    fn scalar(
        &self,
        field: &Field<'_>,
        ty: Type,
        value: &Scalar<'_>,
        dialect: Dialect,
    ) -> Result<Wire, Misfit> {
        let text = dialect == Dialect::Text;
        Ok(match ty {
            Type::BOOL => match value {
                Scalar::Ident("true") => Wire::Varint(1),
                Scalar::Ident("false") => Wire::Varint(0),
                Scalar::Ident("True" | "t") | Scalar::Int(1, Sign::Plus) if text => Wire::Varint(1),
                Scalar::Ident("False" | "f") | Scalar::Int(0, Sign::Plus) if text => Wire::Varint(0),
                _ => return Err(Misfit { label: "expected `true` or `false`".into(), help: None }),
            },
            Type::ENUM => match value {
                Scalar::Int(..) if text => self.enum_number(field, value)?,
                _ => Wire::signed(i128::from(defaults::enum_value(field, value, self.nodes)?.1)),
            },
            Type::STRING | Type::BYTES => match value {
                Scalar::Str(bytes) if ty == Type::STRING && std::str::from_utf8(bytes).is_err() => {
                    return Err(Misfit { label: "is not valid UTF-8".into(), help: None });
                }
                Scalar::Str(bytes) => Wire::Bytes(bytes.clone()),
                Scalar::Ident(word) => {
                    return Err(Misfit {
                        label: "expected a string".into(),
                        help: Some(format!("write \"{word}\"")),
                    });
                }
                _ => return Err(Misfit { label: "expected a string".into(), help: None }),
            },
            Type::DOUBLE => Wire::Fixed64(defaults::number(value)?.to_bits()),
            #[expect(clippy::cast_possible_truncation, reason = "the nearest float is what is asked for")]
            Type::FLOAT => Wire::Fixed32((defaults::number(value)? as f32).to_bits()),
            _ => integer(ty, defaults::integer(ty, value)?),
        })
    }

    fn enum_number(&self, field: &Field<'_>, value: &Scalar<'_>) -> Result<Wire, Misfit> {
        let number = defaults::integer(Type::INT32, value)?;
        let FieldType::Named(ty) = &field.ty else { return Ok(Wire::signed(number)) };
        let Some(this) = ty.resolved.and_then(|id| self.nodes.get_enum(id)) else {
            return Ok(Wire::signed(number));
        };
        let open = self.world.files[this.name.span.file.index()].syntax == Syntax::Proto3;
        if open || this.values.iter().any(|it| i128::from(it.number.value) == number) {
            return Ok(Wire::signed(number));
        }
        Err(Misfit { label: format!("enum `{}` has no value of this number", this.name.text), help: None })
    }
}

/// Which of the two grammars of values a scalar is written in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Dialect {
    Option,
    /// Inside braces.
    Text,
}

/// A scalar on the wire.
enum Wire {
    Varint(u64),
    Fixed32(u32),
    Fixed64(u64),
    Bytes(Vec<u8>),
}

impl Wire {
    fn signed(value: i128) -> Self {
        // In range, as checked; negative numbers take all 64 bits.
        Self::Varint(i64::try_from(value).map_or(0, i64::cast_unsigned))
    }

    fn is_zero(&self) -> bool {
        match self {
            Self::Varint(value) | Self::Fixed64(value) => *value == 0,
            Self::Fixed32(value) => *value == 0,
            Self::Bytes(value) => value.is_empty(),
        }
    }

    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Self::Varint(value) => put_varint(*value, out),
            Self::Fixed32(value) => out.extend_from_slice(&value.to_le_bytes()),
            Self::Fixed64(value) => out.extend_from_slice(&value.to_le_bytes()),
            Self::Bytes(bytes) => {
                put_varint(bytes.len() as u64, out);
                out.extend_from_slice(bytes);
            }
        }
    }
}

/// An integer in the encoding of its type; it is in the type's range.
fn integer(ty: Type, value: i128) -> Wire {
    let long = i64::try_from(value).unwrap_or(0);
    match ty {
        Type::UINT32 | Type::UINT64 => Wire::Varint(u64::try_from(value).unwrap_or(0)),
        Type::SINT32 | Type::SINT64 => Wire::Varint(((long << 1) ^ (long >> 63)).cast_unsigned()),
        Type::FIXED32 => Wire::Fixed32(u32::try_from(value).unwrap_or(0)),
        Type::SFIXED32 => Wire::Fixed32(i32::try_from(value).unwrap_or(0).cast_unsigned()),
        Type::FIXED64 => Wire::Fixed64(u64::try_from(value).unwrap_or(0)),
        Type::SFIXED64 => Wire::Fixed64(long.cast_unsigned()),
        _ => Wire::signed(value),
    }
}

fn wire_type(ty: Type) -> u64 {
    match ty {
        Type::DOUBLE | Type::FIXED64 | Type::SFIXED64 => 1,
        Type::STRING | Type::BYTES | Type::MESSAGE => 2,
        Type::GROUP => 3,
        Type::FLOAT | Type::FIXED32 | Type::SFIXED32 => 5,
        _ => 0,
    }
}

/// A message field with what is in it, as a record.
pub(crate) fn wrap(field: &Field<'_>, inner: &[u8]) -> Vec<u8> {
    let ty = if matches!(field.ty, FieldType::Group(..)) { Type::GROUP } else { Type::MESSAGE };
    let mut out = Vec::with_capacity(inner.len() + 8);
    put_message(field, ty, inner, &mut out);
    out
}

fn put_message(field: &Field<'_>, ty: Type, inner: &[u8], out: &mut Vec<u8>) {
    put_tag(field.number.value, wire_type(ty), out);
    if ty == Type::GROUP {
        out.extend_from_slice(inner);
        put_tag(field.number.value, 4, out);
    } else {
        put_varint(inner.len() as u64, out);
        out.extend_from_slice(inner);
    }
}

fn put_tag(number: i64, wire_type: u64, out: &mut Vec<u8>) {
    put_varint(u64::try_from(number).unwrap_or(0) << 3 | wire_type, out);
}

fn put_varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push((value & 0x7F) as u8 | 0x80);
        value >>= 7;
    }
    out.push((value & 0x7F) as u8);
}
