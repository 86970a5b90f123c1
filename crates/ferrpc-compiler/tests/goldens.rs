//! The files in `testdata`, each a test: see the README there.

use std::path::{Path, PathBuf};

use ferrpc_compiler::{Compiled, Compiler, Level, Report};
use ferrpc_proto::Message;
use ferrpc_proto::descriptor::FileDescriptorSet;

/// Topics whose files are accepted.
const ACCEPTED: [&str; 3] = ["valid", "well_known", "warnings"];

fn files_in(dir: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(dir).unwrap_or_else(|error| panic!("{}: {error}", dir.display()));
    let paths = entries.map(|entry| entry.expect("a readable directory").path());
    let mut paths: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|it| it == extension)).collect();
    paths.sort();
    paths
}

fn topics() -> Vec<PathBuf> {
    let entries = std::fs::read_dir("testdata").expect("tests run in the directory of the package");
    let mut topics: Vec<PathBuf> =
        entries.map(|entry| entry.expect("readable").path()).filter(|path| path.is_dir()).collect();
    topics.sort();
    topics
}

fn is_accepted(topic: &Path) -> bool {
    ACCEPTED.iter().any(|it| topic.ends_with(it))
}

fn compile(path: &Path) -> Result<Compiled, Report> {
    let dir = path.parent().expect("lies in a topic");
    Compiler::new().include(dir).compile(&[path])
}

/// Compares a report with its golden file, or writes that.
fn check(path: &Path, rendered: &str, wrong: &mut Vec<String>) {
    let golden = path.with_extension("err");
    if std::env::var_os("FERRPC_UPDATE").is_some() {
        std::fs::write(&golden, rendered).expect("writable");
        return;
    }
    let expected = std::fs::read_to_string(&golden).unwrap_or_default();
    if expected != rendered {
        wrong.push(format!("{}: expected\n{expected}\nbut got\n{rendered}", golden.display()));
    }
}

#[test]
fn broken_files_are_refused_with_the_reports_beside_them() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for topic in topics().iter().filter(|topic| !is_accepted(topic)) {
        for path in files_in(topic, "proto") {
            count += 1;
            match compile(&path) {
                Ok(_) => wrong.push(format!("{} was accepted", path.display())),
                Err(report) => check(&path, &report.render(false), &mut wrong),
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count > 400, "only {count} cases were found");
}

#[test]
fn every_error_of_a_broken_file_has_a_place() {
    for topic in topics().iter().filter(|topic| !is_accepted(topic)) {
        for path in files_in(topic, "proto") {
            let Err(report) = compile(&path) else { continue };
            for diagnostic in report.diagnostics() {
                let place = report.place(diagnostic);
                assert!(place.is_some_and(|it| it.line > 0 && it.column > 0), "{}: {report}", path.display());
            }
        }
    }
}

#[test]
fn suspicious_files_are_accepted_with_the_warnings_beside_them() {
    let mut wrong = Vec::new();
    for path in files_in(Path::new("testdata/warnings"), "proto") {
        match compile(&path) {
            Ok(compiled) => {
                assert!(compiled.warnings.diagnostics().all(|it| it.level() == Level::Warning));
                check(&path, &compiled.warnings.render(false), &mut wrong);
                assert!(!compiled.warnings.is_empty(), "{} gives no warning", path.display());
            }
            Err(report) => wrong.push(report.to_string()),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Compares a descriptor with what protoc made of the same file.
fn check_descriptor(mut ours: FileDescriptorSet, golden: &Path, wrong: &mut Vec<String>) {
    let bytes = std::fs::read(golden).unwrap_or_else(|error| panic!("{}: {error}", golden.display()));
    if ours.encode_to_vec().expect("small enough") == bytes {
        return;
    }
    let mut theirs = FileDescriptorSet::decode(&bytes).expect("written by protoc");
    let mut what = "source info";
    for set in [&mut ours, &mut theirs] {
        if set.file.iter().any(|it| it.source_code_info.is_none()) {
            what = "descriptor";
        }
    }
    let (ours, theirs) = (ours.to_string(), theirs.to_string());
    let at = ours.lines().zip(theirs.lines()).position(|(a, b)| a != b);
    let around = |text: &str| -> String {
        let from = at.unwrap_or(0).saturating_sub(5);
        text.lines().skip(from).take(10).collect::<Vec<_>>().join("\n")
    };
    wrong.push(format!("{}: {what}: protoc\n{}\nours\n{}", golden.display(), around(&theirs), around(&ours)));
}

#[test]
fn valid_files_become_the_descriptors_of_protoc_byte_by_byte_without_a_warning() {
    let mut wrong = Vec::new();
    for path in files_in(Path::new("testdata/valid"), "proto") {
        match compile(&path) {
            Ok(mut compiled) => {
                if !compiled.warnings.is_empty() {
                    wrong.push(compiled.warnings.to_string());
                }
                let file = compiled.files.pop().expect("the file itself comes last");
                let set = FileDescriptorSet { file: vec![file], ..Default::default() };
                check_descriptor(set, &path.with_extension("desc"), &mut wrong);
            }
            Err(report) => wrong.push(report.to_string()),
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_well_known_files_become_the_descriptors_of_protoc_byte_by_byte() {
    let mut wrong = Vec::new();
    let goldens = files_in(Path::new("testdata/well_known"), "desc");
    assert!(goldens.len() > 10);
    for golden in goldens {
        let stem = golden.file_stem().expect("has a name").to_string_lossy().replace("__", "/");
        let name = format!("google/protobuf/{stem}.proto");
        // From the built-in copy: the current directory has none.
        let mut compiled = Compiler::new().compile(&[&name]).expect("well-known files are valid");
        assert!(compiled.read.is_empty(), "{name} came from the disk");
        let mut file = compiled.files.pop().expect("the file itself comes last");
        file.source_code_info.clear();
        let set = FileDescriptorSet { file: vec![file], ..Default::default() };
        check_descriptor(set, &golden, &mut wrong);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
