//! The rules that need types and options: of maps, oneofs, enums, packed fields, proto3.

use std::collections::HashMap;

use ferrpc_proto::descriptor::field_descriptor_proto::{Label, Type};
use ferrpc_proto::descriptor::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto,
};

use crate::ast::{Enum, Field, FieldType, File, ImportKind, Message, MessageKind, Scalar, ValueKind};
use crate::edition::Edition;
use crate::names;
use crate::nodes::Nodes;
use crate::options;
use crate::report::{Diagnostic, Sink};
use crate::world::World;

pub(crate) fn run(world: &World<'_>, protos: &[FileDescriptorProto], sink: &mut Sink) {
    let nodes = Nodes::new(world);
    for (file, proto) in world.files.iter().zip(protos) {
        Pass { world, nodes: &nodes, file, sink }.file(proto);
    }
}

struct Pass<'a> {
    world: &'a World<'a>,
    nodes: &'a Nodes<'a>,
    file: &'a File<'a>,
    sink: &'a mut Sink,
}

impl Pass<'_> {
    fn file(&mut self, proto: &FileDescriptorProto) {
        let file = self.file;
        if !is_lite(file) {
            self.lite_imports();
        }
        for (message, proto) in file.messages.iter().zip(&proto.message_type) {
            self.message(message, proto);
        }
        for (this, proto) in file.enums.iter().zip(&proto.enum_type) {
            self.enumeration(this, proto);
        }
        for (field, proto) in file.extensions.iter().zip(&proto.extension) {
            self.field(field, proto, &file.messages);
            self.extension(field, proto);
        }
    }

    fn message(&mut self, message: &Message<'_>, proto: &DescriptorProto) {
        for (nested, proto) in message.messages.iter().zip(&proto.nested_type) {
            self.message(nested, proto);
        }
        for (this, proto) in message.enums.iter().zip(&proto.enum_type) {
            self.enumeration(this, proto);
        }
        for (field, proto) in message.fields.iter().zip(&proto.field) {
            self.field(field, proto, &message.messages);
        }
        for (field, proto) in message.extensions.iter().zip(&proto.extension) {
            self.field(field, proto, &message.messages);
            self.extension(field, proto);
        }
        if message.kind == MessageKind::MapEntry {
            self.map_entry(message, proto);
            return;
        }
        let proto3 = self.file.edition == Edition::Proto3;
        if let (true, Some(range)) = (proto3, message.extension_ranges.first()) {
            let it = Diagnostic::error("proto3 has no extension ranges")
                .at(range.span, "not allowed here")
                .help("use `google.protobuf.Any` for what others may add");
            self.sink.push(it);
        }
        let set = proto.options.as_ref().and_then(|it| it.message_set_wire_format) == Some(true);
        if set && proto3 {
            let it =
                Diagnostic::error("proto3 has no message sets").at(message.name.span, "not allowed here");
            self.sink.push(it);
        } else if set && let Some(field) = message.fields.first() {
            let it = Diagnostic::error(format!(
                "message set `{}` cannot have fields, only extensions",
                message.name.text
            ))
            .at(field.name.span, "not allowed here")
            .at(message.name.span, "is a message set by its option `message_set_wire_format`");
            self.sink.push(it);
        }
    }

    fn map_entry(&mut self, entry: &Message<'_>, proto: &DescriptorProto) {
        let (Some(key), Some(ty)) = (entry.fields.first(), proto.field.first().and_then(|it| it.r#type))
        else {
            return;
        };
        let what = match ty {
            Type::FLOAT | Type::DOUBLE => "floats",
            Type::BYTES => "bytes",
            Type::ENUM => "enums",
            Type::MESSAGE | Type::GROUP => "messages",
            _ => "",
        };
        if !what.is_empty() {
            let it = Diagnostic::error(format!("{what} cannot be the key of a map"))
                .at(key.span, "expected an integer, `bool` or `string`");
            self.sink.push(it);
        }
        // The entry is made with its default, the first value, where a value is missing on the wire.
        if let Some(FieldType::Named(ty)) = entry.fields.get(1).map(|it| &it.ty)
            && let Some(this) = ty.resolved.and_then(|id| self.nodes.get_enum(id))
            && let Some(first) = this.values.first()
            && first.number.value != 0
        {
            let it = Diagnostic::error("an enum in a map must have zero as its first value")
                .at(ty.path.span, "used as the value of a map")
                .at(first.number.span, "the first value is not zero");
            self.sink.push(it);
        }
    }

    fn field(&mut self, field: &Field<'_>, proto: &FieldDescriptorProto, _beside: &[Message<'_>]) {
        let proto3 = self.file.edition == Edition::Proto3;
        let label = proto.label.unwrap_or(Label::OPTIONAL);
        let label_span = field.label.map_or(field.span, |it| it.1);
        if proto3 && label == Label::REQUIRED {
            let it = Diagnostic::error("proto3 has no required fields")
                .at(label_span, "not allowed here")
                .help("remove `required`; a field that is not set has the default of its type");
            self.sink.push(it);
        }
        if let (true, Some(default)) = (proto3, &field.default) {
            let it = Diagnostic::error("proto3 has no defaults of your choice")
                .at(default.span, "not allowed here")
                .help("a field that is not set is zero, empty or false");
            self.sink.push(it);
        }
        self.closed_enum(field);

        let Some(set) = proto.options.as_ref() else { return };
        let Some(ty) = proto.r#type else { return };
        let at = |name: &str| options::span(&field.options, name).unwrap_or(field.span);
        if set.packed == Some(true) && !(label == Label::REPEATED && is_packable(ty)) {
            let why = if label == Label::REPEATED { "its type is no number" } else { "it is not repeated" };
            let it = Diagnostic::error(format!("field `{}` cannot be packed", field.name.text))
                .at(at("packed"), why);
            self.sink.push(it);
        }
        if (set.lazy == Some(true) || set.unverified_lazy == Some(true))
            && (ty != Type::MESSAGE || self.is_delimited(field))
        {
            let name = if set.lazy == Some(true) { "lazy" } else { "unverified_lazy" };
            let it = Diagnostic::error(format!("`{name}` is for fields that hold a message"))
                .at(at(name), "not allowed here");
            self.sink.push(it);
        }
        let wide = matches!(ty, Type::INT64 | Type::UINT64 | Type::SINT64 | Type::FIXED64 | Type::SFIXED64);
        if set.jstype.is_some_and(|it| it.0 != 0) && !wide {
            let it =
                Diagnostic::error("`jstype` is for 64-bit integers").at(at("jstype"), "not allowed here");
            self.sink.push(it);
        }
        let text = matches!(ty, Type::STRING | Type::BYTES);
        if set.ctype.is_some_and(|it| it.0 != 0) && !text {
            let it =
                Diagnostic::warning("`ctype` is for strings and bytes").at(at("ctype"), "says nothing here");
            self.sink.push(it);
        }
    }

    /// Code for the lite runtime does without descriptors, which all others count on.
    fn lite_imports(&mut self) {
        for import in &self.file.imports {
            let Some(target) = import.file.filter(|_| import.kind != ImportKind::Option) else { continue };
            if is_lite(&self.world.files[target.index()]) {
                let it = Diagnostic::error(format!(
                    "\"{}\" is for the lite runtime and this file is not",
                    import.name
                ))
                .at(import.span, "cannot be imported here")
                .help("say `option optimize_for = LITE_RUNTIME;` in both or in neither");
                self.sink.push(it);
                return;
            }
        }
    }

    fn is_delimited(&self, field: &Field<'_>) -> bool {
        self.world.features.symbol(field.symbol).is_delimited()
    }

    /// Fields of proto3 hold any number, which a closed enum cannot.
    fn closed_enum(&mut self, field: &Field<'_>) {
        if self.file.edition != Edition::Proto3 {
            return;
        }
        let FieldType::Named(ty) = &field.ty else { return };
        let Some(id) = ty.resolved else { return };
        let Some(this) = self.nodes.get_enum(id) else { return };
        if !self.world.features.symbol(this.symbol).is_closed() {
            return;
        }
        let it = Diagnostic::error(format!("enum `{}` is closed and cannot be used in proto3", ty.path.text))
            .at(ty.path.span, "not allowed here")
            .at(this.name.span, "declared where enums are closed")
            .help("move the enum to proto3, or this message to where the enum is");
        self.sink.push(it);
    }

    fn extension(&mut self, field: &Field<'_>, proto: &FieldDescriptorProto) {
        let Some(extendee) = &field.extendee else { return };
        if proto.label == Some(Label::REQUIRED) {
            let it = Diagnostic::error("an extension cannot be required")
                .at(field.label.map_or(field.span, |it| it.1), "not allowed here")
                .note("who does not know the extension could not read the message");
            self.sink.push(it);
        }
        if proto.options.as_ref().and_then(|it| it.unverified_lazy) == Some(true) {
            let it = Diagnostic::error("an extension cannot be `unverified_lazy`").at(
                options::span(&field.options, "unverified_lazy").unwrap_or(field.span),
                "not allowed here",
            );
            self.sink.push(it);
        }
        let Some(id) = extendee.resolved else { return };
        let home = &self.world.files[self.world.symbols.get(id).span.file.index()];
        if is_lite(self.file) && !is_lite(home) {
            let it = Diagnostic::error("a file for the lite runtime cannot extend messages of others")
                .at(extendee.path.span, "is declared in a file that is not for it");
            self.sink.push(it);
        }
        let name = &self.world.symbols.get(id).name;
        if self.file.edition == Edition::Proto3 && !is_options(name) {
            let it = Diagnostic::error("proto3 extends nothing but options")
                .at(extendee.path.span, format!("`{name}` holds no options"))
                .help("use `google.protobuf.Any`, or write this file in proto2");
            self.sink.push(it);
        }
        let set = self.nodes.get_message(id).is_some_and(crate::ranges::is_message_set);
        let message = proto.r#type == Some(Type::MESSAGE) && !self.is_delimited(field);
        if set && (!message || proto.label != Some(Label::OPTIONAL)) {
            let it = Diagnostic::error(format!(
                "an extension of the message set `{name}` must be an optional message"
            ))
            .at(field.span, "is something else");
            self.sink.push(it);
        }
    }

    fn enumeration(&mut self, this: &Enum<'_>, proto: &EnumDescriptorProto) {
        let set = proto.options.as_ref();
        let alias = set.and_then(|it| it.allow_alias);
        let at = options::span(&this.options, "allow_alias").unwrap_or(this.name.span);
        let mut numbers: HashMap<i64, &crate::ast::EnumValue<'_>> = HashMap::new();
        let mut aliases = false;
        let next = this.values.iter().map(|it| it.number.value).max().unwrap_or(0) + 1;
        for value in &this.values {
            let Some(first) = numbers.get(&value.number.value) else {
                numbers.insert(value.number.value, value);
                continue;
            };
            aliases = true;
            if alias == Some(true) || first.name.text == value.name.text {
                continue;
            }
            let it = Diagnostic::error(format!("number {} is used twice in enum `{}`", value.number.value, this.name.text))
                .at(value.number.span, format!("used again by `{}`", value.name.text))
                .at(first.number.span, format!("first used by `{}`", first.name.text))
                .help(format!("the next free number is {next}; if both shall mean the same, say `option allow_alias = true;`"));
            self.sink.push(it);
        }
        if alias == Some(true) && !aliases && !this.broken {
            let it = Diagnostic::error(format!("enum `{}` allows aliases and has none", this.name.text))
                .at(at, "not needed")
                .help("remove the option");
            self.sink.push(it);
        }
        if alias == Some(false) {
            let it = Diagnostic::error("`allow_alias = false` says nothing")
                .at(at, "this is so anyway")
                .help("remove the option");
            self.sink.push(it);
        }
        #[expect(deprecated)] // It counts until nobody says it any more.
        self.short_names(this, set.and_then(|it| it.deprecated_legacy_json_field_conflicts) == Some(true));
    }

    /// Values must differ without the name of their enum too: that is what many languages call them.
    fn short_names(&mut self, this: &Enum<'_>, lenient: bool) {
        let mut seen: HashMap<String, &crate::ast::EnumValue<'_>> = HashMap::new();
        for value in &this.values {
            let short = names::short_value(&this.name.text, &value.name.text);
            let Some(first) = seen.get(&short) else {
                seen.insert(short, value);
                continue;
            };
            // Aliases may: they are one value.
            if first.name.text == value.name.text || first.number.value == value.number.value {
                continue;
            }
            let text =
                format!("enum values `{}` and `{}` differ too little", first.name.text, value.name.text);
            let strict = self.file.edition != Edition::Proto2 || !lenient;
            let it = if strict { Diagnostic::error(text) } else { Diagnostic::warning(text) };
            let it = it
                .at(value.name.span, format!("`{short}` again"))
                .at(first.name.span, format!("`{short}` without the name of the enum"));
            self.sink.push(it);
        }
    }
}

fn is_lite(file: &File<'_>) -> bool {
    options::find(&file.options, "optimize_for")
        .is_some_and(|it| matches!(it.value.kind, ValueKind::Scalar(Scalar::Ident("LITE_RUNTIME"))))
}

fn is_packable(ty: Type) -> bool {
    !matches!(ty, Type::STRING | Type::BYTES | Type::MESSAGE | Type::GROUP)
}

/// The messages that hold options, which proto3 may extend.
fn is_options(name: &str) -> bool {
    let Some(name) = name.strip_prefix("google.protobuf.") else { return false };
    matches!(
        name,
        "FileOptions"
            | "MessageOptions"
            | "FieldOptions"
            | "OneofOptions"
            | "ExtensionRangeOptions"
            | "EnumOptions"
            | "EnumValueOptions"
            | "ServiceOptions"
            | "MethodOptions"
            | "StreamOptions"
            | "FeatureSet"
    )
}
