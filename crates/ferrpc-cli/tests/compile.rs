//! `ferrpc compile` as a user runs it.
#![forbid(unsafe_code)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use ferrpc_proto::Message;
use ferrpc_proto::descriptor::FileDescriptorSet;

/// A fresh directory with two files in `proto/`, one of which imports the other.
fn project(test: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("compile_{test}"));
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(dir.join("proto/acme")).unwrap();
    let user = "syntax = \"proto3\";\npackage acme;\nimport \"acme/id.proto\";\n// Somebody.\nmessage User { Id id = 1; }\n";
    std::fs::write(dir.join("proto/acme/user.proto"), user).unwrap();
    let id = "edition = \"2024\";\npackage acme;\nmessage Id { int64 value = 1; }\n";
    std::fs::write(dir.join("proto/acme/id.proto"), id).unwrap();
    dir
}

fn ferrpc(dir: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ferrpc")).current_dir(dir).args(arguments).output().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

const COMPILE: &[&str] = &["compile", "-I", "proto", "-o", "out.desc", "acme/user.proto"];

fn written(dir: &Path) -> FileDescriptorSet {
    FileDescriptorSet::decode(&std::fs::read(dir.join("out.desc")).unwrap()).unwrap()
}

fn names(set: &FileDescriptorSet) -> Vec<&str> {
    set.file.iter().map(|it| it.name.as_deref().unwrap()).collect()
}

#[test]
fn a_set_has_the_files_asked_for_and_nothing_else_unless_asked() {
    let dir = project("plain");
    let output = ferrpc(&dir, COMPILE);
    assert!(output.status.success() && output.stdout.is_empty() && output.stderr.is_empty());
    let set = written(&dir);
    assert_eq!(names(&set), ["acme/user.proto"]);
    assert!(set.file[0].source_code_info.is_none());

    let all = [COMPILE, &["--include-imports", "--include-source-info"]].concat();
    assert!(ferrpc(&dir, &all).status.success());
    let set = written(&dir);
    assert_eq!(names(&set), ["acme/id.proto", "acme/user.proto"], "imports come first");
    let info = set.file[1].source_code_info.as_ref().unwrap();
    assert!(info.location.iter().any(|it| it.leading_comments.as_deref() == Some(" Somebody.\n")));
}

#[test]
fn the_bytes_are_those_of_protoc() {
    let dir = project("bytes");
    let testdata = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ferrpc-compiler/testdata/valid");
    for case in ["edition_2024", "proto2_and_options", "services"] {
        let file = format!("{case}.proto");
        let include = testdata.to_str().unwrap();
        let arguments = ["compile", "-I", include, "--include-source-info", "-o", "out.desc", &file];
        let output = ferrpc(&dir, &arguments);
        assert!(output.status.success(), "{}", stderr(&output));
        let expected = std::fs::read(testdata.join(format!("{case}.desc"))).unwrap();
        assert!(std::fs::read(dir.join("out.desc")).unwrap() == expected, "{case}");
    }
}

#[test]
fn all_errors_of_all_files_are_told_and_nothing_is_written() {
    let dir = project("errors");
    let broken = "syntax = \"proto3\";\npackage acme;\nmessage Id { int65 value = 1; strin name = 2; }\n";
    std::fs::write(dir.join("proto/acme/id.proto"), broken).unwrap();
    std::fs::write(dir.join("proto/acme/more.proto"), "edition = \"1999\";\n").unwrap();
    let output = ferrpc(&dir, &[COMPILE, &["acme/more.proto"]].concat());
    assert_eq!(output.status.code(), Some(1));
    let text = stderr(&output);
    assert!(text.contains("int65") && text.contains("strin") && text.contains("`1999`"), "{text}");
    assert!(text.contains("proto/acme/id.proto:3:"), "{text}");
    assert!(output.stdout.is_empty() && !dir.join("out.desc").exists());
}

#[test]
fn a_file_on_an_include_path_wins_over_the_built_in_copy() {
    let dir = project("wins");
    let mine = "syntax = \"proto3\";\npackage google.protobuf;\nmessage Empty { int32 mine = 1; }\n";
    std::fs::create_dir_all(dir.join("proto/google/protobuf")).unwrap();
    std::fs::write(dir.join("proto/google/protobuf/empty.proto"), mine).unwrap();
    let arguments = ["compile", "-I", "proto", "-o", "out.desc", "google/protobuf/empty.proto"];
    assert!(ferrpc(&dir, &arguments).status.success());
    assert_eq!(written(&dir).file[0].message_type[0].field.len(), 1);
}

#[test]
fn warnings_are_told_and_do_no_harm() {
    let dir = project("warnings");
    let text = "syntax = \"proto3\";\nimport \"acme/id.proto\";\n";
    std::fs::write(dir.join("proto/acme/user.proto"), text).unwrap();
    let output = ferrpc(&dir, COMPILE);
    assert!(output.status.success());
    assert!(stderr(&output).starts_with("warning: \"acme/id.proto\" is imported and not used"));
    assert_eq!(names(&written(&dir)), ["acme/user.proto"]);
}

#[test]
fn a_set_that_cannot_be_written_is_an_error() {
    let dir = project("unwritable");
    let output = ferrpc(&dir, &["compile", "-I", "proto", "-o", "no/such/out.desc", "acme/user.proto"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).starts_with("error: cannot write no/such/out.desc"), "{}", stderr(&output));
}

#[test]
fn flags_may_be_spelled_as_for_protoc() {
    let dir = project("spelled");
    let theirs = [
        "compile",
        "--proto_path=proto",
        "--descriptor_set_out=out.desc",
        "--include_imports",
        "--include_source_info",
        "acme/user.proto",
    ];
    assert!(ferrpc(&dir, &theirs).status.success());
    let set = written(&dir);
    assert_eq!(names(&set), ["acme/id.proto", "acme/user.proto"]);
    assert!(set.file.iter().all(|it| it.source_code_info.is_some()));
}

#[test]
fn files_left_out_keep_no_other_file_in_front() {
    let dir = project("order");
    let end =
        "syntax = \"proto3\";\npackage acme;\nimport \"acme/user.proto\";\nmessage End { User user = 1; }\n";
    std::fs::write(dir.join("proto/acme/end.proto"), end).unwrap();
    let files = ["compile", "-I", "proto", "-o", "out.desc", "acme/end.proto", "acme/id.proto"];
    assert!(ferrpc(&dir, &files).status.success());
    // As protoc does: id.proto is imported by user.proto, which is not among them.
    assert_eq!(names(&written(&dir)), ["acme/end.proto", "acme/id.proto"]);
    let all = [&files[..], &["acme/user.proto"]].concat();
    assert!(ferrpc(&dir, &all).status.success());
    assert_eq!(names(&written(&dir)), ["acme/id.proto", "acme/user.proto", "acme/end.proto"]);
}
