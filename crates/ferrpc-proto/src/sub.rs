//! `Sub<T>`: a singular message field, set or not.

use alloc::boxed::Box;
use core::fmt;

/// A singular message field: either unset, or one `T` of its own.
///
/// Built by `.into()` from a `T` or an `Option<T>`; `Sub::default()` is unset.
#[derive(Clone, PartialEq)]
pub struct Sub<T>(Option<Box<T>>);

impl<T> Sub<T> {
    /// An unset field.
    pub const fn none() -> Self {
        Self(None)
    }

    /// Whether the field is set.
    pub fn is_some(&self) -> bool {
        self.0.is_some()
    }

    /// Whether the field is unset.
    pub fn is_none(&self) -> bool {
        self.0.is_none()
    }

    /// The message, if set.
    pub fn as_ref(&self) -> Option<&T> {
        self.0.as_deref()
    }

    /// The message to change, if set.
    pub fn as_mut(&mut self) -> Option<&mut T> {
        self.0.as_deref_mut()
    }

    /// The message to change, set to the default first if it was unset.
    pub fn get_or_insert_default(&mut self) -> &mut T
    where
        T: Default,
    {
        self.0.get_or_insert_default()
    }

    /// Sets the field.
    pub fn set(&mut self, value: T) {
        self.0 = Some(Box::new(value));
    }

    /// Takes the message out and leaves the field unset.
    pub fn take(&mut self) -> Option<T> {
        self.0.take().map(|boxed| *boxed)
    }

    /// Unsets the field.
    pub fn clear(&mut self) {
        self.0 = None;
    }
}

impl<T> Default for Sub<T> {
    fn default() -> Self {
        Self::none()
    }
}

impl<T> From<T> for Sub<T> {
    fn from(value: T) -> Self {
        Self(Some(Box::new(value)))
    }
}

impl<T> From<Option<T>> for Sub<T> {
    fn from(value: Option<T>) -> Self {
        Self(value.map(Box::new))
    }
}

impl<T: fmt::Debug> fmt::Debug for Sub<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_ref().fmt(f)
    }
}
