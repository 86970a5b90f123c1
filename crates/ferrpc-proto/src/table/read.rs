//! Reading: a message and its table, and what its fields hold.

use alloc::string::String;
use core::marker::PhantomData;

use bytes::Bytes;

use super::place::MapFns;
use super::{Aux, Field, Layout, Place, Table, Value};
use crate::unknown::UnknownFields;

/// A message to read, with the table it goes by.
#[derive(Clone, Copy)]
pub(crate) struct MessageRef<'a> {
    pub(super) base: *const u8,
    pub(super) table: &'static Table,
    pub(super) message: PhantomData<&'a ()>,
}

/// What a field holds.
pub(crate) enum Content<'a> {
    Unset,
    One(ValueRef<'a>),
    List(ListRef<'a>),
    Map(MapRef<'a>),
}

/// A value to read.
#[derive(Clone, Copy)]
pub(crate) enum ValueRef<'a> {
    I32(i32),
    I64(i64),
    U32(u32),
    U64(u64),
    F32(f32),
    F64(f64),
    Bool(bool),
    Enum(i32),
    String(&'a str),
    Bytes(&'a Bytes),
    Message(MessageRef<'a>),
}

impl<'a> MessageRef<'a> {
    pub(crate) fn of<M: Layout>(message: &'a M) -> Self {
        Self { base: core::ptr::from_ref(message).cast(), table: M::table(), message: PhantomData }
    }

    pub(crate) fn table(self) -> &'static Table {
        self.table
    }

    pub(crate) fn unknown(self) -> &'a UnknownFields {
        // SAFETY: the table is that of the message (3), and the offset that of its unknown fields (1).
        unsafe { &*self.base.add(self.table.unknown_offset).cast() }
    }

    /// What the field at `index` of the table holds.
    #[inline(always)]
    pub(crate) fn content(self, index: usize) -> Content<'a> {
        let Field { number, offset, value, place, aux, .. } = self.table.fields[index];
        // SAFETY: the table is that of the message (3), so the field lies there (1), and the functions
        // of its place are made for its type (2). `'a` keeps the message borrowed.
        unsafe {
            let field = self.base.add(offset as usize);
            match place {
                Place::Implicit => {
                    let value = ValueRef::read(value, aux, field);
                    if value.is_default() { Content::Unset } else { Content::One(value) }
                }
                Place::Optional(fns) => {
                    let found = (fns.get)(field);
                    if found.is_null() {
                        Content::Unset
                    } else {
                        Content::One(ValueRef::read(value, aux, found))
                    }
                }
                Place::Oneof(fns) => {
                    let (found, payload) = (fns.get)(field);
                    if found == number {
                        Content::One(ValueRef::read(value, aux, payload))
                    } else {
                        Content::Unset
                    }
                }
                Place::List { fns, .. } => {
                    let (first, len) = (fns.slice)(field);
                    let list = ListRef { first, len, stride: fns.stride, value, aux, list: PhantomData };
                    if len == 0 { Content::Unset } else { Content::List(list) }
                }
                Place::Map(fns) => {
                    let len = (fns.len)(field);
                    let map = MapRef { field, len, fns, value, aux, map: PhantomData };
                    if len == 0 { Content::Unset } else { Content::Map(map) }
                }
            }
        }
    }
}

impl<'a> ValueRef<'a> {
    /// # Safety
    /// `at` points to a value [`Stored`] as `value` with `aux`, borrowed for `'a`.
    #[inline(always)]
    unsafe fn read(value: Value, aux: Aux, at: *const u8) -> Self {
        // SAFETY: the caller's promise; the types are those of `stored!`.
        unsafe {
            match value {
                Value::Int32 | Value::Sint32 | Value::Sfixed32 => Self::I32(*at.cast()),
                Value::Int64 | Value::Sint64 | Value::Sfixed64 => Self::I64(*at.cast()),
                Value::Uint32 | Value::Fixed32 => Self::U32(*at.cast()),
                Value::Uint64 | Value::Fixed64 => Self::U64(*at.cast()),
                Value::Float => Self::F32(*at.cast()),
                Value::Double => Self::F64(*at.cast()),
                Value::Bool => Self::Bool(*at.cast()),
                Value::Enum => Self::Enum(*at.cast()),
                Value::String => Self::String((*at.cast::<String>()).as_str()),
                Value::Bytes => Self::Bytes(&*at.cast::<Bytes>()),
                Value::Message | Value::Group => {
                    let Aux::Message(table) = aux else { unreachable!("set by Stored::AUX") };
                    Self::Message(MessageRef { base: at, table: table(), message: PhantomData })
                }
            }
        }
    }

    /// Whether a field without presence counts as unset with this value.
    fn is_default(self) -> bool {
        match self {
            Self::I32(value) | Self::Enum(value) => value == 0,
            Self::I64(value) => value == 0,
            Self::U32(value) => value == 0,
            Self::U64(value) => value == 0,
            // By its bits: -0.0 is not the default.
            Self::F32(value) => value.to_bits() == 0,
            Self::F64(value) => value.to_bits() == 0,
            Self::Bool(value) => !value,
            Self::String(value) => value.is_empty(),
            Self::Bytes(value) => value.is_empty(),
            Self::Message(_) => false,
        }
    }
}

/// A list to read.
#[derive(Clone, Copy)]
pub(crate) struct ListRef<'a> {
    first: *const u8,
    len: usize,
    stride: usize,
    value: Value,
    aux: Aux,
    list: PhantomData<&'a ()>,
}

impl<'a> ListRef<'a> {
    pub(crate) fn len(self) -> usize {
        self.len
    }

    #[inline]
    pub(crate) fn get(self, at: usize) -> ValueRef<'a> {
        assert!(at < self.len, "an index within the list");
        // SAFETY: within the elements the list's own function returned, which are `stride` apart.
        unsafe { ValueRef::read(self.value, self.aux, self.first.add(at * self.stride)) }
    }

    pub(crate) fn iter(self) -> impl DoubleEndedIterator<Item = ValueRef<'a>> {
        (0..self.len).map(move |at| self.get(at))
    }
}

/// A map to read.
#[derive(Clone, Copy)]
pub(crate) struct MapRef<'a> {
    field: *const u8,
    len: usize,
    fns: &'static MapFns,
    value: Value,
    aux: Aux,
    map: PhantomData<&'a ()>,
}

impl<'a> MapRef<'a> {
    pub(crate) fn key_type(self) -> Value {
        self.fns.key
    }

    pub(crate) fn iter(self) -> impl DoubleEndedIterator<Item = (ValueRef<'a>, ValueRef<'a>)> {
        (0..self.len).map(move |at| {
            // SAFETY: the map's own functions; keys are never enums or messages, so they need no aux.
            unsafe {
                let (key, value) = (self.fns.entry)(self.field, at);
                (ValueRef::read(self.fns.key, Aux::None, key), ValueRef::read(self.value, self.aux, value))
            }
        })
    }
}
