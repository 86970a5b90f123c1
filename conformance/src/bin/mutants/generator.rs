//! Payloads at random: mostly messages as a schema has them, with odd records in between, and damage.

use std::collections::{BTreeMap, BTreeSet};

use ferrpc_proto::descriptor::field_descriptor_proto::Type;
use ferrpc_proto::descriptor::{DescriptorProto, FieldDescriptorProto, FileDescriptorSet};

use crate::random::Random;

/// What can be sent to a message: its fields, and the extensions of it.
pub(crate) struct Schema {
    /// By full name, with a dot in front.
    messages: BTreeMap<String, Vec<FieldDescriptorProto>>,
    /// Names of messages that are entries of maps.
    entries: BTreeSet<String>,
}

/// Deeper than this, only plain values are made. Now and then a tower is, up to what parsers take.
const DEPTH: usize = 4;

impl Schema {
    pub(crate) fn new(set: &FileDescriptorSet) -> Self {
        let (mut schema, mut extensions) =
            (Self { messages: BTreeMap::new(), entries: BTreeSet::new() }, Vec::new());
        for file in &set.file {
            let prefix =
                if file.package().is_empty() { String::new() } else { format!(".{}", file.package()) };
            extensions.extend(file.extension.iter().cloned());
            for message in &file.message_type {
                schema.collect(&prefix, message, &mut extensions);
            }
        }
        for extension in extensions {
            schema.messages.entry(extension.extendee().to_owned()).or_default().push(extension);
        }
        schema
    }

    fn collect(
        &mut self,
        prefix: &str,
        message: &DescriptorProto,
        extensions: &mut Vec<FieldDescriptorProto>,
    ) {
        let name = format!("{prefix}.{}", message.name());
        extensions.extend(message.extension.iter().cloned());
        for nested in &message.nested_type {
            self.collect(&name, nested, extensions);
        }
        if message.options.get().map_entry() {
            self.entries.insert(name.clone());
        }
        self.messages.insert(name, message.field.clone());
    }

    /// A payload for the message of this full name.
    pub(crate) fn payload(&self, name: &str, random: &mut Random) -> Vec<u8> {
        let mut out = Vec::new();
        if random.once_in(40) {
            self.tower(&format!(".{name}"), random, &mut out);
        } else {
            self.message(&format!(".{name}"), 0, random, &mut out);
        }
        if random.once_in(3) {
            damage(&mut out, random);
        }
        out
    }

    fn fields(&self, name: &str) -> &[FieldDescriptorProto] {
        self.messages.get(name).map_or(&[], Vec::as_slice)
    }

    fn message(&self, name: &str, depth: usize, random: &mut Random, out: &mut Vec<u8>) {
        let fields = self.fields(name);
        for _ in 0..random.below(if depth == 0 { 12 } else { 4 }) {
            if fields.is_empty() || random.once_in(12) {
                unknown(random, out);
                continue;
            }
            let field = random.one_of(fields);
            // Lists come in runs.
            for _ in 0..if random.once_in(3) { 1 + random.below(4) } else { 1 } {
                self.record(field, depth, random, out);
            }
        }
        // Messages that ask for a field often have it.
        for field in fields {
            if field.label().0 == REQUIRED && !random.once_in(5) {
                self.record(field, depth, random, out);
            }
        }
    }

    fn record(&self, field: &FieldDescriptorProto, depth: usize, random: &mut Random, out: &mut Vec<u8>) {
        let number = u32::try_from(field.number()).unwrap_or(1);
        let kind =
            if random.once_in(30) { *random.one_of(&KINDS) } else { field.r#type.unwrap_or(Type::INT32) };
        let mut body = Vec::new();
        match kind {
            Type::MESSAGE | Type::GROUP => {
                if depth < DEPTH {
                    self.message(field.type_name(), depth + 1, random, &mut body);
                }
                if (kind == Type::GROUP) == random.once_in(8) {
                    delimited(number, &body, random, out);
                } else {
                    varint(u64::from(number << 3 | 3), random, out);
                    out.extend(body);
                    varint(u64::from(number << 3 | 4), random, out);
                }
            }
            Type::STRING | Type::BYTES => {
                const TEXTS: [&[u8]; 5] =
                    [b"", b"a", b"key", "gr\u{fc}\u{df} \u{1f980}".as_bytes(), &[b'x'; 300]];
                const NONE: [&[u8]; 3] = [b"\xff", b"\xed\xa0\x80", b"\xc3"];
                let text = if random.once_in(40) { random.one_of(&NONE) } else { random.one_of(&TEXTS) };
                delimited(number, text, random, out);
            }
            _ if random.once_in(3) => {
                (0..random.below(12)).for_each(|_| number_of(kind, random, &mut body));
                delimited(number, &body, random, out);
            }
            _ => {
                varint(u64::from(number << 3 | wire_type_of(kind)), random, out);
                number_of(kind, random, out);
            }
        }
    }

    /// A message in a message, about as deep as parsers go.
    fn tower(&self, name: &str, random: &mut Random, out: &mut Vec<u8>) {
        let levels = 96 + random.below(8);
        let mut name = name.to_owned();
        let mut tags = Vec::new();
        for _ in 0..levels {
            let within: Vec<_> = self.fields(&name).iter().filter(|it| !it.type_name().is_empty()).collect();
            let within: Vec<_> = within.into_iter().filter(|it| it.r#type != Some(Type::ENUM)).collect();
            if within.is_empty() {
                break;
            }
            // The one that leads on, more often than not.
            let back = within.iter().find(|it| it.type_name() == name);
            let field = if random.once_in(8) { *random.one_of(&within) } else { back.unwrap_or(&within[0]) };
            tags.push((u32::try_from(field.number()).unwrap_or(1), field.r#type == Some(Type::GROUP)));
            field.type_name().clone_into(&mut name);
        }
        for (number, group) in tags.into_iter().rev() {
            let body = std::mem::take(out);
            if group {
                varint(u64::from(number << 3 | 3), random, out);
                out.extend(body);
                varint(u64::from(number << 3 | 4), random, out);
            } else {
                plain(u64::from(number << 3 | 2), out);
                plain(body.len() as u64, out);
                out.extend(body);
            }
        }
    }
}

impl Schema {
    /// Whether there is more in the entry of a map than one key and one value. What is said of malformed
    /// payloads means nothing.
    pub(crate) fn has_odd_entry(&self, name: &str, payload: &[u8]) -> bool {
        self.is_odd(&format!(".{name}"), &mut { payload })
    }

    /// Up to the end, or the end of the group that it is in.
    fn is_odd(&self, name: &str, input: &mut &[u8]) -> bool {
        let (is_entry, mut seen) = (self.entries.contains(name), BTreeSet::new());
        while let Some(tag) = read_varint(input) {
            let (number, wire_type) = (tag >> 3, tag & 7);
            if wire_type == 4 {
                return false;
            }
            let field = self.fields(name).iter().find(|it| it.number().cast_unsigned() == low(number));
            let expected = field.and_then(|field| field.r#type).map(|kind| match kind {
                Type::STRING | Type::BYTES | Type::MESSAGE => 2,
                kind => u64::from(wire_type_of(kind)),
            });
            if is_entry && !(expected == Some(wire_type) && seen.insert(number)) {
                return true;
            }
            let inner = field.map_or("", |field| field.type_name());
            let odd = match wire_type {
                0 => read_varint(input).is_none(),
                1 => take(input, 8).is_none(),
                2 => {
                    let body = read_varint(input).and_then(|len| take(input, low(len) as usize));
                    body.is_some_and(|mut body| !inner.is_empty() && self.is_odd(inner, &mut body))
                }
                3 => self.is_odd(inner, input),
                _ => take(input, 4).is_none(),
            };
            if odd {
                return true;
            }
        }
        false
    }
}

#[expect(clippy::cast_possible_truncation)] // Larger ones are malformed.
fn low(value: u64) -> u32 {
    value as u32
}

fn read_varint(input: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for at in 0..10 {
        let (&byte, rest) = input.split_first()?;
        *input = rest;
        value |= u64::from(byte & 0x7f) << (7 * at);
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}

fn take<'a>(input: &mut &'a [u8], len: usize) -> Option<&'a [u8]> {
    let (taken, rest) = input.split_at_checked(len)?;
    *input = rest;
    Some(taken)
}

/// `LABEL_REQUIRED`.
const REQUIRED: i32 = 2;

const KINDS: [Type; 10] = [
    Type::INT32,
    Type::SINT64,
    Type::FIXED32,
    Type::DOUBLE,
    Type::BOOL,
    Type::ENUM,
    Type::STRING,
    Type::BYTES,
    Type::MESSAGE,
    Type::GROUP,
];

fn wire_type_of(kind: Type) -> u32 {
    match kind {
        Type::FIXED32 | Type::SFIXED32 | Type::FLOAT => 5,
        Type::FIXED64 | Type::SFIXED64 | Type::DOUBLE => 1,
        _ => 0,
    }
}

fn number_of(kind: Type, random: &mut Random, out: &mut Vec<u8>) {
    match wire_type_of(kind) {
        5 => out.extend(&random.next().to_le_bytes()[..4]),
        1 => out.extend(random.next().to_le_bytes()),
        _ => {
            let any = random.next();
            let number = match random.below(6) {
                0 => any,
                1 => any >> 32,
                // A negative number of 32 bits.
                2 => u64::MAX - any % 5,
                3 => 1 << (any & 63),
                _ => any % 5,
            };
            varint(number, random, out);
        }
    }
}

fn unknown(random: &mut Random, out: &mut Vec<u8>) {
    let number = *random.one_of(&[1_u32, 15, 16, 99, 100, 2047, 2048, 536_870_911]);
    let wire_type = *random.one_of(&[0_u32, 1, 2, 3, 4, 5]);
    varint(u64::from(number << 3 | wire_type), random, out);
    match wire_type {
        0 => varint(random.next() >> random.below(60), random, out),
        1 => out.extend(random.next().to_le_bytes()),
        2 => {
            let len = random.below(4);
            varint(len as u64, random, out);
            (0..len).for_each(|_| out.push(random.byte()));
        }
        3 => {
            for _ in 0..random.below(2) {
                unknown(random, out);
            }
            varint(u64::from(number << 3 | 4), random, out);
        }
        5 => out.extend(&random.next().to_le_bytes()[..4]),
        _ => {}
    }
}

fn delimited(number: u32, body: &[u8], random: &mut Random, out: &mut Vec<u8>) {
    varint(u64::from(number << 3 | 2), random, out);
    varint(body.len() as u64, random, out);
    out.extend(body);
}

/// A varint, now and then longer than need be, up to one byte too long.
fn varint(value: u64, random: &mut Random, out: &mut Vec<u8>) {
    plain(value, out);
    if random.once_in(60) {
        for _ in 0..random.below(10) {
            if let Some(last) = out.last_mut() {
                *last |= 0x80;
            }
            out.push(0);
        }
    }
}

fn plain(mut value: u64, out: &mut Vec<u8>) {
    while value > 0x7f {
        out.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    out.push(value.to_le_bytes()[0]);
}

fn damage(bytes: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..=random.below(2) {
        let at = random.below(bytes.len());
        let end = (at + random.below(6)).min(bytes.len());
        match random.below(6) {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, random.byte()),
            2 if at < end => bytes[at] = random.byte(),
            3 if at < end => bytes[at] ^= 1 << random.below(8),
            4 => drop(bytes.drain(at..end)),
            _ => {
                let piece = bytes[at..end].to_vec();
                bytes.splice(at..at, piece);
            }
        }
    }
}
