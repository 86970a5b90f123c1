//! Types that keep to their own file: whoever names one elsewhere is told, and whoever exports what must
//! not be exported.

use crate::ast::{Enum, Field, FieldType, File, Message, NamedType, RangeEnd, Visibility};
use crate::nodes::Nodes;
use crate::ranges::FIELD_MAX;
use crate::report::{Diagnostic, Sink};
use crate::symbols::SymbolId;
use crate::world::World;

pub(crate) fn run(world: &World<'_>, sink: &mut Sink) {
    let nodes = Nodes::new(world);
    for file in &world.files {
        let mut pass = Pass { world, nodes: &nodes, file, sink };
        file.messages.iter().for_each(|it| pass.message(it));
        file.extensions.iter().for_each(|it| pass.field(it));
        for method in file.services.iter().flat_map(|it| &it.methods) {
            pass.named(&method.input);
            pass.named(&method.output);
        }
        if world.features.file(file.id).is_strict() {
            file.messages.iter().for_each(|it| pass.strict(it, true));
        }
    }
}

struct Pass<'a> {
    world: &'a World<'a>,
    nodes: &'a Nodes<'a>,
    file: &'a File<'a>,
    sink: &'a mut Sink,
}

impl Pass<'_> {
    fn message(&mut self, message: &Message<'_>) {
        message.messages.iter().for_each(|it| self.message(it));
        message.fields.iter().chain(&message.extensions).for_each(|it| self.field(it));
    }

    fn field(&mut self, field: &Field<'_>) {
        if let Some(extendee) = &field.extendee {
            self.named(extendee);
        }
        if let FieldType::Named(ty) = &field.ty {
            self.named(ty);
        }
    }

    fn named(&mut self, ty: &NamedType<'_>) {
        let Some(id) = ty.resolved else { return };
        let symbol = self.world.symbols.get(id);
        if symbol.span.file == self.file.id || self.is_exported(id) {
            return;
        }
        let home = &self.world.loaded.sources.file(symbol.span.file).name;
        let it = Diagnostic::error(format!("`{}` is local to its file", ty.path.text))
            .at(ty.path.span, format!("is declared in {home} and not exported"))
            .at(symbol.span, "declared here");
        let it = match self.said(id) {
            Some(_) => it.help("declare it without `local`"),
            None => it
                .note("the feature `default_symbol_visibility` of its file makes it local")
                .help("declare it with `export`"),
        };
        self.sink.push(it);
    }

    fn said(&self, id: SymbolId) -> Option<Visibility> {
        match self.nodes.get_message(id) {
            Some(message) => message.visibility,
            None => self.nodes.get_enum(id)?.visibility,
        }
    }

    fn is_exported(&self, id: SymbolId) -> bool {
        if let Some(said) = self.said(id) {
            return said == Visibility::Export;
        }
        let symbol = self.world.symbols.get(id);
        let home = &self.world.files[symbol.span.file.index()];
        let package = home.package.as_ref().map_or("", |it| &it.text);
        let simple = symbol.name.strip_prefix(package).unwrap_or(&symbol.name).trim_start_matches('.');
        self.world.features.file(home.id).exports(simple.contains('.'))
    }

    /// Where visibility is strict, nothing inside of a message is exported: only enums in a message that
    /// is there for nothing but to hold them.
    fn strict(&mut self, message: &Message<'_>, outermost: bool) {
        for nested in &message.messages {
            if nested.visibility == Some(Visibility::Export) {
                self.not_exported(&nested.name);
            }
            self.strict(nested, false);
        }
        let holds_enums = outermost
            && message.visibility != Some(Visibility::Export)
            && matches!(&message.reserved_ranges[..], [all]
                if all.start.value == 1
                    && (matches!(all.end, RangeEnd::Max) || matches!(all.end, RangeEnd::At(it) if it.value == FIELD_MAX)));
        let exported = |it: &&Enum<'_>| it.visibility == Some(Visibility::Export);
        for this in message.enums.iter().filter(exported) {
            if !holds_enums {
                self.not_exported(&this.name);
            }
        }
    }

    fn not_exported(&mut self, name: &crate::ast::Ident<'_>) {
        let it = Diagnostic::error(format!("`{}` lies in a message and cannot be exported", name.text))
            .at(name.span, "is inside of a message")
            .note("the feature `default_symbol_visibility` of this file is `STRICT`")
            .help("declare it outside; an enum may stay in a `local message` that says `reserved 1 to max;`");
        self.sink.push(it);
    }
}
