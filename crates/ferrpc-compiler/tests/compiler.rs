//! What users of `Compiler` rely on: how files are found and named, and what comes back.

use std::path::{Path, PathBuf};

use ferrpc_compiler::{Compiled, Compiler, Report};
use ferrpc_proto::Message as _;

/// A directory of its own for each test, removed at its end.
struct Dir(PathBuf);

impl Dir {
    fn new(name: &str, files: &[(&str, &str)]) -> Self {
        let root = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = std::fs::remove_dir_all(&root);
        for (path, text) in files {
            let path = root.join(path);
            std::fs::create_dir_all(path.parent().expect("lies in the root")).expect("writable");
            std::fs::write(path, text).expect("writable");
        }
        Self(root)
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.join(path)
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn names(compiled: &Compiled) -> Vec<&str> {
    compiled.files.iter().map(|it| it.name.as_deref().unwrap_or("")).collect()
}

/// Compiles one text, named `a.proto`.
fn compile(text: &str) -> Result<Compiled, Report> {
    Compiler::new().source("a.proto", text).compile(&["a.proto"])
}

const COMMON: &str = "syntax = \"proto3\";\nmessage Common {}\n";
const USES_COMMON: &str = "syntax = \"proto3\";\nimport \"common.proto\";\nmessage M { Common c = 1; }\n";

#[test]
fn a_file_finds_its_imports_beside_itself_without_any_include() {
    let dir = Dir::new("beside", &[("proto/common.proto", COMMON), ("proto/user.proto", USES_COMMON)]);
    let compiled = Compiler::new().compile(&[dir.path("proto/user.proto")]).expect("valid");
    assert_eq!(names(&compiled), ["common.proto", "user.proto"]);
    assert_eq!(compiled.roots, ["user.proto"]);
    assert_eq!(compiled.read, [dir.path("proto/user.proto"), dir.path("proto/common.proto")]);
}

#[test]
fn names_are_relative_to_the_first_include_a_file_lies_in() {
    let dir = Dir::new("relative", &[("proto/a/v1/user.proto", COMMON)]);
    let compiled = Compiler::new()
        .include(dir.path("proto"))
        .compile(&[dir.path("proto/a/v1/user.proto")])
        .expect("valid");
    assert_eq!(names(&compiled), ["a/v1/user.proto"]);
    // By that name it can be asked for as well.
    let compiled = Compiler::new().include(dir.path("proto")).compile(&["a/v1/user.proto"]).expect("valid");
    assert_eq!(names(&compiled), ["a/v1/user.proto"]);
}

#[test]
fn a_file_outside_of_all_includes_brings_its_own_directory() {
    let dir = Dir::new(
        "outside",
        &[("inc/x.proto", COMMON), ("other/common.proto", COMMON), ("other/user.proto", USES_COMMON)],
    );
    let compiled =
        Compiler::new().include(dir.path("inc")).compile(&[dir.path("other/user.proto")]).expect("valid");
    assert_eq!(names(&compiled), ["common.proto", "user.proto"]);
}

#[test]
fn one_file_under_two_names_is_one_file() {
    let uses = USES_COMMON.replace("common.proto", "sub/common.proto");
    let dir = Dir::new("two_names", &[("sub/common.proto", COMMON), ("user.proto", &uses)]);
    let files = [dir.path("sub/common.proto"), dir.path("user.proto")];
    let compiled = Compiler::new().compile(&files).expect("valid");
    assert_eq!(compiled.files.len(), 2);
    assert_eq!(compiled.files[1].dependency, [compiled.files[0].name.clone().expect("has a name")]);
}

#[test]
fn a_file_that_another_one_hides_is_refused() {
    let dir = Dir::new("hides", &[("one/a.proto", COMMON), ("two/a.proto", COMMON)]);
    let report = Compiler::new()
        .include(dir.path("one"))
        .include(dir.path("two"))
        .compile(&[dir.path("two/a.proto")])
        .expect_err("ambiguous");
    assert!(report.to_string().contains("is hidden by"), "{report}");
}

#[test]
fn a_file_on_an_include_path_wins_over_the_built_in_copy() {
    let mine = "syntax = \"proto3\";\npackage google.protobuf;\nmessage Empty { int32 mine = 1; }\n";
    let dir = Dir::new("wins", &[("google/protobuf/empty.proto", mine)]);
    let compiled =
        Compiler::new().include(dir.path("")).compile(&["google/protobuf/empty.proto"]).expect("valid");
    assert_eq!(compiled.files[0].message_type[0].field.len(), 1);
}

#[test]
fn a_missing_input_is_told_with_the_places_that_were_searched() {
    let report = Compiler::new().include("somewhere").compile(&["nowhere.proto"]).expect_err("missing");
    let expect = "error: cannot find `nowhere.proto`\n = note: looked in `somewhere`, the built-in files";
    assert_eq!(report.to_string(), expect);
}

#[test]
fn an_import_that_lies_above_the_input_is_found_or_explained() {
    let uses = USES_COMMON.replace("common.proto", "base/common.proto");
    let dir = Dir::new("above", &[("proto/base/common.proto", COMMON), ("proto/app/user.proto", &uses)]);
    let report = Compiler::new()
        .include(dir.path("proto/app"))
        .compile(&[dir.path("proto/app/user.proto")])
        .expect_err("not found");
    assert!(report.to_string().contains("to the include directories"), "{report}");
    Compiler::new().include(dir.path("proto")).compile(&[dir.path("proto/app/user.proto")]).expect("valid");
}

#[test]
fn texts_in_memory_win_over_the_disk_and_are_not_reported_as_read() {
    let dir = Dir::new("memory", &[("a.proto", "not protobuf at all")]);
    let compiled = Compiler::new()
        .include(dir.path(""))
        .source("a.proto", COMMON)
        .compile(&[Path::new("a.proto")])
        .expect("valid");
    assert!(compiled.read.is_empty());
}

#[test]
fn errors_of_all_files_come_in_one_run() {
    let report = Compiler::new()
        .source("a.proto", "syntax = \"proto3\";\nmessage A { int32 x = 0; }\nenum E { X = 1; }\n")
        .source("b.proto", "syntax = \"proto3\";\nmessage B { Nothing x = 1; int32 = 2; }\n")
        .compile(&["a.proto", "b.proto", "c.proto"])
        .expect_err("broken");
    assert_eq!(report.errors(), 5, "{report}");
}

#[test]
fn a_report_names_the_files_it_read_even_when_it_failed() {
    let dir = Dir::new("failed", &[("a.proto", "message")]);
    let report = Compiler::new().compile(&[dir.path("a.proto")]).expect_err("broken");
    assert_eq!(report.read().collect::<Vec<_>>(), [dir.path("a.proto")]);
}

#[test]
fn bytes_that_are_no_text_are_refused() {
    let dir = Dir::new("bytes", &[]);
    std::fs::create_dir_all(&dir.0).expect("writable");
    std::fs::write(dir.path("a.proto"), b"syntax = \"proto3\";\n// \xFF\n").expect("writable");
    let report = Compiler::new().compile(&[dir.path("a.proto")]).expect_err("no text");
    assert!(report.to_string().contains("is not valid UTF-8"), "{report}");
    assert!(report.to_string().contains("in line 2"), "{report}");
}

#[test]
fn what_is_wrong_in_an_import_is_not_blamed_on_the_names_it_would_have_brought() {
    let report = compile("syntax = \"proto3\";\nimport \"gone.proto\";\nmessage M { gone.Thing t = 1; }\n");
    assert_eq!(report.expect_err("broken").errors(), 1);
}

#[test]
fn vendored_descriptors_under_another_name_take_no_offence() {
    let mine = "syntax = \"proto2\";\npackage google.protobuf;\nmessage FileOptions { optional string java_package = 1; }\n";
    let compiled = Compiler::new()
        .source("mine.proto", mine)
        .source("a.proto", "syntax = \"proto2\";\nimport \"mine.proto\";\noption java_package = \"x\";\n")
        .compile(&["a.proto"])
        .expect("valid");
    let options = compiled.files[1].options.as_ref().expect("has options");
    assert_eq!(options.java_package.as_deref(), Some("x"));
}

#[test]
fn the_order_of_the_files_is_that_of_dependency_and_then_of_the_source() {
    let file = |imports: &[&str]| {
        let imports: String = imports.iter().map(|it| format!("import public \"{it}.proto\";\n")).collect();
        format!("syntax = \"proto3\";\n{imports}")
    };
    let compiled = Compiler::new()
        .source("a.proto", file(&["c", "b"]))
        .source("b.proto", file(&["d"]))
        .source("c.proto", file(&["d"]))
        .source("d.proto", file(&[]))
        .compile(&["a.proto"])
        .expect("valid");
    assert_eq!(names(&compiled), ["d.proto", "c.proto", "b.proto", "a.proto"]);
}

#[test]
fn a_long_chain_of_imports_takes_no_stack() {
    let mut compiler = Compiler::new();
    for n in 0..1000 {
        let text = format!("syntax = \"proto3\";\nimport public \"f{}.proto\";\n", n + 1);
        compiler = compiler.source(format!("f{n}.proto"), text);
    }
    compiler = compiler.source("f1000.proto", "syntax = \"proto3\";\n");
    let compiled = compiler.compile(&["f0.proto"]).expect("valid");
    assert_eq!(compiled.files.len(), 1001);
}

#[test]
fn a_file_over_64_mib_is_refused_unread() {
    let report = compile(&" ".repeat((64 << 20) + 1)).expect_err("too large");
    assert!(report.to_string().contains("too large"), "{report}");
}

#[test]
fn a_run_of_more_than_100_000_files_is_refused() {
    let mut compiler = Compiler::new();
    let mut root = String::from("syntax = \"proto3\";\n");
    for n in 0..100_000 {
        compiler = compiler.source(format!("f{n}.proto"), "");
        root.push_str(&format!("import \"f{n}.proto\";\n"));
    }
    let report = compiler.source("a.proto", root).compile(&["a.proto"]).expect_err("one too many");
    assert_eq!(report.errors(), 1);
    assert!(report.to_string().contains("one file too many"));
}

#[test]
fn a_full_name_over_4096_bytes_is_refused_once() {
    let long = "x".repeat(4000);
    let text = |inner: usize| {
        format!(
            "syntax = \"proto3\";\nmessage {long} {{ message {} {{ message N {{ N n = 1; }} }} }}\n",
            "y".repeat(inner)
        )
    };
    compile(&text(80)).expect("short enough");
    let report = compile(&text(97)).expect_err("too long");
    assert_eq!(report.errors(), 1, "{report}");
    assert!(report.to_string().contains("this name is too long"));
}

/// As many of something as asked for.
fn many(count: usize, one: impl Fn(usize) -> String) -> String {
    (1..=count).map(one).collect()
}

#[test]
fn edition_2026_bounds_messages_oneofs_and_enums_unless_let_off() {
    let field = |n: usize| format!("int32 f{n}x = {n};");
    let oneof = |n: usize| format!("oneof o{n}x {{ int32 f{n}x = {n}; }}");
    let value = |n: usize| format!("E_V{n} = {};", n - 1);
    type Make<'a> = &'a dyn Fn(usize, &str) -> String;
    let cases: [(usize, &str, Make<'_>); 4] = [
        (1500, "fields", &|n, option| format!("message M {{ {option} {} }}", many(n, field))),
        (1000, "oneofs", &|n, option| format!("message M {{ {option} {} }}", many(n, oneof))),
        (1200, "fields", &|n, option| format!("message M {{ oneof o {{ {option} {} }} }}", many(n, field))),
        (1700, "values", &|n, option| format!("enum E {{ {option} {} }}", many(n, value))),
    ];
    let off = "option features.enforce_proto_limits = LEGACY_NO_EXPLICIT_LIMITS;";
    for (most, what, make) in cases {
        let file = |count, option| format!("edition = \"2026\";\n{}\n", make(count, option));
        compile(&file(most, "")).expect("as many as may be");
        compile(&file(most + 1, off)).expect("let off");
        compile(&file(most + 1, "").replace("2026", "2024")).expect("not in edition 2024");
        let report = compile(&file(most + 1, "")).expect_err("one too many");
        assert_eq!(report.errors(), 1, "{report}");
        assert!(report.to_string().contains(&format!("has {} {what}", most + 1)), "{report}");
    }
}

#[test]
fn a_package_over_511_bytes_or_101_parts_is_refused() {
    let file = |package: &str| format!("syntax = \"proto3\";\npackage {package};\n");
    compile(&file(&"a".repeat(511))).expect("short enough");
    compile(&file(&vec!["a"; 101].join("."))).expect("few enough");
    for long in ["a".repeat(512), vec!["a"; 102].join(".")] {
        let report = compile(&file(&long)).expect_err("too long");
        assert!(report.to_string().contains("this name of a package is too long"), "{report}");
    }
}

#[test]
fn texts_of_options_are_handed_on_whatever_they_are() {
    let text = "syntax = \"proto3\";\noption java_package = \"\\377\";\noption java_multiple_files = true;\n";
    let compiled = compile(text).expect("as with protoc");
    let options = compiled.files[0].options.get().encode_to_vec().expect("small enough");
    assert_eq!(options, b"\x0a\x01\xff\x50\x01");
}

#[test]
fn deprecated_options_are_warned_of_in_files_that_were_asked_for_only() {
    let old = "edition = \"2023\";\nimport \"google/protobuf/cpp_features.proto\";\n\
        option features.(pb.cpp).legacy_closed_enum = true;\nmessage Old {}\n";
    let uses = "syntax = \"proto3\";\nimport \"old.proto\";\nmessage M { Old o = 1; }\n";
    let compiler = Compiler::new().source("old.proto", old).source("a.proto", uses);
    let compiled = compiler.compile(&["old.proto"]).expect("valid");
    assert!(compiled.warnings.to_string().starts_with("warning: `legacy_closed_enum` is deprecated"));
    assert!(compiler.compile(&["a.proto"]).expect("valid").warnings.is_empty());
}

#[test]
fn errors_of_many_files_come_in_their_order_and_are_all_counted() {
    // Enough of both for several threads and for more than a report keeps.
    let mut compiler = Compiler::new();
    let names: Vec<String> = (0..60).map(|n| format!("f{n:02}.proto")).collect();
    for name in &names {
        compiler = compiler.source(name, format!("syntax = \"proto3\";\n{}", "nonsense here;\n".repeat(15)));
    }
    let report = compiler.compile(&names).expect_err("broken");
    assert_eq!(report.errors(), 60 * 15);
    let files: Vec<&str> =
        report.diagnostics().map(|it| report.place(it).expect("has a place").file).collect();
    assert!(files.is_sorted() && files.first() == Some(&"f00.proto"), "{files:?}");
    let again = compiler.compile(&names).expect_err("broken");
    assert_eq!(report.to_string(), again.to_string());
}

#[test]
fn an_import_is_not_held_to_the_targets_of_its_options() {
    let lib = "syntax = \"proto2\";\nimport \"google/protobuf/descriptor.proto\";\n\
        extend google.protobuf.FieldOptions { optional bool mine = 50000 [targets = TARGET_TYPE_FILE]; }\n\
        message Lib { optional int32 x = 1 [(mine) = true]; }\n";
    let uses = "syntax = \"proto3\";\nimport \"lib.proto\";\nmessage M { Lib lib = 1; }\n";
    let compiler = Compiler::new().source("lib.proto", lib).source("a.proto", uses);
    compiler.compile(&["a.proto"]).expect("as protoc does");
    let report = compiler.compile(&["lib.proto"]).expect_err("asked for");
    assert!(report.to_string().contains("option `mine` cannot be set on a field"), "{report}");
}
