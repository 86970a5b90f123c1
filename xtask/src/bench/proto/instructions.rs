//! Instructions of one pass, counted by callgrind: the figure that no neighbour on the machine disturbs.

use std::fs;
use std::process::Command;

use super::Options;
use super::figures::Instructions;
use super::programs::{Programs, selected};
use crate::run::output_of;
use crate::{Result, context, paths, setup};

/// The function of `proto` that is one pass.
const PASS: &str = "proto::counted";

pub(super) fn count(programs: &Programs, options: &Options) -> Result<Instructions> {
    if paths::on_path("valgrind").is_none() {
        return Err(format!(
            "valgrind is not on PATH; run `cargo xtask setup`, or as root: {}",
            setup::VALGRIND
        ));
    }
    let dir = paths::target().join("bench/callgrind");
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(&dir).map_err(context(dir.display()))?;
    let mut valgrind = Command::new("valgrind");
    valgrind.arg("--tool=callgrind");
    valgrind.args([format!("--toggle-collect={PASS}"), format!("--dump-after={PASS}")]);
    valgrind.arg(format!("--callgrind-out-file={}", dir.join("pass").display()));
    valgrind.arg(programs.command("proto").get_program()).arg("--count");
    selected(&mut valgrind, options);
    let printed = output_of(&mut valgrind)?;

    let mut instructions = Instructions::new();
    for (index, line) in printed.lines().filter(|line| line.starts_with("count ")).enumerate() {
        let file = dir.join(format!("pass.{}", index + 1));
        let text = fs::read_to_string(&file).map_err(context(file.display()))?;
        let sum = sum(&text).ok_or_else(|| format!("{}: no sum of instructions", file.display()))?;
        let [_, set, operation, library] = line.split(' ').collect::<Vec<_>>()[..] else {
            return Err(format!("`proto` printed {line:?}"));
        };
        instructions.insert((set.to_owned(), operation.to_owned(), library.to_owned()), sum);
    }
    Ok(instructions)
}

/// `totals: 1234` at the end of a profile, or `summary: 1234`.
fn sum(profile: &str) -> Option<u64> {
    let line = profile
        .lines()
        .find_map(|line| line.strip_prefix("totals: ").or_else(|| line.strip_prefix("summary: ")));
    line?.trim().parse().ok()
}
