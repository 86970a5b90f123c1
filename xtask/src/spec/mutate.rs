//! Disables lines that obey an RFC, one at a time, in a copy of the crates: the tests that are named for
//! them must notice.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::list::Must;
use super::marks::Mark;
use super::{Row, Spec};
use crate::run::{Log, cargo};
use crate::{Result, context, paths, write};

/// A test that takes longer hangs, which is noticed, too.
const TEST_TIMEOUT: Duration = Duration::from_secs(60);

/// Disables `sample` lines, or all, and fails if a test named for one of them still passes.
pub(super) fn run(spec: &Spec, sample: Option<usize>, seed: u64, only: &str) -> Result<()> {
    let mut lines = lines(spec);
    lines.retain(|line| line.rows.iter().any(|row| row.must.id.contains(only)));
    let all = lines.len();
    if let Some(n) = sample {
        println!("{} of {all} lines, by seed {seed}", n.min(all));
        choose(&mut lines, n, seed);
    }
    let copy = Copy::new(spec)?;
    let packages: BTreeSet<&str> = lines.iter().map(|line| line.package()).collect();
    for package in packages {
        let tests: Vec<_> =
            lines.iter().filter(|line| line.package() == package).flat_map(|line| line.tests()).collect();
        let ran = copy.run(package, &tests)?;
        if let Some((must, why)) = tests.iter().find_map(|must| Some((must, ran.notices(must)?))) {
            return Err(format!("{}: {} although nothing is disabled: {why}", must.id, test_name(must)));
        }
    }

    let started = Instant::now();
    let mut survivors = 0;
    for line in &lines {
        let mark = line.mark;
        let Ok(disabled) = &mark.disabled else { continue };
        let file = copy.dir.join(&mark.path);
        let whole = fs::read_to_string(&file).map_err(context(file.display()))?;
        write(&file, disabled)?;
        let tests = line.tests();
        let ran = copy.run(line.package(), &tests);
        write(&file, whole)?;
        let ran = ran.map_err(|error| format!("{}:{}: §{}: {error}", mark.path, mark.line, mark.id))?;
        let (mut noticed, mut how) = (true, String::new());
        for must in tests {
            match ran.notices(must) {
                Some(why) => how = why,
                None => {
                    noticed = false;
                    println!(
                        "SURVIVED {}:{} RFC {} §{}: {}",
                        mark.path,
                        mark.line,
                        mark.rfc,
                        must.id,
                        test_name(must)
                    );
                }
            }
        }
        if noticed {
            println!("noticed  {}:{} RFC {} §{}: {how}", mark.path, mark.line, mark.rfc, mark.id);
        } else {
            survivors += 1;
        }
    }
    let (n, seconds) = (lines.len(), started.elapsed().as_secs());
    println!(
        "{} of {n} disabled lines were noticed by the tests that are named for them, in {seconds} s",
        n - survivors
    );
    if survivors == 0 { Ok(()) } else { Err(format!("{survivors} were not")) }
}

/// A line that obeys, and each sentence that it obeys.
struct Line<'a> {
    mark: &'a Mark,
    rows: Vec<Row<'a>>,
}

fn lines(spec: &Spec) -> Vec<Line<'_>> {
    let mut lines: Vec<Line<'_>> = Vec::new();
    for row in spec.rows() {
        let Some(mark) = row.mark else { continue };
        match lines.iter_mut().find(|line| std::ptr::eq(line.mark, mark)) {
            Some(line) => line.rows.push(row),
            None => lines.push(Line { mark, rows: vec![row] }),
        }
    }
    lines
}

impl<'a> Line<'a> {
    /// The sentences with a test of their own.
    fn tests(&self) -> Vec<&'a Must> {
        let own = self.rows.iter().filter(|row| std::ptr::eq(row.must, row.shown));
        own.map(|row| row.must).collect()
    }

    /// `ferrpc-http2` of `crates/ferrpc-http2/src/frame.rs`.
    fn package(&self) -> &'a str {
        self.mark.path.split('/').nth(1).unwrap_or_default()
    }
}

/// The test as its program knows it: without the crate.
fn test_name(must: &Must) -> &str {
    must.test.as_deref().and_then(|test| test.split_once("::")).map_or("", |(_, name)| name)
}

/// `n` of them, each as likely as the other; the same for the same seed.
fn choose<T>(all: &mut Vec<T>, n: usize, seed: u64) {
    let mut state = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    for at in 0..n.min(all.len()) {
        // SplitMix64.
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let left = (all.len() - at) as u64;
        let other = at + usize::try_from((z ^ (z >> 31)) % left).unwrap_or(0);
        all.swap(at, other);
    }
    all.truncate(n);
}

/// The crates, and what their tests need of the tree.
const COPIED: [&str; 2] = ["crates/", "conformance/attack/"];

/// The crates, where lines can be disabled without harm.
struct Copy {
    dir: PathBuf,
}

impl Copy {
    fn new(spec: &Spec) -> Result<Self> {
        let dir = paths::target().join("spec/copy");
        for file in &spec.tree.files {
            let text = match file.path.as_str() {
                "Cargo.toml" => of_crates_only(&file.text),
                "Cargo.lock" => file.text.clone(),
                path if COPIED.iter().any(|dir| path.starts_with(dir)) => file.text.clone(),
                _ => continue,
            };
            let path = dir.join(&file.path);
            // What did not change need not be built anew.
            if fs::read_to_string(&path).is_ok_and(|there| there == text) {
                continue;
            }
            write(&path, text)?;
        }
        Ok(Self { dir })
    }

    /// Builds a crate's tests and runs those named.
    fn run(&self, package: &str, tests: &[&Must]) -> Result<Ran> {
        let mut log = Log::default();
        let mut build = cargo(&["test", "--offline", "-p", package, "--lib", "--no-run"]);
        build
            .current_dir(&self.dir)
            .env("CARGO_TARGET_DIR", paths::target().join("spec"))
            .env("RUSTFLAGS", "-Awarnings");
        log.run(&mut build).map_err(|error| format!("{error}\n{}", log.text))?;
        let program =
            log.text.lines().rev().find_map(|line| line.trim().strip_prefix("Executable ")?.split_once('('));
        let (_, program) =
            program.ok_or_else(|| format!("cargo did not say what it built:\n{}", log.text))?;
        let program = self.dir.join(program.trim_end_matches(')'));
        let names: BTreeSet<&str> = tests.iter().map(|must| test_name(must)).collect();
        let mut command = Command::new(program);
        command.arg("--exact").args(names).current_dir(self.dir.join("crates").join(package));
        ran(&mut command, &self.dir.join("output"))
    }
}

/// The manifest of the workspace, for a tree that has what is copied and nothing else.
fn of_crates_only(manifest: &str) -> String {
    let lines = manifest
        .lines()
        .filter(|line| !line.starts_with("exclude ") && !line.starts_with("default-members "));
    lines
        .map(|line| {
            if line.starts_with("members ") {
                "members = [\"crates/*\", \"conformance/attack\"]\n".into()
            } else {
                format!("{line}\n")
            }
        })
        .collect()
}

/// What a test program did.
struct Ran {
    output: String,
    in_time: bool,
}

/// Runs a test program; its output goes through a file, so that there is some even if it hangs.
fn ran(command: &mut Command, output: &Path) -> Result<Ran> {
    let file = || fs::File::create(output).map_err(context(output.display()));
    let mut child = command
        .stdin(Stdio::null())
        .stdout(file()?)
        .stderr(Stdio::null())
        .spawn()
        .map_err(context("cannot start the tests"))?;
    let until = Instant::now() + TEST_TIMEOUT;
    let in_time = loop {
        if child.try_wait().map_err(context("the tests"))?.is_some() {
            break true;
        }
        if Instant::now() > until {
            child.kill().map_err(context("the tests"))?;
            child.wait().map_err(context("the tests"))?;
            break false;
        }
        thread::sleep(Duration::from_millis(5));
    };
    let mut text = String::new();
    fs::File::open(output)
        .and_then(|mut file| file.read_to_string(&mut text))
        .map_err(context(output.display()))?;
    Ok(Ran { output: text, in_time })
}

impl Ran {
    /// How a test noticed that something is wrong, if it did.
    fn notices(&self, must: &Must) -> Option<String> {
        let name = test_name(must);
        let verdict = |word: &str| self.output.contains(&format!("test {name} ... {word}"));
        if verdict("ok") {
            return None;
        }
        if !verdict("FAILED") {
            return Some(format!("{name} {}", if self.in_time { "died" } else { "hangs" }));
        }
        match &must.case {
            Some(case) if !self.output.contains(case) => None,
            Some(case) => Some(case.clone()),
            None => Some(name.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_chooses_the_same_lines_and_none_twice() {
        let chosen = |n, seed| {
            let mut all: Vec<u32> = (0..50).collect();
            choose(&mut all, n, seed);
            all
        };
        assert_eq!(chosen(10, 1), chosen(10, 1));
        assert_ne!(chosen(10, 1), chosen(10, 2));
        assert_eq!(chosen(100, 3).iter().collect::<BTreeSet<_>>().len(), 50);
    }

    #[test]
    fn only_a_failure_of_the_named_test_and_case_counts() {
        let must = |case: Option<&str>| Must {
            test: Some("a::b::c".into()),
            case: case.map(Into::into),
            ..Must::default()
        };
        let ran = |output: &str| Ran { output: output.into(), in_time: true };
        assert_eq!(ran("test b::c ... ok\n").notices(&must(None)), None);
        assert_eq!(ran("test b::c ... FAILED\n").notices(&must(None)), Some("b::c".into()));
        assert_eq!(ran("test b::c ... FAILED\nx\n").notices(&must(Some("y"))), None);
        assert_eq!(ran("test b::c ... FAILED\ny\n").notices(&must(Some("y"))), Some("y".into()));
        assert_eq!(ran("running 1 test\n").notices(&must(None)), Some("b::c died".into()));
    }
}
