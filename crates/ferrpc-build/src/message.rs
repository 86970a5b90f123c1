//! Messages and their oneofs as structs and enums, each with the list of fields its table is made of.

use ferrpc_proto::descriptor::{DescriptorProto, FieldDescriptorProto, field_descriptor_proto::Type as Kind};

use crate::context::Context;
use crate::default;
use crate::error::Error;
use crate::names::{Scope, camel, snake};
use crate::print::{Printer, Type};
use crate::schema::{How, Item, how, is_required, oneof_of, text};

/// What a getter must not be called, since it would be found instead: methods of messages, and those that
/// every type has in practice.
const METHODS: &[&str] = &[
    "check_initialized",
    "clone",
    "clone_from",
    "decode",
    "decode_partial",
    "decode_shared",
    "decode_with",
    "default",
    "encode_into",
    "encode_pieces",
    "encode_to_bytes",
    "encode_to_vec",
    "encoded_len",
    "eq",
    "fmt",
    "from",
    "into",
    "merge",
    "merge_from",
    "ne",
    "to_owned",
    "to_string",
    "try_from",
    "try_into",
    "type_id",
];

/// One field as it is printed: in the struct, and in the list.
struct Line {
    name: String,
    rust: Type,
    part: String,
    doc: Vec<String>,
    deprecated: bool,
}

pub(crate) fn message(
    g: &Context<'_>,
    out: &mut Printer,
    module: usize,
    item: &Item<'_>,
    message: &DescriptorProto,
) -> Result<(), Error> {
    let (mut scope, mut getters) = (Scope::with(&["_unknown"]), Scope::with(METHODS));
    let mut lines = Vec::new();
    let mut oneofs_done = Vec::new();
    for (i, field) in message.field.iter().enumerate() {
        let source: Vec<i32> =
            item.source.iter().copied().chain([2, i32::try_from(i).unwrap_or(i32::MAX)]).collect();
        let number = number(item, field)?;
        if let Some(index) = oneof_of(field) {
            if !oneofs_done.contains(&index) {
                oneofs_done.push(index);
                lines.push((number, oneof_field(g, &mut scope, module, item, message, index)?));
            }
            continue;
        }
        let name = scope.take(&snake(text(&field.name)));
        let (rust, kind) = field_type(g, module, item, field)?;
        let getter = match kind.starts_with("optional ") {
            true => getter(g, &mut getters, module, item, field, &name)?,
            false => String::new(),
        };
        let deprecated = field.options.get().deprecated();
        let part = format!("({number} \"{}\" {name} {kind}{getter})", text(&field.name));
        lines.push((number, Line { name, rust, part, doc: g.doc(item.file, &source), deprecated }));
    }

    out.blank();
    out.doc(&g.doc(item.file, &item.source));
    out.deprecated(message.options.get().deprecated());
    out.line("#[derive(Clone, Default, PartialEq)]");
    out.open(&format!("pub struct {} {{", item.name));
    for (_, line) in &lines {
        out.doc(&line.doc);
        out.deprecated(line.deprecated);
        out.field(&line.name, &line.rust);
    }
    out.line("#[doc(hidden)]");
    out.line(&format!("pub _unknown: {}::UnknownFields,", g.runtime()));
    out.close("}");

    // By number, as the table is: then it is sorted already.
    lines.sort_by_key(|(number, _)| *number);
    let slot = if g.schema.is_boxed(&format!(".{}", item.full_name)) { "boxed" } else { "inline" };
    out.blank();
    out.open(&format!("{}::__message! {{", g.runtime()));
    let checks = checks(g, item, message);
    out.line(&format!("{}, \"{}\", {slot}{checks};", item.name, item.full_name));
    for (_, line) in &lines {
        out.line(&line.part);
    }
    out.close("}");
    Ok(())
}

/// What is not to be seen in a field's list entry: how the getter differs from the usual one.
fn getter(
    g: &Context<'_>,
    getters: &mut Scope,
    module: usize,
    item: &Item<'_>,
    field: &FieldDescriptorProto,
    name: &str,
) -> Result<String, Error> {
    let mut parts = Vec::new();
    if field.options.get().deprecated() {
        parts.push("deprecated".to_owned());
    }
    let getter = getters.take(name.trim_start_matches("r#"));
    if getter != name {
        parts.push(format!("fn {getter}"));
    }
    if field.r#type == Some(Kind::ENUM) {
        let path = g.schema.path(module, text(&field.type_name), text(&item.file.name))?;
        parts.push(format!(": {path}"));
    }
    parts.extend(default_of(g, item, field)?.map(|value| format!("= {value}")));
    Ok(if parts.is_empty() { String::new() } else { format!(" [{}]", parts.join(" ")) })
}

/// The default that the `.proto` file says, as an expression, unless it is that of the type.
fn default_of(
    g: &Context<'_>,
    item: &Item<'_>,
    field: &FieldDescriptorProto,
) -> Result<Option<String>, Error> {
    let Some(default) = &field.default_value else { return Ok(None) };
    default::value(&g.schema, field, default).ok_or_else(|| {
        let name = format!("{}.{}", item.full_name, text(&field.name));
        Error::new(text(&item.file.name), format!("{name} has a default of another type: {default:?}"))
    })
}

/// Which fields are required, and in which one may be missing further down, if there are such.
fn checks(g: &Context<'_>, item: &Item<'_>, message: &DescriptorProto) -> String {
    if !g.schema.is_checked(&format!(".{}", item.full_name)) {
        return String::new();
    }
    let numbers = |wanted: &dyn Fn(&FieldDescriptorProto) -> bool| {
        let mut numbers: Vec<i32> =
            message.field.iter().filter(|field| wanted(field)).filter_map(|field| field.number).collect();
        numbers.sort_unstable();
        numbers.iter().map(i32::to_string).collect::<Vec<_>>().join(" ")
    };
    let required = numbers(&|field| is_required(item.features, field));
    let within = numbers(&|field| g.schema.is_checked(text(&field.type_name)));
    format!(", required({required}) within({within})")
}

fn oneof_field(
    g: &Context<'_>,
    scope: &mut Scope,
    module: usize,
    item: &Item<'_>,
    message: &DescriptorProto,
    index: usize,
) -> Result<Line, Error> {
    let file = text(&item.file.name);
    let oneof = message.oneof_decl.get(index).map_or("", |oneof| text(&oneof.name));
    let name = scope.take(&snake(oneof));
    let rust = g.schema.path(module, &format!(".{}.{oneof}", item.full_name), file)?;
    let part = format!("(oneof {name})");
    let source: Vec<i32> =
        item.source.iter().copied().chain([8, i32::try_from(index).unwrap_or(i32::MAX)]).collect();
    let rust = Type::of(g.std(module, "Option"), [Type::path(rust)]);
    Ok(Line { name, rust, part, doc: g.doc(item.file, &source), deprecated: false })
}

/// The Rust type of a field, and how the table's list names it.
fn field_type(
    g: &Context<'_>,
    module: usize,
    item: &Item<'_>,
    field: &FieldDescriptorProto,
) -> Result<(Type, String), Error> {
    if let Some((key, value)) = g.schema.entry(field) {
        let (key_type, key_kind) = value_type(g, module, item, key)?;
        let (value_type, value_kind) = value_type(g, module, item, value)?;
        let map = Type::of(format!("{}::Map", g.runtime()), [key_type, value_type]);
        return Ok((map, format!("map {key_kind} {value_kind}")));
    }
    let (value, kind) = value_type(g, module, item, field)?;
    let features = item.features.field(field);
    let kind = if kind == "message" && features.is_delimited() { "group" } else { kind };
    Ok(match how(features, field) {
        How::Implicit => (value, format!("implicit {kind}")),
        How::Optional if matches!(kind, "message" | "group") => {
            (Type::of(format!("{}::Sub", g.runtime()), [value]), format!("sub {kind}"))
        }
        How::Optional => (Type::of(g.std(module, "Option"), [value]), format!("optional {kind}")),
        How::Packed => (Type::of(g.std(module, "Vec"), [value]), format!("packed {kind}")),
        How::Repeated | How::Oneof(_) => {
            (Type::of(g.std(module, "Vec"), [value]), format!("repeated {kind}"))
        }
    })
}

/// The Rust type of one value, and the kind it is to the table: groups come as messages.
fn value_type(
    g: &Context<'_>,
    module: usize,
    item: &Item<'_>,
    field: &FieldDescriptorProto,
) -> Result<(Type, &'static str), Error> {
    let file = text(&item.file.name);
    let named = || g.schema.path(module, text(&field.type_name), file).map(Type::path);
    let (rust, kind) = match field.r#type {
        Some(Kind::INT32) => ("i32", "int32"),
        Some(Kind::SINT32) => ("i32", "sint32"),
        Some(Kind::SFIXED32) => ("i32", "sfixed32"),
        Some(Kind::INT64) => ("i64", "int64"),
        Some(Kind::SINT64) => ("i64", "sint64"),
        Some(Kind::SFIXED64) => ("i64", "sfixed64"),
        Some(Kind::UINT32) => ("u32", "uint32"),
        Some(Kind::FIXED32) => ("u32", "fixed32"),
        Some(Kind::UINT64) => ("u64", "uint64"),
        Some(Kind::FIXED64) => ("u64", "fixed64"),
        Some(Kind::FLOAT) => ("f32", "float"),
        Some(Kind::DOUBLE) => ("f64", "double"),
        Some(Kind::BOOL) => ("bool", "bool"),
        Some(Kind::STRING) => return Ok((Type::path(g.std(module, "String")), "string")),
        Some(Kind::BYTES) => return Ok((Type::path(format!("{}::Bytes", g.runtime())), "bytes")),
        Some(Kind::ENUM) => return Ok((named()?, "open")),
        Some(Kind::MESSAGE | Kind::GROUP) => return Ok((named()?, "message")),
        _ => {
            let name = format!("{}.{}", item.full_name, text(&field.name));
            return Err(Error::new(file, format!("{name} has no type; the descriptor is not linked")));
        }
    };
    Ok((Type::path(rust), kind))
}

pub(crate) fn oneof(
    g: &Context<'_>,
    out: &mut Printer,
    module: usize,
    item: &Item<'_>,
    message: &DescriptorProto,
    index: usize,
) -> Result<(), Error> {
    let mut scope = Scope::default();
    out.blank();
    out.doc(&g.doc(item.file, &item.source));
    out.line("#[derive(Clone, Debug, PartialEq)]");
    out.open(&format!("pub enum {} {{", item.name));
    let mut parts = Vec::new();
    for (i, field) in message.field.iter().enumerate() {
        if oneof_of(field) != Some(index) {
            continue;
        }
        // A oneof's own path ends in its kind and index; its fields are those of the message.
        let above = &item.source[..item.source.len() - 2];
        let source: Vec<i32> =
            above.iter().copied().chain([2, i32::try_from(i).unwrap_or(i32::MAX)]).collect();
        let name = scope.take(&camel(text(&field.name)));
        let (mut rust, mut kind) = value_type(g, module, item, field)?;
        if kind == "message" {
            let is_boxed = g.schema.is_boxed(text(&field.type_name));
            kind = match (is_boxed, item.features.field(field).is_delimited()) {
                (false, false) => "message",
                (false, true) => "group",
                (true, false) => "boxed",
                (true, true) => "boxed_group",
            };
            rust = if is_boxed { Type::of(g.std(module, "Box"), [rust]) } else { rust };
        }
        out.doc(&g.doc(item.file, &source));
        out.deprecated(field.options.get().deprecated());
        out.typed(&format!("{name}("), &rust, "),");
        parts.push(format!("({} \"{}\" {name} {kind})", number(item, field)?, text(&field.name)));
    }
    out.close("}");
    out.blank();
    out.open(&format!("{}::__oneof! {{", g.runtime()));
    out.line(&format!("{};", item.name));
    for part in parts {
        out.line(&part);
    }
    out.close("}");
    Ok(())
}

/// An extension: a static in the module of what it is declared in.
pub(crate) fn extension(
    g: &Context<'_>,
    out: &mut Printer,
    module: usize,
    item: &Item<'_>,
    field: &FieldDescriptorProto,
) -> Result<(), Error> {
    let extends = g.schema.path(module, text(&field.extendee), text(&item.file.name))?;
    let (value, kind) = value_type(g, module, item, field)?;
    let features = item.features.field(field);
    let kind = if kind == "message" && features.is_delimited() { "group" } else { kind };
    // All that are single know whether they are set, in proto3 too.
    let (container, how) = match how(features, field) {
        How::Packed => ("Vec", "packed"),
        How::Repeated => ("Vec", "repeated"),
        How::Implicit | How::Optional | How::Oneof(_) => ("Option", "optional"),
    };
    let holds = Type::of(g.std(module, container), [value]).flat();
    let default = default_of(g, item, field)?.map(|value| format!(" = {value}")).unwrap_or_default();
    let form = if g.schema.is_message_set(text(&field.extendee)) { " item" } else { "" };

    out.blank();
    out.open(&format!("{}::__extension! {{", g.runtime()));
    out.doc(&g.doc(item.file, &item.source));
    out.deprecated(field.options.get().deprecated());
    out.line(&format!("pub {}: {extends}, {holds};", item.name));
    let number = number(item, field)?;
    out.line(&format!("({number} \"{}\" {how} {kind}{default}){form}", item.full_name));
    out.close("}");
    Ok(())
}

fn number(item: &Item<'_>, field: &FieldDescriptorProto) -> Result<i32, Error> {
    field.number.filter(|number| (1..1 << 29).contains(number)).ok_or_else(|| {
        let name = format!("{}.{}", item.full_name, text(&field.name));
        Error::new(text(&item.file.name), format!("{name} has no field number in range"))
    })
}
