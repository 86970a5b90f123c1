//! `cargo xtask tidy`: rules about the tree that no compiler checks.
//!
//! A rule is a function from the tree's text to findings. It knows its exceptions from a table beside
//! it, and has a test that shows it failing.

mod arrows;
mod code;
mod crates;
mod source;
mod text;

use std::fmt;
use std::fs;
use std::process::Command;

pub(crate) use code::code as blanked;

use crate::run::output_of;
use crate::{Result, paths};

/// A rule, and what it says about a tree.
type Rule = fn(&Tree) -> Vec<Finding>;

const RULES: &[Rule] = &[
    crates::point_one_way,
    crates::engine_knows_no_runtime,
    crates::rivals_stay_out,
    crates::floors_hold,
    arrows::modules_point_down,
    arrows::client_and_server_are_strangers,
    source::files_say_what_they_are,
    source::nothing_is_left_over,
    source::unsafe_is_listed,
    source::octets_are_not_lent_to_the_kernel,
    source::files_are_short,
    source::violations_are_tested,
    text::names_no_machine,
    text::architecture_is_short,
];

/// One thing to mend.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    path: String,
    line: usize,
    what: String,
}

impl Finding {
    /// `what` says what is wrong and what to do about it.
    fn new(path: &str, line: usize, what: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, what: what.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.what)
    }
}

/// The tree as text: every file that git tracks or would track.
pub(crate) struct Tree {
    pub(crate) files: Vec<File>,
}

pub(crate) struct File {
    /// From the top of the repository, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Tree {
    pub(crate) fn read() -> Result<Self> {
        let root = paths::root();
        let mut listing = Command::new("git");
        listing.current_dir(&root).args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
        let mut files = Vec::new();
        for path in output_of(&mut listing)?.split_terminator('\0') {
            // Files that are deleted or not text have no text to judge.
            if let Ok(text) = fs::read_to_string(root.join(path)) {
                files.push(File { path: path.to_owned(), text });
            }
        }
        Ok(Self { files })
    }

    #[cfg(test)]
    fn of<const N: usize>(files: [(&str, &str); N]) -> Self {
        let file = |(path, text): (&str, &str)| File { path: path.into(), text: text.into() };
        Self { files: files.map(file).into() }
    }

    pub(crate) fn get(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }

    /// Rust files written by hand; those under `testdata` are inputs, not ours to judge.
    pub(crate) fn rust(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|file| {
            file.path.ends_with(".rs") && !file.path.contains("/testdata/") && !file.is_generated()
        })
    }
}

impl File {
    fn is_generated(&self) -> bool {
        self.text.starts_with("// @generated")
    }

    /// Lines and their numbers.
    fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(index, line)| (index + 1, line))
    }
}

/// What all rules say, in the order of files.
pub(crate) fn findings() -> Result<Vec<Finding>> {
    let tree = Tree::read()?;
    let mut findings: Vec<Finding> = RULES.iter().flat_map(|rule| rule(&tree)).collect();
    findings.sort();
    Ok(findings)
}

pub(crate) fn command() -> Result<()> {
    let findings = findings()?;
    for finding in &findings {
        println!("{finding}");
    }
    match findings.len() {
        0 => Ok(()),
        n => Err(format!("{n} findings")),
    }
}
