//! Names made from names, and the names of the scalar types.

use ferrpc_proto::descriptor::field_descriptor_proto::Type;

/// The scalar type of this name, if it is one.
pub(crate) fn scalar(name: &str) -> Option<Type> {
    Some(match name {
        "double" => Type::DOUBLE,
        "float" => Type::FLOAT,
        "int64" => Type::INT64,
        "uint64" => Type::UINT64,
        "int32" => Type::INT32,
        "fixed64" => Type::FIXED64,
        "fixed32" => Type::FIXED32,
        "bool" => Type::BOOL,
        "string" => Type::STRING,
        "bytes" => Type::BYTES,
        "uint32" => Type::UINT32,
        "sfixed32" => Type::SFIXED32,
        "sfixed64" => Type::SFIXED64,
        "sint32" => Type::SINT32,
        "sint64" => Type::SINT64,
        _ => return None,
    })
}

/// The names of all scalar types, to suggest from.
pub(crate) const SCALARS: [&str; 15] = [
    "double", "float", "int32", "int64", "uint32", "uint64", "sint32", "sint64", "fixed32", "fixed64",
    "sfixed32", "sfixed64", "bool", "string", "bytes",
];

/// The JSON name of a field: underscores go, and a letter behind one becomes a capital.
pub(crate) fn json(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    let mut capital = false;
    for c in name.chars() {
        if c == '_' {
            capital = true;
        } else {
            out.push(if capital { c.to_ascii_uppercase() } else { c });
            capital = false;
        }
    }
    out
}

/// The name of the entry message of a map field.
pub(crate) fn map_entry(field: &str) -> String {
    let mut out = String::with_capacity(field.len() + 5);
    let mut capital = true;
    for c in field.chars() {
        if c == '_' {
            capital = true;
        } else {
            out.push(if capital { c.to_ascii_uppercase() } else { c });
            capital = false;
        }
    }
    out.push_str("Entry");
    out
}

/// The name of an enum value without the name of its enum in front, in CamelCase: the form in which two
/// values of one enum must differ, since languages shorten them so.
pub(crate) fn short_value(enum_name: &str, value: &str) -> String {
    let rest = strip_prefix(enum_name, value).unwrap_or(value);
    let mut out = String::with_capacity(rest.len());
    let mut capital = true;
    for c in rest.chars() {
        if c == '_' {
            capital = true;
        } else {
            out.push(if capital { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() });
            capital = false;
        }
    }
    out
}

/// Strips a prefix, blind to case and underscores; `None` if it is none or nothing would be left.
fn strip_prefix<'a>(prefix: &str, name: &'a str) -> Option<&'a str> {
    let mut wanted = prefix.chars().filter(|&c| c != '_').peekable();
    let mut rest = name.char_indices();
    let mut end = 0;
    while wanted.peek().is_some() {
        let (at, c) = rest.next()?;
        if c == '_' {
            continue;
        }
        if !wanted.next()?.eq_ignore_ascii_case(&c) {
            return None;
        }
        end = at + c.len_utf8();
    }
    let left = name.get(end..)?.trim_start_matches('_');
    (!left.is_empty()).then_some(left)
}

/// Whether this could be the name of something.
pub(crate) fn is_ident(name: &str) -> bool {
    let mut bytes = name.bytes();
    bytes.next().is_some_and(|c| c.is_ascii_alphabetic() || c == b'_')
        && bytes.all(|c| c.is_ascii_alphanumeric() || c == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_names_lose_their_underscores() {
        assert_eq!(json("foo_bar_baz"), "fooBarBaz");
        assert_eq!(json("_foo__bar_"), "FooBar");
        assert_eq!(json("fooBar"), "fooBar");
        assert_eq!(json("foo_1bar"), "foo1bar");
    }

    #[test]
    fn map_entries_are_named_after_their_field() {
        assert_eq!(map_entry("by_name"), "ByNameEntry");
        assert_eq!(map_entry("X"), "XEntry");
    }

    #[test]
    fn enum_values_are_compared_without_the_name_of_their_enum() {
        assert_eq!(short_value("FooBar", "FOO_BAR_BAZ_QUX"), "BazQux");
        assert_eq!(short_value("FooBar", "FOO_BAR"), "FooBar");
        assert_eq!(short_value("Foo", "FOOD"), "D");
        assert_eq!(short_value("Foo", "BAR"), "Bar");
    }
}
