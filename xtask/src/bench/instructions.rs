//! `cargo xtask bench instructions`: what calls cost in instructions, beside the figures on record.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use super::callgrind;
use crate::run::{Log, cargo_aside};
use crate::{Result, context, paths, write};

/// The function of the program `instructions` whose runs are counted.
const COUNTED: &str = "instructions::counted";
/// More than this over the record is a regression, in percent. Addresses decide a little: which bucket of a
/// hash table, which size of a move.
const MARGIN_PERCENT: u64 = 3;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Write what is measured into the record, for a commit of its own that says why.
    #[arg(long)]
    record: bool,
    /// Only this one; the record stays as it is.
    #[arg(long, value_name = "NAME", conflicts_with = "record")]
    only: Option<String>,
}

pub(crate) fn command(options: &Options) -> Result<()> {
    let mut log = Log { live: true, ..Log::default() };
    let build = ["build", "--release", "--locked", "--features", "rpc", "--bin", "instructions"];
    log.run(&mut cargo_aside("benches", &build))?;
    let mut program = Command::new(paths::benches_target().join("release/instructions"));
    program.args(options.only.iter().flat_map(|name| ["--only", name]));
    let counted = callgrind::count(&program, COUNTED)?;
    let lines: Vec<_> = counted.printed.lines().filter(|line| line.starts_with("count ")).collect();
    if lines.len() != counted.instructions.len() {
        return Err(format!(
            "{} runs were counted where {} are named",
            counted.instructions.len(),
            lines.len()
        ));
    }
    let mut rows = record()?;
    let mut regressions = 0;
    println!("{:20} {:>10} {:>10} {:>10}", "per operation", "measured", "on record", "ceiling");
    for (line, sum) in lines.into_iter().zip(counted.instructions) {
        let Some((name, operations)) = measured(line) else { return Err(format!("it printed {line:?}")) };
        let each = sum / operations;
        let row = rows.iter_mut().find(|row| row.name == name);
        let row = row.ok_or_else(|| format!("{name} is not in {}", file().display()))?;
        let (verdict, regressed) = row.judge(each, options.record);
        regressions += u32::from(regressed);
        println!("{name:20} {each:>10} {:>10} {:>10}{verdict}", row.recorded, shown(row.ceiling));
        if options.record {
            row.recorded = each;
        }
    }
    if options.record {
        write(&file(), text(&rows))?;
    }
    match regressions {
        0 => Ok(()),
        n => Err(format!(
            "{n} regressed; `--record` in a commit of its own, with the reason, if that is meant to be"
        )),
    }
}

/// One line of the record: what an operation costs, and what it never may, if that is known.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    name: String,
    recorded: u64,
    ceiling: Option<u64>,
}

impl Row {
    /// What to say of a figure, and whether it is a regression. The ceiling holds even while recording.
    fn judge(&self, each: u64, recording: bool) -> (&'static str, bool) {
        if self.ceiling.is_some_and(|ceiling| each > ceiling) {
            return ("  OVER THE CEILING", true);
        }
        if !recording && each * 100 > self.recorded * (100 + MARGIN_PERCENT) {
            return ("  REGRESSED", true);
        }
        if !recording && each * (100 + MARGIN_PERCENT) < self.recorded * 100 {
            return ("  better: to be recorded", false);
        }
        ("", false)
    }
}

/// Checked in.
fn file() -> PathBuf {
    paths::root().join("benches/instructions.txt")
}

fn record() -> Result<Vec<Row>> {
    let text = fs::read_to_string(file()).map_err(context(file().display()))?;
    text.lines().filter(|line| !line.starts_with('#')).map(row).collect()
}

fn row(line: &str) -> Result<Row> {
    let mut words = line.split_whitespace();
    let (name, recorded, ceiling) = (words.next(), words.next(), words.next());
    let (Some(name), Some(Ok(recorded))) = (name, recorded.map(str::parse)) else {
        return Err(format!("{}: {line:?} is not `NAME INSTRUCTIONS CEILING`", file().display()));
    };
    Ok(Row { name: name.to_owned(), recorded, ceiling: ceiling.and_then(|ceiling| ceiling.parse().ok()) })
}

fn text(rows: &[Row]) -> String {
    let mut text =
        "# Instructions per operation: name, on record, ceiling. `cargo xtask bench instructions --record`\n\
                    # writes it anew.\n"
            .to_owned();
    for Row { name, recorded, ceiling } in rows {
        let _ = writeln!(text, "{name:20} {recorded:>10} {:>10}", shown(*ceiling));
    }
    text
}

fn shown(ceiling: Option<u64>) -> String {
    ceiling.map_or_else(|| "-".to_owned(), |ceiling| ceiling.to_string())
}

/// `count NAME OPERATIONS`.
fn measured(line: &str) -> Option<(&str, u64)> {
    let (name, operations) = line.strip_prefix("count ")?.split_once(' ')?;
    Some((name, operations.parse().ok().filter(|&n| n > 0)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_record_is_read_as_it_is_written() {
        let row = |name: &str, recorded, ceiling| Row { name: name.to_owned(), recorded, ceiling };
        let rows = [row("a", 1, Some(2)), row("b", 30, None)];
        let lines = text(&rows);
        let read: Vec<_> = lines.lines().filter(|line| !line.starts_with('#')).map(super::row).collect();
        assert_eq!(read, rows.map(Ok));
    }

    #[test]
    fn more_than_the_margin_over_the_record_is_a_regression_and_so_is_any_ceiling() {
        let row = Row { name: "a".into(), recorded: 1000, ceiling: Some(1100) };
        for (each, recording, regressed) in [
            (1030, false, false),
            (1031, false, true),
            (1090, true, false),
            (1101, true, true),
            (1, false, false),
        ] {
            assert_eq!(row.judge(each, recording).1, regressed, "{each}");
        }
    }
}
