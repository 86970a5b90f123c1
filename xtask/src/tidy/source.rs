//! Rules about single Rust files, and about what tests must name.

use super::code::{code, end_of_braces, line_of, test_items, without_tests, words};
use super::{File, Finding, Tree};

/// The files that may say `unsafe`, and what for.
const UNSAFE: &[(&str, &str)] = &[
    ("crates/ferrpc-proto/src/absorb.rs", "decodes messages from positions in an input"),
    ("crates/ferrpc-proto/src/absorb/list.rs", "decodes elements in their place"),
    ("crates/ferrpc-proto/src/absorb/map.rs", "decodes entries from positions in an input"),
    ("crates/ferrpc-proto/src/absorb/packed.rs", "decodes packed numbers into a list's own memory"),
    ("crates/ferrpc-proto/src/absorb/value.rs", "decodes values from positions in an input"),
    ("crates/ferrpc-proto/src/arena.rs", "hands out memory that is not initialised"),
    ("crates/ferrpc-proto/src/decoding.rs", "what a message promises about the positions it returns"),
    ("crates/ferrpc-proto/src/emit.rs", "writes numbers where room was asked for before"),
    ("crates/ferrpc-proto/src/enumeration.rs", "the promise that generated enums make"),
    ("crates/ferrpc-proto/src/input.rs", "reads the wire format from positions in an input"),
    ("crates/ferrpc-proto/src/macros.rs", "keeps the promises for generated messages"),
    ("crates/ferrpc-proto/src/macros/decode.rs", "calls decoders where a record begins"),
    ("crates/ferrpc-proto/src/macros/encode.rs", "calls encoders where room was asked for"),
    ("crates/ferrpc-proto/src/macros/view.rs", "calls decoders of views where a record begins"),
    ("crates/ferrpc-proto/src/rev.rs", "writes messages backwards into space that is not initialised"),
    ("crates/ferrpc-proto/src/rev/output.rs", "hands out the space of messages, and puts them together"),
    ("crates/ferrpc-proto/src/sub.rs", "hands out default instances, each made once and never freed"),
    ("crates/ferrpc-proto/src/table.rs", "what a type promises about its fields and their offsets"),
    ("crates/ferrpc-proto/src/table/holder.rs", "pairs an extension with the table it was made with"),
    ("crates/ferrpc-proto/src/table/place.rs", "enters fields by functions made for their types"),
    ("crates/ferrpc-proto/src/table/read.rs", "reads fields by their offsets"),
    ("crates/ferrpc-proto/src/table/write.rs", "writes fields by their offsets"),
    ("crates/ferrpc-proto/src/text.rs", "takes ASCII for text without looking twice"),
    ("crates/ferrpc-proto/src/thin.rs", "keeps a length before the bytes it is the length of"),
    ("crates/ferrpc-proto/src/view/frozen.rs", "keeps a view beside what it borrows from"),
    ("crates/ferrpc-proto/src/view/list.rs", "lists that grow in an arena"),
    ("crates/ferrpc-proto/src/view/read.rs", "decodes views from positions in an input"),
];

/// Hand-written files that may be longer, and why.
const LONG: &[(&str, &str)] = &[];

const LINES_MAX: usize = 1_000;

/// Marks of unfinished work, split so that this file has none.
const MARKS: &[&str] = &[concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];
const MACROS: &[&str] = &["dbg", "todo", "unimplemented"];

/// The first line of a file says what it is, or that it is generated.
pub(super) fn files_say_what_they_are(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.rust() {
        if file.path.contains("/gen/") {
            let what = "a file under gen/ that does not start with `// @generated`; move it, or run `cargo xtask gen`";
            findings.push(Finding::new(&file.path, 1, what));
        } else if !file.text.starts_with("//! ") {
            findings.push(Finding::new(
                &file.path,
                1,
                "start with a line `//! …` that says what the file is",
            ));
        }
    }
    findings
}

/// No unfinished work, and no traces of looking for a fault.
pub(super) fn nothing_is_left_over(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.files.iter().filter(|file| is_source(file)) {
        for (line, text) in file.lines() {
            for (_, mark) in words(text).filter(|(_, word)| MARKS.contains(word)) {
                let what = format!("{mark}: do it, or open an issue and say why it can wait");
                findings.push(Finding::new(&file.path, line, what));
            }
        }
    }
    for file in tree.rust() {
        let code = code(&file.text);
        for (at, word) in words(&code) {
            if MACROS.contains(&word) && code[at + word.len()..].starts_with('!') {
                findings.push(Finding::new(&file.path, line_of(&code, at), format!("remove `{word}!`")));
            }
        }
    }
    findings
}

fn is_source(file: &File) -> bool {
    [".rs", ".py", ".go", ".toml"].iter().any(|end| file.path.ends_with(end)) && !file.is_generated()
}

/// `unsafe` stands only where the table above says.
pub(super) fn unsafe_is_listed(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.rust().filter(|file| !UNSAFE.iter().any(|(path, _)| *path == file.path)) {
        let code = code(&file.text);
        // One finding a file: it is listed as a whole.
        if let Some((at, _)) = words(&code).find(|(_, word)| *word == "unsafe") {
            let what = "unsafe outside the files listed in xtask/src/tidy/source.rs; do without, or list the file and say why";
            findings.push(Finding::new(&file.path, line_of(&code, at), what));
        }
    }
    for (path, _) in UNSAFE {
        if tree.get(path).is_some_and(|file| !words(&code(&file.text)).any(|(_, word)| word == "unsafe")) {
            findings.push(Finding::new(
                path,
                1,
                "no longer unsafe: take it off the list in xtask/src/tidy/source.rs",
            ));
        }
    }
    findings
}

/// Ways to send octets that still belong to somebody, split so that this file names none.
const LENT: &[&str] = &[concat!("MSG_ZERO", "COPY"), concat!("SO_ZERO", "COPY"), concat!("io_", "uring")];

/// What the kernel sends later must not change meanwhile (CVE-2024-11407): row 43 of docs/attacks.md. All we send
/// is copied by the system call.
pub(super) fn octets_are_not_lent_to_the_kernel(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.files.iter().filter(|file| file.path.starts_with("crates/") && is_source(file)) {
        for (line, text) in file.lines() {
            for (_, word) in words(text).filter(|(_, word)| LENT.contains(word)) {
                let what =
                    format!("{word}: octets would be sent after their owner took them back; write them");
                findings.push(Finding::new(&file.path, line, what));
            }
        }
    }
    findings
}

/// A file of more than a thousand lines is nearly always two.
pub(super) fn files_are_short(tree: &Tree) -> Vec<Finding> {
    tree.rust()
        .map(|file| (file, file.text.lines().count()))
        .filter(|(file, lines)| *lines > LINES_MAX && !LONG.iter().any(|(path, _)| *path == file.path))
        .map(|(file, lines)| {
            let what = format!(
                "{lines} lines; split it (by direction, by noun), or list it in xtask/src/tidy/source.rs"
            );
            Finding::new(&file.path, LINES_MAX + 1, what)
        })
        .collect()
}

/// Where `enum Violation` is.
const VIOLATIONS: &str = "crates/ferrpc-http2/src/error.rs";

/// Each misdeed of a peer that has a name has a test that names it.
pub(super) fn violations_are_tested(tree: &Tree) -> Vec<Finding> {
    let Some(file) = tree.get(VIOLATIONS) else { return Vec::new() };
    let code = code(&file.text);
    let variants = variants(&code, "enum Violation ");
    // The table's own tests name every variant; what counts is who provokes it.
    let tests = tree.rust().filter(|file| file.path != VIOLATIONS).map(test_code).collect::<String>();
    let named = words(&tests).map(|(_, word)| word).collect::<std::collections::BTreeSet<_>>();
    variants
        .into_iter()
        .filter(|(_, variant)| !named.contains(variant))
        .map(|(at, variant)| {
            let what = format!("no test names Violation::{variant}; write one where a peer does just that");
            Finding::new(VIOLATIONS, line_of(&code, at), what)
        })
        .collect()
}

/// The part of a file that is only built for tests.
fn test_code(file: &File) -> String {
    let code = code(&file.text);
    let whole = file.path.starts_with("tests/")
        || file.path.contains("/tests/")
        || file.path.ends_with("/tests.rs")
        || without_tests(&code).contains("#![cfg(test)]");
    if whole {
        code
    } else {
        test_items(&code).into_iter().map(|range| &code[range]).collect::<Vec<_>>().join(" ")
    }
}

/// The names of an enum's variants: the first word of each part at the first level.
fn variants<'a>(code: &'a str, head: &str) -> Vec<(usize, &'a str)> {
    let Some(open) = code.find(head).and_then(|at| Some(at + code[at..].find('{')?)) else {
        return Vec::new();
    };
    let body = open + 1..end_of_braces(code, open) - 1;
    let (mut depth, mut expected) = (0, true);
    let mut found = Vec::new();
    for (offset, byte) in code[body.clone()].bytes().enumerate() {
        let at = body.start + offset;
        match byte {
            b'{' | b'(' | b'[' => depth += 1,
            b'}' | b')' | b']' => depth -= 1,
            b',' if depth == 0 => expected = true,
            byte if expected && depth == 0 && byte.is_ascii_alphabetic() => {
                expected = false;
                found.extend(words(&code[at..]).next().map(|(_, word)| (at, word)));
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(findings: &[Finding]) -> Vec<(&str, usize)> {
        findings.iter().map(|finding| (finding.path.as_str(), finding.line)).collect()
    }

    #[test]
    fn octets_lent_to_the_kernel_are_found() {
        let text = format!("//! Sends.\nlet flags = {};\n", LENT[0]);
        let tree = Tree::of([("crates/a/src/lib.rs", &text), ("docs/a.md", &text)]);
        assert_eq!(lines(&octets_are_not_lent_to_the_kernel(&tree)), [("crates/a/src/lib.rs", 2)]);
    }

    #[test]
    fn a_file_without_a_first_sentence_is_found() {
        let tree = Tree::of([
            ("crates/a/src/lib.rs", "//! Says it.\n"),
            ("crates/a/src/b.rs", "use c;\n"),
            ("crates/a/src/gen/c.rs", "// @generated by x\n"),
            ("crates/a/src/gen/d.rs", "//! By hand.\n"),
            ("crates/a/testdata/e.rs", "x"),
        ]);
        let found = files_say_what_they_are(&tree);
        assert_eq!(lines(&found), [("crates/a/src/b.rs", 1), ("crates/a/src/gen/d.rs", 1)]);
    }

    #[test]
    fn leftovers_are_found() {
        let text = format!(
            "// {}: later\nfn a() {{ {}!(x) }}\nlet {}X_a = \"{}!()\";\n",
            MARKS[0], "dbg", MARKS[2], "todo"
        );
        let found = nothing_is_left_over(&Tree::of([("a.rs", &text)]));
        assert_eq!(lines(&found), [("a.rs", 1), ("a.rs", 2)]);
    }

    #[test]
    fn unlisted_unsafe_is_found() {
        let text = "// unsafe in a comment\n#![forbid(unsafe_code)]\nfn a() { unsafe { b() } }\n";
        assert_eq!(lines(&unsafe_is_listed(&Tree::of([("a.rs", text)]))), [("a.rs", 3)]);
    }

    #[test]
    fn a_long_file_is_found() {
        let long = "x\n".repeat(LINES_MAX + 1);
        let generated = format!("// @generated\n{long}");
        let tree = Tree::of([("a.rs", &long), ("b.rs", &generated), ("c.rs", &long[2..])]);
        assert_eq!(lines(&files_are_short(&tree)), [("a.rs", LINES_MAX + 1)]);
    }

    #[test]
    fn a_violation_that_no_test_names_is_found() {
        let error = "pub enum Violation {\n    /// Doc, with commas.\n    One { stream: Id },\n    Two,\n    #[x]\n    Three(A, B),\n}\n\
            #[cfg(test)] mod tests { fn all() { One; Two; Three; } }";
        let tree = Tree::of([
            (VIOLATIONS, error),
            (
                "crates/ferrpc-http2/src/conn/recv.rs",
                "fn a() { Two }\n#[cfg(test)]\nmod tests { fn b() { Violation::One } }",
            ),
            ("crates/ferrpc-http2/src/conn/tests.rs", "fn c() { Three }"),
        ]);
        assert_eq!(lines(&violations_are_tested(&tree)), [(VIOLATIONS, 4)]);
    }
}
