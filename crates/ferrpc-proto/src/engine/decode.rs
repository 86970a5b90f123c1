//! Bytes to messages.

use alloc::string::String;
use alloc::vec::Vec;

use bytes::Bytes;

use crate::decoding::Decoding;
use crate::error::{DecodeError, DecodeErrorKind as Kind};
use crate::limits::{Budget, DecodeLimits, OverBudget};
use crate::table::{Field, ListMut, MessageMut, Place, Table, Value, ValueMut};
use crate::wire;

/// Decodes the one record at the front of `input`.
pub(crate) fn record(
    message: &mut MessageMut<'_>,
    input: &mut &[u8],
    d: &mut Decoding<'_>,
) -> Result<(), DecodeError> {
    let decoder = Decoder { start: d.start, depth_max: d.depth_max };
    decoder.record(message, input, d.depth, &mut d.budget)
}

/// The error inside the record at the front of `input`, with that record's place.
#[cold]
pub(crate) fn inside(table: &Table, mut input: &[u8], d: &mut Decoding<'_>) -> DecodeError {
    // Of a copy, `start` is where the input would begin: it may lie behind the copy.
    let offset = input.as_ptr().addr().wrapping_sub(d.start);
    let field = wire::tag(&mut input).ok().and_then(|tag| table.find(tag));
    let error = d.error.take().unwrap_or_else(|| DecodeError::new(Kind::Truncated, offset));
    error.within(table.name(), field.map(|index| table.fields()[index].name))
}

/// Decodes `input` on top of what `message` holds, by the table alone.
pub(crate) fn merge(
    mut message: MessageMut<'_>,
    input: &[u8],
    limits: &DecodeLimits,
) -> Result<(), DecodeError> {
    limits.admit(input.len())?;
    let decoder = Decoder { start: input.as_ptr().addr(), depth_max: limits.depth_max };
    decoder.message(&mut message, input, limits.depth_max, &mut limits.budget(input.len()))
}

/// Decodes those of some records that are for the one field of `holder`, an extension; in the items of a
/// message set too, if it is one.
pub(crate) fn extension(
    mut holder: MessageMut<'_>,
    records: &[u8],
    is_item: bool,
    limits: &DecodeLimits,
) -> Result<(), DecodeError> {
    let table = holder.table();
    let decoder = Decoder { start: records.as_ptr().addr(), depth_max: limits.depth_max };
    let (mut input, depth, mut budget) = (records, limits.depth_max, limits.budget(records.len()));
    while !input.is_empty() {
        let record = input;
        let tag = wire::tag(&mut input);
        let fail = |fault, budget: &Budget| decoder.fail(fault, record, table, None, budget);
        let tag = tag.map_err(|kind| fail(kind.into(), &budget))?;
        if table.find(tag).is_some() {
            input = record;
            decoder.record(&mut holder, &mut input, depth, &mut budget)?;
        } else if is_item && tag == u32::from(wire::ITEM) {
            let (number, message) = wire::item(&mut input).map_err(|kind| fail(kind.into(), &budget))?;
            if number == table.fields()[0].number()
                && let Some(mut message) = message
            {
                decoder
                    .field(&mut holder, 0, record, &mut message, depth, &mut budget)
                    .map_err(|fault| decoder.fail(fault, record, table, Some(&table.fields()[0]), &budget))?;
            }
        } else {
            let skipped = wire::skip(&mut input, tag, depth).map_err(|kind| fail(kind.into(), &budget))?;
            skipped.ok_or_else(|| fail(Fault::TooDeep, &budget))?;
        }
    }
    Ok(())
}

/// What stays the same for all messages of one input.
#[derive(Clone, Copy)]
struct Decoder {
    /// Address of the first byte, to tell offsets by.
    start: usize,
    depth_max: u32,
}

/// What went wrong with one record.
enum Fault {
    Wire(Kind),
    TooDeep,
    OverBudget,
    /// In a message inside it; that one is reported already.
    Inside(DecodeError),
}

/// Whether a value was stored, or has a number its closed enum does not know.
#[derive(PartialEq)]
enum Stored {
    Yes,
    No,
}

impl Decoder {
    fn message(
        self,
        message: &mut MessageMut<'_>,
        mut input: &[u8],
        depth: u32,
        budget: &mut Budget,
    ) -> Result<(), DecodeError> {
        while !input.is_empty() {
            self.record(message, &mut input, depth, budget)?;
        }
        Ok(())
    }

    #[inline]
    fn record(
        self,
        message: &mut MessageMut<'_>,
        input: &mut &[u8],
        depth: u32,
        budget: &mut Budget,
    ) -> Result<(), DecodeError> {
        let table = message.table();
        let record = *input;
        let tag = match wire::tag(input) {
            Ok(tag) => tag,
            Err(kind) => return Err(self.fail(Fault::Wire(kind), record, table, None, budget)),
        };
        let (field, outcome) = match table.find(tag) {
            None => (None, self.unknown(message, record, input, tag, depth, budget)),
            Some(index) => {
                let field = &table.fields()[index];
                let outcome = match field.place {
                    Place::Map(_) => self.entry(message, index, record, input, depth, budget),
                    Place::List { .. } if tag & 7 == wire::LEN && field.value.is_packable() => {
                        packed(message, index, input, budget)
                    }
                    _ => self.field(message, index, record, input, depth, budget),
                };
                (Some(field), outcome)
            }
        };
        outcome.map_err(|fault| self.fail(fault, record, table, field, budget))
    }

    fn unknown(
        self,
        message: &mut MessageMut<'_>,
        record: &[u8],
        input: &mut &[u8],
        tag: u32,
        depth: u32,
        budget: &mut Budget,
    ) -> Result<(), Fault> {
        wire::skip(input, tag, depth)?.ok_or(Fault::TooDeep)?;
        keep(message, record, input, budget)
    }

    /// One value of a field: the value itself, or one more element of a list.
    #[inline(always)]
    fn field(
        self,
        message: &mut MessageMut<'_>,
        index: usize,
        record: &[u8],
        input: &mut &[u8],
        depth: u32,
        budget: &mut Budget,
    ) -> Result<(), Fault> {
        let field = &message.table().fields()[index];
        if let Some(enum_type) = field.enum_type()
            && !enum_type.takes(wire_int32(wire::varint(&mut { *input })?))
        {
            // Read over it: the record is kept as it came.
            wire::varint(input)?;
            return keep(message, record, input, budget);
        }
        let mut place = message.value(index, budget)?;
        if let (Value::Group, ValueMut::Message(message)) = (field.value, &mut place) {
            return self.group(message, field.number(), input, depth, budget);
        }
        self.value(field.value, &mut place, input, depth, budget)
    }

    /// A message up to the tag that ends the group of this number.
    fn group(
        self,
        message: &mut MessageMut<'_>,
        number: u32,
        input: &mut &[u8],
        depth: u32,
        budget: &mut Budget,
    ) -> Result<(), Fault> {
        let depth = depth.checked_sub(1).ok_or(Fault::TooDeep)?;
        loop {
            let mut behind = *input;
            let tag = wire::tag(&mut behind)?;
            if tag & 7 == wire::END_GROUP {
                *input = behind;
                return if tag >> 3 == number { Ok(()) } else { Err(Kind::UnmatchedEndGroup.into()) };
            }
            self.record(message, input, depth, budget).map_err(Fault::Inside)?;
        }
    }

    #[inline(always)]
    fn value(
        self,
        value: Value,
        place: &mut ValueMut<'_>,
        input: &mut &[u8],
        depth: u32,
        budget: &mut Budget,
    ) -> Result<(), Fault> {
        match place {
            ValueMut::I32(at) => {
                **at = match value {
                    Value::Sint32 => wire::unzigzag32(wire_uint32(wire::varint(input)?)),
                    Value::Sfixed32 => wire::fixed32(input)?.cast_signed(),
                    _ => wire_int32(wire::varint(input)?),
                }
            }
            ValueMut::I64(at) => {
                **at = match value {
                    Value::Sint64 => wire::unzigzag64(wire::varint(input)?),
                    Value::Sfixed64 => wire::fixed64(input)?.cast_signed(),
                    _ => wire::varint(input)?.cast_signed(),
                }
            }
            ValueMut::U32(at) => {
                **at = match value {
                    Value::Fixed32 => wire::fixed32(input)?,
                    _ => wire_uint32(wire::varint(input)?),
                }
            }
            ValueMut::U64(at) => {
                **at = match value {
                    Value::Fixed64 => wire::fixed64(input)?,
                    _ => wire::varint(input)?,
                }
            }
            ValueMut::F32(at) => **at = f32::from_bits(wire::fixed32(input)?),
            ValueMut::F64(at) => **at = f64::from_bits(wire::fixed64(input)?),
            ValueMut::Bool(at) => **at = wire::varint(input)? != 0,
            ValueMut::Enum(at) => **at = wire_int32(wire::varint(input)?),
            ValueMut::String(at) => {
                let bytes = wire::delimited(input)?;
                let text = core::str::from_utf8(bytes).map_err(|_| Fault::Wire(Kind::InvalidUtf8))?;
                budget.take(text.len())?;
                **at = String::from(text);
            }
            ValueMut::Bytes(at) => {
                let bytes = wire::delimited(input)?;
                budget.take(bytes.len())?;
                **at = Bytes::copy_from_slice(bytes);
            }
            ValueMut::Message(message) => {
                let bytes = wire::delimited(input)?;
                let depth = depth.checked_sub(1).ok_or(Fault::TooDeep)?;
                self.message(message, bytes, depth, budget).map_err(Fault::Inside)?;
            }
        }
        Ok(())
    }

    /// One entry of a map: a message of key 1 and value 2, either of which may be missing.
    fn entry(
        self,
        message: &mut MessageMut<'_>,
        index: usize,
        record: &[u8],
        input: &mut &[u8],
        depth: u32,
        budget: &mut Budget,
    ) -> Result<(), Fault> {
        let field = &message.table().fields()[index];
        let entry = wire::delimited(input)?;
        let depth = depth.checked_sub(1).ok_or(Fault::TooDeep)?;
        // Without a value too, since it is written with one.
        if depth == 0 && field.value.is_message() {
            return Err(Fault::TooDeep);
        }
        let mut outcome = Ok(Stored::Yes);
        message.insert(index, budget, &mut |key_type, mut key, mut value, budget| {
            outcome = self.fill(field, key_type, &mut key, &mut value, entry, depth, budget);
            matches!(outcome, Ok(Stored::Yes))
        })?;
        if outcome? == Stored::No {
            keep(message, record, input, budget)?;
        }
        Ok(())
    }

    fn fill(
        self,
        field: &Field,
        key_type: Value,
        key: &mut ValueMut<'_>,
        value: &mut ValueMut<'_>,
        mut entry: &[u8],
        depth: u32,
        budget: &mut Budget,
    ) -> Result<Stored, Fault> {
        let (key_tag, value_tag) = (1 << 3 | key_type.wire_type(), 2 << 3 | field.value.wire_type());
        while !entry.is_empty() {
            let tag = wire::tag(&mut entry)?;
            if tag == key_tag {
                self.value(key_type, key, &mut entry, depth, budget)?;
            } else if tag == value_tag {
                self.value(field.value, value, &mut entry, depth, budget)?;
            } else {
                wire::skip(&mut entry, tag, depth)?.ok_or(Fault::TooDeep)?;
            }
        }
        Ok(match (value, field.enum_type()) {
            (ValueMut::Enum(number), Some(enum_type)) if !enum_type.takes(**number) => Stored::No,
            _ => Stored::Yes,
        })
    }

    #[cold]
    fn fail(
        self,
        fault: Fault,
        record: &[u8],
        table: &Table,
        field: Option<&Field>,
        budget: &Budget,
    ) -> DecodeError {
        let kind = match fault {
            Fault::Inside(error) => return error.within(table.name(), field.map(|field| field.name)),
            Fault::Wire(kind) => kind,
            Fault::TooDeep => Kind::TooDeep { depth_max: self.depth_max },
            Fault::OverBudget => Kind::OverBudget { memory_bytes_max: budget.granted() },
        };
        let offset = record.as_ptr().addr().wrapping_sub(self.start);
        DecodeError::new(kind, offset).within(table.name(), field.map(|field| field.name))
    }
}

/// Keeps the record that began at `record` and ended where `input` now begins.
fn keep(message: &mut MessageMut<'_>, record: &[u8], input: &[u8], budget: &mut Budget) -> Result<(), Fault> {
    Ok(message.unknown().append_within(&record[..record.len() - input.len()], budget)?)
}

/// A packed list: its values one after the other, without tags.
fn packed(
    message: &mut MessageMut<'_>,
    index: usize,
    input: &mut &[u8],
    budget: &mut Budget,
) -> Result<(), Fault> {
    let field = &message.table().fields()[index];
    let body = wire::delimited(input)?;
    match (message.list(index), field.value) {
        (ListMut::I32(list), Value::Sint32) => {
            varints(list, body, budget, |value| wire::unzigzag32(wire_uint32(value)))
        }
        (ListMut::I32(list), Value::Sfixed32) => fixed(list, body, budget, i32::from_le_bytes),
        (ListMut::I32(list), _) => varints(list, body, budget, wire_int32),
        (ListMut::I64(list), Value::Sint64) => varints(list, body, budget, wire::unzigzag64),
        (ListMut::I64(list), Value::Sfixed64) => fixed(list, body, budget, i64::from_le_bytes),
        (ListMut::I64(list), _) => varints(list, body, budget, u64::cast_signed),
        (ListMut::U32(list), Value::Fixed32) => fixed(list, body, budget, u32::from_le_bytes),
        (ListMut::U32(list), _) => varints(list, body, budget, wire_uint32),
        (ListMut::U64(list), Value::Fixed64) => fixed(list, body, budget, u64::from_le_bytes),
        (ListMut::U64(list), _) => varints(list, body, budget, |value| value),
        (ListMut::F32(list), _) => fixed(list, body, budget, f32::from_le_bytes),
        (ListMut::F64(list), _) => fixed(list, body, budget, f64::from_le_bytes),
        (ListMut::Bool(list), _) => varints(list, body, budget, |value| value != 0),
        (ListMut::Enum, _) => enums(message, index, body, budget),
    }
}

fn varints<T>(
    list: &mut Vec<T>,
    mut body: &[u8],
    budget: &mut Budget,
    convert: impl Fn(u64) -> T,
) -> Result<(), Fault> {
    budget.reserve(list, count_varints(body))?;
    while !body.is_empty() {
        list.push(convert(wire::varint(&mut body)?));
    }
    Ok(())
}

fn fixed<T, const N: usize>(
    list: &mut Vec<T>,
    body: &[u8],
    budget: &mut Budget,
    convert: impl Fn([u8; N]) -> T,
) -> Result<(), Fault> {
    let (values, rest) = body.as_chunks::<N>();
    if !rest.is_empty() {
        return Err(Fault::Wire(Kind::InvalidPackedLength));
    }
    budget.reserve(list, values.len())?;
    list.extend(values.iter().map(|value| convert(*value)));
    Ok(())
}

fn enums(
    message: &mut MessageMut<'_>,
    index: usize,
    mut body: &[u8],
    budget: &mut Budget,
) -> Result<(), Fault> {
    let field = &message.table().fields()[index];
    message.reserve(index, count_varints(body), budget)?;
    while !body.is_empty() {
        let value = wire::varint(&mut body)?;
        let number = wire_int32(value);
        if field.enum_type().is_none_or(|enum_type| enum_type.takes(number)) {
            if let ValueMut::Enum(at) = message.value(index, budget)? {
                *at = number;
            }
        } else {
            // Kept as a record of its own, as if it had not been packed.
            let mut record = Vec::with_capacity(15);
            let tag = u64::from(field.number() << 3 | wire::VARINT);
            wire::push_varint(&mut record, tag);
            wire::push_varint(&mut record, value);
            message.unknown().append_within(&record, budget)?;
        }
    }
    Ok(())
}

/// Each varint has one byte without the top bit; so this is exact, and never above the bytes there are.
fn count_varints(body: &[u8]) -> usize {
    body.iter().filter(|byte| **byte < 0x80).count()
}

// The language says so: a 32-bit field takes the low half of a longer varint.
#[expect(clippy::cast_possible_truncation)]
fn wire_uint32(value: u64) -> u32 {
    value as u32
}

pub(crate) fn wire_int32(value: u64) -> i32 {
    wire_uint32(value).cast_signed()
}

impl From<Kind> for Fault {
    fn from(kind: Kind) -> Self {
        Self::Wire(kind)
    }
}

impl From<OverBudget> for Fault {
    fn from(_: OverBudget) -> Self {
        Self::OverBudget
    }
}
