//! The strings that enum values can choose for themselves in JSON, `(pb.enumvalue.json).string`: that each
//! means one number.

use std::collections::HashMap;

use ferrpc_proto::descriptor::{
    DescriptorProto, EnumDescriptorProto, EnumValueDescriptorProto, FileDescriptorProto,
};

use crate::ast::{Enum, EnumValue, Message};
use crate::report::{Diagnostic, Sink};
use crate::world::World;

pub(crate) fn run(world: &World<'_>, protos: &[FileDescriptorProto], sink: &mut Sink) {
    for (file, proto) in world.files.iter().zip(protos) {
        for (message, proto) in file.messages.iter().zip(&proto.message_type) {
            inside(message, proto, sink);
        }
        for (this, proto) in file.enums.iter().zip(&proto.enum_type) {
            check(this, proto, sink);
        }
    }
}

fn inside(message: &Message<'_>, proto: &DescriptorProto, sink: &mut Sink) {
    for (nested, proto) in message.messages.iter().zip(&proto.nested_type) {
        inside(nested, proto, sink);
    }
    for (this, proto) in message.enums.iter().zip(&proto.enum_type) {
        check(this, proto, sink);
    }
}

fn check(this: &Enum<'_>, proto: &EnumDescriptorProto, sink: &mut Sink) {
    let chosen: Vec<Option<Chosen<'_>>> = proto.value.iter().map(chosen).collect();
    // Almost no enum has some.
    if chosen.iter().all(Option::is_none) {
        return;
    }
    let aliases = proto.options.as_ref().and_then(|it| it.allow_alias) == Some(true);
    let mut first_of: HashMap<i64, usize> = HashMap::new();
    let mut taken: HashMap<&[u8], &EnumValue<'_>> = HashMap::new();
    for (at, (value, mine)) in this.values.iter().zip(&chosen).enumerate() {
        let number = value.number.value;
        let first = *first_of.entry(number).or_insert(at);
        let text = |it: &Option<Chosen<'_>>| it.as_ref().and_then(|it| it.0).map(<[u8]>::to_vec);
        if aliases && text(mine) != text(&chosen[first]) {
            let it =
                Diagnostic::error(format!("`{}` has another name in JSON than its alias", value.name.text))
                    .at(value.name.span, "must have the same, or both none")
                    .at(this.values[first].name.span, "has the same number");
            sink.push(it);
        }
        let own = mine.as_ref().map(|it| it.0.unwrap_or(b""));
        for name in [Some(value.name.text.as_bytes()), own].into_iter().flatten() {
            let other = *taken.entry(name).or_insert(value);
            if other.number.value != number {
                let shown = String::from_utf8_lossy(name);
                let it = Diagnostic::error(format!("two enum values are \"{shown}\" in JSON"))
                    .at(value.name.span, "this one")
                    .at(other.name.span, "and this one");
                sink.push(it);
            }
        }
        let Some(own) = own else { continue };
        if own.contains(&0) {
            let it =
                Diagnostic::error("a name in JSON cannot have a NUL in it").at(value.name.span, "has one");
            sink.push(it);
        }
        // In JSON an enum value can be its number too.
        let spelled = std::str::from_utf8(own).ok().and_then(|it| it.trim_ascii().parse::<i32>().ok());
        if let Some(other) = spelled.filter(|it| i64::from(*it) != number) {
            let it =
                Diagnostic::error(format!("`{}` is called like the number {other} in JSON", value.name.text))
                    .at(value.number.span, "has another number");
            sink.push(it);
        }
    }
}

/// The message `JsonEnumValueOptions` of a value; its string, if that is set.
struct Chosen<'p>(Option<&'p [u8]>);

fn chosen(value: &EnumValueDescriptorProto) -> Option<Chosen<'_>> {
    let custom = value.options.as_ref()?._unknown.as_bytes();
    field(custom, 998).map(|message| Chosen(field(message, 1)))
}

/// The last record of this number that has a length.
fn field(mut records: &[u8], wanted: u64) -> Option<&[u8]> {
    let mut found = None;
    while let Some(tag) = varint(&mut records) {
        let length = match tag & 7 {
            0 => varint(&mut records).map(|_| 0),
            1 => Some(8),
            2 => varint(&mut records).and_then(|it| usize::try_from(it).ok()),
            5 => Some(4),
            // Groups: none are that low in the options of enum values.
            _ => None,
        };
        let Some((value, rest)) = length.and_then(|it| records.split_at_checked(it)) else { return found };
        records = rest;
        if tag == wanted << 3 | 2 {
            found = Some(value);
        }
    }
    found
}

fn varint(records: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = records.split_first()?;
        *records = rest;
        value |= u64::from(byte & 0x7F) << shift;
        if byte < 0x80 {
            return Some(value);
        }
    }
    None
}
