//! The descriptors, all but their options and source info: a walk over the trees that keeps their order.

use ferrpc_proto::descriptor::descriptor_proto::{ExtensionRange, ReservedRange};
use ferrpc_proto::descriptor::enum_descriptor_proto::EnumReservedRange;
use ferrpc_proto::descriptor::field_descriptor_proto::{Label, Type};
use ferrpc_proto::descriptor::{
    self, DescriptorProto, EnumDescriptorProto, EnumValueDescriptorProto, FieldDescriptorProto,
    FileDescriptorProto, MethodDescriptorProto, OneofDescriptorProto, ServiceDescriptorProto,
    SymbolVisibility,
};

use crate::ast::{
    Enum, Field, FieldType, File, ImportKind, Message, NamedType, Range, RangeEnd, Service, Visibility,
};
use crate::defaults;
use crate::edition::Edition;
use crate::names;
use crate::ranges::{message_max, range_end};
use crate::report::Sink;
use crate::span::index;
use crate::symbols::Kind;
use crate::world::World;

/// One descriptor for each file of the world, by its number.
pub(crate) fn run(world: &World<'_>, sink: &mut Sink) -> Vec<FileDescriptorProto> {
    let nodes = crate::nodes::Nodes::new(world);
    world.files.iter().map(|file| Pass { world, nodes: &nodes, sink }.file(file)).collect()
}

struct Pass<'a, 's> {
    world: &'a World<'s>,
    nodes: &'a crate::nodes::Nodes<'a>,
    sink: &'a mut Sink,
}

impl Pass<'_, '_> {
    fn file(&mut self, file: &File<'_>) -> FileDescriptorProto {
        // The name in a descriptor is that of the file, which is not always that in the import.
        let name = |id: crate::span::FileId| self.world.loaded.sources.file(id).name.clone();
        let names = |wanted: &dyn Fn(ImportKind) -> bool| {
            let imports = file.imports.iter().filter(|it| wanted(it.kind));
            imports.map(|it| it.file.map_or_else(|| it.name.clone(), name)).collect()
        };
        let of_kind = |kind| {
            let plain = file.imports.iter().filter(|it| it.kind != ImportKind::Option);
            plain.enumerate().filter(move |it| it.1.kind == kind).map(|it| index(it.0)).collect()
        };
        FileDescriptorProto {
            name: Some(name(file.id)),
            package: file.package.as_ref().map(|it| it.text.to_string()),
            dependency: names(&|kind| kind != ImportKind::Option),
            option_dependency: names(&|kind| kind == ImportKind::Option),
            public_dependency: of_kind(ImportKind::Public),
            weak_dependency: of_kind(ImportKind::Weak),
            message_type: file.messages.iter().map(|it| self.message(it)).collect(),
            enum_type: file.enums.iter().map(enumeration).collect(),
            service: file.services.iter().map(|it| self.service(it)).collect(),
            extension: file.extensions.iter().map(|it| self.field(it, &file.messages)).collect(),
            // What says nothing is proto2, and what is proto2 says nothing.
            syntax: match file.edition {
                Edition::Proto2 => None,
                Edition::Proto3 => Some("proto3".to_owned()),
                _ => Some("editions".to_owned()),
            },
            edition: (!file.edition.is_legacy()).then(|| descriptor::Edition(file.edition.number())),
            ..Default::default()
        }
    }

    fn message(&mut self, message: &Message<'_>) -> DescriptorProto {
        let max = message_max(message);
        DescriptorProto {
            name: Some(message.name.text.to_string()),
            visibility: visibility(message.visibility),
            field: message.fields.iter().map(|it| self.field(it, &message.messages)).collect(),
            extension: message.extensions.iter().map(|it| self.field(it, &message.messages)).collect(),
            nested_type: message.messages.iter().map(|it| self.message(it)).collect(),
            enum_type: message.enums.iter().map(enumeration).collect(),
            extension_range: message
                .extension_ranges
                .iter()
                .map(|it| ExtensionRange {
                    start: Some(int32(it.start.value)),
                    end: Some(int32(range_end(it, max) + 1)),
                    ..Default::default()
                })
                .collect(),
            oneof_decl: message
                .oneofs
                .iter()
                .map(|it| OneofDescriptorProto { name: Some(it.name.text.to_string()), ..Default::default() })
                .collect(),
            reserved_range: message
                .reserved_ranges
                .iter()
                .map(|it| ReservedRange {
                    start: Some(int32(it.start.value)),
                    end: Some(int32(range_end(it, max) + 1)),
                    ..Default::default()
                })
                .collect(),
            reserved_name: message.reserved_names.iter().map(|it| it.name.clone()).collect(),
            ..Default::default()
        }
    }

    fn field(&mut self, field: &Field<'_>, beside: &[Message<'_>]) -> FieldDescriptorProto {
        let nested =
            |at: usize| beside.get(at).map(|it| format!(".{}", self.world.symbols.get(it.symbol).name));
        let (ty, type_name) = match &field.ty {
            FieldType::Scalar(ty, _) => (Some(*ty), None),
            FieldType::Named(ty) => (self.kind_of(ty), self.type_name(ty)),
            FieldType::Group(at, _) => (Some(Type::GROUP), nested(*at)),
            FieldType::Map(at, _) => (Some(Type::MESSAGE), nested(*at)),
        };
        let label = match (&field.ty, field.label) {
            (FieldType::Map(..), _) => Label::REPEATED,
            (_, Some((label, _))) => label,
            (_, None) => Label::OPTIONAL,
        };
        let default_value = defaults::of(field, ty, label, self.nodes, self.sink);
        let json_name = match &field.json_name {
            Some(it) => it.name.clone(),
            None => names::json(&field.name.text),
        };
        FieldDescriptorProto {
            name: Some(field.name.text.to_string()),
            number: Some(int32(field.number.value)),
            label: Some(label),
            r#type: ty,
            type_name,
            extendee: field.extendee.as_ref().and_then(|it| self.type_name(it)),
            default_value,
            oneof_index: field.oneof.map(index),
            json_name: Some(json_name),
            proto3_optional: field.proto3_optional.then_some(true),
            ..Default::default()
        }
    }

    fn kind_of(&self, ty: &NamedType<'_>) -> Option<Type> {
        let symbol = self.world.symbols.get(ty.resolved?);
        Some(if symbol.kind == Kind::Enum { Type::ENUM } else { Type::MESSAGE })
    }

    fn type_name(&self, ty: &NamedType<'_>) -> Option<String> {
        Some(format!(".{}", self.world.symbols.get(ty.resolved?).name))
    }

    fn service(&self, service: &Service<'_>) -> ServiceDescriptorProto {
        ServiceDescriptorProto {
            name: Some(service.name.text.to_string()),
            method: service
                .methods
                .iter()
                .map(|it| MethodDescriptorProto {
                    name: Some(it.name.text.to_string()),
                    input_type: self.type_name(&it.input),
                    output_type: self.type_name(&it.output),
                    client_streaming: it.client_streaming.then_some(true),
                    server_streaming: it.server_streaming.then_some(true),
                    ..Default::default()
                })
                .collect(),
            ..Default::default()
        }
    }
}

fn enumeration(this: &Enum<'_>) -> EnumDescriptorProto {
    EnumDescriptorProto {
        name: Some(this.name.text.to_string()),
        visibility: visibility(this.visibility),
        value: this
            .values
            .iter()
            .map(|it| EnumValueDescriptorProto {
                name: Some(it.name.text.to_string()),
                number: Some(int32(it.number.value)),
                ..Default::default()
            })
            .collect(),
        reserved_range: this.reserved_ranges.iter().map(enum_range).collect(),
        reserved_name: this.reserved_names.iter().map(|it| it.name.clone()).collect(),
        ..Default::default()
    }
}

fn visibility(said: Option<Visibility>) -> Option<SymbolVisibility> {
    Some(match said? {
        Visibility::Local => SymbolVisibility::VISIBILITY_LOCAL,
        Visibility::Export => SymbolVisibility::VISIBILITY_EXPORT,
    })
}

/// Ranges of enums include their end, in the descriptor too.
fn enum_range(range: &Range) -> EnumReservedRange {
    let end = match range.end {
        RangeEnd::At(number) => number.value,
        RangeEnd::Max => i64::from(i32::MAX),
    };
    EnumReservedRange { start: Some(int32(range.start.value)), end: Some(int32(end)), ..Default::default() }
}

/// What does not fit has been reported.
fn int32(value: i64) -> i32 {
    i32::try_from(value).unwrap_or(if value < 0 { i32::MIN } else { i32::MAX })
}
