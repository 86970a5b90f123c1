//! Collects everything that has a name, and reports names that are given twice.

use crate::ast::{Enum, Field, File, Ident, Message, MessageKind};
use crate::limits::{NAME_BYTES_MAX, NAMES_BYTES_MAX};
use crate::load::Loaded;
use crate::report::{Diagnostic, Sink};
use crate::span::Span;
use crate::symbols::{Kind, SymbolId, Symbols};

pub(crate) fn run(loaded: &Loaded, files: &mut [File<'_>], sink: &mut Sink) -> Symbols {
    let mut pass = Pass { symbols: Symbols::default(), scope: String::new(), bytes: 0, sink };
    for file in files.iter_mut().filter(|file| Some(file.id) != loaded.hidden) {
        pass.file(file);
    }
    // Last, and muted: who brings declarations of their own by another name means those.
    for file in files.iter_mut().filter(|file| Some(file.id) == loaded.hidden) {
        pass.file(file);
    }
    pass.symbols
}

struct Pass<'a> {
    symbols: Symbols,
    /// Full name of the scope being walked.
    scope: String,
    /// Of all full names so far.
    bytes: usize,
    sink: &'a mut Sink,
}

impl Pass<'_> {
    fn file(&mut self, file: &mut File<'_>) {
        self.scope.clear();
        if let Some(package) = &file.package {
            for part in package.text.split('.') {
                if !self.scope.is_empty() {
                    self.scope.push('.');
                }
                self.scope.push_str(part);
                self.package(package.span);
            }
        }
        file.messages.iter_mut().for_each(|it| self.message(it));
        file.enums.iter_mut().for_each(|it| self.enumeration(it));
        file.extensions.iter_mut().for_each(|it| self.field(it));
        for service in &mut file.services {
            service.symbol = self.declare(&service.name, Kind::Service);
            self.within(&service.name, |pass| {
                for method in &service.methods {
                    pass.declare(&method.name, Kind::Method);
                }
            });
        }
    }

    fn package(&mut self, span: Span) {
        let Err(taken) = self.symbols.add(&self.scope, Kind::Package, span) else { return };
        let other = self.symbols.get(taken);
        if other.kind == Kind::Package {
            return;
        }
        let it = Diagnostic::error(format!(
            "`{}` is a package here and {} elsewhere",
            self.scope,
            other.kind.noun()
        ))
        .at(span, "part of this package's name")
        .at(other.span, format!("{} of the same name", other.kind.noun()));
        self.sink.push(it);
    }

    fn message(&mut self, message: &mut Message<'_>) {
        let kind = match message.kind {
            MessageKind::MapEntry => Kind::MapEntry,
            MessageKind::Plain | MessageKind::Group => Kind::Message,
        };
        message.symbol = self.declare(&message.name, kind);
        let Message { name, fields, extensions, messages, enums, oneofs, .. } = message;
        self.within(name, |pass| {
            // The order decides which of two declarations counts as the second.
            messages.iter_mut().for_each(|it| pass.message(it));
            enums.iter_mut().for_each(|it| pass.enumeration(it));
            fields.iter_mut().for_each(|it| pass.field(it));
            for oneof in oneofs.iter_mut() {
                oneof.symbol = pass.declare(&oneof.name, Kind::Oneof);
            }
            extensions.iter_mut().for_each(|it| pass.field(it));
        });
    }

    fn enumeration(&mut self, this: &mut Enum<'_>) {
        this.symbol = self.declare(&this.name, Kind::Enum);
        // In C++ the values of an enum lie beside it, and so they do here.
        for value in &this.values {
            self.declare(&value.name, Kind::EnumValue);
        }
    }

    fn field(&mut self, field: &mut Field<'_>) {
        let kind = if field.extendee.is_some() { Kind::Extension } else { Kind::Field };
        field.symbol = self.declare(&field.name, kind);
    }

    fn within(&mut self, name: &Ident<'_>, walk: impl FnOnce(&mut Self)) {
        let length = self.scope.len();
        if length + name.text.len() > NAME_BYTES_MAX {
            // Reported when it was declared. What is inside goes on under a short name nobody can write.
            let long = std::mem::replace(&mut self.scope, format!("<{}>", self.symbols.len()));
            walk(self);
            self.scope = long;
            return;
        }
        self.enter(&name.text);
        walk(self);
        self.scope.truncate(length);
    }

    fn enter(&mut self, name: &str) {
        if !self.scope.is_empty() {
            self.scope.push('.');
        }
        self.scope.push_str(name);
    }

    fn declare(&mut self, name: &Ident<'_>, kind: Kind) -> SymbolId {
        let length = self.scope.len();
        if length + name.text.len() > NAME_BYTES_MAX {
            let it = Diagnostic::error("this name is too long")
                .at(name.span, "with all names around it")
                .note(format!("the limit for a full name is {NAME_BYTES_MAX} bytes"));
            self.sink.push(it);
            return self.symbols.add_hidden("", kind, name.span);
        }
        self.enter(&name.text);
        self.bytes += self.scope.len();
        if self.bytes > NAMES_BYTES_MAX {
            if self.bytes - self.scope.len() <= NAMES_BYTES_MAX {
                let it = Diagnostic::error("too many long names")
                    .at(name.span, "from here on")
                    .note(format!("the limit for all full names together is {NAMES_BYTES_MAX} bytes"));
                self.sink.push(it);
            }
            self.scope.truncate(length);
            return self.symbols.add_hidden("", kind, name.span);
        }
        let full = std::mem::take(&mut self.scope);
        let id = self.symbols.add(&full, kind, name.span).unwrap_or_else(|taken| {
            self.twice(name, &full, kind, taken);
            self.symbols.add_hidden(&full, kind, name.span)
        });
        self.scope = full;
        self.scope.truncate(length);
        id
    }

    fn twice(&mut self, name: &Ident<'_>, full: &str, kind: Kind, taken: SymbolId) {
        let other = self.symbols.get(taken).clone();
        let again = if kind == other.kind { String::new() } else { format!(" as {}", kind.noun()) };
        let mut it = Diagnostic::error(format!("`{full}` is declared twice"))
            .at(name.span, format!("declared again{again} here"))
            .at(other.span, format!("first declared here, as {}", other.kind.noun()));
        if kind == Kind::MapEntry || other.kind == Kind::MapEntry {
            it = it
                .note("a map field `x_y` declares a message `XYEntry` beside it")
                .help("rename one of the two");
        } else if kind == Kind::EnumValue || other.kind == Kind::EnumValue {
            it = it
                .note("the values of an enum are names of the scope around the enum, not of the enum")
                .help("start each value with the name of its enum: `COLOR_RED` for `RED` of `Color`");
        }
        self.sink.push(it);
    }
}
