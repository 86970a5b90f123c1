//! Enums as newtypes over their number, with a constant per value.

use ferrpc_proto::descriptor::EnumDescriptorProto;

use crate::context::Context;
use crate::error::Error;
use crate::names::{Scope, shout};
use crate::print::Printer;
use crate::schema::{Item, text};

/// What `__enum!` adds to every enum.
const METHODS: &[&str] = &["name", "from_name", "values"];

pub(crate) fn enumeration(
    g: &Context<'_>,
    out: &mut Printer,
    item: &Item<'_>,
    enumeration: &EnumDescriptorProto,
) -> Result<(), Error> {
    let default = enumeration.value.first().and_then(|value| value.number).unwrap_or(0);
    let stripped = stripped(enumeration);
    let mut scope = Scope::with(METHODS);

    out.blank();
    out.doc(&g.doc(item.file, &item.source));
    out.deprecated(enumeration.options.get().deprecated());
    let derived = if default == 0 { ", Default" } else { "" };
    out.line(&format!("#[derive(Clone, Copy, PartialEq, Eq, Hash{derived})]"));
    out.line("#[repr(transparent)]");
    out.line(&format!("pub struct {}(pub i32);", item.name));
    out.blank();
    if !enumeration.value.is_empty() {
        out.open(&format!("impl {} {{", item.name));
        for (i, value) in enumeration.value.iter().enumerate() {
            let source: Vec<i32> =
                item.source.iter().copied().chain([2, i32::try_from(i).unwrap_or(i32::MAX)]).collect();
            let name = scope.take(if stripped.is_empty() { text(&value.name) } else { &stripped[i] });
            out.doc(&g.doc(item.file, &source));
            out.deprecated(value.options.get().deprecated());
            out.line(&format!("pub const {name}: Self = Self({});", value.number.unwrap_or(0)));
        }
        for (value, _) in enumeration.value.iter().zip(&stripped) {
            // The name as it stands in the `.proto` file, for those who look for it.
            if !scope.has(text(&value.name)) {
                let name = scope.take(text(&value.name));
                out.line("#[doc(hidden)]");
                out.deprecated(value.options.get().deprecated());
                out.line(&format!("pub const {name}: Self = Self({});", value.number.unwrap_or(0)));
            }
        }
        out.close("}");
        out.blank();
    }
    if default != 0 {
        out.open(&format!("impl ::core::default::Default for {} {{", item.name));
        out.open("fn default() -> Self {");
        out.line(&format!("Self({default})"));
        out.close("}");
        out.close("}");
        out.blank();
    }
    let closed = g.schema.is_closed(&format!(".{}", item.full_name));
    out.open(&format!("{}::__enum! {{", g.runtime()));
    out.line(&format!("{}, {closed};", item.name));
    for value in &enumeration.value {
        out.line(&format!("({} \"{}\")", value.number.unwrap_or(0), text(&value.name)));
    }
    out.close("}");
    Ok(())
}

/// The names of the values without the name of the enum, if that leaves each a name of its own.
fn stripped(enumeration: &EnumDescriptorProto) -> Vec<String> {
    let prefix = format!("{}_", shout(text(&enumeration.name)));
    let rest = enumeration.value.iter().map(|value| text(&value.name).strip_prefix(&prefix));
    let Some(rest) = rest.collect::<Option<Vec<&str>>>() else { return Vec::new() };
    let names = |rest: &str| rest.starts_with(|c: char| c.is_ascii_alphabetic());
    let mut sorted = rest.clone();
    sorted.sort_unstable();
    if !rest.iter().all(|rest| names(rest)) || sorted.windows(2).any(|pair| pair[0] == pair[1]) {
        return Vec::new();
    }
    rest.into_iter().map(str::to_owned).collect()
}
