//! Whether descriptors are fit to be made into Rust. They may come from anywhere, by a plugin's request, and what
//! they say ends up in a program's text.

use std::collections::HashSet;

use ferrpc_proto::descriptor::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto,
    field_descriptor_proto::Type,
};

use crate::error::Error;
use crate::schema::{is_map_entry, text};

/// Messages nest no deeper; modules do as they do. protoc stops far earlier.
const DEPTH_MAX: usize = 100;

/// # Errors
/// The first thing that is wrong.
pub(crate) fn check(files: &[FileDescriptorProto]) -> Result<(), Error> {
    let mut defined = HashSet::new();
    for file in files {
        let name = text(&file.name);
        if name.chars().any(char::is_control) {
            return Err(Error::new(&name.escape_debug().to_string(), "has a name with control characters"));
        }
        Checker { file: name, defined: &mut defined }.file(file).map_err(|why| Error::new(name, why))?;
    }
    Ok(())
}

struct Checker<'a, 'd> {
    file: &'a str,
    /// Full names of types, of all files so far.
    defined: &'d mut HashSet<String>,
}

impl Checker<'_, '_> {
    fn file(&mut self, file: &FileDescriptorProto) -> Result<(), String> {
        let package = text(&file.package);
        if !package.is_empty() {
            package.split('.').try_for_each(|segment| is_name("package", segment))?;
        }
        file.extension.iter().try_for_each(|field| is_name("extension", text(&field.name)))?;
        self.enums(package, &file.enum_type)?;
        for service in &file.service {
            is_name("service", text(&service.name))?;
            service.method.iter().try_for_each(|method| is_name("method", text(&method.name)))?;
        }
        let mut inside = vec![(package.to_owned(), &*file.message_type, 0)];
        while let Some((prefix, messages, depth)) = inside.pop() {
            if depth > DEPTH_MAX {
                return Err(format!("{prefix} nests messages deeper than {DEPTH_MAX}"));
            }
            for message in messages {
                let full_name = self.define(&prefix, "message", text(&message.name))?;
                members(message).map_err(|why| format!("{full_name} {why}"))?;
                self.enums(&full_name, &message.enum_type)?;
                inside.push((full_name, &message.nested_type, depth + 1));
            }
        }
        Ok(())
    }

    fn enums(&mut self, prefix: &str, enums: &[EnumDescriptorProto]) -> Result<(), String> {
        for inner in enums {
            self.define(prefix, "enum", text(&inner.name))?;
            inner.value.iter().try_for_each(|value| is_name("value", text(&value.name)))?;
        }
        Ok(())
    }

    fn define(&mut self, prefix: &str, what: &str, name: &str) -> Result<String, String> {
        is_name(what, name)?;
        let full_name = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") };
        if !self.defined.insert(full_name.clone()) {
            return Err(format!("defines {full_name}, which is defined already; is {} in twice?", self.file));
        }
        Ok(full_name)
    }
}

/// What is wrong with the fields of a message.
fn members(message: &DescriptorProto) -> Result<(), String> {
    let mut numbers = HashSet::new();
    message.extension.iter().try_for_each(|field| is_name("extension", text(&field.name)))?;
    message.oneof_decl.iter().try_for_each(|oneof| is_name("oneof", text(&oneof.name)))?;
    for field in &message.field {
        let name = text(&field.name);
        is_name("field", name)?;
        if !numbers.insert(field.number) {
            return Err(format!("has two fields of number {}", field.number()));
        }
        let among = |index: i32| usize::try_from(index).is_ok_and(|at| at < message.oneof_decl.len());
        if !field.oneof_index.is_none_or(among) {
            return Err(format!("has a field {name} in a oneof that it has not"));
        }
    }
    if is_map_entry(message) && !is_entry(&message.field) {
        return Err("is no map's entry: that has a key 1 of a type with equality, and a value 2".to_owned());
    }
    Ok(())
}

fn is_entry(fields: &[FieldDescriptorProto]) -> bool {
    let typed = |number| fields.iter().find(|field| field.number == Some(number)).and_then(|it| it.r#type);
    let (Some(key), Some(value)) = (typed(1), typed(2)) else { return false };
    fields.len() == 2
        && value != Type::GROUP
        && !matches!(key, Type::FLOAT | Type::DOUBLE | Type::BYTES | Type::ENUM | Type::MESSAGE | Type::GROUP)
}

fn is_name(what: &str, name: &str) -> Result<(), String> {
    let first = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if first && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return Ok(());
    }
    let shown: String = name.chars().take(40).collect();
    Err(format!("names a {what} {shown:?}, which is no name"))
}
