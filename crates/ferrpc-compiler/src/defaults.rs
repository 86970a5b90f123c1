//! Default values of proto2 fields: whether they fit their type, and how a descriptor spells them.

use ferrpc_proto::descriptor::field_descriptor_proto::{Label, Type};

use crate::ast::{Field, FieldType, Scalar, Sign};
use crate::nodes::Nodes;
use crate::report::{Diagnostic, Sink};
use crate::{float, literal, suggest};

/// The `default_value` of a field; reports what does not fit.
pub(crate) fn of(
    field: &Field<'_>,
    ty: Option<Type>,
    label: Label,
    nodes: &Nodes<'_>,
    sink: &mut Sink,
) -> Option<String> {
    let default = field.default.as_ref()?;
    if label == Label::REPEATED {
        let it = Diagnostic::error(format!("repeated field `{}` cannot have a default", field.name.text))
            .at(default.span, "not allowed here")
            .help("a repeated field is empty by default");
        sink.push(it);
        return None;
    }
    let ty = ty?;
    let value = spelled(field, ty, &default.value, nodes, sink);
    if let Err(why) = &value {
        let it = Diagnostic::error(format!("the default of field `{}` does not fit", field.name.text))
            .at(default.span, why.label.clone())
            .maybe_help(why.help.clone());
        sink.push(it);
    }
    value.ok()
}

/// Why a value does not fit.
pub(crate) struct Misfit {
    pub(crate) label: String,
    pub(crate) help: Option<String>,
}

fn misfit<T>(label: impl Into<String>) -> Result<T, Misfit> {
    Err(Misfit { label: label.into(), help: None })
}

fn spelled(
    field: &Field<'_>,
    ty: Type,
    value: &Scalar<'_>,
    nodes: &Nodes<'_>,
    sink: &Sink,
) -> Result<String, Misfit> {
    match ty {
        Type::MESSAGE | Type::GROUP => misfit("messages have no defaults"),
        Type::ENUM => enum_value(field, value, nodes, sink).map(|it| it.0.to_owned()),
        Type::STRING | Type::BYTES => match value {
            Scalar::Str(bytes) if ty == Type::BYTES => Ok(literal::c_escape(bytes)),
            Scalar::Str(bytes) => match String::from_utf8(bytes.clone()) {
                Ok(text) => Ok(text),
                Err(_) => misfit("is not valid UTF-8"),
            },
            _ => misfit("expected a string"),
        },
        Type::BOOL => match value {
            Scalar::Ident(word @ ("true" | "false")) => Ok((*word).to_owned()),
            _ => misfit("expected `true` or `false`"),
        },
        #[expect(clippy::cast_possible_truncation, reason = "the nearest float is what is asked for")]
        Type::FLOAT => number(value, Dialect::Language).map(|it| float::single(it as f32)),
        Type::DOUBLE => number(value, Dialect::Language).map(float::double),
        _ => integer(ty, value).map(|it| it.to_string()),
    }
}

/// The name and number of an enum value that is used as a value of this field.
pub(crate) fn enum_value<'v>(
    field: &Field<'_>,
    value: &Scalar<'v>,
    nodes: &Nodes<'_>,
    sink: &Sink,
) -> Result<(&'v str, i64), Misfit> {
    let FieldType::Named(ty) = &field.ty else { return misfit("expected an enum") };
    let Some(this) = ty.resolved.and_then(|id| nodes.get_enum(id)) else { return misfit("expected an enum") };
    let Scalar::Ident(name) = value else {
        let meant = match value {
            Scalar::Int(number, sign) => {
                let number =
                    i64::try_from(*number).ok().map(|it| if *sign == Sign::Minus { -it } else { it });
                number.and_then(|number| nodes.value_of_number(this, number))
            }
            Scalar::Str(text) => std::str::from_utf8(text).ok().and_then(|name| nodes.value(this, name)),
            _ => None,
        };
        let help = meant.map(|it| format!("write `{}`", it.name.text));
        return Err(Misfit { label: "expected the name of an enum value".into(), help });
    };
    if let Some(value) = nodes.value(this, name) {
        return Ok((name, value.number.value));
    }
    let near = suggest::nearest(name, sink, this.values.iter().map(|it| &*it.name.text));
    Err(Misfit {
        label: format!("enum `{}` has no such value", this.name.text),
        help: near.map(|it| format!("did you mean `{it}`?")),
    })
}

/// Which of the two grammars of values a scalar is written in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// The language itself.
    Language,
    /// The text format, inside braces.
    Text,
}

/// The value as a number, of whatever form.
pub(crate) fn number(value: &Scalar<'_>, dialect: Dialect) -> Result<f64, Misfit> {
    match value {
        #[expect(clippy::cast_precision_loss, reason = "the nearest double is what is asked for")]
        Scalar::Int(value, sign) => Ok(if *sign == Sign::Minus { -(*value as f64) } else { *value as f64 }),
        Scalar::Float(value) => Ok(*value),
        Scalar::Ident(word) | Scalar::NegativeIdent(word) => {
            let lower = word.to_ascii_lowercase();
            let size = match lower.as_str() {
                _ if dialect == Dialect::Language && !matches!(*word, "inf" | "nan") => {
                    let sign = if matches!(value, Scalar::NegativeIdent(_)) { "-" } else { "" };
                    let help = match lower.as_str() {
                        "inf" | "infinity" => Some(format!("write `{sign}inf`")),
                        "nan" => Some(format!("write `{sign}nan`")),
                        _ => None,
                    };
                    return Err(Misfit { label: "expected a number".into(), help });
                }
                "inf" | "infinity" => f64::INFINITY,
                "nan" => f64::NAN,
                _ => return misfit("expected a number"),
            };
            // The sign of what is no number is dropped by the language and kept by the text format.
            let negative =
                matches!(value, Scalar::NegativeIdent(_)) && (dialect == Dialect::Text || !size.is_nan());
            Ok(if negative { -size } else { size })
        }
        Scalar::Str(_) => misfit("expected a number"),
    }
}

/// The value as an integer of this type.
pub(crate) fn integer(ty: Type, value: &Scalar<'_>) -> Result<i128, Misfit> {
    let (name, min, max) = match ty {
        Type::INT32 | Type::SINT32 | Type::SFIXED32 => ("int32", i128::from(i32::MIN), i128::from(i32::MAX)),
        Type::UINT32 | Type::FIXED32 => ("uint32", 0, i128::from(u32::MAX)),
        Type::UINT64 | Type::FIXED64 => ("uint64", 0, i128::from(u64::MAX)),
        _ => ("int64", i128::from(i64::MIN), i128::from(i64::MAX)),
    };
    let value = match value {
        // Not even a zero may have a sign.
        Scalar::Int(_, Sign::Minus) if min == 0 => return misfit(format!("{name} has no negative values")),
        Scalar::Int(value, sign) => {
            if *sign == Sign::Minus {
                -i128::from(*value)
            } else {
                i128::from(*value)
            }
        }
        // An integer too long for 64 bits has become a float.
        Scalar::Float(value) if value.fract() == 0.0 && value.abs() > 1e18 => i128::MAX,
        _ => return misfit("expected an integer"),
    };
    if (min..=max).contains(&value) {
        return Ok(value);
    }
    misfit(format!("{name} goes from {min} to {max}"))
}
