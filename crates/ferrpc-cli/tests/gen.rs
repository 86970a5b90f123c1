//! `ferrpc gen` as a user runs it.
#![forbid(unsafe_code)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A fresh directory with a service in `proto/`.
fn project(test: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(test);
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(dir.join("proto/acme")).unwrap();
    let user = "syntax = \"proto3\";\npackage acme;\nimport \"acme/id.proto\";\n\
        service Users { rpc Get(Id) returns (User); }\nmessage User { Id id = 1; string name = 2; }\n";
    std::fs::write(dir.join("proto/acme/user.proto"), user).unwrap();
    let id = "syntax = \"proto3\";\npackage acme;\nmessage Id { int64 value = 1; }\n";
    std::fs::write(dir.join("proto/acme/id.proto"), id).unwrap();
    dir
}

fn ferrpc(dir: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_ferrpc")).current_dir(dir).args(arguments).output().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

const GEN: &[&str] = &["gen", "-I", "proto", "--out", "src/gen", "proto/acme/user.proto"];

#[test]
fn the_bytes_are_those_of_a_build_script() {
    let dir = project("same_bytes");
    let output = ferrpc(&dir, GEN);
    assert!(output.status.success() && output.stdout.is_empty() && output.stderr.is_empty());
    let written = std::fs::read_to_string(dir.join("src/gen/ferrpc.rs")).unwrap();

    let config = ferrpc_build::Config::new().include(dir.join("proto"));
    let generated = config.generate(&[dir.join("proto/acme/user.proto")]).unwrap();
    assert!(written == generated.code, "the same code");
    let mut read = generated.read;
    read.sort();
    assert_eq!(read, [dir.join("proto/acme/id.proto"), dir.join("proto/acme/user.proto")]);
    assert!(written.contains("pub struct UsersClient") && written.contains("pub struct Id"));
}

#[test]
fn options_choose_what_is_generated() {
    let dir = project("options");
    let arguments = [GEN, &["--no-client", "--default-stubs"]].concat();
    assert!(ferrpc(&dir, &arguments).status.success());
    let code = std::fs::read_to_string(dir.join("src/gen/ferrpc.rs")).unwrap();
    assert!(!code.contains("UsersClient") && code.contains("acme.Users.Get is not implemented"));

    let out = ["gen", "--messages-only", "-o", "messages.rs", "proto/acme/id.proto"];
    assert!(ferrpc(&dir, &out).status.success());
    let code = std::fs::read_to_string(dir.join("messages.rs")).unwrap();
    assert!(code.contains("::ferrpc_proto::__message!") && !code.contains("::ferrpc::"));

    let arguments = [GEN, &["--extern", "acme=::elsewhere::acme"]].concat();
    assert!(ferrpc(&dir, &arguments).status.success());
    let code = std::fs::read_to_string(dir.join("src/gen/ferrpc.rs")).unwrap();
    assert!(!code.contains("pub struct Id"), "found elsewhere, so not generated");
}

#[test]
fn check_fails_where_the_file_is_not_up_to_date() {
    let dir = project("check");
    let check = [GEN, &["--check"]].concat();
    let missing = ferrpc(&dir, &check);
    assert_eq!(missing.status.code(), Some(1));
    assert!(stderr(&missing).starts_with("error: cannot read src/gen/ferrpc.rs"), "{}", stderr(&missing));
    assert!(!dir.join("src").exists(), "writes nothing");

    assert!(ferrpc(&dir, GEN).status.success());
    assert!(ferrpc(&dir, &check).status.success());

    let path = dir.join("src/gen/ferrpc.rs");
    let code = std::fs::read_to_string(&path).unwrap().replace("pub name: String", "pub nom: String");
    std::fs::write(&path, &code).unwrap();
    let stale = ferrpc(&dir, &check);
    assert_eq!(stale.status.code(), Some(1));
    assert!(stderr(&stale).contains("is not up to date"), "{}", stderr(&stale));
    assert!(stderr(&stale).contains("pub nom: String"), "shows the line: {}", stderr(&stale));
    assert!(std::fs::read_to_string(&path).unwrap() == code, "writes nothing");
}

#[test]
fn all_errors_of_all_files_are_told_and_nothing_is_written() {
    let dir = project("errors");
    let broken = "syntax = \"proto3\";\npackage acme;\nmessage Id { int65 value = 1; strin name = 2; }\n";
    std::fs::write(dir.join("proto/acme/id.proto"), broken).unwrap();
    let output = ferrpc(&dir, GEN);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("int65") && stderr(&output).contains("strin"), "{}", stderr(&output));
    assert!(stderr(&output).contains("proto/acme/id.proto:3:"), "{}", stderr(&output));
    assert!(output.stdout.is_empty() && !dir.join("src").exists());
}
