//! Writing: a message and its table, and where the values of its fields go.

use alloc::string::String;
use alloc::vec::Vec;
use core::marker::PhantomData;

use bytes::Bytes;

use super::{Aux, Field, Layout, MessageRef, Place, Table, Value};
use crate::limits::{Budget, OverBudget};
use crate::unknown::UnknownFields;

/// A message to write, with the table it goes by.
pub(crate) struct MessageMut<'a> {
    pub(super) base: *mut u8,
    pub(super) table: &'static Table,
    pub(super) message: PhantomData<&'a mut ()>,
}

/// A value to write.
pub(crate) enum ValueMut<'a> {
    I32(&'a mut i32),
    I64(&'a mut i64),
    U32(&'a mut u32),
    U64(&'a mut u64),
    F32(&'a mut f32),
    F64(&'a mut f64),
    Bool(&'a mut bool),
    Enum(&'a mut i32),
    String(&'a mut String),
    Bytes(&'a mut Bytes),
    Message(MessageMut<'a>),
}

/// A list of plain numbers to write.
pub(crate) enum ListMut<'a> {
    I32(&'a mut Vec<i32>),
    I64(&'a mut Vec<i64>),
    U32(&'a mut Vec<u32>),
    U64(&'a mut Vec<u64>),
    F32(&'a mut Vec<f32>),
    F64(&'a mut Vec<f64>),
    Bool(&'a mut Vec<bool>),
    /// A list of enums, each of a type of its own: goes by [`MessageMut::value`].
    Enum,
}

impl<'a> MessageMut<'a> {
    pub(crate) fn of<M: Layout>(message: &'a mut M) -> Self {
        Self { base: core::ptr::from_mut(message).cast(), table: M::table(), message: PhantomData }
    }

    pub(crate) fn table(&self) -> &'static Table {
        self.table
    }

    /// The same to read.
    pub(crate) fn as_ref(&self) -> MessageRef<'_> {
        MessageRef { base: self.base, table: self.table, message: PhantomData }
    }

    pub(crate) fn unknown(&mut self) -> &mut UnknownFields {
        // SAFETY: the table is that of the message (3), and the offset that of its unknown fields (1).
        unsafe { &mut *self.base.add(self.table.unknown_offset).cast() }
    }

    /// Where the next value on the wire for the field at `index` goes: a new element of a list, the
    /// value of anything else. Not for maps.
    #[inline(always)]
    pub(crate) fn value(&mut self, index: usize, budget: &mut Budget) -> Result<ValueMut<'_>, OverBudget> {
        let Field { number, offset, value, place, aux, .. } = self.table.fields[index];
        // SAFETY: the table is that of the message (3), so the field lies there (1), and the functions
        // of its place are made for its type (2). The result borrows `self`, so there is no other.
        unsafe {
            let field = self.base.add(offset as usize);
            let at = match place {
                Place::Implicit => field,
                Place::Optional(fns) => {
                    if fns.boxed_bytes != 0 && (fns.get)(field).is_null() {
                        budget.take(fns.boxed_bytes)?;
                    }
                    (fns.put)(field)
                }
                Place::Oneof(fns) => {
                    if fns.boxed_bytes != 0 && (fns.get)(field).0 != number {
                        budget.take(fns.boxed_bytes)?;
                    }
                    (fns.put)(field, number)
                }
                Place::List { fns, .. } => (fns.push)(field, budget)?,
                Place::Map(_) => unreachable!("maps are filled by insert"),
            };
            Ok(ValueMut::at(value, aux, at))
        }
    }

    /// The whole list of a packable field.
    pub(crate) fn list(&mut self, index: usize) -> ListMut<'_> {
        let Field { offset, value, place, .. } = self.table.fields[index];
        let Place::List { .. } = place else { unreachable!("only lists are packed") };
        // SAFETY: as in `value`; a list of `value`s is a `Vec` of the type that is `Stored` as it.
        unsafe {
            let field = self.base.add(offset as usize);
            match value {
                Value::Int32 | Value::Sint32 | Value::Sfixed32 => ListMut::I32(&mut *field.cast()),
                Value::Int64 | Value::Sint64 | Value::Sfixed64 => ListMut::I64(&mut *field.cast()),
                Value::Uint32 | Value::Fixed32 => ListMut::U32(&mut *field.cast()),
                Value::Uint64 | Value::Fixed64 => ListMut::U64(&mut *field.cast()),
                Value::Float => ListMut::F32(&mut *field.cast()),
                Value::Double => ListMut::F64(&mut *field.cast()),
                Value::Bool => ListMut::Bool(&mut *field.cast()),
                Value::Enum => ListMut::Enum,
                Value::String | Value::Bytes | Value::Message | Value::Group => {
                    unreachable!("only numbers are packed")
                }
            }
        }
    }

    /// Makes room for `more` elements of a list.
    pub(crate) fn reserve(
        &mut self,
        index: usize,
        more: usize,
        budget: &mut Budget,
    ) -> Result<(), OverBudget> {
        let Field { offset, place, .. } = self.table.fields[index];
        let Place::List { fns, .. } = place else { unreachable!("only lists have elements") };
        // SAFETY: as in `value`.
        unsafe { (fns.reserve)(self.base.add(offset as usize), more, budget) }
    }

    /// Inserts into a map what `fill` makes of a default key and value, unless it says `false`.
    pub(crate) fn insert(
        &mut self,
        index: usize,
        budget: &mut Budget,
        fill: &mut dyn FnMut(Value, ValueMut<'_>, ValueMut<'_>, &mut Budget) -> bool,
    ) -> Result<(), OverBudget> {
        let Field { offset, value, place, aux, .. } = self.table.fields[index];
        let Place::Map(fns) = place else { unreachable!("only maps have entries") };
        // SAFETY: as in `value`; the map's function hands out a key and a value of its own types, and
        // keys are never enums or messages, so they need no aux.
        unsafe {
            (fns.insert)(self.base.add(offset as usize), budget, &mut |new_key, new_value, budget| {
                let key = ValueMut::at(fns.key, Aux::None, new_key);
                fill(fns.key, key, ValueMut::at(value, aux, new_value), budget)
            })
        }
    }
}

impl ValueMut<'_> {
    /// # Safety
    /// `at` points to a value [`Stored`] as `value` with `aux`, borrowed mutably for the result's life.
    #[inline(always)]
    unsafe fn at(value: Value, aux: Aux, at: *mut u8) -> Self {
        // SAFETY: the caller's promise; the types are those of `stored!`.
        unsafe {
            match value {
                Value::Int32 | Value::Sint32 | Value::Sfixed32 => Self::I32(&mut *at.cast()),
                Value::Int64 | Value::Sint64 | Value::Sfixed64 => Self::I64(&mut *at.cast()),
                Value::Uint32 | Value::Fixed32 => Self::U32(&mut *at.cast()),
                Value::Uint64 | Value::Fixed64 => Self::U64(&mut *at.cast()),
                Value::Float => Self::F32(&mut *at.cast()),
                Value::Double => Self::F64(&mut *at.cast()),
                Value::Bool => Self::Bool(&mut *at.cast()),
                Value::Enum => Self::Enum(&mut *at.cast()),
                Value::String => Self::String(&mut *at.cast()),
                Value::Bytes => Self::Bytes(&mut *at.cast()),
                Value::Message | Value::Group => {
                    let Aux::Message(table) = aux else { unreachable!("set by Stored::AUX") };
                    Self::Message(MessageMut { base: at, table: table(), message: PhantomData })
                }
            }
        }
    }
}
