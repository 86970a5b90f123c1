//! What each type name means: the search from the innermost scope outwards.

use std::collections::HashSet;

use crate::ast::{Field, FieldType, File, Message, NamedType, Path};
use crate::graph::Graph;
use crate::limits::NAMES_BYTES_MAX;
use crate::load::Loaded;
use crate::report::{Diagnostic, Sink};
use crate::scopes::{Found, Scopes, Want};
use crate::span::{FileId, Span};
use crate::symbols::{Kind, SymbolId, Symbols};
use crate::{names, suggest, wkt};

/// Resolves all names in place. Returns, for each file, which files its names led to.
pub(crate) fn run(
    loaded: &Loaded,
    files: &mut [File<'_>],
    graph: &Graph,
    symbols: &Symbols,
    sink: &mut Sink,
) -> Vec<HashSet<FileId>> {
    let packages: Vec<Option<String>> =
        files.iter().map(|it| it.package.as_ref().map(|it| it.text.to_string())).collect();
    let mut used = Vec::with_capacity(files.len());
    let mut bytes = 0;
    for file in files {
        let scopes = Scopes::new(file.id, graph, &packages, symbols);
        let mut pass = Pass {
            loaded,
            graph,
            symbols,
            scopes,
            incomplete: graph.incomplete[file.id.index()],
            used: HashSet::new(),
            bytes,
            last_unknown: None,
            sink,
        };
        pass.file(file, packages[file.id.index()].as_deref().unwrap_or(""));
        bytes = pass.bytes;
        used.push(pass.used);
    }
    used
}

struct Pass<'a> {
    loaded: &'a Loaded,
    graph: &'a Graph,
    symbols: &'a Symbols,
    scopes: Scopes<'a>,
    incomplete: bool,
    used: HashSet<FileId>,
    /// Of the full names of all types so far, over all files.
    bytes: usize,
    /// Where the last unknown name was, since the fields of one `extend` share one name.
    last_unknown: Option<Span>,
    sink: &'a mut Sink,
}

impl Pass<'_> {
    fn file(&mut self, file: &mut File<'_>, package: &str) {
        for message in &mut file.messages {
            self.message(message);
        }
        let messages = &file.messages;
        for field in &mut file.extensions {
            self.field(field, package, messages);
        }
        for service in &mut file.services {
            let scope = self.symbols.get(service.symbol).name.clone();
            for method in &mut service.methods {
                for ty in [&mut method.input, &mut method.output] {
                    self.resolve(ty, &scope, "message");
                }
            }
        }
    }

    fn message(&mut self, message: &mut Message<'_>) {
        let scope = self.symbols.get(message.symbol).name.clone();
        for nested in &mut message.messages {
            self.message(nested);
        }
        let Message { fields, extensions, messages, .. } = message;
        for field in fields.iter_mut().chain(extensions) {
            self.field(field, &scope, messages);
        }
    }

    fn field(&mut self, field: &mut Field<'_>, scope: &str, beside: &[Message<'_>]) {
        if let Some(extendee) = &mut field.extendee {
            self.resolve(extendee, scope, "message");
        }
        if let FieldType::Named(ty) = &mut field.ty {
            self.resolve(ty, scope, "type");
        }
        if let FieldType::Group(at, _) | FieldType::Map(at, _) = field.ty
            && let Some(message) = beside.get(at)
        {
            field.body = message.symbol;
        }
    }

    fn resolve(&mut self, ty: &mut NamedType<'_>, scope: &str, wanted: &str) {
        let path = &ty.path;
        // Only the search for the type of a field passes by what is no type.
        let want = if wanted == "type" { Want::Type } else { Want::Anything };
        match self.scopes.find(scope, &path.text, want) {
            Found::Symbol(id) => {
                let symbol = self.symbols.get(id);
                self.used.insert(symbol.span.file);
                let fits = match symbol.kind {
                    Kind::Message => true,
                    Kind::Enum => wanted == "type",
                    _ => false,
                };
                if fits {
                    ty.resolved = Some(id);
                    let before = self.bytes;
                    self.bytes += symbol.name.len();
                    if self.bytes > NAMES_BYTES_MAX && before <= NAMES_BYTES_MAX {
                        let it = Diagnostic::error("too many long names of types")
                            .at(path.span, "from here on")
                            .note(format!("the limit for all of them together is {NAMES_BYTES_MAX} bytes"));
                        self.sink.push(it);
                    }
                    // Those over the limit are nobody's, lest a descriptor spells them out.
                    if self.bytes > NAMES_BYTES_MAX {
                        ty.resolved = None;
                    }
                    return;
                }
                let it = Diagnostic::error(format!("`{}` is not a {wanted}", path.text))
                    .at(path.span, format!("is {}", symbol.kind.noun()));
                let it = match symbol.kind {
                    Kind::Package => it,
                    Kind::MapEntry => it
                        .at(symbol.span, "made for this map field")
                        .help("declare a message of your own, or use `map<KEY, VALUE>` again"),
                    _ => it.at(symbol.span, "declared here"),
                };
                self.sink.push(it);
            }
            Found::NotIn(id) => self.unknown(path, scope, Some(id), wanted),
            Found::Nothing => self.unknown(path, scope, None, wanted),
        }
    }

    fn unknown(&mut self, path: &Path<'_>, scope: &str, settled: Option<SymbolId>, wanted: &str) {
        if self.last_unknown.replace(path.span) == Some(path.span) {
            return;
        }
        let symbols = self.symbols;
        // A scalar where only a message can be.
        if names::scalar(&path.text).is_some() {
            let mut it = Diagnostic::error(format!("expected a message, found `{}`", path.text))
                .at(path.span, "is a scalar");
            if let Some(wrapper) = wrapper(&path.text) {
                it = it.help(format!("`google.protobuf.{wrapper}` is a message with such a value in it"));
            }
            self.sink.push(it);
            return;
        }
        if let Found::Symbol(id) = self.scopes.find_anywhere(scope, &path.text)
            && symbols.get(id).kind.is_type()
        {
            let symbol = symbols.get(id);
            let file = &self.loaded.sources.file(symbol.span.file).name;
            let it = Diagnostic::error(format!("`{}` is not visible here", path.text));
            let it = if self.graph.visible_options(path.span.file).contains(&symbol.span.file) {
                it.at(path.span, format!("is declared in {file}, which is imported for its options only"))
                    .help(format!("write `import \"{file}\";`, without `option`"))
            } else {
                it.at(path.span, format!("is declared in {file}, which is not imported"))
                    .help(format!("add `import \"{file}\";`"))
            };
            self.sink.push(it);
            return;
        }
        let well_known = wkt::file_of(&path.text).filter(|file| !self.loaded.by_name.contains_key(*file));
        let near = self.nearest(&path.text, scope, wanted);
        // Something that was to bring names is missing: who knows whether this is one of them.
        if self.incomplete && well_known.is_none() && near.is_none() {
            return;
        }
        let mut it = Diagnostic::error(format!("`{}` is not defined", path.text))
            .at(path.span, format!("no {wanted} of this name"));
        if let Some(id) = settled {
            let first = path.text.split('.').next().unwrap_or("");
            let found = &symbols.get(id).name;
            if symbols.get(id).kind != Kind::Package || **found != *first {
                it = it.note(format!("`{first}` means `{found}` here, the innermost of that name, and nothing like the rest is in it"));
                it = it.help(format!("start with a dot, `.{}`, to begin at the outermost scope", path.text));
            }
        }
        if let Some(file) = well_known {
            it = it.help(if path.text.contains('.') {
                format!("add `import \"{file}\";`")
            } else {
                format!("write `google.protobuf.{}` and add `import \"{file}\";`", path.text)
            });
        } else if let Some(near) = near {
            it = it.help(format!("did you mean `{near}`?"));
        }
        self.sink.push(it);
    }

    /// The visible type whose name is nearest, as it would have to be written here.
    fn nearest(&self, path: &str, scope: &str, wanted: &str) -> Option<String> {
        if !suggest::wanted(self.sink) {
            return None;
        }
        let scalars = names::SCALARS.into_iter().filter(|_| wanted == "type");
        if let Some(near) = suggest::nearest(path, self.sink, scalars) {
            return Some(near.to_owned());
        }
        let simple = |name: &'_ str| name.rfind('.').map_or(0, |at| at + 1);
        let wrong = &path[simple(path)..];
        let fits = |kind| kind == Kind::Message || (kind == Kind::Enum && wanted == "type");
        let types = self.symbols.iter().filter(|it| fits(it.kind) && self.scopes.sees(it.span.file));
        let mut types: Vec<&str> = types.map(|it| &*it.name).collect();
        let near = match suggest::nearest(wrong, self.sink, types.iter().map(|it| &it[simple(it)..])) {
            Some(near) => near.to_owned(),
            // The right name in the wrong place.
            None if types.iter().any(|it| it[simple(it)..] == *wrong) => wrong.to_owned(),
            None => return None,
        };
        types.retain(|it| it[simple(it)..] == near);
        types.sort_unstable();
        let full = types.first()?;
        // Shortened by the scopes that are around it here anyway, as long as it still means the same.
        let short = |skip: usize| {
            full.get(skip..).filter(|it| {
            matches!(self.scopes.find(scope, it, Want::Type), Found::Symbol(id) if *self.symbols.get(id).name == **full)
        })
        };
        let starts = full.rmatch_indices('.').map(|(at, _)| at + 1).chain([0]);
        let shortest = { starts }.find_map(short);
        Some(shortest.map_or_else(|| format!(".{full}"), str::to_owned))
    }
}

/// The message that wraps a scalar.
fn wrapper(scalar: &str) -> Option<&'static str> {
    Some(match scalar {
        "double" => "DoubleValue",
        "float" => "FloatValue",
        "int64" => "Int64Value",
        "uint64" => "UInt64Value",
        "int32" => "Int32Value",
        "uint32" => "UInt32Value",
        "bool" => "BoolValue",
        "string" => "StringValue",
        "bytes" => "BytesValue",
        _ => return None,
    })
}
