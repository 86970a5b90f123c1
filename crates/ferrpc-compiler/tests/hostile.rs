//! Files made to hurt: each bound holds, and time and memory grow with the size of the input.

use std::fmt::Write as _;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use ferrpc_compiler::{Compiled, Compiler, Report};

/// Compiles one text, named `a.proto`.
fn compile(text: &str) -> Result<Compiled, Report> {
    Compiler::new().source("a.proto", text).compile(&["a.proto"])
}

const PROTO2: &str = "syntax = \"proto2\";\nimport \"google/protobuf/descriptor.proto\";\n";

/// A message `O` with itself inside, and options of that type.
const OPTION: &str = "message O { optional O o = 1; repeated int32 i = 2; repeated O r = 3; }\n\
    extend google.protobuf.FileOptions { optional O o = 50000; }\n";

/// So many of something, one a line.
fn lines(count: usize, one: impl Fn(usize) -> String) -> String {
    (0..count).fold(String::new(), |mut all, nth| {
        let _ = writeln!(all, "{}", one(nth));
        all
    })
}

/// The number of the field of this index: those of the implementation are left out.
fn number(nth: usize) -> usize {
    if nth < 18_999 { nth + 1 } else { nth + 1001 }
}

fn fields(count: usize, one: impl Fn(usize) -> String) -> String {
    lines(count, |nth| one(nth).replace('#', &number(nth).to_string()))
}

/// How long a file takes.
fn time(text: &str) -> Duration {
    let before = spent();
    let _ = compile(text);
    spent().saturating_sub(before)
}

/// What this thread has computed so far. Linux says so, whoever else wants the core; elsewhere it is the time of day.
fn spent() -> Duration {
    static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);
    let began = *BEGAN;
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    stat.split(' ')
        .next()
        .and_then(|ran| ran.parse().ok())
        .map_or_else(|| began.elapsed(), Duration::from_nanos)
}

/// Files in which each line makes the compiler look for something among all the others. With the square of
/// their number they would take hundreds of times as long as a plain file of their size.
fn of_many_parts(n: usize) -> Vec<(&'static str, String)> {
    let message = |body: String| format!("{PROTO2}message M {{\n{body}}}\n");
    let values = format!("enum E {{ {} }}\n", lines(n, |k| format!("V{k} = {k};")));
    let extension =
        |ty: &str| format!("extend google.protobuf.FieldOptions {{ repeated {ty} e = 50000; }}\n");
    let wide = format!("message W {{ {} }}\n", fields(n, |k| format!("optional int32 w{k} = #;")));
    let w = "extend google.protobuf.FileOptions { optional W w = 50000; }\n";
    vec![
        ("fields of one name", message(fields(n, |_| "optional int32 f = #;".into()))),
        ("fields of one number", message(lines(n, |k| format!("optional int32 f{k} = 1;")))),
        (
            "fields of one JSON name",
            message(fields(n, |k| format!("optional int32 f{} = #;", "_".repeat(k % 99)))),
        ),
        (
            "fields on one line",
            message(fields(n, |k| format!("optional int32 f{k} = #;")).replace('\n', " ")),
        ),
        (
            "comments on one line",
            message(fields(n, |k| format!("/**/ optional int32 f{k} = #;")).replace('\n', " ")),
        ),
        ("unknown types", message(fields(n, |k| format!("optional Foo{k} f{k} = #;")))),
        ("unknown options", message(fields(n, |k| format!("optional int32 f{k} = # [(x{k}) = 1];")))),
        ("unknown standard options", message(fields(n, |k| format!("optional int32 f{k} = # [x{k} = 1];")))),
        ("enums", lines(n, |k| format!("enum E{k} {{ V{k} = 0; }}"))),
        ("values of one number", format!("enum E {{ {} }}", lines(n, |k| format!("V{k} = 0;")))),
        (
            "messages that use one another",
            lines(n, |k| format!("message M{k} {{ optional M{} m = 1; }}", k * 7 % n)),
        ),
        (
            "defaults of a wide enum",
            message(fields(n, |k| format!("optional E f{k} = # [default = V{k}];"))) + &values,
        ),
        (
            "options of a wide enum",
            message(fields(n, |k| format!("optional int32 f{k} = # [(e) = V{k}];")))
                + &extension("E")
                + &values,
        ),
        (
            "options by name, in braces",
            format!("{PROTO2}{wide}{w}option (w) = {{ {} }};", lines(n, |k| format!("w{k}: 1"))),
        ),
        (
            "options by name, one by one",
            format!("{PROTO2}{wide}{w}{}", lines(n, |k| format!("option (w).w{k} = 1;"))),
        ),
        (
            "unknown names in braces",
            format!("{PROTO2}{wide}{w}option (w) = {{ {} }};", lines(n, |k| format!("u{k}: 1"))),
        ),
        (
            "many custom options, each used",
            message(fields(n, |k| format!("optional int32 f{k} = # [(x{k}) = 1];")))
                + &format!(
                    "extend google.protobuf.FieldOptions {{ {} }}",
                    lines(n, |k| format!("optional int32 x{k} = {};", 50_000 + k))
                ),
        ),
        ("extensions without a place", {
            let ranges = lines(n, |k| format!("extensions {};", 100_000 + 2 * k));
            format!(
                "message M {{ {ranges} }} extend M {{ {} }}",
                fields(n, |k| format!("optional int32 f{k} = #;"))
            )
        }),
        ("declared extensions", {
            let declared = lines(n, |k| {
                format!(
                    "extensions {0} [declaration = {{ number: {0} full_name: \".f{k}\" type: \"int32\" }}];",
                    number(k)
                )
            });
            format!(
                "message M {{ {declared} }} extend M {{ {} }}",
                fields(n, |k| format!("optional int32 f{k} = #;"))
            )
        }),
        ("reserved names", message(lines(n, |k| format!("reserved \"n{k}\";")))),
        ("ranges that overlap", message(lines(n, |_| "reserved 1 to 5;".into()))),
        ("imports that are missing", lines(n / 10, |k| format!("import \"a{k}.proto\";"))),
        ("one import again and again", lines(n, |_| "import \"google/protobuf/any.proto\";".into())),
        ("wrong escapes", format!("option java_package = \"{}\";", "\\q".repeat(n))),
        ("a block comment of many lines", format!("/*{}*/", "\n".repeat(50 * n))),
        ("a list in braces", format!("{PROTO2}{OPTION}option (o) = {{ i: [1{}] }};", ", 1".repeat(10 * n))),
        ("braces that are never closed", "message M {".repeat(n)),
        ("wrong values that are never closed", lines(n, |_| "option a = { #;".into())),
        ("braces that close nothing", "}".repeat(10 * n)),
    ]
}

#[test]
fn time_grows_with_the_size_of_a_file_whatever_is_in_it() {
    let n = 8000;
    let plain = fields(n, |k| format!("optional int32 f{k} = #;"));
    let plain = format!("{PROTO2}message M {{\n{plain}}}\n");
    // What a byte takes in a plain file, and what there is to do besides.
    let longest = |text: &str| time(text).max(time(text)).max(time(text));
    let (alone, plain_time) = (longest(PROTO2), longest(&plain));
    for (name, text) in of_many_parts(n) {
        let size = u32::try_from(text.len() / plain.len() + 1).expect("small");
        let most = alone + plain_time * size * 15;
        let took = time(&text);
        assert!(took < most, "{name}: {} bytes took {took:?}, over {most:?}", text.len());
    }
}

#[test]
fn an_option_that_leads_through_more_than_100_messages_is_refused() {
    let file = |parts: usize, braces: usize| {
        let (open, close) = ("o { ".repeat(braces), " }".repeat(braces));
        format!("{PROTO2}{OPTION}option (o){} = {{ {open}i: 1{close} }};\n", ".o".repeat(parts))
    };
    for (parts, braces) in [(0, 99), (99, 0), (40, 59)] {
        compile(&file(parts, braces)).expect("as deep as anybody reads");
    }
    for (parts, braces) in [(0, 100), (100, 0), (40, 60)] {
        let report = compile(&file(parts, braces)).expect_err("too deep");
        assert!(report.to_string().contains("nested more than 100 deep"), "{report}");
    }
    let report = compile(&format!("{PROTO2}{OPTION}option (o){}.i = 1;\n", ".o".repeat(100_000)))
        .expect_err("too deep");
    assert!(report.to_string().contains("more than 100 parts"), "{report}");
    let report = compile(&file(0, 100_000)).expect_err("too deep");
    assert!(report.to_string().contains("nested more than 100 deep"), "{report}");
}

#[test]
fn options_of_extension_ranges_are_not_multiplied_without_end() {
    let file = |ranges: usize, options: usize| {
        let ranges = lines(ranges, |k| format!("{},", 2 * k + 1));
        let options = vec!["(x) = 1"; options].join(", ");
        let extend = "extend google.protobuf.ExtensionRangeOptions { repeated int32 x = 50000; }";
        format!("{PROTO2}{extend}\nmessage M {{ extensions {ranges} 900000 [{options}]; }}\n")
    };
    compile(&file(1000, 10)).expect("few");
    let report = compile(&file(5000, 5000)).expect_err("too many");
    assert!(report.to_string().contains("5000 options for each of 5001 ranges"), "{report}");
}

#[test]
fn full_names_take_512_mib_at_most() {
    // Thirty levels of long names around each field: 4 KiB a field, of 18 bytes.
    let level = |k: usize| format!("message {}{k:02} {{", "x".repeat(130));
    let inside = |body: String| format!("message Z {{}}\n{}{body}{}\n", lines(30, level), "}".repeat(30));
    let text = format!("syntax = \"proto3\";\n{}", inside(fields(140_000, |k| format!("int32 f{k:x} = #;"))));
    let report = compile(&text).expect_err("too many");
    assert_eq!(report.errors(), 1, "{report}");
    assert!(report.to_string().contains("too many long names"), "{report}");
}
