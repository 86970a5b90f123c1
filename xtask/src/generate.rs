//! `cargo xtask gen`: the generated code that is checked in, by the generator of this very tree.

use std::fs;
use std::process::Command;

use crate::run::{cargo, output_of};
use crate::{Result, context, paths, write};

/// One checked-in file and the command of ours that prints it.
struct Entry {
    output: &'static str,
    /// Arguments of `ferrpc`.
    arguments: &'static [&'static str],
}

/// Everything generated that is checked in.
const ENTRIES: &[Entry] = &[];

pub(crate) fn command(check: bool) -> Result<()> {
    let stale = stale()?;
    for (output, contents) in &stale {
        if check {
            println!("{output}: differs from what the generator writes");
        } else {
            println!("{output}: written");
            write(&paths::root().join(output), contents)?;
        }
    }
    match stale.len() {
        0 => Ok(()),
        _ if !check => Ok(()),
        n => Err(format!("{n} generated files are out of date; run `cargo xtask gen` and commit them")),
    }
}

/// The files that would change, with their new contents.
pub(crate) fn stale() -> Result<Vec<(&'static str, String)>> {
    let mut stale = Vec::new();
    for Entry { output, arguments } in ENTRIES {
        let contents = generated(arguments)?;
        let file = paths::root().join(output);
        let present =
            if file.exists() { fs::read_to_string(&file).map_err(context(output))? } else { String::new() };
        if present != contents {
            stale.push((*output, contents));
        }
    }
    Ok(stale)
}

fn generated(arguments: &[&str]) -> Result<String> {
    let mut ferrpc: Command = cargo(&["run", "--quiet", "-p", "ferrpc-cli", "--"]);
    output_of(ferrpc.args(arguments))
}
