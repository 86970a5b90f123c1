//! Instructions of a function of a program, counted by callgrind: the figure that no neighbour on the machine
//! disturbs.

use std::fs;
use std::process::Command;

use crate::run::output_of;
use crate::{Result, context, packages, paths};

/// What a program printed, and what each run of the function cost, in order.
pub(super) struct Counted {
    pub(super) printed: String,
    pub(super) instructions: Vec<u64>,
}

/// Runs `program`; every run of `function` is counted by itself.
pub(super) fn count(program: &Command, function: &str) -> Result<Counted> {
    if paths::on_path("valgrind").is_none() {
        return Err(format!(
            "valgrind is not on PATH; run `cargo xtask setup`, or as root: {}",
            packages::VALGRIND
        ));
    }
    let dir = paths::target().join("bench/callgrind");
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(&dir).map_err(context(dir.display()))?;
    let mut valgrind = Command::new("valgrind");
    valgrind.arg("--tool=callgrind");
    valgrind.args([format!("--toggle-collect={function}"), format!("--dump-after={function}")]);
    valgrind.arg(format!("--callgrind-out-file={}", dir.join("pass").display()));
    valgrind.arg(program.get_program()).args(program.get_args());
    let printed = output_of(&mut valgrind)?;
    let mut instructions = Vec::new();
    // The last file, without a number, is of what came behind.
    for number in 1.. {
        let file = dir.join(format!("pass.{number}"));
        let Ok(text) = fs::read_to_string(&file) else { break };
        instructions.push(sum(&text).ok_or_else(|| format!("{}: no sum of instructions", file.display()))?);
    }
    Ok(Counted { printed, instructions })
}

/// `totals: 1234` at the end of a profile, or `summary: 1234`.
fn sum(profile: &str) -> Option<u64> {
    let line = profile
        .lines()
        .find_map(|line| line.strip_prefix("totals: ").or_else(|| line.strip_prefix("summary: ")));
    line?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_of_a_profile_is_found() {
        assert_eq!(sum("events: Ir\nfn=(1) a\n1 5\ntotals: 1234\n"), Some(1234));
        assert_eq!(sum("events: Ir\nsummary: 7\n"), Some(7));
        assert_eq!(sum("events: Ir\n"), None);
    }
}
