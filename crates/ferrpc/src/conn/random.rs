//! Chance without a crate: for jitter, not for secrets.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};

/// In [0, 1): what many do at once must not stay in step. Each `RandomState` has new keys.
pub(crate) fn random() -> f64 {
    let octets = RandomState::new().build_hasher().finish().to_be_bytes();
    f64::from(u32::from_be_bytes([octets[0], octets[1], octets[2], octets[3]])) / (f64::from(u32::MAX) + 1.0)
}
