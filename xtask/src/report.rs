//! Steps, what became of them, and the table at the end.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use crate::Result;
use crate::run::Log;

/// How many checks passed, failed and were left out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: u32,
    pub(crate) failed: u32,
    pub(crate) skipped: u32,
}

impl Counts {
    pub(crate) const PASSED: Self = Self { passed: 1, failed: 0, skipped: 0 };
    pub(crate) const FAILED: Self = Self { passed: 0, failed: 1, skipped: 0 };
    pub(crate) const SKIPPED: Self = Self { passed: 0, failed: 0, skipped: 1 };

    /// Sums up the `test result:` lines of a run of `cargo test`.
    pub(crate) fn of_tests(output: &str) -> Self {
        let mut counts = Self::default();
        for line in output.lines() {
            // test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; …
            let Some((_, numbers)) = line.strip_prefix("test result: ").and_then(|l| l.split_once(". "))
            else {
                continue;
            };
            for part in numbers.split("; ") {
                match part.split_once(' ') {
                    Some((n, "passed")) => counts.passed += n.parse().unwrap_or(0),
                    Some((n, "failed")) => counts.failed += n.parse().unwrap_or(0),
                    Some((n, left_out)) if left_out == "ignored" || left_out.starts_with("filtered out") => {
                        counts.skipped += n.parse().unwrap_or(0)
                    }
                    _ => {}
                }
            }
        }
        counts
    }

    /// What a program says that ends with the line `12 passed, 0 failed`.
    pub(crate) fn of_last_line(output: &str) -> Result<Self> {
        let last = output.lines().last().unwrap_or_default();
        let passed = last.strip_suffix(" passed, 0 failed").and_then(|n| n.parse().ok());
        let passed = passed.ok_or_else(|| format!("it ended with {last:?}"))?;
        Ok(Self { passed, ..Self::default() })
    }

    pub(crate) const fn plus(self, other: Self) -> Self {
        Self {
            passed: self.passed + other.passed,
            failed: self.failed + other.failed,
            skipped: self.skipped + other.skipped,
        }
    }
}

/// How a step ended.
pub(crate) enum Outcome {
    /// It ran; so many checks.
    Ran(Counts),
    /// It could not run here, and why.
    Skipped(String),
}

/// Runs steps one after the other and remembers how they ended.
pub(crate) struct Report {
    /// CI: all output is shown as it comes, and nothing may be skipped.
    strict: bool,
    started: Instant,
    rows: Vec<Row>,
}

struct Row {
    name: String,
    took: Duration,
    counts: Counts,
    remark: String,
}

impl Report {
    pub(crate) fn new(strict: bool) -> Self {
        Self { strict, started: Instant::now(), rows: Vec::new() }
    }

    /// Runs one step. An `Err` is one failed check; a step that counts by itself returns its counts.
    pub(crate) fn step(&mut self, name: &str, run: impl FnOnce(&mut Log) -> Result<Outcome>) {
        println!("── {name}");
        let started = Instant::now();
        let mut log = Log { live: self.strict, ..Log::default() };
        let (counts, remark) = match run(&mut log) {
            Ok(Outcome::Ran(counts)) => (counts, String::new()),
            Ok(Outcome::Skipped(why)) if self.strict => (Counts::FAILED, why),
            Ok(Outcome::Skipped(why)) => (Counts::SKIPPED, why),
            Err(why) => (Counts::FAILED, why),
        };
        let took = started.elapsed();
        if counts.failed > 0 && !self.strict {
            print!("{}", log.text);
        }
        let verdict = match counts {
            Counts { failed: 1.., .. } => "FAILED",
            Counts { passed: 0, skipped: 1.., .. } => "skipped",
            _ => "ok",
        };
        let seconds = took.as_secs_f64();
        match remark.as_str() {
            "" => println!("   {verdict} ({seconds:.1} s)"),
            remark => println!("   {verdict} ({seconds:.1} s): {remark}"),
        }
        self.rows.push(Row { name: name.to_owned(), took, counts, remark });
    }

    /// Prints the table and the line of sums that CI reads; an error if anything failed.
    pub(crate) fn finish(self) -> Result<()> {
        print!("\n{}", self.table());
        match self.sum().failed {
            0 => Ok(()),
            failed => Err(format!("{failed} failed; the output is above, at each step marked FAILED")),
        }
    }

    fn sum(&self) -> Counts {
        self.rows.iter().fold(Counts::default(), |sum, row| sum.plus(row.counts))
    }

    fn table(&self) -> String {
        let width = self.rows.iter().map(|row| row.name.chars().count()).max().unwrap_or(0).max(5);
        let mut table = format!("{:width$}  passed  failed  skipped  seconds\n", "step");
        for Row { name, took, counts, remark } in &self.rows {
            let Counts { passed, failed, skipped } = counts;
            let seconds = took.as_secs_f64();
            let remark = remark.lines().next().unwrap_or_default();
            let line = format!("{name:width$}  {passed:6}  {failed:6}  {skipped:7}  {seconds:7.1}  {remark}");
            table.push_str(line.trim_end());
            table.push('\n');
        }
        let _ = writeln!(table, "{:width$}  {:>31.1}\n", "all", self.started.elapsed().as_secs_f64());

        let Counts { passed, failed, skipped } = self.sum();
        let _ = write!(table, "{passed} passed, {failed} failed");
        if skipped > 0 {
            let _ = write!(table, ", {skipped} skipped");
        }
        table.push('\n');
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_results_of_all_test_programs_are_summed() {
        let output = "running 3 tests\n\
            test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s\n\
            noise: test result: ok. 9 passed; 9 failed;\n\
            test result: FAILED. 10 passed; 4 failed; 0 ignored; 0 measured; 7 filtered out; finished in 2s\n";
        assert_eq!(Counts::of_tests(output), Counts { passed: 12, failed: 4, skipped: 8 });
    }

    #[test]
    fn a_program_that_does_not_say_that_all_passed_did_not_pass() {
        let passed = Counts { passed: 12, failed: 0, skipped: 0 };
        assert_eq!(Counts::of_last_line("a\n12 passed, 0 failed\n"), Ok(passed));
        for output in ["", "12 passed, 0 failed\nerror", "12 passed, 1 failed", "passed, 0 failed"] {
            assert!(Counts::of_last_line(output).is_err(), "{output}");
        }
    }

    fn report(strict: bool) -> Report {
        let mut report = Report::new(strict);
        report.step("good", |_| Ok(Outcome::Ran(Counts { passed: 3, failed: 0, skipped: 0 })));
        report.step("absent", |_| Ok(Outcome::Skipped("no Go".into())));
        report
    }

    #[test]
    fn a_skipped_step_is_counted_as_skipped() {
        let report = report(false);
        assert!(report.table().ends_with("\n3 passed, 0 failed, 1 skipped\n"), "{}", report.table());
        assert_eq!(report.finish(), Ok(()));
    }

    #[test]
    fn a_skipped_step_fails_where_nothing_may_be_skipped() {
        let report = report(true);
        assert!(report.table().ends_with("\n3 passed, 1 failed\n"), "{}", report.table());
        assert!(report.finish().is_err());
    }

    #[test]
    fn a_step_that_could_not_do_its_work_is_one_failure() {
        let mut report = Report::new(false);
        report.step("broken", |_| Err("no such file".into()));
        assert_eq!(report.sum(), Counts::FAILED);
    }
}
