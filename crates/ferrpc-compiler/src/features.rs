//! Features: the switches that tell editions apart, what each edition starts from, and what a node says.
//!
//! The rules of proto2 and proto3 are rows of the same table, so that passes ask for features and seldom
//! for an edition. Features of single languages (`(pb.cpp).string_type`) decide nothing here: they are
//! options like others and handed on.

use crate::ast::{OptionDecl, Scalar, Sign, ValueFieldName, ValueKind};
use crate::edition::Edition;
use crate::span::Span;

/// The features of one node, given by itself or by what is around it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Features([u8; TABLE.len()]);

impl Features {
    /// What a file of this edition starts from.
    pub(crate) fn of(edition: Edition) -> Self {
        let latest = |row: &Row| {
            let mut defaults = row.defaults.iter().rev();
            defaults.find(|it| it.0 <= edition.number()).map_or(0, |it| it.1)
        };
        Self(std::array::from_fn(|at| latest(&TABLE[at])))
    }

    /// The features of a node with these options, inside of what has `self`.
    pub(crate) fn with(mut self, options: &[OptionDecl<'_>]) -> Self {
        set_by(options, &mut |feature, value, _| self.0[feature] = value);
        self
    }

    /// As [`with`](Self::with), for one feature that older syntax sets in other ways.
    pub(crate) fn with_one(mut self, feature: usize, value: u8) -> Self {
        self.0[feature] = value;
        self
    }

    pub(crate) fn is_implicit(self) -> bool {
        self.0[FIELD_PRESENCE] == IMPLICIT
    }

    pub(crate) fn is_required(self) -> bool {
        self.0[FIELD_PRESENCE] == LEGACY_REQUIRED
    }

    pub(crate) fn is_closed(self) -> bool {
        self.0[ENUM_TYPE] == CLOSED
    }

    pub(crate) fn is_packed(self) -> bool {
        self.0[REPEATED_FIELD_ENCODING] == PACKED
    }

    /// Whether a string must be UTF-8.
    pub(crate) fn is_verified(self) -> bool {
        self.0[UTF8_VALIDATION] == VERIFY
    }

    pub(crate) fn is_delimited(self) -> bool {
        self.0[MESSAGE_ENCODING] == DELIMITED
    }

    /// Whether JSON is a best effort: names in it may then clash.
    pub(crate) fn is_json_lenient(self) -> bool {
        self.0[JSON_FORMAT] == LEGACY_BEST_EFFORT
    }

    pub(crate) fn has_style(self) -> bool {
        self.0[ENFORCE_NAMING_STYLE] != STYLE_LEGACY
    }

    pub(crate) fn has_style_2026(self) -> bool {
        self.0[ENFORCE_NAMING_STYLE] == STYLE2026
    }

    pub(crate) fn has_limits(self) -> bool {
        self.0[ENFORCE_PROTO_LIMITS] != LEGACY_NO_EXPLICIT_LIMITS
    }

    /// Whether types that say nothing else are seen by other files.
    pub(crate) fn exports(self, nested: bool) -> bool {
        match self.0[DEFAULT_SYMBOL_VISIBILITY] {
            LOCAL_ALL | STRICT => false,
            EXPORT_TOP_LEVEL => !nested,
            _ => true,
        }
    }

    pub(crate) fn is_strict(self) -> bool {
        self.0[DEFAULT_SYMBOL_VISIBILITY] == STRICT
    }
}

/// Calls `set` for each feature that options set: its index in [`TABLE`], its value, and where.
pub(crate) fn set_by(options: &[OptionDecl<'_>], set: &mut impl FnMut(usize, u8, Span)) {
    let mut one = |name: &str, value: &Scalar<'_>, span: Span| {
        let Some(feature) = TABLE.iter().position(|it| it.name == name) else { return };
        let mut values = TABLE[feature].values.iter();
        let value = match value {
            Scalar::Ident(word) => values.find(|it| it.0 == *word),
            Scalar::Int(number, Sign::Plus) => values.find(|it| u64::from(it.1) == *number),
            _ => None,
        };
        // What is no value of it, the options pass reports.
        if let Some(value) = value {
            set(feature, value.1, span);
        }
    };
    for option in options {
        let Some(first) = option.name.first() else { continue };
        if first.text != "features" || first.is_extension {
            continue;
        }
        match (&option.name[1..], &option.value.kind) {
            ([part], ValueKind::Scalar(value)) if !part.is_extension => {
                one(&part.text, value, option.value.span);
            }
            ([], ValueKind::Message(fields)) => {
                for field in fields {
                    if let (ValueFieldName::Plain(name), ValueKind::Scalar(value)) =
                        (&field.name, &field.value.kind)
                    {
                        one(name, value, field.value.span);
                    }
                }
            }
            _ => {}
        }
    }
}

/// One feature of `google.protobuf.FeatureSet`, as descriptor.proto declares it. A test holds them together.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) values: &'static [(&'static str, u8)],
    /// From which edition on (by number) which value is the default.
    defaults: &'static [(i32, u8)],
}

/// By the constants below.
pub(crate) const TABLE: [Row; 9] = [
    Row {
        name: "field_presence",
        values: &[
            ("FIELD_PRESENCE_UNKNOWN", 0),
            ("EXPLICIT", EXPLICIT),
            ("IMPLICIT", IMPLICIT),
            ("LEGACY_REQUIRED", LEGACY_REQUIRED),
        ],
        defaults: &[(LEGACY, EXPLICIT), (999, IMPLICIT), (1000, EXPLICIT)],
    },
    Row {
        name: "enum_type",
        values: &[("ENUM_TYPE_UNKNOWN", 0), ("OPEN", 1), ("CLOSED", CLOSED)],
        defaults: &[(LEGACY, CLOSED), (999, 1)],
    },
    Row {
        name: "repeated_field_encoding",
        values: &[("REPEATED_FIELD_ENCODING_UNKNOWN", 0), ("PACKED", PACKED), ("EXPANDED", EXPANDED)],
        defaults: &[(LEGACY, EXPANDED), (999, PACKED)],
    },
    Row {
        name: "utf8_validation",
        values: &[("UTF8_VALIDATION_UNKNOWN", 0), ("VERIFY", VERIFY), ("NONE", 3)],
        defaults: &[(LEGACY, 3), (999, VERIFY)],
    },
    Row {
        name: "message_encoding",
        values: &[("MESSAGE_ENCODING_UNKNOWN", 0), ("LENGTH_PREFIXED", 1), ("DELIMITED", DELIMITED)],
        defaults: &[(LEGACY, 1)],
    },
    Row {
        name: "json_format",
        values: &[("JSON_FORMAT_UNKNOWN", 0), ("ALLOW", 1), ("LEGACY_BEST_EFFORT", LEGACY_BEST_EFFORT)],
        defaults: &[(LEGACY, LEGACY_BEST_EFFORT), (999, 1)],
    },
    Row {
        name: "enforce_naming_style",
        values: &[
            ("ENFORCE_NAMING_STYLE_UNKNOWN", 0),
            ("STYLE2024", 1),
            ("STYLE_LEGACY", STYLE_LEGACY),
            ("STYLE2026", STYLE2026),
        ],
        defaults: &[(LEGACY, STYLE_LEGACY), (1001, 1), (1002, STYLE2026)],
    },
    Row {
        name: "default_symbol_visibility",
        values: &[
            ("DEFAULT_SYMBOL_VISIBILITY_UNKNOWN", 0),
            ("EXPORT_ALL", 1),
            ("EXPORT_TOP_LEVEL", EXPORT_TOP_LEVEL),
            ("LOCAL_ALL", LOCAL_ALL),
            ("STRICT", STRICT),
        ],
        defaults: &[(LEGACY, 1), (1001, EXPORT_TOP_LEVEL), (1002, STRICT)],
    },
    Row {
        name: "enforce_proto_limits",
        values: &[
            ("PROTO_LIMITS_UNKNOWN", 0),
            ("LEGACY_NO_EXPLICIT_LIMITS", LEGACY_NO_EXPLICIT_LIMITS),
            ("PROTO_LIMITS2026", 2),
        ],
        defaults: &[(LEGACY, LEGACY_NO_EXPLICIT_LIMITS), (1002, 2)],
    },
];

pub(crate) const FIELD_PRESENCE: usize = 0;
pub(crate) const ENUM_TYPE: usize = 1;
pub(crate) const REPEATED_FIELD_ENCODING: usize = 2;
pub(crate) const UTF8_VALIDATION: usize = 3;
pub(crate) const MESSAGE_ENCODING: usize = 4;
const JSON_FORMAT: usize = 5;
const ENFORCE_NAMING_STYLE: usize = 6;
const DEFAULT_SYMBOL_VISIBILITY: usize = 7;
const ENFORCE_PROTO_LIMITS: usize = 8;

/// `EDITION_LEGACY`, before all others.
const LEGACY: i32 = 900;

const EXPLICIT: u8 = 1;
pub(crate) const IMPLICIT: u8 = 2;
pub(crate) const LEGACY_REQUIRED: u8 = 3;
const CLOSED: u8 = 2;
const VERIFY: u8 = 2;
pub(crate) const PACKED: u8 = 1;
pub(crate) const EXPANDED: u8 = 2;
pub(crate) const DELIMITED: u8 = 2;
const LEGACY_BEST_EFFORT: u8 = 2;
const STYLE_LEGACY: u8 = 2;
const STYLE2026: u8 = 3;
const EXPORT_TOP_LEVEL: u8 = 2;
const LOCAL_ALL: u8 = 3;
const STRICT: u8 = 4;
const LEGACY_NO_EXPLICIT_LIMITS: u8 = 1;

#[cfg(test)]
mod tests {
    use ferrpc_proto::descriptor::DescriptorProto;

    use super::*;

    fn find<'a>(
        message: &'a DescriptorProto,
        name: &str,
    ) -> Option<&'a [ferrpc_proto::descriptor::EnumValueDescriptorProto]> {
        let here = message.enum_type.iter().find(|it| it.name.as_deref() == Some(name));
        here.map(|it| &*it.value).or_else(|| message.nested_type.iter().find_map(|it| find(it, name)))
    }

    #[test]
    fn the_table_says_what_descriptor_proto_says() {
        let compiled = crate::Compiler::new().compile(&[crate::wkt::DESCRIPTOR]).expect("valid");
        let file = compiled.files.last().expect("one file");
        let set =
            file.message_type.iter().find(|it| it.name.as_deref() == Some("FeatureSet")).expect("there");
        assert_eq!(set.field.len(), TABLE.len(), "a feature is missing here, or one too many");
        for (row, field) in TABLE.iter().zip(&set.field) {
            assert_eq!(Some(row.name), field.name.as_deref());
            let ty = field.type_name.as_deref().and_then(|it| it.rsplit('.').next()).expect("an enum");
            let values = find(set, ty).expect("declared inside");
            let values: Vec<_> = values.iter().map(|it| (it.name.as_deref(), it.number)).collect();
            let ours: Vec<_> = row.values.iter().map(|it| (Some(it.0), Some(i32::from(it.1)))).collect();
            assert_eq!(values, ours, "{}", row.name);
            let options = field.options.as_ref().expect("has defaults");
            let defaults = options.edition_defaults.iter().map(|it| {
                let value = row.values.iter().find(|(name, _)| Some(*name) == it.value.as_deref());
                (it.edition.map_or(0, |it| it.0), value.expect("one of them").1)
            });
            assert_eq!(defaults.collect::<Vec<_>>(), row.defaults, "{}", row.name);
        }
    }

    #[test]
    fn proto2_and_proto3_are_rows_of_the_same_table() {
        let (old, new) = (Features::of(Edition::Proto2), Features::of(Edition::Proto3));
        assert!(old.is_closed() && !old.is_packed() && !old.is_implicit() && old.is_json_lenient());
        assert!(!new.is_closed() && new.is_packed() && new.is_implicit() && !new.is_json_lenient());
        let first = Features::of(Edition::E2023);
        assert!(!first.is_closed() && first.is_packed() && !first.is_implicit() && !first.has_style());
        assert!(first.exports(true));
        let second = Features::of(Edition::E2024);
        assert!(
            second.has_style() && !second.has_style_2026() && second.exports(false) && !second.exports(true)
        );
        let third = Features::of(Edition::E2026);
        assert!(third.has_style_2026() && third.is_strict() && third.has_limits());
    }
}
