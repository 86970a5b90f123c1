//! Options as written: what passes read from the trees before options are interpreted, or where an option
//! leaves no trace in descriptors.

use crate::ast::{OptionDecl, Scalar, ValueFieldName, ValueKind};
use crate::span::Span;

/// The last of the options of this name, which has one part and is no custom one.
pub(crate) fn find<'a, 's>(options: &'a [OptionDecl<'s>], name: &str) -> Option<&'a OptionDecl<'s>> {
    options.iter().rev().find(|it| matches!(&it.name[..], [part] if part.text == name && !part.is_extension))
}

/// The value of a standard option that is a `bool`.
pub(crate) fn flag(options: &[OptionDecl<'_>], name: &str) -> Option<bool> {
    match find(options, name)?.value.kind {
        ValueKind::Scalar(Scalar::Ident("true")) => Some(true),
        ValueKind::Scalar(Scalar::Ident("false")) => Some(false),
        _ => None,
    }
}

/// Where a standard option is set.
pub(crate) fn span(options: &[OptionDecl<'_>], name: &str) -> Option<Span> {
    find(options, name)?.name_span()
}

/// In which editions something can be used: the option `feature_support` of a field or an enum value.
#[derive(Default)]
pub(crate) struct Support {
    pub(crate) introduced: Option<i32>,
    pub(crate) deprecated: Option<i32>,
    pub(crate) removed: Option<i32>,
    pub(crate) warning: Option<String>,
    pub(crate) error: Option<String>,
    pub(crate) span: Option<Span>,
}

impl Support {
    /// `None` if the options say nothing of it.
    pub(crate) fn of(options: &[OptionDecl<'_>]) -> Option<Self> {
        let mut out = Self::default();
        for option in options {
            let [first, rest @ ..] = &option.name[..] else { continue };
            if first.text != "feature_support" || first.is_extension {
                continue;
            }
            out.span = option.name_span();
            match (rest, &option.value.kind) {
                ([part], ValueKind::Scalar(value)) => out.set(&part.text, value),
                ([], ValueKind::Message(fields)) => {
                    for field in fields {
                        if let (ValueFieldName::Plain(name), ValueKind::Scalar(value)) =
                            (&field.name, &field.value.kind)
                        {
                            out.set(name, value);
                        }
                    }
                }
                _ => {}
            }
        }
        out.span.is_some().then_some(out)
    }

    /// What is wrong with it, if something is.
    pub(crate) fn fault(&self) -> Option<&'static str> {
        let (from, old) = (self.introduced.unwrap_or(0), self.deprecated.unwrap_or(0));
        let end = self.removed.unwrap_or(0);
        Some(if self.deprecated.is_some() && old < from {
            "is deprecated before it is introduced"
        } else if self.deprecated.is_some() && self.warning.is_none() {
            "is deprecated without a `deprecation_warning`"
        } else if self.deprecated.is_none() && self.warning.is_some() {
            "has a `deprecation_warning` and is never deprecated"
        } else if self.removed.is_some() && old >= end {
            "is deprecated only after it is removed"
        } else if self.removed.is_some() && end < from {
            "is removed before it is introduced"
        } else if self.removed.is_some() && from != end && self.error.is_none() {
            "is removed without a `removal_error`"
        } else if self.removed.is_none() && self.error.is_some() {
            "has a `removal_error` and is never removed"
        } else {
            return None;
        })
    }

    fn set(&mut self, name: &str, value: &Scalar<'_>) {
        let edition = || match value {
            Scalar::Ident(word) => ferrpc_proto::descriptor::Edition::from_name(word).map(|it| it.0),
            Scalar::Int(number, crate::ast::Sign::Plus) => i32::try_from(*number).ok(),
            _ => None,
        };
        let text = || match value {
            Scalar::Str(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
            _ => None,
        };
        match name {
            "edition_introduced" => self.introduced = edition(),
            "edition_deprecated" => self.deprecated = edition(),
            "edition_removed" => self.removed = edition(),
            "deprecation_warning" => self.warning = text(),
            "removal_error" => self.error = text(),
            _ => {}
        }
    }
}
