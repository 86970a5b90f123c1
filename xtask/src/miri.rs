//! `cargo xtask miri`: the tests of ferrpc-proto, whose modules have all the unsafe code, under Miri.

use std::process::Command;

use crate::run::Log;
use crate::{Result, paths};

/// Tests that take long under Miri and reach no unsafe code that others do not: the generator of cases is
/// what they spend their time in.
const LEFT_OUT: [&str; 2] = ["properties", "memory"];

pub(crate) fn command() -> Result<()> {
    let miri = Command::new("cargo").args(["+nightly", "miri", "--version"]).output();
    let there = miri.as_ref().is_ok_and(|it| it.status.success());
    if !there {
        let said = miri.map_or_else(
            |error| error.to_string(),
            |it| String::from_utf8_lossy(&it.stderr).lines().next().unwrap_or_default().to_owned(),
        );
        return Err(format!(
            "skipped: Miri is not there ({said}); rustup component add --toolchain nightly miri rust-src"
        ));
    }
    let mut log = Log { live: true, ..Log::default() };
    for test in tests()?.iter().filter(|it| !LEFT_OUT.contains(&it.as_str())) {
        let mut run = Command::new("cargo");
        run.args(["+nightly", "miri", "test", "-p", "ferrpc-proto", "--test", test]);
        run.current_dir(paths::root()).env("CARGO_TARGET_DIR", paths::target().join("miri"));
        // Addresses of inputs are compared, files of test vectors are read.
        run.env("MIRIFLAGS", "-Zmiri-disable-isolation");
        log.run(&mut run)?;
    }
    Ok(())
}

/// The integration tests of ferrpc-proto.
fn tests() -> Result<Vec<String>> {
    let dir = paths::root().join("crates/ferrpc-proto/tests");
    let entries = std::fs::read_dir(&dir).map_err(crate::context(dir.display()))?;
    let paths = entries.filter_map(|it| it.ok().map(|it| it.path()));
    let mut names: Vec<String> = paths
        .filter(|it| it.extension().is_some_and(|it| it == "rs"))
        .filter_map(|it| it.file_stem().map(|it| it.to_string_lossy().into_owned()))
        .collect();
    names.sort();
    Ok(names)
}
