//! Messages on top of messages.

use alloc::string::String;
use alloc::vec::Vec;

use crate::limits::{Budget, OverBudget};
use crate::table::{Content, MessageMut, MessageRef, ValueMut, ValueRef};

/// Merges `from` into a message of the same type, as if its bytes had been decoded on top of it.
pub(crate) fn merge(mut into: MessageMut<'_>, from: MessageRef<'_>) {
    // Both are in memory already, so memory is no question; without a limit, nothing is refused.
    let merged = message(&mut into, from, &mut Budget::unlimited());
    debug_assert!(merged.is_ok(), "an unlimited budget reaches");
}

/// Merges the fields that `paths` name, which are sorted by their steps; none lies in another.
pub(crate) fn some(mut into: MessageMut<'_>, from: MessageRef<'_>, paths: &[&str]) {
    let merged = named(&mut into, from, paths, &mut Budget::unlimited());
    debug_assert!(merged.is_ok(), "an unlimited budget reaches");
}

fn named(
    into: &mut MessageMut<'_>,
    from: MessageRef<'_>,
    paths: &[&str],
    budget: &mut Budget,
) -> Result<(), OverBudget> {
    fn step<'a>(path: &&'a str) -> &'a str {
        path.split('.').next().unwrap_or(path)
    }
    for (index, field) in from.table().fields().iter().enumerate() {
        let start = paths.partition_point(|path| step(path) < field.name);
        let len = paths[start..].partition_point(|path| step(path) == field.name);
        let paths = &paths[start..start + len];
        if paths.first() == Some(&field.name) {
            self::field(into, from, index, budget)?;
        } else if let (false, Content::One(ValueRef::Message(from))) = (paths.is_empty(), from.content(index))
        {
            let inside: Vec<&str> = paths.iter().map(|path| &path[field.name.len() + 1..]).collect();
            if let ValueMut::Message(mut into) = into.value(index, budget)? {
                named(&mut into, from, &inside, budget)?;
            }
        }
    }
    Ok(())
}

fn message(into: &mut MessageMut<'_>, from: MessageRef<'_>, budget: &mut Budget) -> Result<(), OverBudget> {
    for index in 0..from.table().fields().len() {
        field(into, from, index, budget)?;
    }
    into.unknown().append_raw(from.unknown().as_bytes());
    Ok(())
}

fn field(
    into: &mut MessageMut<'_>,
    from: MessageRef<'_>,
    index: usize,
    budget: &mut Budget,
) -> Result<(), OverBudget> {
    match from.content(index) {
        Content::Unset => {}
        Content::One(value) => assign(into.value(index, budget)?, value)?,
        Content::List(list) => {
            into.reserve(index, list.len(), budget)?;
            for value in list.iter() {
                assign(into.value(index, budget)?, value)?;
            }
        }
        Content::Map(map) => {
            for (key, value) in map.iter() {
                into.insert(index, budget, &mut |_, new_key, new_value, _| {
                    assign(new_key, key).and_then(|()| assign(new_value, value)).is_ok()
                })?;
            }
        }
    }
    Ok(())
}

fn assign(into: ValueMut<'_>, from: ValueRef<'_>) -> Result<(), OverBudget> {
    match (into, from) {
        (ValueMut::I32(into), ValueRef::I32(from)) => *into = from,
        (ValueMut::I64(into), ValueRef::I64(from)) => *into = from,
        (ValueMut::U32(into), ValueRef::U32(from)) => *into = from,
        (ValueMut::U64(into), ValueRef::U64(from)) => *into = from,
        (ValueMut::F32(into), ValueRef::F32(from)) => *into = from,
        (ValueMut::F64(into), ValueRef::F64(from)) => *into = from,
        (ValueMut::Bool(into), ValueRef::Bool(from)) => *into = from,
        (ValueMut::Enum(into), ValueRef::Enum(from)) => *into = from,
        (ValueMut::String(into), ValueRef::String(from)) => *into = String::from(from),
        (ValueMut::Bytes(into), ValueRef::Bytes(from)) => *into = from.clone(),
        (ValueMut::Message(mut into), ValueRef::Message(from)) => {
            return message(&mut into, from, &mut Budget::unlimited());
        }
        _ => unreachable!("both of the same field"),
    }
    Ok(())
}
