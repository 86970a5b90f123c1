//! Numbers: of fields and enum values, ranges of extensions, and what is reserved.

use std::collections::HashMap;

use crate::ast::{Enum, Field, File, Message, MessageKind, Number, Range, RangeEnd, ReservedName};
use crate::names;
use crate::ranges::{FIELD_MAX, RESERVED_MAX, message_max, range_end};
use crate::report::{Diagnostic, Sink};
use crate::span::Span;
use crate::symbols::SymbolId;
use crate::world::World;

/// Numbers that Protobuf keeps for itself.
const RESERVED: std::ops::RangeInclusive<i64> = 19_000..=19_999;

pub(crate) fn run(world: &World<'_>, sink: &mut Sink) {
    let mut pass = Pass { world, sink };
    for file in &world.files {
        pass.file(file);
    }
    pass.extension_numbers();
}

struct Pass<'a> {
    world: &'a World<'a>,
    sink: &'a mut Sink,
}

impl Pass<'_> {
    fn file(&mut self, file: &File<'_>) {
        file.messages.iter().for_each(|it| self.message(it));
        file.enums.iter().for_each(|it| self.enumeration(it));
        file.extensions.iter().for_each(|it| {
            self.field_number(it, i64::from(i32::MAX));
        });
    }

    fn message(&mut self, message: &Message<'_>) {
        message.messages.iter().for_each(|it| self.message(it));
        message.enums.iter().for_each(|it| self.enumeration(it));
        message.extensions.iter().for_each(|it| {
            self.field_number(it, i64::from(i32::MAX));
        });
        if message.kind == MessageKind::MapEntry {
            return;
        }
        let max = message_max(message);
        // Asked for by errors only, and then by many.
        let free = std::cell::LazyCell::new(|| free_number(message));
        let free_help = || free.map(|free| format!("the next free number is {free}"));
        let mut taken: HashMap<i64, &Field<'_>> = HashMap::with_capacity(message.fields.len());
        for field in &message.fields {
            if !self.field_number(field, FIELD_MAX) {
                continue;
            }
            if let Some(first) = taken.get(&field.number.value) {
                let it = Diagnostic::error(format!(
                    "number {} is used twice in `{}`",
                    field.number.value, message.name.text
                ))
                .at(field.number.span, format!("used again by `{}`", field.name.text))
                .at(first.number.span, format!("first used by `{}`", first.name.text))
                .maybe_help(free_help());
                self.sink.push(it);
            } else {
                taken.insert(field.number.value, field);
            }
        }

        self.ranges(&message.reserved_ranges, 1, RESERVED_MAX, max, "reserved range");
        self.ranges(&message.extension_ranges, 1, max, max, "extension range");
        let names = self.reserved_names(&message.reserved_names);
        // Sorted once; each number then takes one search.
        let reserved = sorted(&message.reserved_ranges, max);
        let extensions = sorted(&message.extension_ranges, max);
        for field in &message.fields {
            let hit = covering(&reserved, field.number.value).map(|range| (range, "reserved"));
            let hit = hit
                .or_else(|| covering(&extensions, field.number.value).map(|range| (range, "for extensions")));
            if let Some((range, what)) = hit {
                let it = Diagnostic::error(format!(
                    "number {} of field `{}` is {what}",
                    field.number.value, field.name.text
                ))
                .at(field.number.span, "used here")
                .at(range.span, format!("{what} here"))
                .maybe_help(free_help());
                self.sink.push(it);
            }
            self.name_is_free(&field.name.text, field.name.span, &names, "field");
        }
        for range in &message.extension_ranges {
            // The last that starts within the range or before it; those before end earlier still.
            let behind = reserved.partition_point(|it| it.0 <= range_end(range, max));
            let other = behind.checked_sub(1).and_then(|at| reserved.get(at));
            if let Some(&(_, _, other)) = other.filter(|it| range.start.value <= it.1) {
                let it = Diagnostic::error("numbers are both reserved and for extensions")
                    .at(range.span, "for extensions here")
                    .at(other.span, "reserved here");
                self.sink.push(it);
            }
        }
    }

    /// Whether the number can be one of a field; says so if not.
    fn field_number(&mut self, field: &Field<'_>, max: i64) -> bool {
        let Number { value, span } = field.number;
        let it = if value <= 0 {
            Diagnostic::error(format!("field numbers are positive, `{}` has {value}", field.name.text))
                .at(span, format!("expected a number from 1 to {FIELD_MAX}"))
        } else if value > max {
            Diagnostic::error(format!("the number of field `{}` is too large", field.name.text))
                .at(span, format!("expected a number from 1 to {max}"))
                .note("three of the 32 bits of a tag say how the value is written")
        } else if RESERVED.contains(&value) {
            Diagnostic::error(format!("field `{}` has a number of Protobuf's own", field.name.text))
                .at(span, "19000 to 19999 are kept for the implementation")
        } else {
            return true;
        };
        self.sink.push(it);
        false
    }

    /// Each range by itself, and that no two overlap. `word_max`: what the word `max` means.
    fn ranges(&mut self, ranges: &[Range], min: i64, max: i64, word_max: i64, what: &str) {
        for range in ranges {
            let end = range_end(range, word_max);
            let it = if range.start.value < min {
                Diagnostic::error(format!("this {what} starts below {min}")).at(range.start.span, "too small")
            } else if range.start.value > max {
                Diagnostic::error(format!("this {what} starts too high"))
                    .at(range.start.span, format!("the largest number is {max}"))
            } else if end > max {
                Diagnostic::error(format!("this {what} ends too high"))
                    .at(range.span, format!("the largest number is {max}"))
                    .help("write `max` to mean the largest")
            } else if end < range.start.value {
                Diagnostic::error(format!("this {what} ends before it starts"))
                    .at(range.span, format!("{end} is less than {}", range.start.value))
            } else {
                continue;
            };
            self.sink.push(it);
        }
        let sorted = sorted(ranges, word_max);
        for pair in sorted.windows(2) {
            let [(_, first_end, first), (second_start, _, second)] = pair else { continue };
            if second_start <= first_end {
                let (earlier, later) =
                    if first.span < second.span { (first, second) } else { (second, first) };
                let it = Diagnostic::error(format!("two {what}s overlap"))
                    .at(later.span, "this one")
                    .at(earlier.span, "overlaps with this one");
                self.sink.push(it);
            }
        }
    }

    /// Each name by itself, and that none comes twice. Returns where each is reserved.
    fn reserved_names<'n>(&mut self, names: &'n [ReservedName]) -> HashMap<&'n str, Span> {
        let mut seen: HashMap<&str, Span> = HashMap::new();
        for reserved in names {
            if let Some(&first) = seen.get(reserved.name.as_str()) {
                let it = Diagnostic::error(format!("\"{}\" is reserved twice", reserved.name))
                    .at(reserved.span, "again here")
                    .at(first, "first here");
                self.sink.push(it);
                continue;
            }
            seen.insert(&reserved.name, reserved.span);
            if !names::is_ident(&reserved.name) {
                let it = Diagnostic::warning(format!("\"{}\" cannot be the name of anything", reserved.name))
                    .at(reserved.span, "reserved in vain");
                self.sink.push(it);
            }
        }
        seen
    }

    fn name_is_free(&mut self, name: &str, span: Span, reserved: &HashMap<&str, Span>, what: &str) {
        if let Some(&taken) = reserved.get(name) {
            let it = Diagnostic::error(format!("the name `{name}` is reserved"))
                .at(span, format!("this {what} has it"))
                .at(taken, "reserved here");
            self.sink.push(it);
        }
    }

    fn enumeration(&mut self, this: &Enum<'_>) {
        let max = i64::from(i32::MAX);
        self.ranges(&this.reserved_ranges, i64::from(i32::MIN), max, max, "reserved range");
        let names = self.reserved_names(&this.reserved_names);
        let reserved = sorted(&this.reserved_ranges, max);
        for value in &this.values {
            let number = value.number.value;
            if i32::try_from(number).is_err() {
                let it =
                    Diagnostic::error(format!("the number of enum value `{}` is no int32", value.name.text))
                        .at(
                            value.number.span,
                            format!("expected a number from {} to {}", i32::MIN, i32::MAX),
                        );
                self.sink.push(it);
            }
            if let Some(range) = covering(&reserved, number) {
                let it = Diagnostic::error(format!(
                    "number {number} of enum value `{}` is reserved",
                    value.name.text
                ))
                .at(value.number.span, "used here")
                .at(range.span, "reserved here");
                self.sink.push(it);
            }
            self.name_is_free(&value.name.text, value.name.span, &names, "enum value");
        }
        let Some(first) = this.values.first() else {
            let it = Diagnostic::error(format!("enum `{}` has no values", this.name.text))
                .at(this.name.span, "needs at least one")
                .help(format!("the first is the default: `{}_UNSPECIFIED = 0;`", screaming(&this.name.text)));
            // A value that could not be read has been reported.
            if !this.broken {
                self.sink.push(it);
            }
            return;
        };
        if !self.world.features.symbol(this.symbol).is_closed() && first.number.value != 0 && !this.broken {
            let it = Diagnostic::error(format!("the first value of enum `{}` must be zero", this.name.text))
                .at(first.number.span, "expected 0")
                .note("the enum is open: its first value is the default, and defaults are zero");
            let it = match this.values.iter().find(|it| it.number.value == 0) {
                Some(zero) => it.at(zero.name.span, "this one is zero").help("put it first"),
                None => it.help(format!("add `{}_UNSPECIFIED = 0;` before it", screaming(&this.name.text))),
            };
            self.sink.push(it);
        }
    }

    /// Extensions: that their message leaves the number to them, and that no other one has it.
    fn extension_numbers(&mut self) {
        let mut messages = HashMap::new();
        let mut extensions = Vec::new();
        for file in &self.world.files {
            extensions.extend(&file.extensions);
            for message in &file.messages {
                collect(message, &mut messages, &mut extensions);
            }
        }
        let mut ranges_of: HashMap<SymbolId, Vec<(i64, i64, &Range)>> = HashMap::new();
        let mut taken: HashMap<(SymbolId, i64), &Field<'_>> = HashMap::new();
        for field in extensions {
            let Some(extendee) = field.extendee.as_ref().and_then(|it| it.resolved) else { continue };
            let Some(message) = messages.get(&extendee) else { continue };
            let number = field.number.value;
            let max = message_max(message);
            let ranges = ranges_of.entry(extendee).or_insert_with(|| sorted(&message.extension_ranges, max));
            let covered = covering(ranges, number).is_some();
            if !covered && (1..=i64::from(i32::MAX)).contains(&number) && !RESERVED.contains(&number) {
                let shown = message.extension_ranges.iter().take(RANGES_SHOWN);
                let mut ranges: Vec<String> = shown
                    .map(|it| match range_end(it, max) {
                        end if end == it.start.value => end.to_string(),
                        end => format!("{} to {end}", it.start.value),
                    })
                    .collect();
                if message.extension_ranges.len() > RANGES_SHOWN {
                    ranges.push("…".into());
                }
                let it = Diagnostic::error(format!(
                    "`{}` has no place for extension number {number}",
                    message.name.text
                ))
                .at(field.number.span, "not in an extension range");
                let it = if ranges.is_empty() {
                    it.at(message.name.span, "has no extension ranges")
                } else {
                    it.help(format!("its extension ranges are {}", ranges.join(", ")))
                };
                self.sink.push(it);
            }
            if let Some(first) = taken.get(&(extendee, number)) {
                let it = Diagnostic::error(format!(
                    "extension number {number} of `{}` is used twice",
                    message.name.text
                ))
                .at(field.number.span, format!("used again by `{}`", field.name.text))
                .at(first.number.span, format!("first used by `{}`", first.name.text));
                self.sink.push(it);
            } else {
                taken.insert((extendee, number), field);
            }
        }
    }
}

/// So many ranges are named in an error.
const RANGES_SHOWN: usize = 8;

fn collect<'a>(
    message: &'a Message<'a>,
    messages: &mut HashMap<SymbolId, &'a Message<'a>>,
    extensions: &mut Vec<&'a Field<'a>>,
) {
    messages.insert(message.symbol, message);
    extensions.extend(&message.extensions);
    message.messages.iter().for_each(|it| collect(it, messages, extensions));
}

fn sorted(ranges: &[Range], max: i64) -> Vec<(i64, i64, &Range)> {
    let mut list: Vec<_> = ranges.iter().map(|it| (it.start.value, range_end(it, max), it)).collect();
    list.sort_by_key(|it| (it.0, it.1));
    list
}

/// The range a number lies in. Of ranges that overlap, which has been reported, one.
fn covering<'a>(sorted: &[(i64, i64, &'a Range)], number: i64) -> Option<&'a Range> {
    let behind = sorted.partition_point(|it| it.0 <= number);
    let &(_, end, range) = sorted.get(behind.checked_sub(1)?)?;
    (number <= end).then_some(range)
}

/// The smallest number above all that a message uses or keeps, if there is one left.
fn free_number(message: &Message<'_>) -> Option<i64> {
    let fields = message.fields.iter().map(|it| it.number.value);
    let ranges = message.reserved_ranges.iter().filter(|it| matches!(it.end, RangeEnd::At(_)));
    let ends = ranges.map(|it| range_end(it, FIELD_MAX));
    let mut free = fields.chain(ends).filter(|it| *it < FIELD_MAX).max().unwrap_or(0).max(0) + 1;
    if RESERVED.contains(&free) {
        free = RESERVED.end() + 1;
    }
    let extensions = sorted(&message.extension_ranges, FIELD_MAX);
    (free <= FIELD_MAX && covering(&extensions, free).is_none()).then_some(free)
}

/// `FooBar` as `FOO_BAR`.
fn screaming(name: &str) -> String {
    let mut out = String::new();
    for (at, c) in name.char_indices() {
        if c.is_ascii_uppercase() && at > 0 && !out.ends_with('_') {
            out.push('_');
        }
        out.push(c.to_ascii_uppercase());
    }
    out
}
