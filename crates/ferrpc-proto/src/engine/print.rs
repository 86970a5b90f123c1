//! Messages to text for people: `Debug` as Rust, `Display` as Protobuf text format.

use core::fmt::{self, Write};

use crate::table::{Content, Field, MessageRef, Value, ValueRef};
use crate::wire;

/// Prints the fields that are set, as a Rust struct.
pub(crate) fn debug(message: MessageRef<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let full_name = message.table().name();
    let mut out = f.debug_struct(full_name.rsplit('.').next().unwrap_or(full_name));
    for (index, field) in message.table().fields().iter().enumerate() {
        match message.content(index) {
            Content::Unset => {}
            content => drop(out.field(field.name, &DebugContent(field, content))),
        }
    }
    if !message.unknown().is_empty() {
        out.field("_unknown", message.unknown());
    }
    out.finish()
}

struct DebugContent<'a>(&'a Field, Content<'a>);

impl fmt::Debug for DebugContent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(field, content) = self;
        match content {
            Content::Unset => f.write_str("unset"),
            Content::One(value) => DebugValue(field, *value).fmt(f),
            Content::List(list) => {
                f.debug_list().entries(list.iter().map(|value| DebugValue(field, value))).finish()
            }
            Content::Map(map) => {
                let entries =
                    map.iter().map(|(key, value)| (DebugValue(field, key), DebugValue(field, value)));
                f.debug_map().entries(entries).finish()
            }
        }
    }
}

struct DebugValue<'a>(&'a Field, ValueRef<'a>);

impl fmt::Debug for DebugValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.1 {
            ValueRef::I32(value) => value.fmt(f),
            ValueRef::I64(value) => value.fmt(f),
            ValueRef::U32(value) => value.fmt(f),
            ValueRef::U64(value) => value.fmt(f),
            ValueRef::F32(value) => value.fmt(f),
            ValueRef::F64(value) => value.fmt(f),
            ValueRef::Bool(value) => value.fmt(f),
            ValueRef::Enum(number) => enum_value(self.0, number, f),
            ValueRef::String(value) => value.fmt(f),
            ValueRef::Bytes(value) => quote(value, f),
            ValueRef::Message(value) => debug(value, f),
        }
    }
}

fn enum_value(field: &Field, number: i32, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match field.enum_type().and_then(|enum_type| enum_type.name(number)) {
        Some(name) => f.write_str(name),
        None => write!(f, "{number}"),
    }
}

/// Prints a message in text format: a line per field, without a line break after the last.
pub(crate) fn text(message: MessageRef<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    Text { f, indent: 0, lines: 0 }.message(message)
}

/// What text format calls a field: a group as proto2 declares it goes by the name of its type.
fn name_of(message: MessageRef<'_>, field: &Field, value: ValueRef<'_>) -> &'static str {
    if let (Value::Group, ValueRef::Message(group)) = (field.value, value)
        && let Some((scope, name)) = group.table().name().rsplit_once('.')
        && scope == message.table().name()
        && name.eq_ignore_ascii_case(field.name)
        && !field.name.contains(|c: char| c.is_ascii_uppercase())
    {
        return name;
    }
    field.name
}

struct Text<'a, 'f> {
    f: &'a mut fmt::Formatter<'f>,
    indent: usize,
    lines: usize,
}

impl Text<'_, '_> {
    fn message(&mut self, message: MessageRef<'_>) -> fmt::Result {
        for (index, field) in message.table().fields().iter().enumerate() {
            match message.content(index) {
                Content::Unset => {}
                Content::One(value) => self.field(name_of(message, field, value), field, value)?,
                Content::List(list) => {
                    for value in list.iter() {
                        self.field(name_of(message, field, value), field, value)?;
                    }
                }
                Content::Map(map) => {
                    for (key, value) in map.iter() {
                        self.open(field.name)?;
                        self.field("key", field, key)?;
                        self.field("value", field, value)?;
                        self.close()?;
                    }
                }
            }
        }
        self.unknown(message.unknown().as_bytes())
    }

    fn field(&mut self, name: &str, field: &Field, value: ValueRef<'_>) -> fmt::Result {
        if let ValueRef::Message(message) = value {
            self.open(name)?;
            self.message(message)?;
            return self.close();
        }
        self.line()?;
        write!(self.f, "{name}: ")?;
        match value {
            ValueRef::I32(value) => write!(self.f, "{value}"),
            ValueRef::I64(value) => write!(self.f, "{value}"),
            ValueRef::U32(value) => write!(self.f, "{value}"),
            ValueRef::U64(value) => write!(self.f, "{value}"),
            ValueRef::F32(value) if value.is_finite() => float(self.f, value, value.abs().into()),
            ValueRef::F32(value) => special(self.f, value.into()),
            ValueRef::F64(value) if value.is_finite() => float(self.f, value, value.abs()),
            ValueRef::F64(value) => special(self.f, value),
            ValueRef::Bool(value) => write!(self.f, "{value}"),
            ValueRef::Enum(number) => enum_value(field, number, self.f),
            ValueRef::String(value) => quote_text(value, self.f),
            ValueRef::Bytes(value) => quote(value, self.f),
            ValueRef::Message(_) => unreachable!("printed above"),
        }
    }

    /// Unknown fields by number: what the wire says of their type is all there is.
    fn unknown(&mut self, mut records: &[u8]) -> fmt::Result {
        while !records.is_empty() {
            // Whoever appended raw bytes may have appended nonsense; printing stops there.
            let Ok(tag) = wire::tag(&mut records) else { return Ok(()) };
            let number = tag >> 3;
            match tag & 7 {
                wire::VARINT => {
                    let Ok(value) = wire::varint(&mut records) else { return Ok(()) };
                    self.line()?;
                    write!(self.f, "{number}: {value}")?;
                }
                wire::FIXED64 => {
                    let Ok(value) = wire::fixed64(&mut records) else { return Ok(()) };
                    self.line()?;
                    write!(self.f, "{number}: {value:#018x}")?;
                }
                wire::FIXED32 => {
                    let Ok(value) = wire::fixed32(&mut records) else { return Ok(()) };
                    self.line()?;
                    write!(self.f, "{number}: {value:#010x}")?;
                }
                wire::LEN => {
                    let Ok(value) = wire::delimited(&mut records) else { return Ok(()) };
                    self.line()?;
                    write!(self.f, "{number}: ")?;
                    quote(value, self.f)?;
                }
                wire::START_GROUP => {
                    self.line()?;
                    self.indent += 1;
                    write!(self.f, "{number} {{")?;
                }
                wire::END_GROUP if self.indent > 0 => self.close()?,
                _ => return Ok(()),
            }
        }
        Ok(())
    }

    fn open(&mut self, name: &str) -> fmt::Result {
        self.line()?;
        self.indent += 1;
        write!(self.f, "{name} {{")
    }

    fn close(&mut self) -> fmt::Result {
        self.indent -= 1;
        self.line()?;
        self.f.write_str("}")
    }

    /// Begins a line.
    fn line(&mut self) -> fmt::Result {
        if self.lines > 0 {
            self.f.write_char('\n')?;
        }
        self.lines += 1;
        (0..self.indent).try_for_each(|_| self.f.write_str("  "))
    }
}

/// The shortest digits that read back as the same number, in the shorter of two notations.
fn float<T: fmt::Display + fmt::LowerExp>(
    f: &mut fmt::Formatter<'_>,
    value: T,
    magnitude: f64,
) -> fmt::Result {
    if magnitude == 0.0 || (1e-5..1e16).contains(&magnitude) {
        write!(f, "{value}")
    } else {
        write!(f, "{value:e}")
    }
}

fn special(f: &mut fmt::Formatter<'_>, value: f64) -> fmt::Result {
    f.write_str(match value {
        _ if value.is_nan() => "nan",
        _ if value > 0.0 => "inf",
        _ => "-inf",
    })
}

/// Quotes a string; what is not ASCII stays readable.
fn quote_text(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_char('"')?;
    for c in text.chars() {
        match u8::try_from(c) {
            Ok(byte) if byte.is_ascii() => escape(byte, f)?,
            _ => f.write_char(c)?,
        }
    }
    f.write_char('"')
}

/// Quotes bytes, those that are not ASCII in octal.
fn quote(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.write_char('"')?;
    bytes.iter().try_for_each(|byte| escape(*byte, f))?;
    f.write_char('"')
}

fn escape(byte: u8, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match byte {
        b'\n' => f.write_str("\\n"),
        b'\r' => f.write_str("\\r"),
        b'\t' => f.write_str("\\t"),
        b'"' => f.write_str("\\\""),
        b'\'' => f.write_str("\\'"),
        b'\\' => f.write_str("\\\\"),
        b' '..=b'~' => f.write_char(char::from(byte)),
        _ => write!(f, "\\{byte:03o}"),
    }
}
