//! All types of the files at hand, and where each lives in Rust.
//!
//! Names are given out here, once, for the whole tree of modules: packages first, then types in the
//! order of the files, then the modules of nested types. Whoever comes later gets a `_`.

use std::collections::{HashMap, HashSet, VecDeque};

use ferrpc_proto::descriptor::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto, ServiceDescriptorProto,
    field_descriptor_proto::{Label, Type},
};

use crate::error::Error;
use crate::features::{Features, Presence};
use crate::names::{Scope, camel, shout, snake};
use crate::options::Options;

/// The module that holds what has no package; its items are re-exported.
pub(crate) const ROOT: &str = "__ferrpc";

pub(crate) struct Schema<'a> {
    pub(crate) modules: Vec<Module<'a>>,
    types: HashMap<String, Place>,
    /// Of messages, and of oneofs whose view is another type.
    views: HashMap<String, Place>,
    entries: HashMap<String, &'a DescriptorProto>,
    closed_enums: HashSet<String>,
    boxed: HashSet<String>,
    /// Names and numbers of the values of enums.
    values: HashMap<String, &'a EnumDescriptorProto>,
    /// Messages that can lack a required field, of their own or in a message inside.
    checked: HashSet<String>,
    message_sets: HashSet<String>,
}

/// A Rust module: a package's, or that of a message's nested types.
pub(crate) struct Module<'a> {
    /// From the root of the generated file.
    pub(crate) path: Vec<String>,
    pub(crate) children: Vec<usize>,
    pub(crate) items: Vec<Item<'a>>,
    /// What it is for, if not for a package.
    pub(crate) doc: Option<String>,
    scope: Scope,
}

pub(crate) struct Item<'a> {
    pub(crate) file: &'a FileDescriptorProto,
    /// Where its comments are, as `SourceCodeInfo` has it.
    pub(crate) source: Vec<i32>,
    pub(crate) name: String,
    pub(crate) full_name: String,
    /// Those of the message, enum or oneof itself, as far as they matter to what is inside.
    pub(crate) features: Features,
    pub(crate) what: What<'a>,
}

pub(crate) enum What<'a> {
    Message(&'a DescriptorProto),
    Enum(&'a EnumDescriptorProto),
    /// The oneof of this index.
    Oneof(&'a DescriptorProto, usize),
    /// A field that a file adds to a message.
    Extension(&'a FieldDescriptorProto),
    /// The module of its methods.
    Service(&'a ServiceDescriptorProto, String),
}

enum Place {
    Local { module: usize, name: String },
    Extern(String),
}

/// What a type is declared in.
#[derive(Clone, Copy)]
struct Around<'a, 'n> {
    file: &'a FileDescriptorProto,
    /// The full name of the package or message.
    prefix: &'n str,
    features: Features,
}

/// What is still to be given a module once all types beside it have their names.
enum Nested<'a> {
    Message { parent: usize, item: usize, file: &'a FileDescriptorProto, message: &'a DescriptorProto },
    Service { parent: usize, item: usize },
}

impl<'a> Schema<'a> {
    pub(crate) fn new(files: &'a [FileDescriptorProto], options: &Options) -> Result<Self, Error> {
        let mut schema = Self {
            modules: vec![Module::new(Vec::new(), None)],
            types: HashMap::new(),
            views: HashMap::new(),
            entries: HashMap::new(),
            closed_enums: HashSet::new(),
            boxed: HashSet::new(),
            values: HashMap::new(),
            checked: HashSet::new(),
            message_sets: HashSet::new(),
        };
        let local: Vec<&FileDescriptorProto> =
            files.iter().filter(|file| extern_module(file, options).is_none()).collect();
        let packages: Vec<usize> = local.iter().map(|file| schema.package(package(file))).collect();
        schema.keep_packages_free();

        let mut nested = VecDeque::new();
        for file in files {
            schema.facts(file)?;
            if let Some(module) = extern_module(file, options) {
                schema.extern_types(file, &module)?;
            }
        }
        schema.spread_checks(files);
        for (file, module) in local.into_iter().zip(packages) {
            schema.file(file, module, &mut nested)?;
        }
        while let Some(next) = nested.pop_front() {
            match next {
                Nested::Message { parent, item, file, message } => {
                    schema.nested(parent, item, file, message, &mut nested);
                }
                Nested::Service { parent, item } => {
                    let module = &mut schema.modules[parent];
                    let taken = module.scope.take(&snake(&module.items[item].name));
                    if let What::Service(_, module) = &mut module.items[item].what {
                        *module = taken;
                    }
                }
            }
        }
        schema.name_views(&viewed(files, options));
        Ok(schema)
    }

    /// Views come last: all that has a name in the files keeps it.
    fn name_views(&mut self, viewed: &HashSet<String>) {
        self.views.retain(|name, _| viewed.contains(name));
        for (index, module) in self.modules.iter_mut().enumerate() {
            for item in module.items.iter().filter(|item| has_own_view(item, viewed)) {
                let name = module.scope.take(&view_name(&item.name));
                self.views.insert(format!(".{}", item.full_name), Place::Local { module: index, name });
            }
        }
    }

    /// The module of a package; the root's children are shared with all files.
    fn package(&mut self, package: &str) -> usize {
        if package.is_empty() {
            return self.child(0, ROOT, false, None);
        }
        package.split('.').fold(0, |module, segment| self.child(module, &snake(segment), false, None))
    }

    /// What has no package is seen beside the packages, so it must not take their names.
    fn keep_packages_free(&mut self) {
        let name = |module: &Module<'_>| module.path.last().cloned().unwrap_or_default();
        let names: Vec<String> =
            self.modules[0].children.iter().map(|child| name(&self.modules[*child])).collect();
        if let Some(root) = names.iter().position(|name| name == ROOT) {
            let root = self.modules[0].children[root];
            for name in names {
                self.modules[root].scope.take(name.trim_start_matches("r#"));
            }
        }
    }

    fn child(&mut self, parent: usize, name: &str, new: bool, doc: Option<String>) -> usize {
        let known = self.modules[parent].children.iter().find(|child| {
            let path = &self.modules[**child].path;
            path.last().is_some_and(|last| last.trim_start_matches("r#") == name)
        });
        if let (Some(known), false) = (known, new) {
            return *known;
        }
        let name = self.modules[parent].scope.take(name);
        let path = self.modules[parent].path.iter().cloned().chain([name]).collect();
        self.modules.push(Module::new(path, doc));
        let index = self.modules.len() - 1;
        self.modules[parent].children.push(index);
        index
    }

    fn file(
        &mut self,
        file: &'a FileDescriptorProto,
        module: usize,
        nested: &mut VecDeque<Nested<'a>>,
    ) -> Result<(), Error> {
        let around = Around { file, prefix: package(file), features: Features::of(file)? };
        for (i, message) in file.message_type.iter().enumerate() {
            self.message(module, around, message, vec![4, index(i)], nested);
        }
        for (i, enumeration) in file.enum_type.iter().enumerate() {
            self.enumeration(module, around, enumeration, vec![5, index(i)]);
        }
        for (i, extension) in file.extension.iter().enumerate() {
            self.extension(module, around, extension, vec![7, index(i)]);
        }
        for (i, service) in file.service.iter().enumerate() {
            let name = text(&service.name);
            let full_name = join(around.prefix, name);
            let name = self.modules[module].scope.take_with(&camel(name), &["Server", "Client"]);
            let what = What::Service(service, String::new());
            let features = around.features;
            self.add(module, Item { file, source: vec![6, index(i)], name, full_name, features, what });
            let item = self.modules[module].items.len() - 1;
            nested.push_back(Nested::Service { parent: module, item });
        }
        Ok(())
    }

    fn message(
        &mut self,
        module: usize,
        around: Around<'a, '_>,
        message: &'a DescriptorProto,
        source: Vec<i32>,
        nested: &mut VecDeque<Nested<'a>>,
    ) {
        let (file, features) = (around.file, around.features.message(message));
        let full_name = join(around.prefix, text(&message.name));
        if is_map_entry(message) {
            return;
        }
        let name = self.modules[module].scope.take(&camel(text(&message.name)));
        self.types.insert(format!(".{full_name}"), Place::Local { module, name: name.clone() });
        self.add(module, Item { file, source, name, full_name, features, what: What::Message(message) });
        let has_nested = message.nested_type.iter().any(|nested| !is_map_entry(nested));
        let has_others = !message.enum_type.is_empty() || !message.extension.is_empty();
        if has_nested || has_others || !oneofs(message).is_empty() {
            let item = self.modules[module].items.len() - 1;
            nested.push_back(Nested::Message { parent: module, item, file, message });
        }
    }

    fn enumeration(
        &mut self,
        module: usize,
        around: Around<'a, '_>,
        enumeration: &'a EnumDescriptorProto,
        source: Vec<i32>,
    ) {
        let (file, features) = (around.file, around.features);
        let full_name = join(around.prefix, text(&enumeration.name));
        let name = self.modules[module].scope.take(&camel(text(&enumeration.name)));
        self.types.insert(format!(".{full_name}"), Place::Local { module, name: name.clone() });
        let what = What::Enum(enumeration);
        self.add(module, Item { file, source, name, full_name, features, what });
    }

    fn extension(
        &mut self,
        module: usize,
        around: Around<'a, '_>,
        extension: &'a FieldDescriptorProto,
        source: Vec<i32>,
    ) {
        let (file, features) = (around.file, around.features);
        let full_name = join(around.prefix, text(&extension.name));
        let name = self.modules[module].scope.take(&shout(text(&extension.name)));
        let what = What::Extension(extension);
        self.add(module, Item { file, source, name, full_name, features, what });
    }

    fn nested(
        &mut self,
        parent: usize,
        item: usize,
        file: &'a FileDescriptorProto,
        message: &'a DescriptorProto,
        nested: &mut VecDeque<Nested<'a>>,
    ) {
        let Item { full_name, source, name, features, .. } = &self.modules[parent].items[item];
        let (full_name, source, name, features) =
            (full_name.clone(), source.clone(), name.clone(), *features);
        let around = Around { file, prefix: &full_name, features };
        let below = |kind, i| source.iter().copied().chain([kind, index(i)]).collect::<Vec<i32>>();
        let doc = format!("Types nested in [`{name}`](super::{name}).");
        let module = self.child(parent, &snake(&name), true, Some(doc));
        for (i, inner) in message.nested_type.iter().enumerate() {
            self.message(module, around, inner, below(3, i), nested);
        }
        for (i, inner) in message.enum_type.iter().enumerate() {
            self.enumeration(module, around, inner, below(4, i));
        }
        for (i, inner) in message.extension.iter().enumerate() {
            self.extension(module, around, inner, below(6, i));
        }
        for i in oneofs(message) {
            let oneof = text(&message.oneof_decl[i].name);
            let name = self.modules[module].scope.take(&camel(oneof));
            let full_name = join(&full_name, oneof);
            self.types.insert(format!(".{full_name}"), Place::Local { module, name: name.clone() });
            let (what, features) = (What::Oneof(message, i), features.oneof(message, i));
            self.add(module, Item { file, source: below(8, i), name, full_name, features, what });
        }
    }

    fn add(&mut self, module: usize, item: Item<'a>) {
        self.modules[module].items.push(item);
    }

    /// Gives the types of a file generated elsewhere the names they were given there.
    fn extern_types(&mut self, file: &'a FileDescriptorProto, module: &str) -> Result<(), Error> {
        // The same rules on the same file alone: packages of other files cannot be in the way.
        let alone = Options { externs: Vec::new(), well_known_types: false, ..Options::new() };
        let schema = Schema::new(std::slice::from_ref(file), &alone)?;
        let depth = if package(file).is_empty() { 1 } else { package(file).split('.').count() };
        for (theirs, ours) in [(&schema.types, &mut self.types), (&schema.views, &mut self.views)] {
            for (name, place) in theirs {
                if let Place::Local { module: inner, name: rust } = place {
                    let path =
                        schema.modules[*inner].path[depth..].iter().map(|segment| format!("{segment}::"));
                    let path = format!("{module}::{}{rust}", path.collect::<String>());
                    ours.insert(name.clone(), Place::Extern(path));
                }
            }
        }
        Ok(())
    }

    /// Notes what must be known of types wherever they are used.
    fn facts(&mut self, file: &'a FileDescriptorProto) -> Result<(), Error> {
        let prefix = format!(".{}", package(file)).trim_end_matches('.').to_owned();
        let features = Features::of(file)?;
        let mut inside = vec![(prefix, features, &*file.message_type, &*file.enum_type)];
        while let Some((prefix, features, messages, enums)) = inside.pop() {
            for inner in enums {
                self.values.insert(format!("{prefix}.{}", text(&inner.name)), inner);
            }
            let closed = enums.iter().filter(|inner| features.is_closed(inner));
            self.closed_enums.extend(closed.map(|inner| format!("{prefix}.{}", text(&inner.name))));
            for message in messages {
                let name = format!("{prefix}.{}", text(&message.name));
                if is_map_entry(message) {
                    self.entries.insert(name.clone(), message);
                } else if !is_small(message) {
                    self.boxed.insert(name.clone());
                }
                if message.field.iter().any(|field| is_required(features.message(message), field)) {
                    self.checked.insert(name.clone());
                }
                if message.options.as_ref().is_some_and(|options| options.message_set_wire_format()) {
                    self.message_sets.insert(name.clone());
                }
                inside.push((name, features.message(message), &message.nested_type, &message.enum_type));
            }
        }
        Ok(())
    }

    /// Marks what holds messages that are checked as checked, until nothing is left to mark.
    fn spread_checks(&mut self, files: &[FileDescriptorProto]) {
        let mut users: HashMap<&str, Vec<String>> = HashMap::new();
        for file in files {
            let prefix = format!(".{}", package(file)).trim_end_matches('.').to_owned();
            let mut inside = vec![(prefix, &*file.message_type)];
            while let Some((prefix, messages)) = inside.pop() {
                for message in messages {
                    let name = format!("{prefix}.{}", text(&message.name));
                    for field in &message.field {
                        users.entry(text(&field.type_name)).or_default().push(name.clone());
                    }
                    inside.push((name, &message.nested_type));
                }
            }
        }
        let mut new: Vec<String> = self.checked.iter().cloned().collect();
        while let Some(name) = new.pop() {
            for user in users.remove(name.as_str()).unwrap_or_default() {
                if self.checked.insert(user.clone()) {
                    new.push(user);
                }
            }
        }
    }

    /// How a type is written in a module.
    pub(crate) fn path(&self, from: usize, full_name: &str, file: &str) -> Result<String, Error> {
        self.path_to(self.types.get(full_name), from).ok_or_else(|| {
            let name = full_name.trim_start_matches('.');
            Error::new(file, format!("uses {name}, which none of the files defines"))
        })
    }

    /// How the view of a message or oneof is written in a module, without its lifetime, if it has one.
    pub(crate) fn view_path(&self, from: usize, full_name: &str) -> Option<String> {
        self.path_to(self.views.get(full_name), from)
    }

    fn path_to(&self, place: Option<&Place>, from: usize) -> Option<String> {
        Some(match place? {
            Place::Extern(path) => path.clone(),
            Place::Local { module, name } => {
                let (from, to) = (&self.modules[from].path, &self.modules[*module].path);
                let common = from.iter().zip(to).take_while(|(from, to)| from == to).count();
                let up = "super::".repeat(from.len() - common);
                let down: String = to[common..].iter().map(|segment| format!("{segment}::")).collect();
                format!("{up}{down}{name}")
            }
        })
    }

    /// Whether a module has a type or module of this name.
    pub(crate) fn has(&self, module: usize, name: &str) -> bool {
        self.modules[module].scope.has(name)
    }

    /// A module name of its own beside the packages and what has none.
    pub(crate) fn take_in_root(&mut self, name: &str) -> String {
        let mut name = name.to_owned();
        let root = self.modules.iter().position(|module| module.path == [ROOT]);
        while root.is_some_and(|root| self.modules[root].scope.has(&name)) {
            name.push('_');
        }
        self.modules[0].scope.take(&name)
    }

    /// Whether a message lies in a box where it is one of several or one of itself.
    pub(crate) fn is_boxed(&self, full_name: &str) -> bool {
        self.boxed.contains(full_name)
    }

    /// Whether a message can lack a required field, of its own or in a message inside.
    pub(crate) fn is_checked(&self, full_name: &str) -> bool {
        self.checked.contains(full_name)
    }

    /// Whether a message's extensions come as items (`message_set_wire_format`).
    pub(crate) fn is_message_set(&self, full_name: &str) -> bool {
        self.message_sets.contains(full_name)
    }

    /// The number of an enum's first value.
    pub(crate) fn first_number(&self, full_name: &str) -> Option<i32> {
        self.values.get(full_name)?.value.first()?.number
    }

    /// The number of an enum's value.
    pub(crate) fn number_of(&self, full_name: &str, value: &str) -> Option<i32> {
        let mut values = self.values.get(full_name)?.value.iter();
        values.find(|found| text(&found.name) == value)?.number
    }

    /// Whether an enum takes the numbers it names only.
    pub(crate) fn is_closed(&self, full_name: &str) -> bool {
        self.closed_enums.contains(full_name)
    }

    /// Key and value of a map field.
    pub(crate) fn entry(
        &self,
        field: &FieldDescriptorProto,
    ) -> Option<(&'a FieldDescriptorProto, &'a FieldDescriptorProto)> {
        if field.label != Some(Label::REPEATED) {
            return None;
        }
        let entry = self.entries.get(text(&field.type_name))?;
        let number = |number| entry.field.iter().find(|field| field.number == Some(number));
        Some((number(1)?, number(2)?))
    }
}

impl Module<'_> {
    fn new(path: Vec<String>, doc: Option<String>) -> Self {
        Self { path, children: Vec::new(), items: Vec::new(), doc, scope: Scope::default() }
    }
}

/// How a field holds its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    Implicit,
    Optional,
    Repeated,
    Packed,
    Oneof(usize),
}

/// How a field that is no map holds its values; `features` are its own.
pub(crate) fn how(features: Features, field: &FieldDescriptorProto) -> How {
    if let Some(oneof) = oneof_of(field) {
        return How::Oneof(oneof);
    }
    let is_plain = !matches!(field.r#type, Some(Type::STRING | Type::BYTES | Type::MESSAGE | Type::GROUP));
    if field.label == Some(Label::REPEATED) {
        return if is_plain && features.is_packed() { How::Packed } else { How::Repeated };
    }
    let is_message = matches!(field.r#type, Some(Type::MESSAGE | Type::GROUP));
    if is_message || features.presence() != Presence::Implicit { How::Optional } else { How::Implicit }
}

/// Whether a field must be set; `features` are those of the message.
pub(crate) fn is_required(features: Features, field: &FieldDescriptorProto) -> bool {
    field.label != Some(Label::REPEATED)
        && oneof_of(field).is_none()
        && features.field(field).presence() == Presence::Required
}

/// The oneof that a field is one of; `optional` in proto3 makes one that is none.
pub(crate) fn oneof_of(field: &FieldDescriptorProto) -> Option<usize> {
    let oneof = field.oneof_index.filter(|_| !field.proto3_optional.unwrap_or(false));
    oneof.map(|oneof| usize::try_from(oneof).unwrap_or(usize::MAX))
}

/// Messages of a few plain numbers are not worth a box: moving one costs less than allocating it.
fn is_small(message: &DescriptorProto) -> bool {
    let mut bytes = 8;
    for field in &message.field {
        bytes += match field.r#type {
            Some(Type::STRING | Type::BYTES | Type::MESSAGE | Type::GROUP) => return false,
            _ if field.label == Some(Label::REPEATED) => return false,
            _ if oneof_of(field).is_some() => return false,
            Some(Type::BOOL) => 1,
            Some(
                Type::INT64 | Type::UINT64 | Type::SINT64 | Type::FIXED64 | Type::SFIXED64 | Type::DOUBLE,
            ) => 8,
            _ => 4,
        };
    }
    bytes <= 64
}

pub(crate) fn is_message(field: &FieldDescriptorProto) -> bool {
    matches!(field.r#type, Some(Type::MESSAGE | Type::GROUP))
}

/// Whether a field borrows something if it is in a oneof.
fn borrows(field: &FieldDescriptorProto) -> bool {
    is_message(field) || matches!(field.r#type, Some(Type::STRING | Type::BYTES))
}

/// Whether the fields of a oneof are plain numbers: then it is `Copy` and its own view.
pub(crate) fn is_plain(message: &DescriptorProto, oneof: usize) -> bool {
    message.field.iter().filter(|field| oneof_of(field) == Some(oneof)).all(|field| !borrows(field))
}

/// The oneofs that are such.
pub(crate) fn oneofs(message: &DescriptorProto) -> Vec<usize> {
    let real = |oneof: &usize| message.field.iter().any(|field| oneof_of(field) == Some(*oneof));
    (0..message.oneof_decl.len()).filter(real).collect()
}

pub(crate) fn is_map_entry(message: &DescriptorProto) -> bool {
    message.options.as_ref().is_some_and(|options| options.map_entry.unwrap_or(false))
}

/// The messages, by full name, that have a view: those nobody excluded, unless they hold one that has none.
fn viewed(files: &[FileDescriptorProto], options: &Options) -> HashSet<String> {
    let (mut viewed, mut excluded) = (HashMap::new(), HashSet::new());
    for file in files {
        let prefix = format!(".{}", package(file));
        let is_below = |package: &String| {
            let rest = prefix.strip_prefix(package.as_str());
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        let mut messages = Vec::new();
        for message in &file.message_type {
            collect(prefix.trim_end_matches('.'), message, &mut messages);
        }
        if options.views && !options.without_views.iter().any(is_below) {
            viewed.extend(messages);
        } else {
            excluded.extend(messages.into_iter().map(|(name, _)| name));
        }
    }
    // Until nobody is left who holds one of those that went before.
    loop {
        let lacks =
            |field: &FieldDescriptorProto| is_message(field) && excluded.contains(text(&field.type_name));
        let more: HashSet<String> = viewed
            .iter()
            .filter(|(_, message): &(_, &&DescriptorProto)| message.field.iter().any(lacks))
            .map(|(name, _): (&String, _)| name.clone())
            .collect();
        if more.is_empty() {
            return viewed.into_keys().collect();
        }
        viewed.retain(|name, _| !more.contains(name));
        excluded.extend(more);
    }
}

/// A message and those inside it, entries of maps too.
fn collect<'a>(prefix: &str, message: &'a DescriptorProto, all: &mut Vec<(String, &'a DescriptorProto)>) {
    let name = format!("{prefix}.{}", text(&message.name));
    message.nested_type.iter().for_each(|inner| collect(&name, inner, all));
    all.push((name, message));
}

/// The name to ask for, for the view of what is called so.
fn view_name(name: &str) -> String {
    format!("{}View", name.trim_start_matches("r#"))
}

/// Whether an item has a view of its own: a message, or a oneof of one that borrows.
fn has_own_view(item: &Item<'_>, viewed: &HashSet<String>) -> bool {
    match item.what {
        What::Message(message) => !is_map_entry(message) && viewed.contains(&format!(".{}", item.full_name)),
        What::Oneof(message, oneof) => {
            let above = item.full_name.rsplit_once('.').map_or("", |(above, _)| above);
            viewed.contains(&format!(".{above}")) && !is_plain(message, oneof)
        }
        _ => false,
    }
}

/// The Rust module a file's types are found in, if they are not generated here.
pub(crate) fn extern_module(file: &FileDescriptorProto, options: &Options) -> Option<String> {
    let package = format!(".{}", package(file));
    for (prefix, module) in &options.externs {
        let rest =
            package.strip_prefix(prefix.as_str()).filter(|rest| rest.is_empty() || rest.starts_with('.'));
        if let Some(rest) = rest {
            let below = rest
                .split('.')
                .skip(1)
                .map(|segment| format!("::{}", Scope::default().take(&snake(segment))));
            return Some(format!("{module}{}", below.collect::<String>()));
        }
    }
    if !options.well_known_types {
        return None;
    }
    match text(&file.name).strip_prefix("google/protobuf/")? {
        "descriptor.proto" => Some(format!("{}::descriptor", options.runtime)),
        "any.proto"
        | "api.proto"
        | "duration.proto"
        | "empty.proto"
        | "field_mask.proto"
        | "source_context.proto"
        | "struct.proto"
        | "timestamp.proto"
        | "type.proto"
        | "wrappers.proto" => Some(format!("{}::wkt", options.runtime)),
        _ => None,
    }
}

pub(crate) fn package(file: &FileDescriptorProto) -> &str {
    text(&file.package)
}

pub(crate) fn text(text: &Option<String>) -> &str {
    text.as_deref().unwrap_or("")
}

/// An index as descriptors count; a message with more fields than that has no descriptor.
fn index(index: usize) -> i32 {
    i32::try_from(index).unwrap_or(i32::MAX)
}

fn join(prefix: &str, name: &str) -> String {
    if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") }
}
