//! `cargo xtask spec`: each MUST of the RFCs, the line that obeys it, and the test that shows it.
//!
//! The sentences stand in docs/spec, the marks in the source. Here they are brought together; `mutate`
//! sees to it that the tests are worth something.

mod list;
mod marks;
mod mutate;
mod rfc;

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use crate::tidy::{File, Tree};
use crate::{Result, context};
use list::{List, Must};
use marks::Mark;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// For programs: an array with one object for each sentence.
    #[arg(long)]
    json: bool,
    /// Compares the list with the plain text of its RFC, as the RFC editor publishes it.
    #[arg(long, value_name = "FILE", conflicts_with = "json")]
    text: Option<PathBuf>,
    /// Disables so many of the lines, one at a time, and fails where the named test still passes.
    #[arg(long, value_name = "N", conflicts_with_all = ["json", "text"])]
    mutate: Option<usize>,
    /// Disables each line, one at a time.
    #[arg(long, conflicts_with_all = ["json", "text", "mutate"])]
    all: bool,
    /// Chooses the lines of `--mutate`.
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
    /// Only sentences whose section and name contain this.
    #[arg(long, value_name = "WORD", default_value = "")]
    only: String,
}

pub(crate) fn command(options: &Options) -> Result<()> {
    let spec = Spec::read()?;
    if let Some(text) = &options.text {
        return spec.compare(&fs::read_to_string(text).map_err(context(text.display()))?);
    }
    if options.json {
        println!("{}", spec.json());
        return spec.verdict();
    }
    if options.mutate.is_some() || options.all {
        spec.verdict()?;
        return mutate::run(&spec, options.mutate, options.seed, &options.only);
    }
    print!("{}", spec.table(&options.only));
    spec.verdict()
}

/// Whether lists, marks and tests fit together; what does not is printed.
pub(crate) fn check() -> Result<()> {
    Spec::read()?.verdict()
}

/// The lists, the marks, and where to look for the tests.
pub(crate) struct Spec {
    lists: Vec<List>,
    marks: Vec<Mark>,
    tree: Tree,
}

/// A sentence, with what belongs to it.
struct Row<'a> {
    rfc: u32,
    must: &'a Must,
    /// The line that obeys it.
    mark: Option<&'a Mark>,
    /// Whose test shows it: its own, or that of the sentence whose line it shares.
    shown: &'a Must,
}

impl Spec {
    pub(crate) fn read() -> Result<Self> {
        let tree = Tree::read()?;
        let marks = tree.rust().filter(|file| file.path.starts_with("crates/")).flat_map(marks::of).collect();
        Ok(Self { lists: list::read()?, marks, tree })
    }

    fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.lists.iter().flat_map(|list| {
            list.musts.iter().map(|must| {
                let (owner, shown) = list.shown(must);
                let mark = self.marks.iter().find(|mark| mark.rfc == list.rfc && mark.id == owner.id);
                Row { rfc: list.rfc, must, mark: mark.filter(|_| owner.is_marked()), shown }
            })
        })
    }

    /// What is missing, a line each.
    pub(crate) fn faults(&self) -> Vec<String> {
        let mut faults: Vec<String> = self.lists.iter().flat_map(List::faults).collect();
        for list in &self.lists {
            for must in &list.musts {
                let marks =
                    self.marks.iter().filter(|mark| mark.rfc == list.rfc && mark.id == must.id).count();
                let expected = usize::from(must.is_marked());
                if marks != expected {
                    faults.push(format!(
                        "{}:{}: `//= RFC {} §{}` stands in the source {marks} times instead of {expected}",
                        list.path, must.line, list.rfc, must.id
                    ));
                }
                faults.extend(
                    self.fault_of_test(must)
                        .map(|what| format!("{}:{}: {}: {what}", list.path, must.line, must.id)),
                );
            }
        }
        for mark in &self.marks {
            let is_known =
                |list: &List| list.rfc == mark.rfc && list.musts.iter().any(|must| must.id == mark.id);
            if !self.lists.iter().any(is_known) {
                faults
                    .push(format!("{}:{}: no list has RFC {} §{}", mark.path, mark.line, mark.rfc, mark.id));
            }
            if let Err(why) = &mark.disabled {
                faults.push(format!("{}:{}: §{}: {why}", mark.path, mark.line, mark.id));
            }
        }
        faults
    }

    fn verdict(&self) -> Result<()> {
        let faults = self.faults();
        for fault in &faults {
            println!("{fault}");
        }
        if faults.is_empty() { Ok(()) } else { Err(format!("{} findings", faults.len())) }
    }

    /// What is wrong with where a test is said to be.
    fn fault_of_test(&self, must: &Must) -> Option<String> {
        let test = must.test.as_ref()?;
        let Some(file) = self.file_of(test) else { return Some(format!("there is no test `{test}`")) };
        let case = must.case.as_ref()?;
        let quoted = format!("\"{case}\"");
        // A test's cases may stand in modules of its own.
        let below = file.path.trim_end_matches(".rs");
        let below = format!("{}/", below.trim_end_matches("/mod"));
        let near = self.tree.rust().filter(|other| other.path == file.path || other.path.starts_with(&below));
        let found = near.into_iter().any(|file| file.text.contains(&quoted));
        (!found).then(|| format!("`{test}` has no case {quoted}"))
    }

    /// The file with a test, by the test's path.
    fn file_of(&self, test: &str) -> Option<&File> {
        let (modules, name) = test.rsplit_once("::")?;
        let (package, modules) = modules.split_once("::")?;
        let top = format!("crates/{}/src", package.replace('_', "-"));
        let modules = modules.replace("::", "/");
        let above = modules.rsplit_once('/').map_or("lib", |(above, _)| above);
        // In a file of its own, or inside the file above.
        let candidates = [
            format!("{modules}.rs"),
            format!("{modules}/mod.rs"),
            format!("{above}.rs"),
            format!("{above}/mod.rs"),
        ];
        candidates.iter().find_map(|path| {
            self.tree.get(&format!("{top}/{path}")).filter(|file| has_test(&file.text, name))
        })
    }

    fn table(&self, only: &str) -> String {
        let mut table = String::new();
        for list in &self.lists {
            let rows: Vec<_> =
                self.rows().filter(|row| row.rfc == list.rfc && row.must.id.contains(only)).collect();
            let _ = writeln!(table, "RFC {}", list.rfc);
            for row in &rows {
                let (section, name) = (row.must.section(), row.must.name());
                let _ = writeln!(table, "  {section:<7} {name:<32} {}", row.place());
                if row.must.not.is_none() {
                    let _ = writeln!(table, "  {:40} {}", "", row.test());
                }
            }
            let count = |what: fn(&Row<'_>) -> bool| rows.iter().filter(|row| what(row)).count();
            let _ = writeln!(
                table,
                "  {} sentences: {} obeyed by a line, {} without a line of their own, {} not ours\n",
                rows.len(),
                count(|row| row.mark.is_some()),
                count(|row| row.must.not.is_none() && row.mark.is_none()),
                count(|row| row.must.not.is_some()),
            );
        }
        table
    }

    fn json(&self) -> String {
        let objects: Vec<String> = self
            .rows()
            .map(|row| {
                let mut fields = vec![
                    format!("\"rfc\": {}", row.rfc),
                    field("section", row.must.section()),
                    field("name", row.must.name()),
                    field("says", &row.must.says),
                ];
                if let Some(mark) = row.mark {
                    fields.push(field("file", &mark.path));
                    fields.push(format!("\"line\": {}", mark.line));
                }
                let optional = [
                    ("test", &row.shown.test),
                    ("case", &row.shown.case),
                    ("unmarked", &row.must.unmarked),
                    ("not", &row.must.not),
                ];
                fields.extend(optional.iter().filter_map(|(name, value)| Some(field(name, value.as_ref()?))));
                format!("  {{ {} }}", fields.join(", "))
            })
            .collect();
        format!("[\n{}\n]", objects.join(",\n"))
    }

    /// Says how a list differs from the text of its RFC.
    fn compare(&self, text: &str) -> Result<()> {
        let number = |list: &&List| text.contains(&format!("Request for Comments: {}", list.rfc));
        let list = self.lists.iter().find(number).ok_or("the text of neither RFC 9113 nor RFC 7541")?;
        let differ = list.compare(text);
        for line in &differ {
            println!("{line}");
        }
        if differ.len() == 1 { Ok(()) } else { Err(format!("{} differs", list.path)) }
    }
}

impl Row<'_> {
    fn place(&self) -> String {
        match (self.mark, &self.must.not, &self.must.unmarked) {
            (_, Some(why), _) | (_, _, Some(why)) => format!("– {why}"),
            (Some(mark), ..) => format!("{}:{}", mark.path, mark.line),
            (None, ..) => "– no line".into(),
        }
    }

    fn test(&self) -> String {
        let test = self.shown.test.as_deref().unwrap_or_default();
        match &self.shown.case {
            Some(case) => format!("{test}: {case}"),
            None => test.to_owned(),
        }
    }
}

/// `#[test]` stands above `fn name()`.
fn has_test(text: &str, name: &str) -> bool {
    let head = format!("fn {name}()");
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    lines.iter().enumerate().any(|(at, line)| {
        let above =
            lines[..at].iter().rev().take_while(|line| line.starts_with("#[") || line.starts_with("//"));
        line.starts_with(&head) && above.into_iter().any(|line| *line == "#[test]")
    })
}

fn field(name: &str, value: &str) -> String {
    let escaped = value.replace('\\', "\\\\").replace('"', "\\\"");
    format!("\"{name}\": \"{escaped}\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_is_a_function_that_says_so() {
        let text = "#[test]\n// Why.\nfn a() {}\nfn b() {}\n    #[test]\n    fn c() {}\n";
        assert_eq!(["a", "b", "c", "d"].map(|name| has_test(text, name)), [true, false, true, false]);
    }
}
