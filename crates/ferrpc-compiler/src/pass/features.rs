//! The features of every node: what it says, inside of what is around it, down from its edition.
//!
//! Read from the trees, before any option is interpreted, since how options are written on the wire
//! depends on the features of their own declarations.

use ferrpc_proto::descriptor::field_descriptor_proto::Label;

use crate::ast::{Enum, Field, FieldType, File, Message, MessageKind, OptionDecl};
use crate::edition::Edition;
use crate::feature_map::FeatureMap;
use crate::features::{self, Features, TABLE};
use crate::options::flag;
use crate::report::{Diagnostic, Sink};
use crate::symbols::{SymbolId, Symbols};

pub(crate) fn run(files: &[File<'_>], symbols: &Symbols, sink: &mut Sink) -> FeatureMap {
    let start = Features::of(Edition::Proto2);
    let map = FeatureMap { files: vec![start; files.len()], symbols: vec![start; symbols.len()] };
    let mut pass = Pass { map, edition: Edition::Proto2, sink };
    for file in files {
        pass.file(file);
    }
    pass.map
}

struct Pass<'a> {
    map: FeatureMap,
    edition: Edition,
    sink: &'a mut Sink,
}

impl Pass<'_> {
    fn file(&mut self, file: &File<'_>) {
        self.edition = file.edition;
        let here = self.with(Features::of(file.edition), &file.options);
        self.map.files[file.id.index()] = here;
        file.messages.iter().for_each(|it| self.message(it, here));
        file.enums.iter().for_each(|it| self.enumeration(it, here));
        file.extensions.iter().for_each(|it| self.field(it, here));
        for service in &file.services {
            let inner = self.with(here, &service.options);
            self.set(service.symbol, inner);
            service.methods.iter().for_each(|it| {
                self.with(inner, &it.options);
            });
        }
    }

    fn message(&mut self, message: &Message<'_>, outer: Features) {
        let here = self.with(outer, &message.options);
        self.set(message.symbol, here);
        message.messages.iter().for_each(|it| self.message(it, here));
        message.enums.iter().for_each(|it| self.enumeration(it, here));
        message.extensions.iter().for_each(|it| self.field(it, here));
        for oneof in &message.oneofs {
            let inner = self.with(here, &oneof.options);
            self.set(oneof.symbol, inner);
        }
        for options in &message.range_options {
            self.with(here, options);
        }
        for field in &message.fields {
            let oneof = field.oneof.and_then(|at| message.oneofs.get(at));
            self.field(field, oneof.map_or(here, |it| self.map.symbol(it.symbol)));
            // What is said of a map is said of both halves of its entries.
            let FieldType::Map(at, _) = field.ty else { continue };
            let Some(entry) = message.messages.get(at).filter(|it| it.kind == MessageKind::MapEntry) else {
                continue;
            };
            for half in &entry.fields {
                let both = self.map.symbol(half.symbol).with(&field.options);
                self.set(half.symbol, both);
            }
        }
    }

    fn enumeration(&mut self, this: &Enum<'_>, outer: Features) {
        let here = self.with(outer, &this.options);
        self.set(this.symbol, here);
        this.values.iter().for_each(|it| {
            self.with(here, &it.options);
        });
    }

    fn field(&mut self, field: &Field<'_>, outer: Features) {
        let mut here = self.with(outer, &field.options);
        // What older syntax says by other means.
        if self.edition.is_legacy() {
            if field.label.is_some_and(|it| it.0 == Label::REQUIRED) {
                here = here.with_one(features::FIELD_PRESENCE, features::LEGACY_REQUIRED);
            }
            if matches!(field.ty, FieldType::Group(..)) {
                here = here.with_one(features::MESSAGE_ENCODING, features::DELIMITED);
            }
            match flag(&field.options, "packed") {
                Some(true) => here = here.with_one(features::REPEATED_FIELD_ENCODING, features::PACKED),
                Some(false) => here = here.with_one(features::REPEATED_FIELD_ENCODING, features::EXPANDED),
                None => {}
            }
        }
        self.set(field.symbol, here);
    }

    /// The features inside of `outer` with these options. A value that stands for none is reported.
    fn with(&mut self, outer: Features, options: &[OptionDecl<'_>]) -> Features {
        if options.is_empty() {
            return outer;
        }
        features::set_by(options, &mut |feature, value, span| {
            if value == 0 && !self.edition.is_legacy() {
                let row = &TABLE[feature];
                let known =
                    row.values[1..].iter().map(|it| format!("`{}`", it.0)).collect::<Vec<_>>().join(", ");
                let it =
                    Diagnostic::error(format!("feature `{}` needs a value that means something", row.name))
                        .at(span, format!("expected one of {known}"));
                self.sink.push(it);
            }
        });
        outer.with(options)
    }

    fn set(&mut self, id: SymbolId, features: Features) {
        if let Some(slot) = self.map.symbols.get_mut(id.0 as usize) {
            *slot = features;
        }
    }
}
