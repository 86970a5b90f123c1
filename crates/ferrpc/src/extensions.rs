//! Values by type that travel beside messages, inside this process.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt;

/// At most one value of each type. Allocates nothing while it is empty.
#[derive(Default)]
pub struct Extensions {
    /// Boxed: most calls have none, and every request and response carries this field.
    #[expect(clippy::box_collection, reason = "one word instead of six")]
    values: Option<Box<HashMap<TypeId, Box<dyn Any + Send + Sync>>>>,
}

impl Extensions {
    /// None yet.
    pub(crate) const fn new() -> Self {
        Self { values: None }
    }

    /// Puts a value in and returns the one of the same type that was there.
    pub fn insert<T: Send + Sync + 'static>(&mut self, value: T) -> Option<T> {
        let old = self.values.get_or_insert_default().insert(TypeId::of::<T>(), Box::new(value))?;
        old.downcast().ok().map(|old| *old)
    }

    /// The value of this type.
    pub fn get<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.values.as_ref()?.get(&TypeId::of::<T>())?.downcast_ref()
    }

    /// The value of this type, to be changed.
    pub fn get_mut<T: Send + Sync + 'static>(&mut self) -> Option<&mut T> {
        self.values.as_mut()?.get_mut(&TypeId::of::<T>())?.downcast_mut()
    }

    /// Takes the value of this type out.
    pub fn remove<T: Send + Sync + 'static>(&mut self) -> Option<T> {
        self.values.as_mut()?.remove(&TypeId::of::<T>())?.downcast().ok().map(|value| *value)
    }
}

/// One question for each of the many that are empty.
impl Drop for Extensions {
    #[inline]
    fn drop(&mut self) {
        if let Some(values) = self.values.take() {
            forget(values);
        }
    }
}

#[cold]
#[expect(clippy::box_collection, reason = "as it is kept")]
fn forget(_: Box<HashMap<TypeId, Box<dyn Any + Send + Sync>>>) {}

impl fmt::Debug for Extensions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Extensions({})", self.values.as_ref().map_or(0, |values| values.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extensions_hold_one_value_of_each_type() {
        let mut extensions = Extensions::default();
        assert_eq!(extensions.insert(1u8), None);
        assert_eq!(extensions.insert(2u8), Some(1));
        extensions.insert("text");
        assert_eq!(extensions.get::<u8>(), Some(&2));
        assert_eq!(extensions.remove::<&str>(), Some("text"));
        assert_eq!(extensions.get::<&str>(), None);
    }
}
