//! What `queue` and `exchange` stand on. tests/loom has loom's in their place.

pub(crate) use std::sync::atomic::{AtomicBool, Ordering};

pub(crate) use crate::lock::{Mutex, MutexGuard};
