//! Where things are.

use std::env;
use std::path::{Path, PathBuf};

/// The repository.
pub(crate) fn root() -> PathBuf {
    // This crate lies one level below the top. Cargo says where when it runs us, which holds even if two
    // checkouts share a target directory; else we are where we were compiled.
    let here = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    let here = PathBuf::from(here);
    here.parent().map_or_else(|| here.clone(), Path::to_owned)
}

/// Cargo's target directory, as cargo itself would choose it.
pub(crate) fn target() -> PathBuf {
    match env::var_os("CARGO_TARGET_DIR") {
        Some(dir) => root().join(dir),
        None => root().join("target"),
    }
}

/// Everything that is made for the foreign peers. Safe to delete.
pub(crate) fn peers() -> PathBuf {
    target().join("peers")
}

/// The suites of `cargo xtask conformance` and what they write. Safe to delete.
pub(crate) fn conformance() -> PathBuf {
    target().join("conformance")
}

/// The workspace of the benchmarks has a target directory of its own: other crates, other features.
pub(crate) fn benches_target() -> PathBuf {
    target().join("benches")
}

/// `program` as found on PATH.
pub(crate) fn on_path(program: &str) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?).map(|dir| dir.join(program)).find(|file| file.is_file())
}
