//! Messages to bytes.
//!
//! A message is written from its end to its start, so that the length of each inner message is known
//! when its turn comes, without a second look at it. A small one goes to a scratch space first; for
//! a larger one a walk beforehand adds up the length, and the second fills exactly that space.

use alloc::vec::Vec;

use crate::engine::DEPTH_MAX;
use crate::error::EncodeError;
use crate::table::{Content, Field, ListRef, MapRef, MessageRef, Place, Value, ValueRef};
use crate::wire::{self, varint_len};

/// The largest message the format allows.
const BYTES_MAX: usize = i32::MAX as usize;

/// The length of the encoded message, and whether it nests deeper than it may.
///
/// What lies deeper is left out of the length.
pub(crate) fn measure(message: MessageRef<'_>) -> (usize, bool) {
    let mut measure = Measure { too_deep: false };
    let len = measure.message(message, DEPTH_MAX);
    (len, measure.too_deep)
}

/// Messages up to this length are written in one walk.
const SMALL_BYTES: usize = 512;

/// Appends the encoded message to `out`; leaves it as it was on error.
pub(crate) fn append(message: MessageRef<'_>, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let mut small = [0; SMALL_BYTES];
    let mut writer = Writer::new(&mut small);
    writer.message(message);
    if !writer.full {
        if writer.too_deep {
            return Err(EncodeError::TooDeep);
        }
        let at = writer.at;
        out.extend_from_slice(&small[at..]);
        return Ok(());
    }
    append_large(message, out)
}

fn append_large(message: MessageRef<'_>, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let (len, too_deep) = measure(message);
    if too_deep {
        return Err(EncodeError::TooDeep);
    }
    if len > BYTES_MAX {
        return Err(EncodeError::TooLarge { len });
    }
    let start = out.len();
    out.resize(start + len, 0);
    let mut writer = Writer::new(&mut out[start..]);
    writer.message(message);
    debug_assert!(writer.at == 0 && !writer.full, "written as long as measured");
    Ok(())
}

/// A value as the wire knows it.
enum Wire<'a> {
    Varint(u64),
    Fixed32(u32),
    Fixed64(u64),
    Bytes(&'a [u8]),
    Message(MessageRef<'a>),
}

#[inline(always)]
fn wire(value_type: Value, value: ValueRef<'_>) -> Wire<'_> {
    match value {
        ValueRef::I32(value) => match value_type {
            Value::Sint32 => Wire::Varint(u64::from(wire::zigzag32(value))),
            Value::Sfixed32 => Wire::Fixed32(value.cast_unsigned()),
            _ => Wire::Varint(i64::from(value).cast_unsigned()),
        },
        ValueRef::I64(value) => match value_type {
            Value::Sint64 => Wire::Varint(wire::zigzag64(value)),
            Value::Sfixed64 => Wire::Fixed64(value.cast_unsigned()),
            _ => Wire::Varint(value.cast_unsigned()),
        },
        ValueRef::U32(value) => match value_type {
            Value::Fixed32 => Wire::Fixed32(value),
            _ => Wire::Varint(u64::from(value)),
        },
        ValueRef::U64(value) => match value_type {
            Value::Fixed64 => Wire::Fixed64(value),
            _ => Wire::Varint(value),
        },
        ValueRef::F32(value) => Wire::Fixed32(value.to_bits()),
        ValueRef::F64(value) => Wire::Fixed64(value.to_bits()),
        ValueRef::Bool(value) => Wire::Varint(u64::from(value)),
        ValueRef::Enum(value) => Wire::Varint(i64::from(value).cast_unsigned()),
        ValueRef::String(value) => Wire::Bytes(value.as_bytes()),
        ValueRef::Bytes(value) => Wire::Bytes(value),
        ValueRef::Message(value) => Wire::Message(value),
    }
}

fn is_packed(field: &Field) -> bool {
    matches!(field.place, Place::List { packed: true, .. })
}

struct Measure {
    too_deep: bool,
}

impl Measure {
    fn message(&mut self, message: MessageRef<'_>, depth: u32) -> usize {
        let mut len = message.unknown().as_bytes().len();
        for (index, field) in message.table().fields().iter().enumerate() {
            let tag_len = || varint_len(u64::from(field.tag()));
            len += match message.content(index) {
                Content::Unset => 0,
                Content::One(value) => tag_len() + self.value(wire(field.value, value), depth),
                Content::List(list) if is_packed(field) => {
                    let body = list.iter().map(|value| self.value(wire(field.value, value), depth)).sum();
                    tag_len() + delimited(body)
                }
                Content::List(list) => {
                    let values = list.iter().map(|value| self.value(wire(field.value, value), depth));
                    list.len() * tag_len() + values.sum::<usize>()
                }
                Content::Map(map) => {
                    let entry = |(key, value)| {
                        let key = self.value(wire(map.key_type(), key), depth);
                        delimited(2 + key + self.value(wire(field.value, value), depth))
                    };
                    let entries = map.iter().map(entry).sum::<usize>();
                    map.len() * tag_len() + entries
                }
            };
        }
        len
    }

    #[inline(always)]
    fn value(&mut self, value: Wire<'_>, depth: u32) -> usize {
        match value {
            Wire::Varint(value) => varint_len(value),
            Wire::Fixed32(_) => 4,
            Wire::Fixed64(_) => 8,
            Wire::Bytes(bytes) => delimited(bytes.len()),
            Wire::Message(message) => match depth.checked_sub(1) {
                Some(depth) => delimited(self.message(message, depth)),
                None => {
                    self.too_deep = true;
                    0
                }
            },
        }
    }
}

fn delimited(len: usize) -> usize {
    varint_len(len as u64) + len
}

/// Writes towards the start of `space`; `at` is where the last thing written begins.
struct Writer<'a> {
    space: &'a mut [u8],
    at: usize,
    /// Something did not fit; what is in `space` is of no use.
    full: bool,
    /// Levels left.
    depth: u32,
    too_deep: bool,
}

impl<'a> Writer<'a> {
    fn new(space: &'a mut [u8]) -> Self {
        Self { at: space.len(), space, full: false, depth: DEPTH_MAX, too_deep: false }
    }

    fn message(&mut self, message: MessageRef<'_>) {
        // Unknown fields follow the known ones on the wire, so here they come first.
        self.bytes(message.unknown().as_bytes());
        for (index, field) in message.table().fields().iter().enumerate().rev() {
            match message.content(index) {
                Content::Unset => {}
                Content::One(value) => self.record(field.tag(), wire(field.value, value)),
                Content::List(list) => self.list(field, list),
                Content::Map(map) => self.map(field, map),
            }
            if self.full {
                return;
            }
        }
    }

    fn list(&mut self, field: &Field, list: ListRef<'_>) {
        let end = self.at;
        for value in list.iter().rev() {
            if is_packed(field) {
                self.value(wire(field.value, value));
            } else {
                self.record(field.tag(), wire(field.value, value));
            }
            if self.full {
                return;
            }
        }
        if is_packed(field) {
            self.prefix(end, field.tag());
        }
    }

    fn map(&mut self, field: &Field, map: MapRef<'_>) {
        let (key_tag, value_tag) = (1 << 3 | map.key_type().wire_type(), 2 << 3 | field.value.wire_type());
        for (key, value) in map.iter().rev() {
            let end = self.at;
            self.record(value_tag, wire(field.value, value));
            self.record(key_tag, wire(map.key_type(), key));
            self.prefix(end, field.tag());
            if self.full {
                return;
            }
        }
    }

    #[inline(always)]
    fn record(&mut self, tag: u32, value: Wire<'_>) {
        self.value(value);
        self.varint(u64::from(tag));
    }

    #[inline(always)]
    fn value(&mut self, value: Wire<'_>) {
        match value {
            Wire::Varint(value) => self.varint(value),
            Wire::Fixed32(value) => self.bytes(&value.to_le_bytes()),
            Wire::Fixed64(value) => self.bytes(&value.to_le_bytes()),
            Wire::Bytes(bytes) => {
                self.bytes(bytes);
                self.varint(bytes.len() as u64);
            }
            Wire::Message(message) => {
                let Some(depth) = self.depth.checked_sub(1) else {
                    self.too_deep = true;
                    return;
                };
                let end = self.at;
                self.depth = depth;
                self.message(message);
                self.depth += 1;
                self.varint((end - self.at) as u64);
            }
        }
    }

    /// The length of what has been written since `end`, and a tag.
    fn prefix(&mut self, end: usize, tag: u32) {
        self.varint((end - self.at) as u64);
        self.varint(u64::from(tag));
    }

    #[inline]
    fn bytes(&mut self, bytes: &[u8]) {
        let space = self.room(bytes.len());
        if !space.is_empty() {
            space.copy_from_slice(bytes);
        }
    }

    #[inline]
    fn varint(&mut self, mut value: u64) {
        let len = varint_len(value);
        if let [rest @ .., last] = self.room(len) {
            for byte in rest.iter_mut() {
                *byte = wire::low_byte(value) | 0x80;
                value >>= 7;
            }
            *last = wire::low_byte(value);
        }
    }

    /// The next `len` bytes towards the start; none if there are not as many left.
    #[inline]
    fn room(&mut self, len: usize) -> &mut [u8] {
        let Some(at) = self.at.checked_sub(len) else {
            self.full = true;
            return &mut [];
        };
        let end = self.at;
        self.at = at;
        &mut self.space[at..end]
    }
}
