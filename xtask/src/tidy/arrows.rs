//! Arrows between the top-level modules of a crate.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::code::{code, end_of_braces, inline_modules, line_of, test_items, without_tests, words};
use super::{File, Finding, Tree};

/// Within a crate modules point down only: no module reaches itself again through others.
pub(super) fn modules_point_down(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for name in crate_names(tree) {
        let arrows = arrows(tree, name);
        for ((from, to), place) in &arrows {
            let Some(back) = way(&arrows, to, from) else { continue };
            let back = back.join(" → ");
            let what = format!(
                "`{from}` uses `{to}`, and {back}: modules point down only; move what both need below both"
            );
            findings.push(Finding::new(&place.0, place.1, what));
        }
    }
    findings
}

/// In ferrpc, `client` and `server` never name each other; both stand on `conn`.
pub(super) fn client_and_server_are_strangers(tree: &Tree) -> Vec<Finding> {
    let arrows = arrows(tree, "ferrpc");
    [("client", "server"), ("server", "client")]
        .into_iter()
        .filter_map(|(from, to)| Some((from, to, arrows.get(&(from.into(), to.into()))?)))
        .map(|(from, to, (path, line))| {
            Finding::new(
                path,
                *line,
                format!("`{from}` names `{to}`; what both need belongs into `conn` or below"),
            )
        })
        .collect()
}

/// From a module to another of the same crate, and the first place where it is used.
type Arrows = BTreeMap<(String, String), (String, usize)>;

fn crate_names(tree: &Tree) -> BTreeSet<&str> {
    tree.files
        .iter()
        .filter_map(|file| file.path.strip_prefix("crates/")?.strip_suffix("/Cargo.toml"))
        .collect()
}

fn arrows(tree: &Tree, name: &str) -> Arrows {
    let source = format!("crates/{name}/src/");
    let files = || tree.rust().filter_map(|file| Some((file.path.strip_prefix(&source)?, file)));
    let tested = files().flat_map(|(path, file)| test_modules(path, &code(&file.text))).collect::<Vec<_>>();
    let modules = files().filter_map(|(path, _)| top_level(path)).collect::<BTreeSet<_>>();
    let exported = exported(&modules, tree.get(&format!("{source}lib.rs")));

    let mut arrows = Arrows::new();
    for (path, file) in files() {
        let Some(from) = top_level(path) else { continue };
        let is_test =
            |module: &String| path == format!("{module}.rs") || path.starts_with(&format!("{module}/"));
        if path.ends_with("/tests.rs") || tested.iter().any(is_test) {
            continue;
        }
        let code = without_tests(&code(&file.text));
        for (at, word) in names_at_root(&code, depth(path)) {
            let Some(to) = modules.get(word).copied().or_else(|| exported.get(word).map(String::as_str))
            else {
                continue;
            };
            if from != to {
                let place = (file.path.clone(), line_of(&code, at));
                arrows.entry((from.into(), to.into())).or_insert(place);
            }
        }
    }
    arrows
}

/// The top-level module of a file below `src/`; the roots of the crate and of its programs have none.
fn top_level(path: &str) -> Option<&str> {
    let first = path.split('/').next()?;
    match first.strip_suffix(".rs").unwrap_or(first) {
        "lib" | "main" | "bin" | "tests" => None,
        module => Some(module),
    }
}

/// How many `super` lead from a file's module to the crate's root.
fn depth(path: &str) -> usize {
    let below = path.strip_suffix("/mod.rs").unwrap_or(path);
    below.matches('/').count() + 1
}

/// Modules of their own files that are only built for tests, as paths below `src/`.
fn test_modules(path: &str, code: &str) -> Vec<String> {
    let parent = match path.rsplit_once('/') {
        Some((parent, "mod.rs")) => format!("{parent}/"),
        None if matches!(path, "lib.rs" | "main.rs") => String::new(),
        _ => format!("{}/", path.trim_end_matches(".rs")),
    };
    test_items(code)
        .into_iter()
        .filter_map(|range| {
            let item = code[range].strip_suffix(';')?;
            let (_, module) = item.rsplit_once("mod ")?;
            Some(format!("{parent}{}", module.trim()))
        })
        .collect()
}

/// What the crate's root offers under a name of its own: `use module::Name` makes an arrow to
/// `crate::Name` one to the module.
fn exported(modules: &BTreeSet<&str>, root: Option<&File>) -> BTreeMap<String, String> {
    let mut exported = BTreeMap::new();
    let Some(root) = root else { return exported };
    let code = without_tests(&code(&root.text));
    for (at, _) in words(&code).filter(|(_, word)| *word == "use") {
        let end = code[at..].find(';').map_or(code.len(), |offset| at + offset);
        let mut names =
            words(&code[at..end]).map(|(_, word)| word).skip(1).filter(|word| !is_path_start(word));
        let Some(module) = names.next().filter(|name| modules.contains(name)) else { continue };
        for name in names.filter(|name| !modules.contains(name)) {
            exported.entry(name.to_owned()).or_insert_with(|| module.to_owned());
        }
    }
    exported
}

fn is_path_start(word: &str) -> bool {
    matches!(word, "crate" | "self" | "super")
}

/// The names that stand directly below the crate's root in paths of this code.
fn names_at_root(code: &str, depth: usize) -> Vec<(usize, &str)> {
    let inline = inline_modules(code);
    let mut found = Vec::new();
    for (at, word) in words(code) {
        // `super::super::x` is looked at once, from its first word.
        if !matches!(word, "crate" | "super") || code[..at].ends_with("::") {
            continue;
        }
        let mut rest = at + word.len();
        let mut supers = usize::from(word == "super");
        while code[rest..].starts_with("::super") {
            rest += "::super".len();
            supers += 1;
        }
        let Some(path) = code[rest..].strip_prefix("::") else { continue };
        let depth = depth + inline.iter().filter(|range| range.contains(&at)).count();
        if word == "super" && supers != depth {
            continue;
        }
        let start = rest + 2;
        if path.starts_with('{') {
            found.extend(first_words(code, start + 1, end_of_braces(code, start) - 1));
        } else {
            found.extend(words(path).next().map(|(offset, word)| (start + offset, word)));
        }
    }
    found
}

/// The first word of each part of `a::b, c::{d, e}, f`.
fn first_words(code: &str, start: usize, end: usize) -> Vec<(usize, &str)> {
    let (mut depth, mut expected) = (0, true);
    let mut found = Vec::new();
    for (offset, byte) in code[start..end].bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' => depth -= 1,
            b',' if depth == 0 => expected = true,
            byte if expected && !byte.is_ascii_whitespace() => {
                expected = false;
                found.extend(
                    words(&code[start + offset..]).next().map(|(at, word)| (start + offset + at, word)),
                );
            }
            _ => {}
        }
    }
    found
}

/// The shortest way from one module to another, both included.
fn way<'a>(arrows: &'a Arrows, from: &'a str, to: &str) -> Option<Vec<&'a str>> {
    let mut ways = VecDeque::from([vec![from]]);
    let mut seen = BTreeSet::from([from]);
    while let Some(way) = ways.pop_front() {
        let last = *way.last()?;
        if last == to {
            return Some(way);
        }
        for (_, next) in arrows.keys().filter(|(start, _)| start == last) {
            if seen.insert(next) {
                ways.push_back([way.as_slice(), &[next]].concat());
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(files: [(&str, &str); 4]) -> Tree {
        Tree::of(files)
    }

    fn places(findings: &[Finding]) -> Vec<(&str, usize)> {
        findings.iter().map(|finding| (finding.path.as_str(), finding.line)).collect()
    }

    #[test]
    fn a_ring_of_modules_is_found_at_each_arrow() {
        let found = modules_point_down(&tree([
            ("crates/x/Cargo.toml", ""),
            ("crates/x/src/a.rs", "//! A.\n// crate::c in a comment\nuse crate::b::B;\n"),
            ("crates/x/src/b/mod.rs", "mod inner;\n"),
            ("crates/x/src/b/inner.rs", "use std::{fmt, io};\nuse crate::{b::D, a::{A, c}};\n"),
        ]));
        assert_eq!(places(&found), [("crates/x/src/a.rs", 3), ("crates/x/src/b/inner.rs", 2)]);
        assert!(found[0].what.starts_with("`a` uses `b`, and b → a: "), "{}", found[0].what);
    }

    #[test]
    fn an_arrow_through_super_or_a_name_of_the_root_counts() {
        let found = modules_point_down(&tree([
            ("crates/x/Cargo.toml", ""),
            ("crates/x/src/lib.rs", "mod a;\nmod b;\npub use b::{Bee, Wasp as Hornet};\n"),
            ("crates/x/src/a.rs", "fn f(x: crate::Hornet) {}\n"),
            (
                "crates/x/src/b/c.rs",
                "use super::a;\nuse super::super::a::A;\nmod d { use super::super::a; }\n",
            ),
        ]));
        assert_eq!(places(&found), [("crates/x/src/a.rs", 1), ("crates/x/src/b/c.rs", 2)]);
    }

    #[test]
    fn tests_may_point_anywhere() {
        let found = modules_point_down(&tree([
            ("crates/x/Cargo.toml", ""),
            ("crates/x/src/lib.rs", "mod a;\nmod b;\n#[cfg(test)]\nmod pair;\n"),
            ("crates/x/src/a.rs", "use crate::b;\n#[cfg(test)]\nmod tests { use crate::pair; }\n"),
            ("crates/x/src/pair.rs", "use crate::a;\n"),
        ]));
        assert_eq!(found, []);
    }

    #[test]
    fn client_and_server_that_name_each_other_are_found() {
        let found = client_and_server_are_strangers(&tree([
            ("crates/ferrpc/Cargo.toml", ""),
            ("crates/ferrpc/src/client/mod.rs", "use crate::conn;\n"),
            ("crates/ferrpc/src/server/mod.rs", "use crate::conn;\nuse crate::client::Channel;\n"),
            ("crates/ferrpc/src/conn.rs", ""),
        ]));
        assert_eq!(places(&found), [("crates/ferrpc/src/server/mod.rs", 2)]);
    }
}
