//! What files of editions may not say: features where they mean nothing, and options that features have
//! replaced. And, in all files, that options say truthfully how long they live.

use ferrpc_proto::descriptor::field_descriptor_proto::{Label, Type};
use ferrpc_proto::descriptor::{DescriptorProto, FieldDescriptorProto, FileDescriptorProto};

use crate::ast::{Enum, Field, FieldType, File, Message, MessageKind};
use crate::edition::Edition;
use crate::features;
use crate::nodes::Nodes;
use crate::options::{self, Support};
use crate::report::{Diagnostic, Sink};
use crate::span::Span;
use crate::world::World;

pub(crate) fn run(world: &World<'_>, protos: &[FileDescriptorProto], sink: &mut Sink) {
    let nodes = Nodes::new(world);
    for (file, proto) in world.files.iter().zip(protos) {
        if Some(file.id) != world.loaded.hidden {
            Pass { world, nodes: &nodes, file, sink }.file(proto);
        }
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
        if !file.edition.is_legacy() {
            if self.world.features.file(file.id).is_required() {
                let it = Diagnostic::error("fields cannot be required by default")
                    .at(self.feature(&file.options, features::FIELD_PRESENCE), "says so for the whole file")
                    .help("say it of single fields");
                self.sink.push(it);
            }
            let options = proto.options.as_ref();
            if options.and_then(|it| it.java_string_check_utf8) == Some(true) {
                let it = Diagnostic::error("`java_string_check_utf8` ended with proto3")
                    .at(
                        options::span(&file.options, "java_string_check_utf8").unwrap_or_else(|| self.top()),
                        "not in editions",
                    )
                    .help("use `features.(pb.java).utf8_validation`");
                self.sink.push(it);
            }
        }
        file.enums.iter().for_each(|it| self.values(it));
        for (message, proto) in file.messages.iter().zip(&proto.message_type) {
            self.message(message, proto);
        }
        for (field, proto) in file.extensions.iter().zip(&proto.extension) {
            self.field(field, proto, false);
        }
    }

    fn top(&self) -> Span {
        self.file.syntax_span.unwrap_or(Span { file: self.file.id, start: 0, end: 0 })
    }

    fn message(&mut self, message: &Message<'_>, proto: &DescriptorProto) {
        for (nested, proto) in message.messages.iter().zip(&proto.nested_type) {
            self.message(nested, proto);
        }
        message.enums.iter().for_each(|it| self.values(it));
        let entry = message.kind == MessageKind::MapEntry;
        for (field, proto) in message.fields.iter().zip(&proto.field) {
            self.field(field, proto, entry);
        }
        for (field, proto) in message.extensions.iter().zip(&proto.extension) {
            self.field(field, proto, false);
        }
    }

    fn field(&mut self, field: &Field<'_>, proto: &FieldDescriptorProto, in_entry: bool) {
        self.support(field);
        let Some(ty) = proto.r#type.filter(|_| !self.file.edition.is_legacy()) else { return };
        let set = proto.options.as_ref();
        let at = |name: &str| options::span(&field.options, name).unwrap_or(field.span);
        if set.is_some_and(|it| it.packed.is_some()) {
            let it = Diagnostic::error("`packed` ended with proto3")
                .at(at("packed"), "not in editions")
                .help("use `features.repeated_field_encoding`");
            self.sink.push(it);
        }
        if self.file.edition >= Edition::E2024 && set.is_some_and(|it| it.ctype.is_some()) {
            let it = Diagnostic::error("`ctype` ended with edition 2023")
                .at(at("ctype"), format!("not in {}", self.file.edition.shown()))
                .help("use `features.(pb.cpp).string_type`");
            self.sink.push(it);
        }

        let here = self.world.features.symbol(field.symbol);
        let repeated = proto.label == Some(Label::REPEATED);
        let message = matches!(ty, Type::MESSAGE | Type::GROUP);
        let presence = message || field.oneof.is_some() || field.extendee.is_some() || !here.is_implicit();
        if !repeated && !presence {
            if let Some(default) = &field.default {
                let it = Diagnostic::error("a field without presence has no default of your choice")
                    .at(default.span, "not allowed here")
                    .help("remove it, or the feature `field_presence = IMPLICIT`");
                self.sink.push(it);
            }
            if let Some(this) = self.closed(field) {
                let it =
                    Diagnostic::error(format!("enum `{}` is closed and cannot be used here", this.name.text))
                        .at(field.span, "this field has no presence, so that it starts at zero")
                        .at(this.name.span, "a closed enum need not have a zero");
                self.sink.push(it);
            }
        }
        if field.extendee.is_some() && here.is_required() {
            let it = Diagnostic::error("an extension cannot be required")
                .at(field.span, "is required by the feature `field_presence`")
                .note("who does not know the extension could not read the message");
            self.sink.push(it);
        }
        if !in_entry {
            self.said(field, ty, repeated);
        }
    }

    fn closed(&self, field: &Field<'_>) -> Option<&Enum<'_>> {
        let FieldType::Named(ty) = &field.ty else { return None };
        let this = self.nodes.get_enum(ty.resolved?)?;
        self.world.features.symbol(this.symbol).is_closed().then_some(this)
    }

    /// The features that a field sets itself: whether they mean something there.
    fn said(&mut self, field: &Field<'_>, ty: Type, repeated: bool) {
        let map = matches!(field.ty, FieldType::Map(..));
        let message = matches!(ty, Type::MESSAGE | Type::GROUP);
        let mut wrong = Vec::new();
        features::set_by(&field.options, &mut |feature, value, span| {
            let why = match feature {
                features::FIELD_PRESENCE if field.oneof.is_some() => "a field of a oneof has presence anyway",
                features::FIELD_PRESENCE if repeated => "a repeated field has no presence",
                features::FIELD_PRESENCE
                    if field.extendee.is_some() && value != features::LEGACY_REQUIRED =>
                {
                    "an extension has presence anyway"
                }
                features::FIELD_PRESENCE if message && value == features::IMPLICIT => {
                    "a field that holds a message has presence anyway"
                }
                features::REPEATED_FIELD_ENCODING if !repeated => "this field is not repeated",
                features::REPEATED_FIELD_ENCODING
                    if value == features::PACKED && (message || matches!(ty, Type::STRING | Type::BYTES)) =>
                {
                    "only numbers can be packed"
                }
                features::UTF8_VALIDATION if ty != Type::STRING && !self.has_strings(field) => {
                    "this field holds no strings"
                }
                features::MESSAGE_ENCODING if !message || map => "this field holds no message of its own",
                _ => return,
            };
            wrong.push((feature, why, span));
        });
        for (feature, why, span) in wrong {
            let name = features::TABLE[feature].name;
            self.sink.push(Diagnostic::error(format!("feature `{name}` means nothing here")).at(span, why));
        }
    }

    /// Whether a field is a map with strings on either side.
    fn has_strings(&self, field: &Field<'_>) -> bool {
        let entry =
            matches!(field.ty, FieldType::Map(..)).then(|| self.nodes.get_message(field.body)).flatten();
        entry.is_some_and(|it| it.fields.iter().any(|it| matches!(it.ty, FieldType::Scalar(Type::STRING, _))))
    }

    fn feature(&self, options: &[crate::ast::OptionDecl<'_>], wanted: usize) -> Span {
        let mut found = self.top();
        features::set_by(options, &mut |feature, _, span| {
            if feature == wanted {
                found = span;
            }
        });
        found
    }

    /// What a field says of the editions it can be set in, and what the values of its enum say.
    fn support(&mut self, field: &Field<'_>) {
        let own = Support::of(&field.options);
        if let Some(it) = &own {
            self.lifetime(it, &field.name.text, field.span);
        }
        let Some(own) = own else { return };
        let FieldType::Named(ty) = &field.ty else { return };
        let Some(this) = ty.resolved.and_then(|id| self.nodes.get_enum(id)) else { return };
        for value in &this.values {
            let Some(said) = Support::of(&value.options) else { continue };
            let span = said.span.unwrap_or(value.name.span);
            let said_well = said.fault().is_none();
            let merged = Support {
                introduced: said.introduced.or(own.introduced),
                deprecated: said.deprecated.or(own.deprecated),
                removed: said.removed.or(own.removed),
                warning: said.warning.or_else(|| own.warning.clone()),
                error: said.error.or_else(|| own.error.clone()),
                span: Some(span),
            };
            // Where the value alone is fine: otherwise it is reported as such.
            if said_well {
                self.lifetime(&merged, &value.name.text, span);
            }
            let before = merged.introduced.unwrap_or(0) < own.introduced.unwrap_or(0);
            let after = |mine: Option<i32>, its: Option<i32>| its.is_some_and(|its| mine.unwrap_or(0) > its);
            if before || after(merged.removed, own.removed) || after(merged.deprecated, own.deprecated) {
                let text = format!("value `{}` outlives the option it is for", value.name.text);
                let it = Diagnostic::error(text)
                    .at(span, "begins earlier or ends later")
                    .at(field.name.span, "than this");
                self.sink.push(it);
            }
        }
    }

    /// What the values of an enum say of it by themselves.
    fn values(&mut self, this: &Enum<'_>) {
        for value in &this.values {
            if let Some(it) = Support::of(&value.options) {
                self.lifetime(&it, &value.name.text, value.name.span);
            }
        }
    }

    fn lifetime(&mut self, it: &Support, name: &str, fallback: Span) {
        let Some(why) = it.fault() else { return };
        let it = Diagnostic::error(format!("the lifetime of `{name}` makes no sense"))
            .at(it.span.unwrap_or(fallback), why);
        self.sink.push(it);
    }
}
