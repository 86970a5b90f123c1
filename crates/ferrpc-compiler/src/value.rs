//! Values of options as wire records, checked against the fields they are for.

use std::collections::{BTreeMap, HashSet};

use ferrpc_proto::descriptor::field_descriptor_proto::{Label, Type};

use crate::ast::{
    Field, FieldType, Message, MessageKind, Scalar, Sign, Value, ValueField, ValueFieldName, ValueKind,
};
use crate::defaults::{self, Dialect, Misfit};
use crate::edition::{self, Edition};
use crate::nodes::Nodes;
use crate::options::Support;
use crate::ranges;
use crate::report::{Diagnostic, Sink};
use crate::scopes::{Found, Scopes, Want};
use crate::span::{FileId, Span};
use crate::suggest;
use crate::symbols::SymbolId;
use crate::target::Target;
use crate::world::World;

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

/// The values of an options message, or of a message inside of one.
///
/// Kept as a tree until all are known: parts of one message may be set by several options, and an encoder
/// writes fields by number.
#[derive(Default)]
pub(crate) struct Tree<'a> {
    slots: BTreeMap<i64, Slot<'a>>,
}

/// The values of one field: one, unless it is repeated.
struct Slot<'a> {
    field: &'a Field<'a>,
    ty: Type,
    values: Vec<Item<'a>>,
}

enum Item<'a> {
    Scalar(Wire),
    Message(Tree<'a>),
}

impl<'a> Tree<'a> {
    fn slot(&mut self, field: &'a Field<'a>, ty: Type) -> &mut Slot<'a> {
        self.slots.entry(field.number.value).or_insert_with(|| Slot { field, ty, values: Vec::new() })
    }

    /// Forgets the other fields of the oneof that a field is of: options that set a message part by part
    /// may set one after the other, and the last one counts.
    fn choose(&mut self, field: &Field<'_>) {
        if field.oneof.is_some() {
            self.slots.retain(|&number, it| it.field.oneof != field.oneof || number == field.number.value);
        }
    }

    /// A required field that is not set, and its message: options that set a message part by part may
    /// leave one out.
    pub(crate) fn missing(
        &self,
        message: &'a Message<'a>,
        nodes: &Nodes<'a>,
        world: &World<'_>,
    ) -> Option<(&'a Message<'a>, &'a Field<'a>)> {
        let required = |it: &&Field<'_>| world.features.symbol(it.symbol).is_required();
        let unset = |it: &&Field<'_>| !self.slots.contains_key(&it.number.value);
        if let Some(field) = message.fields.iter().filter(required).find(unset) {
            return Some((message, field));
        }
        self.slots.values().find_map(|slot| {
            let inner = nodes.get_message(type_of(slot.field, nodes)?.1?)?;
            slot.values.iter().find_map(|it| match it {
                Item::Message(tree) => tree.missing(inner, nodes, world),
                Item::Scalar(_) => None,
            })
        })
    }

    /// Whether nothing would be written.
    pub(crate) fn is_empty(&self) -> bool {
        self.slots.values().all(|it| is_source_only(it.field))
    }

    /// Appends all values as an encoder would write them.
    pub(crate) fn encode(&self, context: &Context<'_, '_>, out: &mut Vec<u8>) {
        let world = context.world;
        for slot in self.slots.values().filter(|it| context.is_kept(it.field)) {
            let Slot { field, ty, values } = slot;
            if is_packed(world, field, *ty) {
                let mut run = Vec::new();
                for item in values {
                    item.put(context, &mut run);
                }
                put_tag(field.number.value, 2, out);
                put_bytes(&run, out);
                continue;
            }
            let implicit = is_implicit(world, field);
            let in_set = context.is_in_message_set(field);
            for item in values {
                if in_set {
                    // A group of number 1: the number as field 2, the message as field 3.
                    put_tag(1, 3, out);
                    put_tag(2, 0, out);
                    put_varint(u64::try_from(field.number.value).unwrap_or(0), out);
                    put_tag(3, 2, out);
                    item.put(context, out);
                    put_tag(1, 4, out);
                    continue;
                }
                if implicit && item.is_zero() {
                    continue;
                }
                let delimited = is_delimited(world, field, *ty);
                put_tag(field.number.value, if delimited { 3 } else { wire_type(*ty) }, out);
                match item {
                    Item::Message(tree) if delimited => {
                        tree.encode(context, out);
                        put_tag(field.number.value, 4, out);
                    }
                    _ => item.put(context, out),
                }
            }
        }
    }
}

impl Item<'_> {
    fn is_zero(&self) -> bool {
        matches!(self, Self::Scalar(it) if it.is_zero())
    }

    fn put(&self, context: &Context<'_, '_>, out: &mut Vec<u8>) {
        match self {
            Self::Scalar(it) => it.put(out),
            Self::Message(tree) => {
                let mut inner = Vec::new();
                tree.encode(context, &mut inner);
                put_bytes(&inner, out);
            }
        }
    }
}

/// What an encoder must know beside the values.
pub(crate) struct Context<'e, 'a> {
    pub(crate) nodes: &'e Nodes<'a>,
    pub(crate) world: &'e World<'a>,
    /// Whether what is for the source only is written too.
    pub(crate) source: bool,
}

impl Context<'_, '_> {
    fn is_kept(&self, field: &Field<'_>) -> bool {
        self.source || !is_source_only(field)
    }

    fn is_in_message_set(&self, field: &Field<'_>) -> bool {
        let extended = field.extendee.as_ref().and_then(|it| self.nodes.get_message(it.resolved?));
        extended.is_some_and(ranges::is_message_set)
    }
}

/// Turns values into trees.
pub(crate) struct Builder<'e, 'a> {
    pub(crate) nodes: &'e Nodes<'a>,
    pub(crate) world: &'e World<'a>,
    pub(crate) scopes: &'e Scopes<'a>,
    /// Files that names led to.
    pub(crate) used: &'e mut HashSet<FileId>,
    /// What the options are of, and in which edition.
    pub(crate) target: &'e Target,
    pub(crate) edition: Edition,
    /// Whether the file was asked for: only then it is worth warnings.
    pub(crate) is_root: bool,
    /// Inside an `Any`: what is in there are bytes to all but those who look for them, and free.
    pub(crate) in_any: bool,
    pub(crate) sink: &'e mut Sink,
}

/// How setting an option ended.
pub(crate) enum Outcome {
    /// It is set; if it is a list, as the one of this index.
    Set(Option<usize>),
    /// It had a value already. Has not been reported.
    Twice,
    /// The value does not fit. Has been reported.
    Wrong,
}

impl<'a> Builder<'_, 'a> {
    /// Sets the field that `fields` lead to from the root of a tree: messages, all but the last.
    pub(crate) fn set(
        &mut self,
        root: &mut Tree<'a>,
        fields: &[&'a Field<'a>],
        value: &Value<'_>,
    ) -> Outcome {
        let Some((&last, outer)) = fields.split_last() else { return Outcome::Wrong };
        let mut tree = root;
        for &field in outer {
            let Some((ty, _)) = type_of(field, self.nodes) else { return Outcome::Wrong };
            tree.choose(field);
            let slot = tree.slot(field, ty);
            if slot.values.is_empty() {
                slot.values.push(Item::Message(Tree::default()));
            }
            let Some(Item::Message(inner)) = slot.values.first_mut() else { return Outcome::Wrong };
            tree = inner;
        }
        let Some((ty, _)) = type_of(last, self.nodes) else { return Outcome::Wrong };
        let repeated = is_repeated(last);
        tree.choose(last);
        if !repeated && tree.slots.contains_key(&last.number.value) {
            return Outcome::Twice;
        }
        let Some(item) = self.item(last, value, Dialect::Language) else { return Outcome::Wrong };
        let values = &mut tree.slot(last, ty).values;
        values.push(item);
        Outcome::Set(repeated.then(|| values.len() - 1))
    }

    /// One value of a field; says so if it does not fit.
    fn item(&mut self, field: &Field<'_>, value: &Value<'_>, dialect: Dialect) -> Option<Item<'a>> {
        let (ty, message) = type_of(field, self.nodes)?;
        let fit = match (message.and_then(|id| self.nodes.get_message(id)), &value.kind) {
            (Some(message), ValueKind::Message(fields)) => {
                return self.message(message, fields, value.span).map(Item::Message);
            }
            (Some(message), _) => {
                Err(format!("expected a message, `{{ … }}` with the fields of `{}`", message.name.text))
            }
            (None, ValueKind::Scalar(scalar)) => Ok(scalar),
            (None, ValueKind::Message(_)) => Err("expected a plain value, not a message".into()),
            (None, ValueKind::List(_)) => Err("expected one value, not a list".into()),
        };
        let fit = fit.map_err(|label| Misfit { label, help: None });
        match fit.and_then(|scalar| self.scalar(field, ty, scalar, value.span, dialect)) {
            Ok(scalar) => {
                if let (Type::ENUM, ValueKind::Scalar(value_of)) = (ty, &value.kind) {
                    self.value_lifetime(field, value_of, value.span);
                }
                Some(Item::Scalar(scalar))
            }
            Err(why) => {
                let it = Diagnostic::error(format!("the value of option `{}` does not fit", field.name.text))
                    .at(value.span, why.label)
                    .maybe_help(why.help);
                self.sink.push(it);
                None
            }
        }
    }

    /// `{ … }` as the fields of a message; all that is wrong in it is reported.
    fn message(
        &mut self,
        message: &'a Message<'a>,
        fields: &[ValueField<'_>],
        span: Span,
    ) -> Option<Tree<'a>> {
        if let [ValueField { name: ValueFieldName::Any(url), value, span, .. }] = fields {
            return self.any(message, url, *span, value);
        }
        let errors = self.sink.errors();
        let mut tree = Tree::default();
        let mut oneofs: BTreeMap<usize, &'a Field<'a>> = BTreeMap::new();
        for entry in fields {
            // What is set by a reserved name is skipped: the field was there once.
            let Some(field) = self.find(message, entry) else { continue };
            self.allowed(field, entry.span);
            let Some((ty, inner)) = type_of(field, self.nodes) else { continue };
            if !entry.colon && inner.is_none() {
                let it = Diagnostic::error("expected `:` before a plain value");
                self.sink.push(it.at(entry.span, "missing behind this"));
                continue;
            }
            let repeated = is_repeated(field);
            if let (ValueKind::List(list), true) = (&entry.value.kind, repeated) {
                for value in list {
                    let item = self.item(field, value, Dialect::Text);
                    tree.slot(field, ty).values.extend(item);
                }
                continue;
            }
            if !repeated && tree.slots.contains_key(&field.number.value) {
                let it = Diagnostic::error(format!("field `{}` is set twice", field.name.text))
                    .at(entry.span, "set again here");
                self.sink.push(it);
                continue;
            }
            if let Some(oneof) = field.oneof
                && let Some(other) = oneofs.insert(oneof, field)
            {
                let name = message.oneofs.get(oneof).map_or("", |it| &*it.name.text);
                let it = Diagnostic::error(format!("only one field of oneof `{name}` can be set"))
                    .at(entry.span, format!("`{}` is set beside it", other.name.text));
                self.sink.push(it);
            }
            let item = self.item(field, &entry.value, Dialect::Text);
            tree.slot(field, ty).values.extend(item);
        }
        if message.kind == MessageKind::MapEntry {
            self.complete_entry(message, &mut tree);
        }
        let required = message.fields.iter().filter(|it| self.world.features.symbol(it.symbol).is_required());
        for required in required {
            if !tree.slots.contains_key(&required.number.value) {
                let name = &required.name.text;
                let it = Diagnostic::error(format!("`{}` needs its field `{name}`", message.name.text))
                    .at(span, "is not set in here");
                self.sink.push(it);
            }
        }
        (self.sink.errors() == errors).then_some(tree)
    }

    /// An entry of a map is written with both its key and its value, given or not.
    fn complete_entry(&self, entry: &'a Message<'a>, tree: &mut Tree<'a>) {
        for field in &entry.fields {
            let Some((ty, message)) = type_of(field, self.nodes) else { continue };
            let slot = tree.slot(field, ty);
            if slot.values.is_empty() {
                slot.values.push(match (message, ty) {
                    (Some(_), _) => Item::Message(Tree::default()),
                    (None, Type::STRING | Type::BYTES) => Item::Scalar(Wire::Bytes(Vec::new())),
                    (None, Type::DOUBLE | Type::FIXED64 | Type::SFIXED64) => Item::Scalar(Wire::Fixed64(0)),
                    (None, Type::FLOAT | Type::FIXED32 | Type::SFIXED32) => Item::Scalar(Wire::Fixed32(0)),
                    _ => Item::Scalar(Wire::Varint(0)),
                });
            }
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
                let lower = || self.nodes.field(message, &name.to_ascii_lowercase());
                let found = self
                    .nodes
                    .field(message, name)
                    .or_else(|| lower().filter(|it| self.is_group(it, message, name)));
                if found.is_none() && !message.reserved_names.iter().any(|it| it.name == *name) {
                    let names = message.fields.iter().map(|it| &*it.name.text);
                    let near = suggest::nearest(name, self.sink, names);
                    self.sink.push(missing(name).maybe_help(near.map(|it| format!("did you mean `{it}`?"))));
                }
                found
            }
            ValueFieldName::Extension(name) => {
                // From the scope around the message.
                let scope =
                    self.world.symbols.get(message.symbol).name.rsplit_once('.').map_or("", |it| it.0);
                if !name.starts_with('.')
                    && let Found::Symbol(id) = self.scopes.find(scope, name, Want::Anything)
                    && let Some(field) = self.nodes.named_in(message, id)
                {
                    self.used.insert(field.name.span.file);
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

    /// Whether a field is a group, or looks like one, and `name` is its message's: the text format knows it
    /// by that too.
    fn is_group(&self, field: &Field<'_>, inside: &Message<'_>, name: &str) -> bool {
        let message = match &field.ty {
            FieldType::Group(..) => Some(field.body),
            FieldType::Named(ty) if self.world.features.symbol(field.symbol).is_delimited() => ty.resolved,
            _ => None,
        };
        let Some(message) = message.and_then(|id| self.nodes.get_message(id)) else { return false };
        let beside = || {
            let full = &self.world.symbols.get(message.symbol).name;
            let scope = &self.world.symbols.get(inside.symbol).name;
            full.strip_suffix(name).and_then(|it| it.strip_suffix('.')) == Some(&**scope)
        };
        message.name.text == name && beside()
    }

    /// Says so if a field of an option may not be set here, or not in this edition.
    pub(crate) fn allowed(&mut self, field: &Field<'_>, span: Span) {
        if self.in_any {
            return;
        }
        // What an import does is told to those who ask for it.
        if let Some(it) = self.target.refuses(field, span).filter(|_| self.is_root) {
            self.sink.push(it);
        }
        self.lifetime(&field.options, &field.name.text, span);
    }

    fn lifetime(&mut self, options: &[crate::ast::OptionDecl<'_>], name: &str, span: Span) {
        let Some(support) = Support::of(options) else { return };
        let edition = self.edition.number();
        let it = if let Some(from) = support.introduced.filter(|it| edition < *it) {
            Diagnostic::error(format!("`{name}` begins with {}", edition::shown(from)))
                .at(span, format!("this file is of {}", self.edition.shown()))
        } else if let Some(end) = support.removed.filter(|it| edition >= *it) {
            let it = Diagnostic::error(format!("`{name}` was removed in {}", edition::shown(end)))
                .at(span, format!("this file is of {}", self.edition.shown()));
            support.error.iter().fold(it, |it, why| it.note(why.as_str()))
        } else if support.deprecated.is_some_and(|it| edition >= it) && self.is_root {
            let it = Diagnostic::warning(format!("`{name}` is deprecated")).at(span, "set here");
            support.warning.iter().fold(it, |it, why| it.note(why.as_str()))
        } else {
            return;
        };
        self.sink.push(it);
    }

    /// The same for a value that is one of an enum.
    fn value_lifetime(&mut self, field: &Field<'_>, value: &Scalar<'_>, span: Span) {
        let FieldType::Named(ty) = &field.ty else { return };
        let Some(this) = ty.resolved.and_then(|id| self.nodes.get_enum(id)) else { return };
        let found = match value {
            Scalar::Ident(name) => self.nodes.value(this, name),
            Scalar::Int(number, Sign::Plus) => {
                i64::try_from(*number).ok().and_then(|number| self.nodes.value_of_number(this, number))
            }
            _ => None,
        };
        if let Some(found) = found {
            self.lifetime(&found.options, &found.name.text, span);
        }
    }

    /// `[type.googleapis.com/foo.Bar] { … }`: an Any, written as what is in it.
    fn any(&mut self, any: &'a Message<'a>, url: &str, span: Span, value: &Value<'_>) -> Option<Tree<'a>> {
        // The two hosts that stand for "whatever types are known here".
        let hosts = ["type.googleapis.com/", "type.googleprod.com/"];
        let name = hosts.iter().find_map(|host| url.strip_prefix(host)).unwrap_or("");
        let inner = self.world.symbols.find(name).and_then(|id| self.nodes.get_message(id));
        let inner = inner.filter(|it| self.scopes.sees(it.name.span.file));
        let is_any = &*self.world.symbols.get(any.symbol).name == "google.protobuf.Any";
        let (Some(inner), true, ValueKind::Message(fields)) = (inner, is_any, &value.kind) else {
            let why = if is_any && name.is_empty() {
                "expected `type.googleapis.com/` and the name of a message".to_owned()
            } else if is_any {
                format!("expected a message that is imported, not `{name}`")
            } else {
                "only in a `google.protobuf.Any`".into()
            };
            self.sink.push(Diagnostic::error(format!("`[{url}]` cannot be set here")).at(span, why));
            return None;
        };
        self.used.insert(inner.name.span.file);
        let mut bytes = Vec::new();
        let context = Context { nodes: self.nodes, world: self.world, source: true };
        let outer = std::mem::replace(&mut self.in_any, true);
        let message = self.message(inner, fields, value.span);
        self.in_any = outer;
        message?.encode(&context, &mut bytes);
        let mut tree = Tree::default();
        for (field, bytes) in any.fields.iter().zip([url.as_bytes().to_vec(), bytes]) {
            let (ty, _) = type_of(field, self.nodes)?;
            tree.slot(field, ty).values.push(Item::Scalar(Wire::Bytes(bytes)));
        }
        Some(tree)
    }

    fn scalar(
        &self,
        field: &Field<'_>,
        ty: Type,
        value: &Scalar<'_>,
        span: Span,
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
                _ => Wire::signed(i128::from(defaults::enum_value(field, value, self.nodes, self.sink)?.1)),
            },
            Type::STRING | Type::BYTES => match value {
                // Features say whether a text must be one; those of descriptor.proto need not.
                Scalar::Str(bytes)
                    if ty == Type::STRING
                        && std::str::from_utf8(bytes).is_err()
                        && !self.in_any
                        && self.world.features.symbol(field.symbol).is_verified() =>
                {
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
            Type::DOUBLE => Wire::Fixed64(self.number(value, span, dialect)?.to_bits()),
            #[expect(clippy::cast_possible_truncation, reason = "the nearest float is what is asked for")]
            Type::FLOAT => Wire::Fixed32((self.number(value, span, dialect)? as f32).to_bits()),
            _ => integer(ty, defaults::integer(ty, value)?),
        })
    }

    fn number(&self, value: &Scalar<'_>, span: Span, dialect: Dialect) -> Result<f64, Misfit> {
        match (value, dialect) {
            // An integer before it is a number, and integers have no zero with a sign.
            (Scalar::Int(0, Sign::Minus), Dialect::Language) => return Ok(0.0),
            (Scalar::Int(..), Dialect::Text) => {
                let text = &self.world.loaded.sources.file(span.file).text;
                let written = text.get(span.start as usize..span.end as usize).unwrap_or("");
                let digits = written.trim_start_matches('-').trim_start();
                if digits.len() > 1 && digits.starts_with('0') {
                    let label = "expected a decimal number".into();
                    return Err(Misfit {
                        label,
                        help: Some("inside braces only integers can be hexadecimal or octal".into()),
                    });
                }
            }
            _ => {}
        }
        defaults::number(value, dialect)
    }

    fn enum_number(&self, field: &Field<'_>, value: &Scalar<'_>) -> Result<Wire, Misfit> {
        let number = defaults::integer(Type::INT32, value)?;
        let FieldType::Named(ty) = &field.ty else { return Ok(Wire::signed(number)) };
        let Some(this) = ty.resolved.and_then(|id| self.nodes.get_enum(id)) else {
            return Ok(Wire::signed(number));
        };
        let open = !self.world.features.symbol(this.symbol).is_closed();
        let known = i64::try_from(number).ok().and_then(|number| self.nodes.value_of_number(this, number));
        if open || known.is_some() {
            return Ok(Wire::signed(number));
        }
        Err(Misfit { label: format!("enum `{}` has no value of this number", this.name.text), help: None })
    }
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
            Self::Bytes(bytes) => put_bytes(bytes, out),
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
        Type::FLOAT | Type::FIXED32 | Type::SFIXED32 => 5,
        _ => 0,
    }
}

pub(crate) fn is_repeated(field: &Field<'_>) -> bool {
    field.label.is_some_and(|it| it.0 == Label::REPEATED) || matches!(field.ty, FieldType::Map(..))
}

fn is_packed(world: &World<'_>, field: &Field<'_>, ty: Type) -> bool {
    if !is_repeated(field) || matches!(ty, Type::STRING | Type::BYTES | Type::MESSAGE | Type::GROUP) {
        return false;
    }
    world.features.symbol(field.symbol).is_packed()
}

/// Whether a field that is zero is as good as not set.
fn is_implicit(world: &World<'_>, field: &Field<'_>) -> bool {
    // The fields of map entries have no label either, and are written always. Only theirs are named where
    // their type stands.
    let in_entry = field.span == field.name.span;
    world.features.symbol(field.symbol).is_implicit()
        && !is_repeated(field)
        && field.oneof.is_none()
        && field.extendee.is_none()
        && !in_entry
}

/// Whether a message in this field ends with a tag of its own instead of having its length in front.
fn is_delimited(world: &World<'_>, field: &Field<'_>, ty: Type) -> bool {
    let in_entry = field.span == field.name.span;
    ty == Type::GROUP
        || (ty == Type::MESSAGE
            && !in_entry
            && !matches!(field.ty, FieldType::Map(..))
            && world.features.symbol(field.symbol).is_delimited())
}

fn put_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    put_varint(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
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
