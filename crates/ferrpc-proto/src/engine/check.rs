//! Required fields: whether a message and all messages inside have theirs.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt::{self, Write as _};

use crate::error::Uninitialized;
use crate::table::{Content, MessageRef, ValueRef};

/// Whether nothing is missing, down to `depth` levels of messages inside.
///
/// # Errors
/// What is.
pub(crate) fn check(message: MessageRef<'_>, depth: u32) -> Result<(), Uninitialized> {
    if is_whole(message, depth) { Ok(()) } else { Err(report(message, depth)) }
}

fn is_whole(message: MessageRef<'_>, depth: u32) -> bool {
    let table = message.table();
    let whole = |value| match value {
        ValueRef::Message(message) => depth.checked_sub(1).is_none_or(|depth| is_whole(message, depth)),
        _ => true,
    };
    content(message, table.checks.required).all(|(_, content)| !matches!(content, Content::Unset))
        && content(message, table.checks.within).all(|(_, content)| match content {
            Content::Unset => true,
            Content::One(value) => whole(value),
            Content::List(list) => list.iter().all(whole),
            Content::Map(map) => map.iter().all(|(_, value)| whole(value)),
        })
}

/// What the fields of these numbers hold, each with its name.
fn content<'a>(
    message: MessageRef<'a>,
    numbers: &'static [u32],
) -> impl Iterator<Item = (&'static str, Content<'a>)> {
    let table = message.table();
    let indexes = numbers.iter().filter_map(|number| table.index_of(*number));
    indexes.map(move |index| (table.fields()[index].name, message.content(index)))
}

#[cold]
fn report(message: MessageRef<'_>, depth: u32) -> Uninitialized {
    let mut missing = Missing { path: String::new(), paths: Vec::new(), more: false };
    missing.of(message, depth);
    Uninitialized::new(message.table().name(), missing.paths, missing.more)
}

/// This many are named; a hostile message could lack millions.
const PATHS_MAX: usize = 16;

/// As much of the way to a message is shown, from its end, in bytes; names and nesting may be long.
const PATH_BYTES_MAX: usize = 512;

/// As much of a key of a map is shown, in characters; its sender chose it.
const KEY_CHARS_MAX: usize = 32;

struct Missing {
    /// Where we are: with a dot at the end, or empty.
    path: String,
    paths: Vec<String>,
    more: bool,
}

impl Missing {
    fn of(&mut self, message: MessageRef<'_>, depth: u32) {
        let checks = &message.table().checks;
        for (name, found) in content(message, checks.required) {
            if matches!(found, Content::Unset) {
                self.add(name);
            }
        }
        let Some(depth) = depth.checked_sub(1) else { return };
        for (name, found) in content(message, checks.within) {
            match found {
                Content::Unset => {}
                Content::One(value) => self.inside(format_args!("{name}."), value, depth),
                Content::List(list) => {
                    for (i, value) in list.iter().enumerate() {
                        self.inside(format_args!("{name}[{i}]."), value, depth);
                    }
                }
                Content::Map(map) => {
                    for (key, value) in map.iter() {
                        self.inside(format_args!("{name}[{}].", Key(key)), value, depth);
                    }
                }
            }
        }
    }

    fn add(&mut self, name: &str) {
        if self.paths.len() < PATHS_MAX {
            let from = self.path.ceil_char_boundary(self.path.len().saturating_sub(PATH_BYTES_MAX));
            let left_out = if from == 0 { "" } else { "…" };
            self.paths.push(format!("{left_out}{}{name}", &self.path[from..]));
        } else {
            self.more = true;
        }
    }

    fn inside(&mut self, step: fmt::Arguments<'_>, value: ValueRef<'_>, depth: u32) {
        let ValueRef::Message(message) = value else { return };
        // One is enough to say that there are more.
        if !self.more {
            let len = self.path.len();
            // Into a string: cannot fail.
            let _ = self.path.write_fmt(step);
            self.of(message, depth);
            self.path.truncate(len);
        }
    }
}

struct Key<'a>(ValueRef<'a>);

impl fmt::Display for Key<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            ValueRef::I32(key) => key.fmt(f),
            ValueRef::I64(key) => key.fmt(f),
            ValueRef::U32(key) => key.fmt(f),
            ValueRef::U64(key) => key.fmt(f),
            ValueRef::Bool(key) => key.fmt(f),
            ValueRef::String(key) => match key.char_indices().nth(KEY_CHARS_MAX) {
                Some((end, _)) => write!(f, "{:?}…", &key[..end]),
                None => write!(f, "{key:?}"),
            },
            _ => unreachable!("keys of maps are integers, booleans or strings"),
        }
    }
}
