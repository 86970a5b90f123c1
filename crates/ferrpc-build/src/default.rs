//! Default values: from the text that descriptors hold to expressions of Rust.

use ferrpc_proto::descriptor::{FieldDescriptorProto, field_descriptor_proto::Type};

use crate::schema::{Schema, text};

/// The default of a field as an expression, enums as numbers: `None` inside if it is what an unset field reads as
/// anyway, and outside if the text is no value of the field's type.
pub(crate) fn value(
    schema: &Schema<'_>,
    field: &FieldDescriptorProto,
    default: &str,
) -> Option<Option<String>> {
    let value = expression(schema, field, default)?;
    let usual = match field.r#type? {
        Type::STRING => "\"\"".to_owned(),
        Type::BYTES => "b\"\"".to_owned(),
        Type::BOOL => "false".to_owned(),
        Type::FLOAT | Type::DOUBLE => "0.0".to_owned(),
        Type::ENUM => schema.first_number(text(&field.type_name))?.to_string(),
        _ => "0".to_owned(),
    };
    Some((value != usual).then_some(value))
}

fn expression(schema: &Schema<'_>, field: &FieldDescriptorProto, default: &str) -> Option<String> {
    Some(match field.r#type? {
        Type::STRING => format!("{default:?}"),
        Type::BYTES => format!("b\"{}\"", unescape(default)?.escape_ascii()),
        Type::BOOL => default.parse::<bool>().ok()?.to_string(),
        Type::FLOAT => match default.parse::<f32>().ok()? {
            number if number.is_finite() => format!("{number:?}"),
            number => special(number.into(), "f32"),
        },
        Type::DOUBLE => match default.parse::<f64>().ok()? {
            number if number.is_finite() => format!("{number:?}"),
            number => special(number, "f64"),
        },
        Type::INT32 | Type::SINT32 | Type::SFIXED32 => default.parse::<i32>().ok()?.to_string(),
        Type::INT64 | Type::SINT64 | Type::SFIXED64 => default.parse::<i64>().ok()?.to_string(),
        Type::UINT32 | Type::FIXED32 => default.parse::<u32>().ok()?.to_string(),
        Type::UINT64 | Type::FIXED64 => default.parse::<u64>().ok()?.to_string(),
        Type::ENUM => schema.number_of(text(&field.type_name), default)?.to_string(),
        _ => return None,
    })
}

fn special(number: f64, of: &str) -> String {
    let name = match number {
        _ if number.is_nan() => "NAN",
        _ if number > 0.0 => "INFINITY",
        _ => "NEG_INFINITY",
    };
    format!("::core::primitive::{of}::{name}")
}

/// The bytes behind C's escapes, as `default_value` has them.
fn unescape(text: &str) -> Option<Vec<u8>> {
    let mut bytes = text.bytes().peekable();
    let mut out = Vec::new();
    while let Some(byte) = bytes.next() {
        if byte != b'\\' {
            out.push(byte);
            continue;
        }
        out.push(match bytes.next()? {
            b'a' => 0x07,
            b'b' => 0x08,
            b'f' => 0x0c,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'v' => 0x0b,
            digit @ b'0'..=b'7' => {
                let mut value = u32::from(digit - b'0');
                for _ in 0..2 {
                    let Some(next) = bytes.next_if(|next| (b'0'..=b'7').contains(next)) else { break };
                    value = value * 8 + u32::from(next - b'0');
                }
                u8::try_from(value).ok()?
            }
            b'x' | b'X' => {
                let mut value = None;
                for _ in 0..2 {
                    let Some(next) = bytes.next_if(u8::is_ascii_hexdigit) else { break };
                    value = Some(value.unwrap_or(0) * 16 + char::from(next).to_digit(16)?);
                }
                u8::try_from(value?).ok()?
            }
            other @ (b'\\' | b'\'' | b'"' | b'?') => other,
            _ => return None,
        });
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_what_their_escapes_stand_for() {
        let text = r#"a\001\n\\\"\'\377\x41\x7g\0z"#;
        assert_eq!(unescape(text).unwrap(), b"a\x01\n\\\"'\xffA\x07g\0z");
        for bad in ["\\", "\\400", "\\xg", "\\q"] {
            assert_eq!(unescape(bad), None, "{bad}");
        }
    }
}
