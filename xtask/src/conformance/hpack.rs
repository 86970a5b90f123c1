//! `cargo xtask conformance hpack`: our header compression against others', by the program in conformance/hpack.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::peers::Toolchain;
use crate::report::Counts;
use crate::run::{Log, cargo_aside};
use crate::{Result, context, paths, write};

/// The second implementation; the first, and the stories, are in the lock file of conformance/hpack.
const PYTHON_PACKAGE: &str = "hpack==4.2.0";

pub(crate) fn command() -> Result<()> {
    if let Some(missing) = Toolchain::Python.missing() {
        return Err(missing);
    }
    all(&mut Log { live: true, ..Log::default() }).map(drop)
}

/// Decodes all stories, and goes there and back with two others.
pub(crate) fn all(log: &mut Log) -> Result<Counts> {
    let python = set_up(log)?;
    let before = log.text.len();
    log.run(cargo_aside("conformance/hpack", &["run", "--quiet", "--locked", "--"]).arg(python))?;
    Counts::of_last_line(&log.text[before..])
}

/// A Python with the package, installed unless it is there.
fn set_up(log: &mut Log) -> Result<PathBuf> {
    let venv = paths::conformance().join("hpack-venv");
    let (python, stamp) = (venv.join("bin/python"), venv.join("installed"));
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == PYTHON_PACKAGE) {
        return Ok(python);
    }
    if venv.exists() {
        fs::remove_dir_all(&venv).map_err(context(venv.display()))?;
    }
    log.run(Command::new("python3").args(["-m", "venv"]).arg(&venv))?;
    let mut pip = Command::new(&python);
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", PYTHON_PACKAGE]);
    log.run(&mut pip)?;
    write(&stamp, PYTHON_PACKAGE)?;
    Ok(python)
}
