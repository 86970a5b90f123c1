//! Messages and their oneofs as structs and enums, each with the list of fields its table is made of.

use ferrpc_proto::descriptor::{DescriptorProto, FieldDescriptorProto, field_descriptor_proto::Type as Kind};

use crate::context::Context;
use crate::default;
use crate::error::Error;
use crate::names::{Scope, camel, snake};
use crate::print::{Printer, Type};
use crate::schema::{How, Item, how, is_plain, is_required, oneof_of, text};
use crate::value::value_type;
use crate::view;

/// What a getter must not be called, since it would be found instead: methods of messages and views, and those
/// that every type has in practice.
const METHODS: &[&str] = &[
    "check_initialized",
    "clone",
    "clone_from",
    "decode",
    "decode_in",
    "decode_in_with",
    "decode_partial",
    "decode_partial_in",
    "decode_shared",
    "decode_slack_in",
    "decode_with",
    "default",
    "encode_deterministic",
    "encode_into",
    "encode_to_bytes",
    "encode_to_segments",
    "encode_to_vec",
    "encoded_len",
    "eq",
    "fmt",
    "from",
    "into",
    "is_whole",
    "merge",
    "merge_from",
    "ne",
    "own",
    "to_owned",
    "to_owned_message",
    "to_string",
    "try_from",
    "try_into",
    "type_id",
    "unknown_mut",
];

/// One field as it is printed: in the struct, and in the list.
struct Line {
    name: String,
    rust: Type,
    /// In the view, if there is one.
    view: Option<Type>,
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
    let view = g.schema.view_path(module, &format!(".{}", item.full_name));
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
        let view = view.as_ref().map(|_| view::field_type(g, module, item, field)).transpose()?;
        let doc = g.doc(item.file, &source);
        lines.push((number, Line { name, rust, view, part, doc, deprecated }));
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

    if let Some(view) = &view {
        out.blank();
        out.line(&format!("/// [`{}`] as it is read where it lies.", item.name));
        out.deprecated(message.options.get().deprecated());
        out.line("#[derive(Clone, Copy, Default, PartialEq)]");
        out.open(&format!("pub struct {view}<'a> {{"));
        for (_, line) in &lines {
            out.deprecated(line.deprecated);
            line.view.iter().for_each(|of| out.field(&line.name, of));
        }
        out.line("#[doc(hidden)]");
        out.line(&format!("pub _unknown: {}::view::UnknownView<'a>,", g.runtime()));
        out.close("}");
    }

    // By number, as the table is: then it is sorted already.
    lines.sort_by_key(|(number, _)| *number);
    let slot = if g.schema.is_boxed(&format!(".{}", item.full_name)) { "boxed" } else { "inline" };
    out.blank();
    out.open(&format!("{}::__message! {{", g.runtime()));
    let view = view.map_or(String::new(), |view| format!(", {view}"));
    let checks = checks(g, item, message);
    out.line(&format!("{}, \"{}\", {slot}{view}{checks};", item.name, item.full_name));
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
    let full_name = format!(".{}.{oneof}", item.full_name);
    let rust = g.schema.path(module, &full_name, file)?;
    let view = match g.schema.view_path(module, &full_name) {
        Some(path) => Type::of(path, [Type::path("'a")]),
        None => Type::path(rust.clone()),
    };
    let option = |of| Type::of(g.std(module, "Option"), [of]);
    let part = format!("(oneof {name})");
    let source: Vec<i32> =
        item.source.iter().copied().chain([8, i32::try_from(index).unwrap_or(i32::MAX)]).collect();
    let (rust, view) = (option(Type::path(rust)), Some(option(view)));
    Ok(Line { name, rust, view, part, doc: g.doc(item.file, &source), deprecated: false })
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
    let view = g.schema.view_path(module, &format!(".{}", item.full_name));
    // What borrows nothing is its own view.
    let is_plain = is_plain(message, index);
    let copy = if is_plain { "Copy, " } else { "" };
    out.line(&format!("#[derive(Clone, {copy}Debug, PartialEq)]"));
    out.open(&format!("pub enum {} {{", item.name));
    let (mut parts, mut variants) = (Vec::new(), Vec::new());
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
        variants.push((name, field));
    }
    out.close("}");
    if let Some(view) = &view {
        view::oneof(g, out, module, item, view, &variants)?;
    }
    out.blank();
    out.open(&format!("{}::__oneof! {{", g.runtime()));
    let above = item.full_name.rsplit_once('.').map_or("", |(above, _)| above);
    let view = match view {
        Some(view) => format!(", {view}"),
        None if g.schema.view_path(module, &format!(".{above}")).is_some() => ", itself".to_owned(),
        None => String::new(),
    };
    out.line(&format!("{}{view};", item.name));
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
