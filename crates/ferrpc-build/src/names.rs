//! Names of `.proto` files as names of Rust, and the suffix that keeps two of them apart.

use std::collections::HashSet;

/// What must be written `r#…` in some edition.
const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "do", "dyn", "else",
    "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro",
    "match", "mod", "move", "mut", "override", "priv", "pub", "ref", "return", "static", "struct", "trait",
    "true", "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// What cannot be written even so.
const UNSPEAKABLE: &[&str] = &["self", "Self", "super", "crate", "_"];

/// The name as an identifier.
fn escape(name: &str) -> String {
    if UNSPEAKABLE.contains(&name) {
        format!("{name}_")
    } else if KEYWORDS.contains(&name) {
        format!("r#{name}")
    } else {
        name.to_owned()
    }
}

/// `fooBar`, `FooBar` and `HTTPFoo` as `foo_bar` and `http_foo`; what is in lower case stays as it is.
pub(crate) fn snake(name: &str) -> String {
    let chars: Vec<char> = name.chars().collect();
    let mut out = String::new();
    for (i, c) in chars.iter().enumerate() {
        if c.is_ascii_uppercase() && i > 0 && chars[i - 1] != '_' {
            let after_lower = !chars[i - 1].is_ascii_uppercase();
            let before_lower = chars.get(i + 1).is_some_and(char::is_ascii_lowercase);
            if after_lower || before_lower {
                out.push('_');
            }
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

/// `foo_bar` as `FooBar`; capitals stay capitals.
pub(crate) fn camel(name: &str) -> String {
    let mut out = String::new();
    let mut upper = true;
    for c in name.chars() {
        if c == '_' {
            upper = true;
        } else {
            out.push(if upper { c.to_ascii_uppercase() } else { c });
            upper = false;
        }
    }
    // A name of underscores alone, or one whose first letter would be a digit.
    if out.is_empty() || out.starts_with(|c: char| c.is_ascii_digit()) { format!("_{out}") } else { out }
}

/// `GetUser` as `GET_USER`.
pub(crate) fn shout(name: &str) -> String {
    snake(name).to_ascii_uppercase()
}

/// The names in use in one Rust namespace.
#[derive(Debug, Default)]
pub(crate) struct Scope(HashSet<String>);

impl Scope {
    pub(crate) fn with(reserved: &[&str]) -> Self {
        Self(reserved.iter().map(|name| (*name).to_owned()).collect())
    }

    /// The identifier for a name: escaped, with as many `_` behind it as make it one of its own.
    pub(crate) fn take(&mut self, name: &str) -> String {
        let mut name = name.to_owned();
        while !self.0.insert(escape(&name)) {
            name.push('_');
        }
        escape(&name)
    }

    /// Takes several names that must all be free with the same suffix; returns the first.
    pub(crate) fn take_with(&mut self, name: &str, suffixes: &[&str]) -> String {
        let mut name = name.to_owned();
        while self.has(&name) || suffixes.iter().any(|suffix| self.has(&format!("{name}{suffix}"))) {
            name.push('_');
        }
        for suffix in suffixes {
            self.0.insert(escape(&format!("{name}{suffix}")));
        }
        self.take(&name)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains(&escape(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn field_names_come_out_in_lower_case() {
        for (proto, rust) in [
            ("name", "name"),
            ("fieldName7", "field_name7"),
            ("FieldName8", "field_name8"),
            ("field_Name9", "field_name9"),
            ("FIELD_NAME11", "field_name11"),
            ("__field__name13_", "__field__name13_"),
            ("HTTPServer", "http_server"),
            ("GetURL", "get_url"),
            ("UserV2Request", "user_v2_request"),
        ] {
            assert_eq!(snake(proto), rust, "{proto}");
        }
    }

    #[test]
    fn type_names_come_out_in_camel_case() {
        for (proto, rust) in [
            ("UserRequest", "UserRequest"),
            ("user_request", "UserRequest"),
            ("HTTPRule", "HTTPRule"),
            ("Foo_Bar", "FooBar"),
            ("_2x", "_2x"),
        ] {
            assert_eq!(camel(proto), rust, "{proto}");
        }
    }

    #[test]
    fn names_that_clash_or_are_keywords_are_told_apart() {
        let mut scope = Scope::with(&["_unknown"]);
        assert_eq!(scope.take("type"), "r#type");
        assert_eq!(scope.take("type"), "type_");
        assert_eq!(scope.take("self"), "self_");
        assert_eq!(scope.take("self"), "self__");
        assert_eq!(scope.take("_unknown"), "_unknown_");
        assert_eq!(scope.take_with("User", &["Server"]), "User");
        assert_eq!(scope.take_with("User", &["Server"]), "User_");
        assert_eq!(scope.take("UserServer"), "UserServer_");
    }
}
