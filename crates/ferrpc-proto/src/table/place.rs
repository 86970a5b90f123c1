//! Places: how fields hold their values, and the functions that enter each container.

#![expect(unsafe_code)]

use alloc::vec::Vec;
use core::hash::Hash;

use super::{Layout, Oneof, Value};
use crate::limits::{Budget, OverBudget};
use crate::map::Map;
use crate::sub::Sub;

/// How a field holds its values. The functions take a pointer to the field.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place {
    /// The value itself; default means unset.
    Implicit,
    /// `Option<T>` or `Sub<T>`.
    Optional(&'static OptionalFns),
    /// One variant of an `Option` of a oneof's enum.
    Oneof(&'static OneofFns),
    /// `Vec<T>`.
    List { fns: &'static ListFns, packed: bool },
    /// `Map<K, V>`; the field's value and aux are the map's values'.
    Map(&'static MapFns),
}

#[derive(Debug)]
pub(crate) struct OptionalFns {
    /// The value, or null.
    pub(super) get: unsafe fn(*const u8) -> *const u8,
    /// The value, set to the default first if there is none.
    pub(super) put: unsafe fn(*mut u8) -> *mut u8,
    pub(super) boxed_bytes: usize,
}

#[derive(Debug)]
pub(crate) struct OneofFns {
    pub(super) get: unsafe fn(*const u8) -> (u32, *const u8),
    pub(super) put: unsafe fn(*mut u8, u32) -> *mut u8,
    pub(super) boxed_bytes: usize,
}

#[derive(Debug)]
pub(crate) struct ListFns {
    pub(super) stride: usize,
    /// The first element and the count.
    pub(super) slice: unsafe fn(*const u8) -> (*const u8, usize),
    /// A new default element at the end.
    pub(super) push: unsafe fn(*mut u8, &mut Budget) -> Result<*mut u8, OverBudget>,
    pub(super) reserve: unsafe fn(*mut u8, usize, &mut Budget) -> Result<(), OverBudget>,
}

#[derive(Debug)]
pub(crate) struct MapFns {
    pub(super) key: Value,
    pub(super) len: unsafe fn(*const u8) -> usize,
    pub(super) entry: unsafe fn(*const u8, usize) -> (*const u8, *const u8),
    /// Lets the caller fill a key and a value, and inserts them if it says yes.
    pub(super) insert: unsafe fn(*mut u8, &mut Budget, Fill<'_>) -> Result<(), OverBudget>,
}

/// Fills a key and a value; `false` gives up.
type Fill<'a> = &'a mut dyn FnMut(*mut u8, *mut u8, &mut Budget) -> bool;

// The functions behind the places. All take a pointer to a field of the type they are made for, which
// is valid for reads, or, as `*mut`, for reads and writes, for as long as the result is used.

pub(super) unsafe fn get_option<T>(field: *const u8) -> *const u8 {
    // SAFETY: an `Option<T>`, see above.
    let option = unsafe { &*field.cast::<Option<T>>() };
    option.as_ref().map_or(core::ptr::null(), |value| core::ptr::from_ref(value).cast())
}

pub(super) unsafe fn put_option<T: Default>(field: *mut u8) -> *mut u8 {
    // SAFETY: an `Option<T>`, see above.
    let option = unsafe { &mut *field.cast::<Option<T>>() };
    core::ptr::from_mut(option.get_or_insert_default()).cast()
}

pub(super) unsafe fn get_sub<T: Layout>(field: *const u8) -> *const u8 {
    // SAFETY: a `Sub<T>`, see above.
    let sub = unsafe { &*field.cast::<Sub<T>>() };
    sub.as_ref().map_or(core::ptr::null(), |value| core::ptr::from_ref(value).cast())
}

pub(super) unsafe fn put_sub<T: Layout>(field: *mut u8) -> *mut u8 {
    // SAFETY: a `Sub<T>`, see above.
    let sub = unsafe { &mut *field.cast::<Sub<T>>() };
    core::ptr::from_mut(sub.get_or_insert_default()).cast()
}

pub(super) unsafe fn get_oneof<O: Oneof>(field: *const u8) -> (u32, *const u8) {
    // SAFETY: an `Option<O>`, see above.
    let oneof = unsafe { &*field.cast::<Option<O>>() };
    oneof.as_ref().map_or((0, core::ptr::null()), O::get)
}

pub(super) unsafe fn put_oneof<O: Oneof>(field: *mut u8, number: u32) -> *mut u8 {
    // SAFETY: an `Option<O>`, see above.
    O::put(unsafe { &mut *field.cast::<Option<O>>() }, number)
}

pub(super) const fn list_fns<T: Default>() -> &'static ListFns {
    const {
        &ListFns {
            stride: size_of::<T>(),
            slice: list_slice::<T>,
            push: list_push::<T>,
            reserve: list_reserve::<T>,
        }
    }
}

unsafe fn list_slice<T>(field: *const u8) -> (*const u8, usize) {
    // SAFETY: a `Vec<T>`, see above.
    let list = unsafe { &*field.cast::<Vec<T>>() };
    (list.as_ptr().cast(), list.len())
}

unsafe fn list_push<T: Default>(field: *mut u8, budget: &mut Budget) -> Result<*mut u8, OverBudget> {
    // SAFETY: a `Vec<T>`, see above.
    let list = unsafe { &mut *field.cast::<Vec<T>>() };
    budget.reserve(list, 1)?;
    list.push(T::default());
    let last = list.len() - 1;
    Ok(core::ptr::from_mut(&mut list[last]).cast())
}

unsafe fn list_reserve<T>(field: *mut u8, more: usize, budget: &mut Budget) -> Result<(), OverBudget> {
    // SAFETY: a `Vec<T>`, see above.
    budget.reserve(unsafe { &mut *field.cast::<Vec<T>>() }, more)
}

pub(super) unsafe fn map_len<K, V>(field: *const u8) -> usize {
    // SAFETY: a `Map<K, V>`, see above.
    unsafe { &*field.cast::<Map<K, V>>() }.len()
}

pub(super) unsafe fn map_entry<K, V>(field: *const u8, at: usize) -> (*const u8, *const u8) {
    // SAFETY: a `Map<K, V>`, see above.
    let (key, value) = unsafe { &*field.cast::<Map<K, V>>() }.entry_at(at);
    (core::ptr::from_ref(key).cast(), core::ptr::from_ref(value).cast())
}

pub(super) unsafe fn map_insert<K: Default + Hash + Eq, V: Default>(
    field: *mut u8,
    budget: &mut Budget,
    fill: Fill<'_>,
) -> Result<(), OverBudget> {
    let (mut key, mut value) = (K::default(), V::default());
    if !fill(core::ptr::from_mut(&mut key).cast(), core::ptr::from_mut(&mut value).cast(), budget) {
        return Ok(());
    }
    // SAFETY: a `Map<K, V>`, see above.
    unsafe { &mut *field.cast::<Map<K, V>>() }.insert_within(budget, key, value)
}
