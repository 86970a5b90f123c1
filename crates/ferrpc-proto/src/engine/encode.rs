//! Messages to bytes.
//!
//! The slow way, by the field table; messages have encoders of their own (`emit`), and this one is
//! what they are held against. It also writes messages whose oneofs lie across other fields.

use alloc::vec::Vec;
use core::cmp::Ordering;

use super::check::check;
use crate::error::Uninitialized;
use crate::rev::{DEPTH_MAX, Encode, RevWriter};
use crate::table::{Content, Field, ListRef, MapRef, MessageRef, Place, Value, ValueRef};
use crate::wire;

/// A value as the wire knows it.
enum Wire<'a> {
    Varint(u64),
    Fixed32(u32),
    Fixed64(u64),
    Bytes(&'a [u8]),
    Message(MessageRef<'a>),
    Group(MessageRef<'a>),
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
        ValueRef::Message(value) if value_type == Value::Group => Wire::Group(value),
        ValueRef::Message(value) => Wire::Message(value),
    }
}

fn is_packed(field: &Field) -> bool {
    matches!(field.place, Place::List { packed: true, .. })
}

impl Encode for MessageRef<'_> {
    fn encode_rev<'w, 'a>(&'a self, w: RevWriter<'w, 'a>) -> RevWriter<'w, 'a> {
        write(w, *self)
    }

    fn missing(&self) -> Option<Uninitialized> {
        check(*self, DEPTH_MAX).err()
    }
}

/// Writes a message from its end to its start.
pub(crate) fn write<'w, 'a>(mut w: RevWriter<'w, 'a>, message: MessageRef<'a>) -> RevWriter<'w, 'a> {
    // Unknown fields follow the known ones on the wire, so here they come first.
    w.bytes(message.unknown().as_bytes());
    let table = message.table();
    for (index, field) in table.fields().iter().enumerate().rev() {
        w = match message.content(index) {
            Content::Unset => {
                if table.checks.required.contains(&field.number()) {
                    w.lacks();
                }
                w
            }
            Content::One(value) => record(w, field.tag(), wire(field.value, value)),
            Content::List(list) => write_list(w, field, list),
            Content::Map(map) => write_map(w, field, map),
        };
    }
    w
}

fn write_list<'w, 'a>(mut w: RevWriter<'w, 'a>, field: &Field, list: ListRef<'a>) -> RevWriter<'w, 'a> {
    let before = w.written();
    for value in list.iter().rev() {
        if !is_packed(field) {
            w = record(w, field.tag(), wire(field.value, value));
            continue;
        }
        match wire(field.value, value) {
            Wire::Varint(value) => w.varint(value),
            Wire::Fixed32(value) => w.small(&value.to_le_bytes()),
            Wire::Fixed64(value) => w.small(&value.to_le_bytes()),
            Wire::Bytes(_) | Wire::Message(_) | Wire::Group(_) => unreachable!("only numbers can be packed"),
        }
    }
    if is_packed(field) {
        w.close(field.tag(), before);
    }
    w
}

fn write_map<'w, 'a>(mut w: RevWriter<'w, 'a>, field: &Field, map: MapRef<'a>) -> RevWriter<'w, 'a> {
    let (key_tag, value_tag) = (1 << 3 | map.key_type().wire_type(), 2 << 3 | field.value.wire_type());
    let mut entries: Vec<(ValueRef<'_>, ValueRef<'_>)> = map.iter().collect();
    if w.is_sorted() {
        entries.sort_unstable_by(|(one, _), (other, _)| by_key(*one, *other));
    }
    for (key, value) in entries.into_iter().rev() {
        w = w.message_field(field.tag(), |mut w| {
            w = record(w, value_tag, wire(field.value, value));
            record(w, key_tag, wire(map.key_type(), key))
        });
    }
    w
}

/// Ascending: numbers by value, texts by their bytes.
fn by_key(one: ValueRef<'_>, other: ValueRef<'_>) -> Ordering {
    match (one, other) {
        (ValueRef::I32(one), ValueRef::I32(other)) => one.cmp(&other),
        (ValueRef::I64(one), ValueRef::I64(other)) => one.cmp(&other),
        (ValueRef::U32(one), ValueRef::U32(other)) => one.cmp(&other),
        (ValueRef::U64(one), ValueRef::U64(other)) => one.cmp(&other),
        (ValueRef::Bool(one), ValueRef::Bool(other)) => one.cmp(&other),
        (ValueRef::String(one), ValueRef::String(other)) => one.cmp(other),
        _ => unreachable!("all keys of a map are of the same of these types"),
    }
}

fn record<'w, 'a>(mut w: RevWriter<'w, 'a>, tag: u32, value: Wire<'a>) -> RevWriter<'w, 'a> {
    match value {
        Wire::Varint(value) => w.varint_field(tag, value),
        Wire::Fixed32(value) => {
            w.small(&value.to_le_bytes());
            w.tag(tag);
        }
        Wire::Fixed64(value) => {
            w.small(&value.to_le_bytes());
            w.tag(tag);
        }
        Wire::Bytes(bytes) => w.bytes_field(tag, bytes),
        Wire::Message(message) => return w.message_field(tag, |w| write(w, message)),
        Wire::Group(message) => return w.group_field(tag, |w| write(w, message)),
    }
    w
}
