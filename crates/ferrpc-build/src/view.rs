//! Views of messages and oneofs: the types that borrow from the input.
//!
//! Which messages have one, and under which name, the schema knows. The list of fields is the owned
//! message's; see `message.rs`.

use ferrpc_proto::descriptor::{FieldDescriptorProto, field_descriptor_proto::Type as Kind};

use crate::context::Context;
use crate::error::Error;
use crate::print::{Printer, Type};
use crate::schema::{How, Item, how, is_message, text};
use crate::value::value_type;

/// What a field of a view holds.
pub(crate) fn field_type(
    g: &Context<'_>,
    module: usize,
    item: &Item<'_>,
    field: &FieldDescriptorProto,
) -> Result<Type, Error> {
    let of = |name: &str, arguments: Vec<Type>| {
        let life = [Type::path("'a")];
        Type::of(format!("{}::view::{name}", g.runtime()), life.into_iter().chain(arguments))
    };
    if let Some((key, value)) = g.schema.entry(field) {
        let types = [key, value].map(|field| view_value(g, module, item, field));
        return Ok(of("MapView", types.into_iter().collect::<Result<_, _>>()?));
    }
    let value = view_value(g, module, item, field)?;
    Ok(match how(item.features.field(field), field) {
        How::Implicit => value,
        How::Optional if is_message(field) => {
            Type::of(g.std(module, "Option"), [Type::path(format!("&'a {}", value.flat()))])
        }
        How::Optional => Type::of(g.std(module, "Option"), [value]),
        How::Packed | How::Repeated | How::Oneof(_) if is_fixed(field) => of("FixedSlice", vec![value]),
        How::Packed | How::Repeated | How::Oneof(_) => of("List", vec![value]),
    })
}

/// What a variant of a oneof's view holds.
fn variant_type(
    g: &Context<'_>,
    module: usize,
    item: &Item<'_>,
    field: &FieldDescriptorProto,
) -> Result<Type, Error> {
    let value = view_value(g, module, item, field)?;
    Ok(if is_message(field) { Type::path(format!("&'a {}", value.flat())) } else { value })
}

/// One value of a view: a text or bytes of the input, the view of a message, or a number as it is.
fn view_value(
    g: &Context<'_>,
    module: usize,
    item: &Item<'_>,
    field: &FieldDescriptorProto,
) -> Result<Type, Error> {
    Ok(match field.r#type {
        Some(Kind::STRING) => Type::path("&'a str"),
        Some(Kind::BYTES) => Type::path("&'a [u8]"),
        Some(Kind::MESSAGE | Kind::GROUP) => {
            let path = g.schema.view_path(module, text(&field.type_name)).ok_or_else(|| {
                let what = format!("uses {}, which has no view", text(&field.type_name));
                Error::new(text(&item.file.name), what)
            })?;
            Type::of(path, [Type::path("'a")])
        }
        _ => value_type(g, module, item, field)?.0,
    })
}

/// Whether its values always take four or eight bytes, so that a list of them can be borrowed.
fn is_fixed(field: &FieldDescriptorProto) -> bool {
    use Kind as K;
    matches!(field.r#type, Some(K::FIXED32 | K::SFIXED32 | K::FLOAT | K::FIXED64 | K::SFIXED64 | K::DOUBLE))
}

/// The enum of a oneof's view. `variants` are names and fields.
pub(crate) fn oneof(
    g: &Context<'_>,
    out: &mut Printer,
    module: usize,
    item: &Item<'_>,
    view: &str,
    variants: &[(String, &FieldDescriptorProto)],
) -> Result<(), Error> {
    out.blank();
    out.line(&format!("/// [`{}`] as it is read where it lies.", item.name));
    out.line("#[derive(Clone, Copy, Debug, PartialEq)]");
    out.open(&format!("pub enum {view}<'a> {{"));
    for (name, field) in variants {
        out.deprecated(field.options.get().deprecated());
        out.typed(&format!("{name}("), &variant_type(g, module, item, field)?, "),");
    }
    out.close("}");
    Ok(())
}
