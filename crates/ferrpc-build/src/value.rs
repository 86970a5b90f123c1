//! Single values: their types in Rust, and what they are to the runtime.

use ferrpc_proto::descriptor::{FieldDescriptorProto, field_descriptor_proto::Type as Kind};

use crate::context::Context;
use crate::error::Error;
use crate::print::Type;
use crate::schema::{Item, text};

/// The Rust type of one value, and the kind it is to the table: groups come as messages.
pub(crate) fn value_type(
    g: &Context<'_>,
    module: usize,
    item: &Item<'_>,
    field: &FieldDescriptorProto,
) -> Result<(Type, &'static str), Error> {
    let file = text(&item.file.name);
    let named = || g.schema.path(module, text(&field.type_name), file).map(Type::path);
    let (rust, kind) = match field.r#type {
        Some(Kind::INT32) => ("i32", "int32"),
        Some(Kind::SINT32) => ("i32", "sint32"),
        Some(Kind::SFIXED32) => ("i32", "sfixed32"),
        Some(Kind::INT64) => ("i64", "int64"),
        Some(Kind::SINT64) => ("i64", "sint64"),
        Some(Kind::SFIXED64) => ("i64", "sfixed64"),
        Some(Kind::UINT32) => ("u32", "uint32"),
        Some(Kind::FIXED32) => ("u32", "fixed32"),
        Some(Kind::UINT64) => ("u64", "uint64"),
        Some(Kind::FIXED64) => ("u64", "fixed64"),
        Some(Kind::FLOAT) => ("f32", "float"),
        Some(Kind::DOUBLE) => ("f64", "double"),
        Some(Kind::BOOL) => ("bool", "bool"),
        Some(Kind::STRING) => return Ok((Type::path(g.std(module, "String")), "string")),
        Some(Kind::BYTES) => return Ok((Type::path(format!("{}::Bytes", g.runtime())), "bytes")),
        Some(Kind::ENUM) => return Ok((named()?, "open")),
        Some(Kind::MESSAGE | Kind::GROUP) => return Ok((named()?, "message")),
        _ => {
            let name = format!("{}.{}", item.full_name, text(&field.name));
            return Err(Error::new(file, format!("{name} has no type; the descriptor is not linked")));
        }
    };
    Ok((Type::path(rust), kind))
}
