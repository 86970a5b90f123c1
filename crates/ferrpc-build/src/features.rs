//! Features: what holds for an element of a file, given by itself, by what is around it, or by its edition.
//!
//! Descriptors say only what was written, whoever compiled them; what proto2 and proto3 say in their own
//! ways (`required`, `packed`, `group`) counts as features here, so that nobody else asks for the syntax.

use ferrpc_proto::descriptor::{
    DescriptorProto, Edition, EnumDescriptorProto, FeatureSet, FieldDescriptorProto, FileDescriptorProto,
    feature_set::{EnumType, FieldPresence, MessageEncoding, RepeatedFieldEncoding},
    field_descriptor_proto::{Label, Type},
};

use crate::error::Error;

/// The features that decide about generated code.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Features {
    presence: FieldPresence,
    enums: EnumType,
    repeated: RepeatedFieldEncoding,
    messages: MessageEncoding,
}

/// How a singular field that is no message knows whether it is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    Explicit,
    Implicit,
    Required,
}

impl Features {
    /// Of a file: what its edition starts from, and what the file says.
    pub(crate) fn of(file: &FileDescriptorProto) -> Result<Self, Error> {
        let name = file.name.as_deref().unwrap_or_default();
        let edition = match file.syntax.as_deref().unwrap_or_default() {
            "editions" => file.edition.unwrap_or_default(),
            "proto3" => Edition::EDITION_PROTO3,
            "" | "proto2" => Edition::EDITION_PROTO2,
            other => return Err(Error::new(name, format!("has an unknown syntax, {other:?}"))),
        };
        let start = match edition {
            Edition::EDITION_PROTO2 => Self {
                presence: FieldPresence::EXPLICIT,
                enums: EnumType::CLOSED,
                repeated: RepeatedFieldEncoding::EXPANDED,
                messages: MessageEncoding::LENGTH_PREFIXED,
            },
            Edition::EDITION_PROTO3 => Self {
                presence: FieldPresence::IMPLICIT,
                enums: EnumType::OPEN,
                repeated: RepeatedFieldEncoding::PACKED,
                messages: MessageEncoding::LENGTH_PREFIXED,
            },
            // Those that follow differ in what matters to the compiler alone.
            Edition::EDITION_2023 | Edition::EDITION_2024 | Edition::EDITION_2026 => Self {
                presence: FieldPresence::EXPLICIT,
                enums: EnumType::OPEN,
                repeated: RepeatedFieldEncoding::PACKED,
                messages: MessageEncoding::LENGTH_PREFIXED,
            },
            other => {
                let why = format!("is of edition {other:?}, which this version of ferrpc does not know");
                return Err(Error::new(name, why));
            }
        };
        Ok(start.with(file.options.as_ref().and_then(|options| options.features.as_ref())))
    }

    /// Of a message inside of what has `self`.
    pub(crate) fn message(self, message: &DescriptorProto) -> Self {
        self.with(message.options.as_ref().and_then(|options| options.features.as_ref()))
    }

    /// Of a oneof inside of the message that has `self`.
    pub(crate) fn oneof(self, message: &DescriptorProto, index: usize) -> Self {
        let oneof = message.oneof_decl.get(index).and_then(|oneof| oneof.options.as_ref());
        self.with(oneof.and_then(|options| options.features.as_ref()))
    }

    /// Of a field inside of the message or oneof that has `self`.
    pub(crate) fn field(self, field: &FieldDescriptorProto) -> Self {
        let options = field.options.as_ref();
        let mut all = self.with(options.and_then(|options| options.features.as_ref()));
        match options.and_then(|options| options.packed) {
            Some(true) => all.repeated = RepeatedFieldEncoding::PACKED,
            Some(false) => all.repeated = RepeatedFieldEncoding::EXPANDED,
            None => {}
        }
        if field.label == Some(Label::REQUIRED) {
            all.presence = FieldPresence::LEGACY_REQUIRED;
        } else if field.proto3_optional.unwrap_or(false) {
            all.presence = FieldPresence::EXPLICIT;
        }
        if field.r#type == Some(Type::GROUP) {
            all.messages = MessageEncoding::DELIMITED;
        }
        all
    }

    fn with(mut self, set: Option<&FeatureSet>) -> Self {
        if let Some(set) = set {
            self.presence = set.field_presence.unwrap_or(self.presence);
            self.enums = set.enum_type.unwrap_or(self.enums);
            self.repeated = set.repeated_field_encoding.unwrap_or(self.repeated);
            self.messages = set.message_encoding.unwrap_or(self.messages);
        }
        self
    }

    pub(crate) fn presence(self) -> Presence {
        match self.presence {
            FieldPresence::IMPLICIT => Presence::Implicit,
            FieldPresence::LEGACY_REQUIRED => Presence::Required,
            _ => Presence::Explicit,
        }
    }

    pub(crate) fn is_packed(self) -> bool {
        self.repeated == RepeatedFieldEncoding::PACKED
    }

    /// Whether message fields are groups on the wire. Maps and their values never are.
    pub(crate) fn is_delimited(self) -> bool {
        self.messages == MessageEncoding::DELIMITED
    }

    /// Whether an enum inside of what has `self` takes the numbers it names only.
    pub(crate) fn is_closed(self, enumeration: &EnumDescriptorProto) -> bool {
        let set = enumeration.options.as_ref().and_then(|options| options.features.as_ref());
        self.with(set).enums == EnumType::CLOSED
    }
}
