//! Extension declarations: a message can say by option which extensions its ranges are meant for.
//!
//! They are for the source only and leave no trace in descriptors, so they are read from the tree.

use std::collections::HashMap;

use ferrpc_proto::descriptor::field_descriptor_proto::Label;

use crate::ast::{Field, FieldType, Message, Range, Scalar, Sign, Value, ValueFieldName, ValueKind};
use crate::names;
use crate::ranges::{message_max, range_end};
use crate::report::{Diagnostic, Sink};
use crate::span::Span;
use crate::symbols::SymbolId;
use crate::world::World;

pub(crate) fn run(world: &World<'_>, sink: &mut Sink) {
    let mut pass = Pass { world, declared: HashMap::new(), sink };
    for file in &world.files {
        file.messages.iter().for_each(|it| pass.message(it));
    }
    // Most runs have none.
    if pass.declared.is_empty() {
        return;
    }
    for file in &world.files {
        file.extensions.iter().for_each(|it| pass.extension(it));
        file.messages.iter().for_each(|it| pass.extensions_in(it));
    }
}

/// What a range says of the extensions in it.
struct Ranges {
    start: i64,
    end: i64,
    span: Span,
    by_number: HashMap<i64, Declaration>,
}

#[derive(Default)]
struct Declaration {
    number: i64,
    full_name: Option<String>,
    ty: Option<String>,
    reserved: bool,
    repeated: bool,
    span: Option<Span>,
}

struct Pass<'a> {
    world: &'a World<'a>,
    /// The ranges with declarations of each message that has some, sorted.
    declared: HashMap<SymbolId, Vec<Ranges>>,
    sink: &'a mut Sink,
}

impl Pass<'_> {
    fn message(&mut self, message: &Message<'_>) {
        message.messages.iter().for_each(|it| self.message(it));
        if message.range_options.is_empty() || is_options(&self.world.symbols.get(message.symbol).name) {
            return;
        }
        let mut all = Vec::new();
        let mut names: HashMap<String, Span> = HashMap::new();
        for range in &message.extension_ranges {
            let Some(options) = range.options.as_ref().and_then(|it| message.range_options.get(it.shared))
            else {
                continue;
            };
            let mut declarations = Vec::new();
            let mut verification = None;
            for option in options {
                match (&option.name[..], &option.value.kind) {
                    ([name], _) if name.text == "declaration" && !name.is_extension => {
                        declarations.push(read(&option.value));
                    }
                    ([name], ValueKind::Scalar(Scalar::Ident(word))) if name.text == "verification" => {
                        verification = Some((*word, option.value.span));
                    }
                    _ => {}
                }
            }
            match verification {
                Some(("UNVERIFIED", span)) if !declarations.is_empty() => {
                    let it = Diagnostic::error("a range with declarations is verified by them")
                        .at(span, "says that it is not")
                        .help("remove one of the two");
                    self.sink.push(it);
                }
                Some(("DECLARATION", _)) => {}
                _ if declarations.is_empty() => continue,
                _ => {}
            }
            all.push(self.range(range, message_max(message), declarations, &mut names));
        }
        if !all.is_empty() {
            all.sort_by_key(|it: &Ranges| it.start);
            self.declared.insert(message.symbol, all);
        }
    }

    fn range(
        &mut self,
        range: &Range,
        max: i64,
        declarations: Vec<Declaration>,
        names: &mut HashMap<String, Span>,
    ) -> Ranges {
        let (start, end) = (range.start.value, range_end(range, max));
        let mut by_number = HashMap::new();
        for it in declarations {
            let span = it.span.unwrap_or(range.span);
            let number = it.number;
            let wrong = if !(start..=end).contains(&number) {
                Some((
                    format!("declaration {number} is not in its range"),
                    format!("the range goes from {start} to {end}"),
                ))
            } else if it.full_name.is_some() != it.ty.is_some() || (it.full_name.is_none() && !it.reserved) {
                Some((
                    format!("declaration {number} needs both `full_name` and `type`"),
                    "one is not set in here".into(),
                ))
            } else if let Some(name) = it.full_name.as_ref().filter(|it| !is_full(it)) {
                Some((
                    format!("`{name}` is no full name"),
                    "expected a dot and then names with dots between".into(),
                ))
            } else if let Some(ty) = it.ty.as_ref().filter(|it| !is_full(it) && names::scalar(it).is_none()) {
                Some((
                    format!("`{ty}` is no type"),
                    "expected a scalar, or a full name with a dot before it".into(),
                ))
            } else if let Some(first) =
                it.full_name.as_ref().and_then(|name| names.get(name)).filter(|it| **it != span)
            {
                let name = it.full_name.as_deref().unwrap_or("");
                let it = Diagnostic::error(format!("extension `{name}` is declared twice"))
                    .at(span, "declared again here")
                    .at(*first, "first declared here");
                self.sink.push(it);
                continue;
            } else {
                None
            };
            if let Some((message, label)) = wrong {
                self.sink.push(Diagnostic::error(message).at(span, label));
                continue;
            }
            if let Some(name) = &it.full_name {
                names.insert(name.clone(), span);
            }
            if by_number.insert(number, it).is_some() {
                let it = Diagnostic::error(format!("extension number {number} is declared twice"))
                    .at(span, "declared again here");
                self.sink.push(it);
            }
        }
        Ranges { start, end, span: range.span, by_number }
    }

    fn extensions_in(&mut self, message: &Message<'_>) {
        message.messages.iter().for_each(|it| self.extensions_in(it));
        message.extensions.iter().for_each(|it| self.extension(it));
    }

    fn extension(&mut self, field: &Field<'_>) {
        let Some(extendee) = field.extendee.as_ref().and_then(|it| it.resolved) else { return };
        let Some(ranges) = self.declared.get(&extendee) else { return };
        let number = field.number.value;
        let behind = ranges.partition_point(|it| it.start <= number);
        let before = behind.checked_sub(1).and_then(|at| ranges.get(at));
        let Some(range) = before.filter(|it| number <= it.end) else { return };
        let name = format!(".{}", self.world.symbols.get(field.symbol).name);
        let Some(declared) = range.by_number.get(&number) else {
            let it = Diagnostic::error(format!("extension `{name}` is not declared"))
                .at(field.number.span, "has a number of this range")
                .at(range.span, "whose extensions are declared by option")
                .help("declare it there");
            self.sink.push(it);
            return;
        };
        let ty = match &field.ty {
            FieldType::Scalar(ty, _) => {
                names::SCALARS.into_iter().find(|it| names::scalar(it) == Some(*ty)).map(str::to_owned)
            }
            FieldType::Named(ty) => ty.resolved.map(|id| format!(".{}", self.world.symbols.get(id).name)),
            FieldType::Group(..) | FieldType::Map(..) => {
                Some(format!(".{}", self.world.symbols.get(field.body).name))
            }
        };
        let repeated = field.label.is_some_and(|it| it.0 == Label::REPEATED);
        let expected = if declared.reserved {
            "declared as reserved".to_owned()
        } else if declared.full_name.as_ref().is_some_and(|it| *it != name) {
            format!("declared as `{}`", declared.full_name.as_deref().unwrap_or(""))
        } else if ty.is_some() && declared.ty.is_some() && ty != declared.ty {
            format!("declared with the type `{}`", declared.ty.as_deref().unwrap_or(""))
        } else if repeated != declared.repeated {
            format!("declared as {}", if declared.repeated { "repeated" } else { "not repeated" })
        } else {
            return;
        };
        let it = Diagnostic::error(format!("extension `{name}` is not what number {number} is for"))
            .at(field.span, "this extension")
            .at(declared.span.unwrap_or(range.span), expected);
        self.sink.push(it);
    }
}

/// A declaration as written; what does not fit has been reported by the options pass.
fn read(value: &Value<'_>) -> Declaration {
    let mut out = Declaration { span: Some(value.span), ..Declaration::default() };
    let ValueKind::Message(fields) = &value.kind else { return out };
    for field in fields {
        let (ValueFieldName::Plain(name), ValueKind::Scalar(value)) = (&field.name, &field.value.kind) else {
            continue;
        };
        let text = || match value {
            Scalar::Str(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
            _ => None,
        };
        let flag = matches!(value, Scalar::Ident("true" | "True" | "t") | Scalar::Int(1, Sign::Plus));
        match *name {
            "number" => {
                if let Scalar::Int(number, Sign::Plus) = value {
                    out.number = i64::try_from(*number).unwrap_or(0);
                }
            }
            "full_name" => out.full_name = text(),
            "type" => out.ty = text(),
            "reserved" => out.reserved = flag,
            "repeated" => out.repeated = flag,
            _ => {}
        }
    }
    out
}

fn is_full(name: &str) -> bool {
    let is_part = |it: &str| !it.is_empty() && it.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_');
    name.strip_prefix('.').is_some_and(|rest| rest.split('.').all(is_part))
}

/// The options messages declare extensions for the record; nobody is held to it.
fn is_options(name: &str) -> bool {
    name.strip_prefix("google.protobuf.").is_some_and(|it| it.ends_with("Options") || it == "FeatureSet")
}
