//! Holders: messages of one field, in which the engines read and write extensions.

use core::marker::PhantomData;

use super::{MessageMut, MessageRef, Table};
use crate::unknown::UnknownFields;

/// A message of one field, which is of type `F`.
#[derive(Debug, Default)]
#[doc(hidden)]
#[expect(clippy::exhaustive_structs)] // `__extension!` names its fields.
pub struct Holder<F> {
    pub field: F,
    pub _unknown: UnknownFields,
}

/// The table of a [`Holder<F>`].
#[derive(Debug)]
#[doc(hidden)]
pub struct HolderTable<F> {
    table: &'static Table,
    holder: PhantomData<fn() -> F>,
}

#[doc(hidden)]
impl<F> HolderTable<F> {
    /// # Safety
    /// `table` is made of one part of `Holder<F>`.
    pub const unsafe fn new(table: &'static Table) -> Self {
        Self { table, holder: PhantomData }
    }

    pub(crate) fn table(&self) -> &'static Table {
        self.table
    }

    pub(crate) fn read<'a>(&self, holder: &'a Holder<F>) -> MessageRef<'a> {
        MessageRef { base: core::ptr::from_ref(holder).cast(), table: self.table, message: PhantomData }
    }

    pub(crate) fn write<'a>(&self, holder: &'a mut Holder<F>) -> MessageMut<'a> {
        MessageMut { base: core::ptr::from_mut(holder).cast(), table: self.table, message: PhantomData }
    }
}
