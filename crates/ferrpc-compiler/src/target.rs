//! The kinds of nodes that can have options.

use crate::ast::{Field, Scalar, ValueKind};
use crate::report::Diagnostic;
use crate::span::Span;

/// A kind of node that can have options.
pub(crate) struct Target {
    /// The message that holds them.
    pub(crate) message: &'static str,
    /// Its name among the targets an option can be limited to.
    pub(crate) name: &'static str,
    pub(crate) noun: &'static str,
}

macro_rules! targets {
    ($($constant:ident $message:literal $name:literal $noun:literal)*) => {
        $(pub(crate) const $constant: Target = Target {
            message: concat!("google.protobuf.", $message), name: $name, noun: $noun,
        };)*
        const ALL: &[Target] = &[$($constant),*];
    };
}

targets! {
    FILE "FileOptions" "TARGET_TYPE_FILE" "a file"
    RANGE "ExtensionRangeOptions" "TARGET_TYPE_EXTENSION_RANGE" "an extension range"
    MESSAGE "MessageOptions" "TARGET_TYPE_MESSAGE" "a message"
    FIELD "FieldOptions" "TARGET_TYPE_FIELD" "a field"
    ONEOF "OneofOptions" "TARGET_TYPE_ONEOF" "a oneof"
    ENUM "EnumOptions" "TARGET_TYPE_ENUM" "an enum"
    ENUM_VALUE "EnumValueOptions" "TARGET_TYPE_ENUM_ENTRY" "an enum value"
    SERVICE "ServiceOptions" "TARGET_TYPE_SERVICE" "a service"
    METHOD "MethodOptions" "TARGET_TYPE_METHOD" "a method"
}

impl Target {
    /// What is wrong if an option that sets this field stands here: options can say by `targets` where
    /// they may be set.
    pub(crate) fn refuses(&self, field: &Field<'_>, span: Span) -> Option<Diagnostic> {
        let mut allowed = Vec::new();
        for option in &field.options {
            if let ([name], ValueKind::Scalar(Scalar::Ident(value))) = (&option.name[..], &option.value.kind)
                && name.text == "targets"
            {
                allowed.push(*value);
            }
        }
        if allowed.is_empty() || allowed.contains(&self.name) {
            return None;
        }
        let nouns = ALL.iter().filter(|it| allowed.contains(&it.name)).map(|it| it.noun);
        let it = Diagnostic::error(format!("option `{}` cannot be set on {}", field.name.text, self.noun))
            .at(span, format!("only on {}", nouns.collect::<Vec<_>>().join(", ")));
        Some(it)
    }
}
