//! The mutex of this crate: held for a few instructions, never across an `.await`, and counted in tests.

use std::fmt;
use std::sync::PoisonError;

pub(crate) use std::sync::MutexGuard;

/// As std's, but a panic under it poisons nothing: whoever holds one of ours cannot panic half-way, and a user's
/// follower that does may be asked again.
#[derive(Default)]
pub(crate) struct Mutex<T>(std::sync::Mutex<T>);

impl<T> Mutex<T> {
    pub(crate) const fn new(value: T) -> Self {
        Self(std::sync::Mutex::new(value))
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
        #[cfg(test)]
        LOCKED.with(|locked| locked.set(locked.get() + 1));
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: fmt::Debug> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
thread_local! {
    static LOCKED: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// How often this thread has locked one.
#[cfg(test)]
pub(crate) fn locked() -> u64 {
    LOCKED.get()
}
