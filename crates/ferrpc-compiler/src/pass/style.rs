//! Names and sizes as the newer editions want them, where the features `enforce_naming_style` and
//! `enforce_proto_limits` ask for it.

use std::collections::HashSet;

use crate::ast::{Enum, Field, File, Ident, Message, MessageKind, OptionDecl};
use crate::features::Features;
use crate::nodes::Nodes;
use crate::report::{Diagnostic, Sink};
use crate::span::Span;
use crate::world::World;

pub(crate) fn run(world: &World<'_>, sink: &mut Sink) {
    // Files of before have neither, unless an option of theirs asks for it, which their edition forbids.
    if !world.files.iter().any(|it| !it.edition.is_legacy()) {
        return;
    }
    let nodes = Nodes::new(world);
    for file in world.files.iter().filter(|it| !it.edition.is_legacy()) {
        Pass { world, nodes: &nodes, sink }.file(file);
    }
}

struct Pass<'a> {
    world: &'a World<'a>,
    nodes: &'a Nodes<'a>,
    sink: &'a mut Sink,
}

impl Pass<'_> {
    fn file(&mut self, file: &File<'_>) {
        let features = self.world.features.file(file.id);
        if let Some(package) = file.package.as_ref().filter(|_| features.has_style()) {
            self.wrong("package", &package.text, package.span, lower_snake(&package.text, true));
        }
        file.messages.iter().for_each(|it| self.message(it));
        file.enums.iter().for_each(|it| self.enumeration(it));
        file.extensions.iter().for_each(|it| self.field(it));
        for service in &file.services {
            let features = self.world.features.symbol(service.symbol);
            self.name("service", &service.name, features, title);
            for method in &service.methods {
                self.name("method", &method.name, inside(features, &method.options), title);
            }
        }
    }

    fn message(&mut self, message: &Message<'_>) {
        if message.kind == MessageKind::MapEntry {
            return;
        }
        let features = self.world.features.symbol(message.symbol);
        self.name("message", &message.name, features, title);
        message.messages.iter().for_each(|it| self.message(it));
        message.enums.iter().for_each(|it| self.enumeration(it));
        message.fields.iter().chain(&message.extensions).for_each(|it| self.field(it));
        if features.has_limits() {
            self.limit("message", &message.name, "fields", message.fields.len(), FIELDS_MAX);
            self.limit("message", &message.name, "oneofs", message.oneofs.len(), ONEOFS_MAX);
        }
        let mut taken = None;
        for (at, oneof) in message.oneofs.iter().enumerate() {
            let features = self.world.features.symbol(oneof.symbol);
            self.name("oneof", &oneof.name, features, |it| lower_snake(it, false));
            if features.has_style_2026() {
                let taken = taken.get_or_insert_with(|| members(message));
                self.collision("oneof", &oneof.name, taken);
            }
            if features.has_limits() {
                let count = message.fields.iter().filter(|it| it.oneof == Some(at)).count();
                self.limit("oneof", &oneof.name, "fields", count, ONEOF_FIELDS_MAX);
            }
        }
        let strict = |it: &&Field<'_>| self.world.features.symbol(it.symbol).has_style_2026();
        let fields: Vec<&Field<'_>> = message.fields.iter().filter(strict).collect();
        for field in fields {
            let taken = taken.get_or_insert_with(|| members(message));
            self.collision("field", &field.name, taken);
        }
    }

    fn field(&mut self, field: &Field<'_>) {
        let features = self.world.features.symbol(field.symbol);
        self.name("field", &field.name, features, |it| lower_snake(it, false));
        // An extension stands among the fields of what it extends.
        if features.has_style_2026()
            && let Some(extendee) = &field.extendee
            && let Some(message) = extendee.resolved.and_then(|id| self.nodes.get_message(id))
        {
            self.collision("field", &field.name, &members(message));
        }
    }

    fn enumeration(&mut self, this: &Enum<'_>) {
        let features = self.world.features.symbol(this.symbol);
        self.name("enum", &this.name, features, title);
        for value in &this.values {
            self.name("enum value", &value.name, inside(features, &value.options), upper_snake);
        }
        if features.has_limits() {
            self.limit("enum", &this.name, "values", this.values.len(), VALUES_MAX);
        }
    }

    fn name(
        &mut self,
        what: &str,
        name: &Ident<'_>,
        features: Features,
        check: impl Fn(&str) -> Option<&'static str>,
    ) {
        if features.has_style() {
            self.wrong(what, &name.text, name.span, check(&name.text));
        }
    }

    fn wrong(&mut self, what: &str, name: &str, span: Span, why: Option<&'static str>) {
        let Some(why) = why else { return };
        let it = Diagnostic::error(format!("the name of {what} `{name}` breaks the naming style"))
            .at(span, why)
            .help("rename it, or say `features.enforce_naming_style = STYLE_LEGACY`");
        self.sink.push(it);
    }

    /// Names that the accessors of another field may have in generated code.
    fn collision(&mut self, what: &str, name: &Ident<'_>, taken: &HashSet<&str>) {
        let text = &*name.text;
        let starts = ["has_", "get_", "set_", "clear_"].iter().filter_map(|it| text.strip_prefix(it));
        let ends = text.strip_suffix("_value");
        let why = match starts.chain(ends).find(|it| taken.contains(it)) {
            Some(other) => format!("may be the name of an accessor of `{other}` in generated code"),
            None if text == "descriptor" => "is taken in generated code".to_owned(),
            None => return,
        };
        let it = Diagnostic::error(format!("the name of {what} `{text}` can collide"))
            .at(name.span, why)
            .help("rename it, or say `features.enforce_naming_style = STYLE2024`");
        self.sink.push(it);
    }

    fn limit(&mut self, what: &str, name: &Ident<'_>, of: &str, count: usize, most: usize) {
        if count <= most {
            return;
        }
        let it = Diagnostic::error(format!("{what} `{}` has {count} {of}", name.text))
            .at(name.span, format!("the limit is {most}"))
            .help("split it, or say `features.enforce_proto_limits = LEGACY_NO_EXPLICIT_LIMITS`");
        self.sink.push(it);
    }
}

/// The features of a node that has no symbol of its own.
fn inside(outer: Features, options: &[OptionDecl<'_>]) -> Features {
    if options.is_empty() { outer } else { outer.with(options) }
}

/// The names of all fields and oneofs of a message.
fn members<'m>(message: &'m Message<'_>) -> HashSet<&'m str> {
    let fields = message.fields.iter().map(|it| &*it.name.text);
    fields.chain(message.oneofs.iter().map(|it| &*it.name.text)).collect()
}

/// What keeps a name from being `TitleCase`.
fn title(name: &str) -> Option<&'static str> {
    if !name.bytes().all(|c| c.is_ascii_alphanumeric()) {
        return Some("expected TitleCase: letters and digits only");
    }
    (!name.starts_with(|c: char| c.is_ascii_uppercase())).then_some("expected a capital letter at its start")
}

/// What keeps a name from being `lower_snake_case`; a package's has dots in it.
fn lower_snake(name: &str, dots: bool) -> Option<&'static str> {
    let fits = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_' || (dots && c == b'.');
    if !name.bytes().all(fits) {
        return Some("expected lower_snake_case");
    }
    if !name.starts_with(|c: char| c.is_ascii_lowercase()) {
        return Some("expected a small letter at its start");
    }
    underscores(name)
}

/// What keeps a name from being `UPPER_SNAKE_CASE`.
fn upper_snake(name: &str) -> Option<&'static str> {
    if !name.bytes().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == b'_') {
        return Some("expected UPPER_SNAKE_CASE");
    }
    if !name.starts_with(|c: char| c.is_ascii_uppercase()) {
        return Some("expected a capital letter at its start");
    }
    underscores(name)
}

/// Underscores stand between words, and words begin with a letter.
fn underscores(name: &str) -> Option<&'static str> {
    let bytes = name.as_bytes();
    let wrong = name.starts_with('_')
        || name.ends_with('_')
        || bytes.windows(2).any(|pair| pair[0] == b'_' && !pair[1].is_ascii_alphabetic());
    wrong.then_some("expected a letter behind each underscore")
}

/// The limits of edition 2026.
const FIELDS_MAX: usize = 1500;
const ONEOFS_MAX: usize = 1000;
const ONEOF_FIELDS_MAX: usize = 1200;
const VALUES_MAX: usize = 1700;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn underscores_stand_between_words() {
        for good in ["a", "foo_bar", "foo1", "foo1_bar"] {
            assert_eq!(lower_snake(good, false), None, "{good}");
            assert_eq!(upper_snake(&good.to_uppercase()), None, "{good}");
        }
        for bad in ["_a", "a_", "a__b", "a_1", "1a", "aB", "a.b"] {
            assert!(lower_snake(bad, false).is_some(), "{bad}");
            assert!(upper_snake(&bad.to_uppercase()).is_some() || bad == "aB", "{bad}");
        }
        assert_eq!(lower_snake("foo.bar_baz.v1", true), None);
        assert!(title("Foo_Bar").is_some() && title("foo").is_some() && title("Foo1").is_none());
    }
}
