//! Options: what their names mean, and their values as bytes of the options messages.
//!
//! Standard and custom options go one way: each becomes a wire record, according to the declarations in
//! descriptor.proto and in the extensions a file sees, and all records of a node are decoded as its
//! options message. What that message has no field for stays in it as unknown fields, which is how
//! custom options are handed on.

use std::collections::HashSet;

use ferrpc_proto::__private::of_raw;
use ferrpc_proto::DecodeErrorKind;
use ferrpc_proto::descriptor::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto, ServiceDescriptorProto,
};

use crate::ast::{Enum, Field, FieldType, Message, MessageKind, OptionDecl, Service};
use crate::edition::Edition;
use crate::info::{Known, Moved, OptionPlace};
use crate::nodes::Nodes;
use crate::world::World;

use crate::report::{Diagnostic, Sink};
use crate::scopes::{Found, Scopes, Want};
use crate::span::{FileId, Span, index};
use crate::suggest;
use crate::symbols::Kind;
use crate::target::{ENUM, ENUM_VALUE, FIELD, FILE, MESSAGE, METHOD, ONEOF, RANGE, SERVICE, Target};
use crate::value::{self, Builder, Context, Outcome, Tree, is_repeated, type_of};

/// Fills in the options of all descriptors. Returns where each option went.
///
/// The files that names in options led to are added to those `used` by each file.
pub(crate) fn run(
    world: &World<'_>,
    protos: &mut [FileDescriptorProto],
    used: &mut [HashSet<FileId>],
    sink: &mut Sink,
) -> Vec<Moved> {
    let nodes = Nodes::new(world);
    let packages: Vec<Option<String>> =
        world.files.iter().map(|it| it.package.as_ref().map(|it| it.text.to_string())).collect();
    let mut moved = Vec::with_capacity(protos.len());
    for ((file, proto), used) in world.files.iter().zip(protos).zip(used) {
        if Some(file.id) == world.loaded.hidden {
            moved.push(Moved::new());
            continue;
        }
        let scopes = Scopes::new(file.id, &world.imports, &packages, &world.symbols);
        let incomplete = world.imports.incomplete[file.id.index()];
        let mut pass = Pass {
            world,
            nodes: &nodes,
            scopes,
            incomplete,
            edition: file.edition,
            is_root: world.loaded.roots.contains(&file.id),
            moved: Moved::new(),
            used,
            sink,
        };
        let scope = packages[file.id.index()].as_deref().unwrap_or("");
        proto.options = pass.options(&FILE, &file.options, None, scope).into();
        for (message, proto) in file.messages.iter().zip(&mut proto.message_type) {
            pass.message(message, proto, scope);
        }
        for (this, proto) in file.enums.iter().zip(&mut proto.enum_type) {
            pass.enumeration(this, proto, scope);
        }
        for (field, proto) in file.extensions.iter().zip(&mut proto.extension) {
            pass.field(field, proto, scope);
        }
        for (service, proto) in file.services.iter().zip(&mut proto.service) {
            pass.service(service, proto, scope);
        }
        moved.push(pass.moved);
    }
    moved
}

struct Pass<'a> {
    world: &'a World<'a>,
    nodes: &'a Nodes<'a>,
    scopes: Scopes<'a>,
    incomplete: bool,
    edition: Edition,
    is_root: bool,
    moved: Moved,
    used: &'a mut HashSet<FileId>,
    sink: &'a mut Sink,
}

// The walk.
impl<'a> Pass<'a> {
    fn message(&mut self, message: &'a Message<'a>, proto: &mut DescriptorProto, scope: &str) {
        if message.kind == MessageKind::MapEntry {
            proto.options.get_or_insert_default().map_entry = Some(true);
            return;
        }
        proto.options = self.options(&MESSAGE, &message.options, None, scope).into();
        let outer = scope;
        let scope = self.world.symbols.get(message.symbol).name.clone();
        let scope = &*scope;
        for (field, proto) in message.fields.iter().zip(&mut proto.field) {
            self.field(field, proto, scope);
        }
        for (field, proto) in message.extensions.iter().zip(&mut proto.extension) {
            self.field(field, proto, scope);
        }
        for (nested, proto) in message.messages.iter().zip(&mut proto.nested_type) {
            self.message(nested, proto, scope);
        }
        // What is said of a map is said of both halves of its entries.
        for (field, map) in message.fields.iter().zip(&proto.field) {
            if let FieldType::Map(at, _) = field.ty
                && let Some(features) = map.options.as_ref().and_then(|it| it.features.as_ref())
                && let Some(entry) = proto.nested_type.get_mut(at)
            {
                for half in &mut entry.field {
                    half.options.get_or_insert_default().features.set(features.clone());
                }
            }
        }
        for (this, proto) in message.enums.iter().zip(&mut proto.enum_type) {
            self.enumeration(this, proto, scope);
        }
        for (oneof, proto) in message.oneofs.iter().zip(&mut proto.oneof_decl) {
            proto.options = self.options(&ONEOF, &oneof.options, None, scope).into();
        }
        for (range, proto) in message.extension_ranges.iter().zip(&mut proto.extension_range) {
            let Some(options) = &range.options else { continue };
            let Some(shared) = message.range_options.get(options.shared) else { continue };
            proto.options = self.options(&RANGE, shared, Some(&options.places), outer).into();
        }
    }

    fn field(&mut self, field: &'a Field<'a>, proto: &mut FieldDescriptorProto, scope: &str) {
        proto.options = self.options(&FIELD, &field.options, None, scope).into();
    }

    fn enumeration(&mut self, this: &'a Enum<'a>, proto: &mut EnumDescriptorProto, scope: &str) {
        proto.options = self.options(&ENUM, &this.options, None, scope).into();
        for (value, proto) in this.values.iter().zip(&mut proto.value) {
            proto.options = self.options(&ENUM_VALUE, &value.options, None, scope).into();
        }
    }

    fn service(&mut self, service: &'a Service<'a>, proto: &mut ServiceDescriptorProto, scope: &str) {
        proto.options = self.options(&SERVICE, &service.options, None, scope).into();
        let scope = self.world.symbols.get(service.symbol).name.clone();
        for (method, proto) in service.methods.iter().zip(&mut proto.method) {
            proto.options = self.options(&METHOD, &method.options, None, &scope).into();
            if method.has_body {
                proto.options.get_or_insert_default();
            }
        }
    }
}

// One node's options.
impl<'a> Pass<'a> {
    /// `places`: where the options are in the source info, if not where the options themselves say.
    fn options<T: ferrpc_proto::Message>(
        &mut self,
        target: &Target,
        options: &'a [OptionDecl<'a>],
        places: Option<&[OptionPlace]>,
        scope: &str,
    ) -> Option<T> {
        if options.is_empty() {
            return None;
        }
        let id = self.world.symbols.find(target.message)?;
        let message = self.nodes.get_message(id)?;
        let mut tree = Tree::default();
        let place_of = |nth: usize| places.and_then(|it| it.get(nth)).copied().unwrap_or(options[nth].place);
        for (nth, option) in options.iter().enumerate() {
            self.option(target, message, option, place_of(nth), scope, &mut tree);
        }
        if let Some((inside, field)) = tree.missing(message, self.nodes, self.world) {
            let span = options[0].name_span().unwrap_or(options[0].value.span);
            let (inside, name) = (&inside.name.text, &field.name.text);
            let it = Diagnostic::error(format!("`{inside}` needs its field `{name}`"))
                .at(span, "no option here sets it")
                .at(field.name.span, "is required");
            self.sink.push(it);
        }
        if tree.is_empty() {
            // All of them are for the source only (or wrong).
            for nth in 0..options.len() {
                self.moved.insert(place_of(nth), Known::LastSourceOnly);
            }
            return None;
        }
        let mut bytes = Vec::new();
        let context = Context { nodes: self.nodes, world: self.world, source: false };
        tree.encode(&context, &mut bytes);
        match T::decode(&bytes) {
            Ok(decoded) => Some(decoded),
            // protoc takes any bytes for the text of an option. No `String` does, so they are handed on unread.
            Err(error) if error.kind() == DecodeErrorKind::InvalidUtf8 => Some(of_raw(&bytes)),
            Err(error) => {
                let span = options[0].name_span().unwrap_or(options[0].value.span);
                let it = Diagnostic::error("these options do not make a valid message")
                    .at(span, "one of them")
                    .note(error.to_string());
                self.sink.push(it);
                None
            }
        }
    }

    fn option(
        &mut self,
        target: &Target,
        message: &'a Message<'a>,
        option: &'a OptionDecl<'a>,
        place: OptionPlace,
        scope: &str,
        tree: &mut Tree<'a>,
    ) {
        let Some(fields) = self.name(target, message, option, scope) else { return };
        let span = option.name_span().unwrap_or(option.value.span);
        if self.reserved(option, span) {
            return;
        }
        let mut builder = Builder {
            nodes: self.nodes,
            world: self.world,
            scopes: &self.scopes,
            used: self.used,
            target,
            edition: self.edition,
            is_root: self.is_root,
            in_any: false,
            sink: self.sink,
        };
        for (field, part) in fields.iter().zip(&option.name) {
            builder.allowed(field, part.span);
        }
        match builder.set(tree, &fields, &option.value) {
            Outcome::Set(_) if fields.iter().any(|it| value::is_source_only(it)) => {
                self.moved.insert(place, Known::SourceOnly);
            }
            Outcome::Set(nth) => {
                let number = |it: &&Field<'_>| i32::try_from(it.number.value).unwrap_or(0);
                let path = fields.iter().map(number).chain(nth.map(index)).collect();
                self.moved.insert(place, Known::Path(path));
            }
            Outcome::Twice => {
                let it = Diagnostic::error(format!("option `{}` is set twice", shown(option)));
                self.sink.push(it.at(span, "set again here"));
            }
            Outcome::Wrong => {}
        }
    }

    /// Options that exist and are not for people to set.
    fn reserved(&mut self, option: &OptionDecl<'_>, span: Span) -> bool {
        let first = &option.name[0];
        let it = match &*first.text {
            _ if first.is_extension => return false,
            "uninterpreted_option" => Diagnostic::error("`uninterpreted_option` cannot be set")
                .at(span, "is what compilers put options in that they do not know"),
            "features" if self.edition.is_legacy() => Diagnostic::error("features belong to editions")
                .at(span, format!("not in {}", self.edition.shown()))
                .help("remove it; proto2 and proto3 each have their fixed features"),
            "map_entry" => Diagnostic::error("`map_entry` cannot be set")
                .at(span, "is set by the compiler")
                .help("declare a field `map<KEY, VALUE> name = NUMBER;`"),
            _ => return false,
        };
        self.sink.push(it);
        true
    }

    /// What each part of an option's name means.
    fn name(
        &mut self,
        target: &Target,
        message: &'a Message<'a>,
        option: &'a OptionDecl<'a>,
        scope: &str,
    ) -> Option<Vec<&'a Field<'a>>> {
        let mut fields: Vec<&'a Field<'a>> = Vec::with_capacity(option.name.len());
        let mut inside = message;
        for (nth, part) in option.name.iter().enumerate() {
            if let Some(&last) = fields.last() {
                let before = &option.name[nth - 1];
                let (_, inner) = type_of(last, self.nodes)?;
                let Some(next) = inner.and_then(|id| self.nodes.get_message(id)) else {
                    let it = Diagnostic::error(format!("option `{}` has no parts", before.text))
                        .at(part.span, "names a part of it")
                        .at(before.span, "is no message");
                    self.sink.push(it);
                    return None;
                };
                if is_repeated(last) {
                    let it = Diagnostic::error(format!("option `{}` is a list", before.text))
                        .at(part.span, "names a part of one of its messages")
                        .help("set each message as a whole: `= { … }`");
                    self.sink.push(it);
                    return None;
                }
                inside = next;
            }
            let field = if part.is_extension {
                let field = self.extension(inside, &part.text, part.span, scope)?;
                // The features of a file are settled before anything in it means something.
                if nth == 1 && option.name[0].text == "features" && field.name.span.file == part.span.file {
                    let it = Diagnostic::error(format!("feature `({})` is declared in this file", part.text))
                        .at(part.span, "can be used in other files only")
                        .at(field.name.span, "declared here");
                    self.sink.push(it);
                }
                field
            } else if let Some(field) = self.nodes.field(inside, &part.text) {
                field
            } else {
                self.unknown(target, inside, part, nth == 0);
                return None;
            };
            fields.push(field);
        }
        Some(fields)
    }

    fn extension(
        &mut self,
        inside: &'a Message<'a>,
        name: &str,
        span: Span,
        scope: &str,
    ) -> Option<&'a Field<'a>> {
        let Found::Symbol(id) = self.scopes.find(scope, name, Want::Anything) else {
            if self.incomplete {
                return None;
            }
            let mut it = Diagnostic::error(format!("option `({name})` is not defined"))
                .at(span, "no extension of this name");
            let mut extensions = Vec::new();
            if suggest::wanted(self.sink) {
                extensions.extend(self.world.symbols.iter().filter(|it| it.kind == Kind::Extension));
            }
            extensions.sort_unstable_by(|a, b| a.name.cmp(&b.name));
            let simple = |name: &'_ str| name.rfind('.').map_or(0, |at| at + 1);
            let wrong = &name[simple(name)..];
            if let Some(other) = extensions.iter().find(|it| it.name[simple(&it.name)..] == *wrong) {
                let file = &self.world.loaded.sources.file(other.span.file).name;
                it = it.at(other.span, format!("`{}` is declared here", other.name));
                it = if self.scopes.sees(other.span.file) {
                    it.help(format!("write `({})`", other.name))
                } else {
                    it.help(format!("add `import \"{file}\";`"))
                };
            } else if let Some(near) =
                suggest::nearest(name, self.sink, extensions.iter().map(|it| &*it.name))
            {
                it = it.help(format!("did you mean `({near})`?"));
            } else {
                it = it.help("import the file that extends the options by it");
            }
            self.sink.push(it);
            return None;
        };
        let symbol = self.world.symbols.get(id);
        self.used.insert(symbol.span.file);
        // A field of the message itself is meant by its full name too.
        if let Some(field) = inside.fields.iter().find(|it| it.symbol == id) {
            return Some(field);
        }
        let Some(field) = self.nodes.get_field(id).filter(|_| symbol.kind == Kind::Extension) else {
            let it = Diagnostic::error(format!("`{name}` is no extension"))
                .at(span, format!("is {}", symbol.kind.noun()))
                .at(symbol.span, "declared here");
            self.sink.push(it);
            return None;
        };
        // Unset if the extended message is unknown, which has been reported.
        let extended = field.extendee.as_ref()?.resolved?;
        if extended != inside.symbol {
            let it = Diagnostic::error(format!("`({name})` is no option of `{}`", inside.name.text))
                .at(span, "cannot be set here")
                .at(symbol.span, format!("extends `{}`", self.world.symbols.get(extended).name));
            self.sink.push(it);
            return None;
        }
        // Its type is unknown likewise.
        type_of(field, self.nodes)?;
        Some(field)
    }

    fn unknown(
        &mut self,
        target: &Target,
        inside: &Message<'_>,
        part: &crate::ast::NamePart<'_>,
        first: bool,
    ) {
        let what = if first { target.noun.to_owned() } else { format!("`{}`", inside.name.text) };
        let mut it = Diagnostic::error(format!("{what} has no option `{}`", part.text))
            .at(part.span, "unknown option");
        let names = inside.fields.iter().map(|it| &*it.name.text).filter(|it| *it != "uninterpreted_option");
        let extras = ["default", "json_name"].into_iter().filter(|_| first && target.name == FIELD.name);
        let inner = format!(".{}", part.text);
        let is_it = |name: &str| *name == *part.text || name.ends_with(&inner);
        let custom = suggest::wanted(self.sink)
            && self.world.symbols.iter().any(|it| it.kind == Kind::Extension && is_it(&it.name));
        if let Some(near) = suggest::nearest(&part.text, self.sink, names.chain(extras)) {
            it = it.help(format!("did you mean `{near}`?"));
        } else if custom {
            it = it.help(format!("custom options are written in parentheses: `({})`", part.text));
        }
        self.sink.push(it);
    }
}

fn shown(option: &OptionDecl<'_>) -> String {
    let parts = option
        .name
        .iter()
        .map(|it| if it.is_extension { format!("({})", it.text) } else { it.text.to_string() });
    parts.collect::<Vec<_>>().join(".")
}
