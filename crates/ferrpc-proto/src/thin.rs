//! Bytes behind one pointer: for what nearly every message lacks, and must not make room for.

#![expect(unsafe_code)]

use alloc::alloc::{Layout, alloc, dealloc, handle_alloc_error, realloc};
use core::marker::PhantomData;
use core::ptr::NonNull;

/// A growing list of bytes whose length and capacity lie before them, in the same piece of memory.
pub(crate) struct ThinBytes {
    /// Memory as [`layout`] says for the capacity, of which the first `len` bytes behind the head are
    /// written.
    head: NonNull<Head>,
    owned: PhantomData<Head>,
}

struct Head {
    len: usize,
    capacity: usize,
}

/// A head, and as many bytes behind it.
fn layout(capacity: usize) -> Layout {
    let size = size_of::<Head>().saturating_add(capacity);
    // A slice of so many bytes is in memory, with more besides, so it cannot fail.
    Layout::from_size_align(size, align_of::<Head>()).unwrap_or_else(|_| panic!("{capacity} bytes in memory"))
}

impl ThinBytes {
    /// Memory that so many bytes take at first.
    pub(crate) fn taken_by(len: usize) -> usize {
        size_of::<Head>().saturating_add(len)
    }

    /// Memory that is taken now, and that will be when so many bytes have been appended.
    pub(crate) fn memory_with(&self, more: usize) -> (usize, usize) {
        (Self::taken_by(self.head().capacity), Self::taken_by(self.capacity_for(more)))
    }

    /// At least twice the old capacity, if it must grow.
    fn capacity_for(&self, more: usize) -> usize {
        let Head { len, capacity } = *self.head();
        let needed = len.saturating_add(more);
        if needed <= capacity { capacity } else { needed.max(capacity.saturating_mul(2)) }
    }

    /// Appends bytes.
    pub(crate) fn append(&mut self, bytes: &[u8]) {
        let (old, capacity) = (self.head().capacity, self.capacity_for(bytes.len()));
        // SAFETY: allocated with the layout of its capacity; the new size is that of a layout. Then there is
        // room for the bytes behind those that are written.
        unsafe {
            if capacity > old {
                let new = layout(capacity);
                let memory = realloc(self.head.as_ptr().cast(), layout(old), new.size());
                let Some(head) = NonNull::new(memory.cast::<Head>()) else { handle_alloc_error(new) };
                self.head = head;
                self.head.as_mut().capacity = capacity;
            }
            let len = self.head().len;
            core::ptr::copy_nonoverlapping(bytes.as_ptr(), self.first().add(len), bytes.len());
            self.head.as_mut().len = len + bytes.len();
        }
    }

    /// Drops all bytes but the first `len`.
    pub(crate) fn truncate(&mut self, len: usize) {
        let len = len.min(self.head().len);
        // SAFETY: these bytes are written.
        unsafe { self.head.as_mut().len = len }
    }

    /// The bytes.
    #[inline]
    pub(crate) fn as_slice(&self) -> &[u8] {
        // SAFETY: the first `len` bytes are written.
        unsafe { core::slice::from_raw_parts(self.first(), self.head().len) }
    }

    /// The bytes, to change.
    pub(crate) fn as_mut_slice(&mut self) -> &mut [u8] {
        // SAFETY: the first `len` bytes are written, and `self` is all that leads to them.
        unsafe { core::slice::from_raw_parts_mut(self.first(), self.head().len) }
    }

    #[inline]
    fn head(&self) -> &Head {
        // SAFETY: written when it was allocated, and changed through `&mut self` only.
        unsafe { self.head.as_ref() }
    }

    #[inline]
    fn first(&self) -> *mut u8 {
        // SAFETY: behind the head, in the same memory.
        unsafe { self.head.as_ptr().add(1).cast() }
    }
}

/// Takes memory for exactly these.
impl From<&[u8]> for ThinBytes {
    fn from(bytes: &[u8]) -> Self {
        let layout = layout(bytes.len());
        // SAFETY: the layout has a size; head and bytes are written where it says.
        unsafe {
            let Some(head) = NonNull::new(alloc(layout).cast::<Head>()) else { handle_alloc_error(layout) };
            head.write(Head { len: bytes.len(), capacity: bytes.len() });
            let this = Self { head, owned: PhantomData };
            core::ptr::copy_nonoverlapping(bytes.as_ptr(), this.first(), bytes.len());
            this
        }
    }
}

impl Drop for ThinBytes {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: this is the last use.
        unsafe { free(self.head) }
    }
}

/// Frees what a [`ThinBytes`] has. Every message drops one, so it is a call and nothing more; and one that cannot
/// unwind, by its convention, so that no message needs code that drops the rest of its fields if it did.
///
/// # Safety
/// `head` is that of a `ThinBytes` that is not used any more.
#[cold]
#[inline(never)]
unsafe extern "C" fn free(head: NonNull<Head>) {
    // SAFETY: written when it was allocated, with this layout.
    unsafe { dealloc(head.as_ptr().cast(), layout(head.as_ref().capacity)) }
}

// SAFETY: owns its memory, as a `Vec` does.
unsafe impl Send for ThinBytes {}

// SAFETY: shared it can only be read.
unsafe impl Sync for ThinBytes {}

impl Clone for ThinBytes {
    fn clone(&self) -> Self {
        Self::from(self.as_slice())
    }
}

impl PartialEq for ThinBytes {
    fn eq(&self, other: &Self) -> bool {
        self.as_slice() == other.as_slice()
    }
}

impl Eq for ThinBytes {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::low_byte;
    use alloc::vec::Vec;

    #[test]
    fn bytes_stay_in_order_however_they_come() {
        let mut all: Vec<u8> = Vec::new();
        let mut thin = ThinBytes::from(&[][..]);
        for len in (0..60).chain([1000, 0, 3]) {
            let bytes: Vec<u8> = (0..len).map(|at| low_byte((at * 7 + len) as u64)).collect();
            let (before, after) = thin.memory_with(bytes.len());
            thin.append(&bytes);
            all.extend(&bytes);
            assert!(before <= after);
            assert_eq!((thin.as_slice(), ThinBytes::taken_by(thin.head().capacity)), (&all[..], after));
        }
        let copy = thin.clone();
        assert!(copy == thin && copy.head().capacity == all.len());
        thin.as_mut_slice()[2] ^= 1;
        assert!(copy != thin);
        thin.truncate(2);
        thin.truncate(5);
        assert_eq!(thin.as_slice(), &all[..2]);
    }

    #[test]
    fn appending_little_by_little_moves_little() {
        let mut thin = ThinBytes::from(&[0][..]);
        let mut grown = 0;
        for _ in 0..10_000 {
            let (before, after) = thin.memory_with(1);
            grown += u32::from(after > before);
            thin.append(&[1]);
        }
        assert!(grown < 20, "{grown} times");
    }
}
