//! How many boxes a decode must make, counted from the payloads and their schema.
//!
//! ferrpc puts a singular message into a box of its own unless it is a leaf: one of numbers alone, at most 64
//! octets of them. Who lays all of them out in place pays with the size of the outer message instead; the gate
//! on allocations leaves these boxes out.

use std::collections::{HashMap, HashSet};

use ferrpc_proto::Message as _;
use ferrpc_proto::descriptor::field_descriptor_proto::{Label, Type};
use ferrpc_proto::descriptor::{DescriptorProto, FieldDescriptorProto, FileDescriptorSet};

use super::data::wire::{fields, varint};

/// Of all payloads together.
pub fn filled(message: &str, payloads: &[Vec<u8>]) -> usize {
    let schema = Schema::new();
    let package = if message == "FileDescriptorProto" { ".google.protobuf" } else { ".bench" };
    let message = format!("{package}.{message}");
    payloads.iter().map(|payload| schema.count(&message, payload)).sum()
}

struct Schema {
    messages: HashMap<String, DescriptorProto>,
}

impl Schema {
    fn new() -> Self {
        let set = FileDescriptorSet::decode(bench_ferrpc::SCHEMA).expect("what was compiled");
        let mut schema = Self { messages: HashMap::new() };
        for file in set.file {
            let package = file.package.as_deref().unwrap_or_default();
            schema.add(&format!(".{package}"), file.message_type);
        }
        schema
    }

    fn add(&mut self, scope: &str, messages: Vec<DescriptorProto>) {
        for mut message in messages {
            let name = format!("{scope}.{}", message.name.as_deref().unwrap_or_default());
            self.add(&name, std::mem::take(&mut message.nested_type));
            self.messages.insert(name, message);
        }
    }

    fn count(&self, message: &str, octets: &[u8]) -> usize {
        let Some(descriptor) = self.messages.get(message) else { return 0 };
        let mut seen = HashSet::new();
        let mut boxes = 0;
        for record in fields(octets) {
            let (tag, used) = varint(record);
            let number = (tag >> 3) as i32;
            let Some(field) = descriptor.field.iter().find(|field| field.number == Some(number)) else {
                continue;
            };
            let inner = match field.r#type {
                Some(Type::MESSAGE) => &record[used + varint(&record[used..]).1..],
                Some(Type::GROUP) => &record[used..record.len() - used],
                _ => continue,
            };
            let name = field.type_name.as_deref().unwrap_or_default();
            // A second record is merged into the first one's box.
            if !is_repeated(field) && !self.is_leaf(name) && seen.insert(number) {
                boxes += 1;
            }
            boxes += self.count(name, inner);
        }
        boxes
    }

    fn is_leaf(&self, message: &str) -> bool {
        let Some(message) = self.messages.get(message) else { return false };
        let mut bytes = 8;
        for field in &message.field {
            bytes += match field.r#type {
                Some(Type::STRING | Type::BYTES | Type::MESSAGE | Type::GROUP) => return false,
                _ if is_repeated(field) || is_alternative(field) => return false,
                Some(Type::BOOL) => 1,
                Some(
                    Type::INT32
                    | Type::UINT32
                    | Type::SINT32
                    | Type::FIXED32
                    | Type::SFIXED32
                    | Type::FLOAT
                    | Type::ENUM,
                ) => 4,
                _ => 8,
            };
        }
        bytes <= 64
    }
}

fn is_repeated(field: &FieldDescriptorProto) -> bool {
    field.label == Some(Label::REPEATED)
}

/// One of a oneof.
fn is_alternative(field: &FieldDescriptorProto) -> bool {
    field.oneof_index.is_some() && !field.proto3_optional.unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_is_counted_for_each_singular_message_that_is_no_leaf() {
        // LogRecord.source has strings and is singular; a label is an entry of a map.
        let source = b"\x4a\x04\x0a\x02rs\x32\x04\x0a\x00\x12\x00";
        assert_eq!(filled("LogRecord", &[source.to_vec()]), 1);
        // A second record of the same field is merged.
        assert_eq!(filled("LogRecord", &[source.repeat(2)]), 1);
        // Face.a is three floats.
        assert_eq!(filled("Mesh", &[b"\x0a\x02\x0a\x00".to_vec()]), 0);
    }
}
