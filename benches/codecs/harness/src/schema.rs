//! Where the schemas are, for the build scripts of the libraries.

use std::path::{Path, PathBuf};

/// Every file of `proto/` that the codecs are measured with.
pub const FILES: [&str; 5] =
    ["bench.proto", "google1_proto2.proto", "google1_proto3.proto", "google2.proto", "serialization.proto"];

/// Those that a library without groups can take.
pub const WITHOUT_GROUPS: [&str; 4] =
    ["bench.proto", "google1_proto2.proto", "google1_proto3.proto", "serialization.proto"];

/// `benches/proto`; cargo is told to look for changes there.
pub fn dir() -> PathBuf {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../proto");
    let dir = dir.canonicalize().expect("the schemas are part of the repository");
    println!("cargo:rerun-if-changed={}", dir.display());
    println!("cargo:rerun-if-changed=build.rs");
    dir
}

/// The directory of a build script for what it makes.
pub fn out() -> PathBuf {
    PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"))
}

/// Makes an empty directory below [`out`].
pub fn fresh(name: &str) -> PathBuf {
    let dir = out().join(name);
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&dir).expect("OUT_DIR can be written to");
    dir
}

/// Sets `GENERATED_LINES` for the crate: of all Rust files at `path` or below.
pub fn count_lines(path: &Path) {
    println!("cargo:rustc-env=GENERATED_LINES={}", lines(path));
}

fn lines(path: &Path) -> usize {
    if path.is_dir() {
        let entries = std::fs::read_dir(path).expect("a directory that was just made");
        return entries.map(|entry| lines(&entry.expect("an entry").path())).sum();
    }
    if path.extension().is_none_or(|extension| extension != "rs") {
        return 0;
    }
    std::fs::read_to_string(path).expect("a generated file").lines().count()
}
