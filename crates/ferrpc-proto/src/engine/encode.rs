//! Messages to bytes.
//!
//! The slow way, by the field table; messages have encoders of their own (`emit`), and this one is
//! what they are held against. It also writes messages whose oneofs lie across other fields.

use alloc::vec::Vec;
use core::mem::MaybeUninit;

use crate::error::EncodeError;
use crate::rev::{DEPTH_MAX, RevWriter, SCRATCH_BYTES};
use crate::table::{Content, Field, ListRef, MapRef, MessageRef, Place, Value, ValueRef};
use crate::wire::{self, varint_len};

/// The length of the encoded message. What lies too deep to be encoded is left out.
pub(crate) fn len(message: MessageRef<'_>) -> usize {
    message_len(message, DEPTH_MAX)
}

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

fn message_len(message: MessageRef<'_>, depth: u32) -> usize {
    let mut len = message.unknown().as_bytes().len();
    for (index, field) in message.table().fields().iter().enumerate() {
        let tag_len = || varint_len(u64::from(field.tag()));
        len += match message.content(index) {
            Content::Unset => 0,
            Content::One(value) => record_len(tag_len(), wire(field.value, value), depth),
            Content::List(list) if is_packed(field) => {
                let body = list.iter().map(|value| record_len(0, wire(field.value, value), depth)).sum();
                tag_len() + delimited(body)
            }
            Content::List(list) => {
                list.iter().map(|value| record_len(tag_len(), wire(field.value, value), depth)).sum()
            }
            Content::Map(map) => {
                let entry = |(key, value)| {
                    let key = record_len(1, wire(map.key_type(), key), depth);
                    tag_len() + delimited(key + record_len(1, wire(field.value, value), depth))
                };
                map.iter().map(entry).sum()
            }
        };
    }
    len
}

#[inline(always)]
fn record_len(tag_len: usize, value: Wire<'_>, depth: u32) -> usize {
    tag_len
        + match value {
            Wire::Varint(value) => varint_len(value),
            Wire::Fixed32(_) => 4,
            Wire::Fixed64(_) => 8,
            Wire::Bytes(bytes) => delimited(bytes.len()),
            Wire::Message(message) => match depth.checked_sub(1) {
                Some(depth) => delimited(message_len(message, depth)),
                None => return 0,
            },
            // The tag at the end is as long as the one before it.
            Wire::Group(message) => match depth.checked_sub(1) {
                Some(depth) => tag_len + message_len(message, depth),
                None => return 0,
            },
        }
}

fn delimited(len: usize) -> usize {
    varint_len(len as u64) + len
}

/// Encodes a message into a new `Vec`.
pub(crate) fn to_vec(message: MessageRef<'_>) -> Result<Vec<u8>, EncodeError> {
    let mut scratch = [MaybeUninit::uninit(); SCRATCH_BYTES];
    let mut writer = RevWriter::new(&mut scratch);
    write(&mut writer, message);
    let mut out = Vec::new();
    writer.finish(&mut out)?;
    Ok(out)
}

/// Writes a message from its end to its start.
pub(crate) fn write<'a>(w: &mut RevWriter<'a>, message: MessageRef<'a>) {
    // Unknown fields follow the known ones on the wire, so here they come first.
    w.bytes(message.unknown().as_bytes());
    for (index, field) in message.table().fields().iter().enumerate().rev() {
        match message.content(index) {
            Content::Unset => {}
            Content::One(value) => record(w, field.tag(), wire(field.value, value)),
            Content::List(list) => write_list(w, field, list),
            Content::Map(map) => write_map(w, field, map),
        }
    }
}

fn write_list<'a>(w: &mut RevWriter<'a>, field: &Field, list: ListRef<'a>) {
    let before = w.written();
    for value in list.iter().rev() {
        if !is_packed(field) {
            record(w, field.tag(), wire(field.value, value));
            continue;
        }
        match wire(field.value, value) {
            Wire::Varint(value) => w.varint(value),
            Wire::Fixed32(value) => w.bytes(&value.to_le_bytes()),
            Wire::Fixed64(value) => w.bytes(&value.to_le_bytes()),
            Wire::Bytes(_) | Wire::Message(_) | Wire::Group(_) => unreachable!("only numbers can be packed"),
        }
    }
    if is_packed(field) {
        w.close(field.tag(), before);
    }
}

fn write_map<'a>(w: &mut RevWriter<'a>, field: &Field, map: MapRef<'a>) {
    let (key_tag, value_tag) = (1 << 3 | map.key_type().wire_type(), 2 << 3 | field.value.wire_type());
    for (key, value) in map.iter().rev() {
        let before = w.written();
        record(w, value_tag, wire(field.value, value));
        record(w, key_tag, wire(map.key_type(), key));
        w.close(field.tag(), before);
    }
}

#[inline(always)]
fn record<'a>(w: &mut RevWriter<'a>, tag: u32, value: Wire<'a>) {
    match value {
        Wire::Varint(value) => w.varint_field(tag, value),
        Wire::Fixed32(value) => w.fixed32_field(tag, value),
        Wire::Fixed64(value) => w.fixed64_field(tag, value),
        Wire::Bytes(bytes) => w.bytes_field(tag, bytes),
        Wire::Message(message) => w.message_field(tag, |w| write(w, message)),
        Wire::Group(message) => w.group_field(tag, |w| write(w, message)),
    }
}
