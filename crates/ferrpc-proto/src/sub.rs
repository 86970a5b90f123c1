//! `Sub<T>`: a singular message field, set or not.

#![expect(unsafe_code)] // A default instance is made once and never freed.

use alloc::boxed::Box;
use core::fmt;
use core::ptr;
use core::sync::atomic::{AtomicPtr, Ordering};

/// A singular message field: either unset, or one `T` of its own.
///
/// Where the `T` lives is the message type's choice: small messages of plain numbers lie in place,
/// all others in a box of their own. Built by `.into()` from a `T` or an `Option<T>`;
/// `Sub::default()` is unset.
pub struct Sub<T: InSub>(T::Slot);

/// What can be held by a [`Sub`]; generated for every message.
#[doc(hidden)]
pub trait InSub: Default + Sized + 'static {
    /// `Option<Self>` or `Option<Box<Self>>`.
    type Slot: Slot<Self>;

    /// What is read where there is none: one for the whole process.
    fn default_instance() -> &'static Self;
}

/// A default value made when it is first asked for, in a `static`.
#[derive(Debug)]
#[doc(hidden)]
pub struct DefaultInstance<T>(AtomicPtr<T>);

#[doc(hidden)]
impl<T: Default + Send + Sync> DefaultInstance<T> {
    #[allow(clippy::new_without_default)] // For statics.
    pub const fn new() -> Self {
        Self(AtomicPtr::new(ptr::null_mut()))
    }

    pub fn get(&'static self) -> &'static T {
        // SAFETY: null, or what `make` has put there for good.
        match unsafe { self.0.load(Ordering::Acquire).as_ref() } {
            Some(value) => value,
            None => self.make(),
        }
    }

    #[cold]
    fn make(&'static self) -> &'static T {
        let new = Box::into_raw(Box::<T>::default());
        match self.0.compare_exchange(ptr::null_mut(), new, Ordering::AcqRel, Ordering::Acquire) {
            // SAFETY: from a box that nobody frees any more.
            Ok(_) => unsafe { &*new },
            Err(there) => {
                // SAFETY: the box just made, which nobody has seen; and the other, which is there for good.
                unsafe {
                    drop(Box::from_raw(new));
                    &*there
                }
            }
        }
    }
}

/// The place inside a [`Sub`].
#[doc(hidden)]
pub trait Slot<T>: Default + Send + Sync {
    /// Bytes taken from the heap when it is filled.
    const BOXED_BYTES: usize;
    fn new(value: Option<T>) -> Self;
    fn get(&self) -> Option<&T>;
    fn get_mut(&mut self) -> Option<&mut T>;
    fn take(&mut self) -> Option<T>;
}

impl<T: Send + Sync> Slot<T> for Option<T> {
    const BOXED_BYTES: usize = 0;

    fn new(value: Self) -> Self {
        value
    }

    fn get(&self) -> Option<&T> {
        self.as_ref()
    }

    fn get_mut(&mut self) -> Option<&mut T> {
        self.as_mut()
    }

    fn take(&mut self) -> Self {
        self.take()
    }
}

impl<T: Send + Sync> Slot<T> for Option<Box<T>> {
    const BOXED_BYTES: usize = size_of::<T>();

    fn new(value: Option<T>) -> Self {
        value.map(Box::new)
    }

    fn get(&self) -> Option<&T> {
        self.as_deref()
    }

    fn get_mut(&mut self) -> Option<&mut T> {
        self.as_deref_mut()
    }

    fn take(&mut self) -> Option<T> {
        self.take().map(|boxed| *boxed)
    }
}

impl<T: InSub> Sub<T> {
    /// An unset field.
    pub fn none() -> Self {
        Self(T::Slot::default())
    }

    /// Whether the field is set.
    pub fn is_some(&self) -> bool {
        self.as_ref().is_some()
    }

    /// Whether the field is unset.
    pub fn is_none(&self) -> bool {
        self.as_ref().is_none()
    }

    /// The message, if set.
    #[inline]
    pub fn as_ref(&self) -> Option<&T> {
        self.0.get()
    }

    /// The message, or the default one where it is unset.
    ///
    /// ```
    /// use ferrpc_proto::descriptor::FieldDescriptorProto;
    ///
    /// let field = FieldDescriptorProto::default();
    /// assert!(!field.options.get().deprecated());
    /// ```
    #[inline]
    pub fn get(&self) -> &T {
        match self.as_ref() {
            Some(value) => value,
            None => T::default_instance(),
        }
    }

    /// The message to change, if set.
    #[inline]
    pub fn as_mut(&mut self) -> Option<&mut T> {
        self.0.get_mut()
    }

    /// The message to change, set to the default first if it was unset.
    pub fn get_or_insert_default(&mut self) -> &mut T {
        if self.is_none() {
            self.set(T::default());
        }
        let Some(value) = self.as_mut() else { unreachable!("set on the line above") };
        value
    }

    /// Sets the field.
    pub fn set(&mut self, value: T) {
        self.0 = T::Slot::new(Some(value));
    }

    /// Takes the message out and leaves the field unset.
    pub fn take(&mut self) -> Option<T> {
        self.0.take()
    }

    /// Unsets the field.
    pub fn clear(&mut self) {
        self.0 = T::Slot::default();
    }

    /// The message, if set, by value.
    pub fn into_option(mut self) -> Option<T> {
        self.take()
    }
}

impl<T: InSub> Default for Sub<T> {
    fn default() -> Self {
        Self::none()
    }
}

impl<T: InSub + Clone> Clone for Sub<T> {
    fn clone(&self) -> Self {
        Self(T::Slot::new(self.as_ref().cloned()))
    }
}

impl<T: InSub + PartialEq> PartialEq for Sub<T> {
    fn eq(&self, other: &Self) -> bool {
        self.as_ref() == other.as_ref()
    }
}

impl<T: InSub> From<T> for Sub<T> {
    fn from(value: T) -> Self {
        Self(T::Slot::new(Some(value)))
    }
}

impl<T: InSub> From<Option<T>> for Sub<T> {
    fn from(value: Option<T>) -> Self {
        Self(T::Slot::new(value))
    }
}

impl<T: InSub + fmt::Debug> fmt::Debug for Sub<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_ref().fmt(f)
    }
}
