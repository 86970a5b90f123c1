//! JSON names: that no two fields of a message share one.

use std::collections::HashMap;

use ferrpc_proto::descriptor::{DescriptorProto, FileDescriptorProto};

use crate::ast::{Field, Message, MessageKind};
use crate::names;
use crate::report::{Diagnostic, Sink};
use crate::world::World;

pub(crate) fn run(world: &World<'_>, protos: &[FileDescriptorProto], sink: &mut Sink) {
    for (file, proto) in world.files.iter().zip(protos) {
        for (message, proto) in file.messages.iter().zip(&proto.message_type) {
            check(world, message, proto, sink);
        }
        extensions(&file.extensions, sink);
    }
}

/// That none has a JSON name, unless it is the one it would have as a field.
fn extensions(fields: &[Field<'_>], sink: &mut Sink) {
    for field in fields {
        if let Some(name) = field.json_name.as_ref().filter(|it| it.name != names::json(&field.name.text)) {
            let it = Diagnostic::error("an extension cannot have a `json_name`")
                .at(name.span, "not allowed here")
                .help("in JSON an extension is called by its full name in brackets");
            sink.push(it);
        }
    }
}

fn check(world: &World<'_>, message: &Message<'_>, proto: &DescriptorProto, sink: &mut Sink) {
    for (nested, proto) in message.messages.iter().zip(&proto.nested_type) {
        check(world, nested, proto, sink);
    }
    extensions(&message.extensions, sink);
    if message.kind == MessageKind::MapEntry {
        return;
    }
    #[expect(deprecated)] // It counts until nobody says it any more.
    let lenient =
        proto.options.as_ref().and_then(|it| it.deprecated_legacy_json_field_conflicts) == Some(true);
    for field in &message.fields {
        let Some(name) = &field.json_name else { continue };
        if name.name.contains('\0') {
            sink.push(Diagnostic::error("a JSON name cannot have a NUL in it").at(name.span, ""));
        }
        if !lenient && name.name.starts_with('[') && name.name.ends_with(']') {
            let it = Diagnostic::error("a JSON name cannot stand in brackets")
                .at(name.span, "looks like the name of an extension");
            sink.push(it);
        }
    }
    let strict = !world.features.symbol(message.symbol).is_json_lenient();
    // First as if nobody had chosen a name, then as they did: both forms are accepted on input.
    let defaults = message.fields.iter().map(|it| names::json(&it.name.text));
    let defaults: Vec<String> = defaults.collect();
    let mut seen: HashMap<&str, usize> = HashMap::new();
    for (at, name) in defaults.iter().enumerate() {
        let Some(&first) = seen.get(name.as_str()) else {
            seen.insert(name, at);
            continue;
        };
        let (field, first) = (&message.fields[at], &message.fields[first]);
        if field.name.text == first.name.text || lenient {
            continue;
        }
        let text =
            format!("fields `{}` and `{}` have the same name in JSON", first.name.text, field.name.text);
        let it = if strict { Diagnostic::error(text) } else { Diagnostic::warning(text) };
        let it = it
            .at(field.name.span, format!("\"{name}\" again"))
            .at(first.name.span, format!("\"{name}\""))
            .help("rename one of the two");
        sink.push(it);
    }
    // Names that were chosen, against all others.
    let mut seen: HashMap<&str, usize> = HashMap::new();
    // One that says what is the default anyway has chosen nothing.
    let chosen = |at: usize| {
        let name = message.fields[at].json_name.as_ref().map(|it| it.name.as_str());
        name.filter(|it| *it != defaults[at])
    };
    for (at, field) in message.fields.iter().enumerate() {
        let name = chosen(at).unwrap_or(&defaults[at]);
        let Some(&first) = seen.get(name) else {
            seen.insert(name, at);
            continue;
        };
        let other = &message.fields[first];
        let both_default = chosen(at).is_none() && chosen(first).is_none();
        // Two defaults were compared above.
        if both_default || other.name.text == field.name.text || lenient {
            continue;
        }
        let both_chosen = chosen(at).is_some() && chosen(first).is_some();
        let text =
            format!("fields `{}` and `{}` have the same name in JSON", other.name.text, field.name.text);
        let strict = both_chosen || strict;
        let it = if strict { Diagnostic::error(text) } else { Diagnostic::warning(text) };
        let place = |it: &Field<'_>| it.json_name.as_ref().map_or(it.name.span, |name| name.span);
        sink.push(it.at(place(field), format!("\"{name}\" again")).at(place(other), format!("\"{name}\"")));
    }
}
