//! Instructions of one pass over a data set.

use std::process::Command;

use super::Options;
use super::figures::Instructions;
use super::programs::{Programs, selected};
use crate::Result;
use crate::bench::callgrind;

/// The function of `proto` that is one pass.
const PASS: &str = "proto::counted";

pub(super) fn count(programs: &Programs, options: &Options) -> Result<Instructions> {
    let mut program: Command = programs.command("proto");
    program.arg("--count");
    selected(&mut program, options);
    let counted = callgrind::count(&program, PASS)?;
    let mut instructions = Instructions::new();
    let lines = counted.printed.lines().filter(|line| line.starts_with("count "));
    for (line, sum) in lines.zip(counted.instructions) {
        let [_, set, operation, library] = line.split(' ').collect::<Vec<_>>()[..] else {
            return Err(format!("`proto` printed {line:?}"));
        };
        instructions.insert((set.to_owned(), operation.to_owned(), library.to_owned()), sum);
    }
    Ok(instructions)
}
