//! Arrows between modules that lie side by side: those of a crate, and those below one of its modules.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::code::{code, end_of_braces, inline_modules, line_of, test_items, without_tests, words};
use super::{File, Finding, Tree};

/// Modules point down only: none reaches itself again through others that lie beside it.
pub(super) fn modules_point_down(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for folder in folders(tree) {
        let arrows = arrows(tree, &folder);
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
    let arrows = arrows(tree, &Folder { path: "crates/ferrpc/src/", modules: Vec::new() });
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

/// Modules that lie side by side.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Folder<'a> {
    /// From the top of the repository, with a slash behind it.
    path: &'a str,
    /// From the root of the crate down to the one that they are below; none if they are the crate's own.
    modules: Vec<&'a str>,
}

impl Folder<'_> {
    /// The file that names them all.
    fn root<'t>(&self, tree: &'t Tree) -> Option<&'t File> {
        let beside = format!("{}.rs", self.path.trim_end_matches('/'));
        let root = if self.modules.is_empty() { "lib.rs" } else { "mod.rs" };
        tree.get(&format!("{}{root}", self.path)).or_else(|| tree.get(&beside))
    }
}

/// Those of all crates; programs below `bin` and folders of tests are left out.
fn folders(tree: &Tree) -> BTreeSet<Folder<'_>> {
    let mut folders = BTreeSet::new();
    for file in tree.rust() {
        let path = file.path.as_str();
        let Some(at) = path.find("/src/") else { continue };
        let src = at + "/src/".len();
        let ends = path[src..].match_indices('/').map(|(slash, _)| src + slash + 1);
        for end in std::iter::once(src).chain(ends) {
            let modules: Vec<&str> = path[src..end].split_terminator('/').collect();
            if !modules.iter().any(|module| matches!(*module, "bin" | "tests")) {
                folders.insert(Folder { path: &path[..end], modules });
            }
        }
    }
    folders
}

/// From a module to another beside it, and the first place where it is used.
type Arrows = BTreeMap<(String, String), (String, usize)>;

fn arrows(tree: &Tree, folder: &Folder<'_>) -> Arrows {
    let files = || tree.rust().filter_map(|file| Some((file.path.strip_prefix(folder.path)?, file)));
    let tested = files().flat_map(|(path, file)| test_modules(path, &code(&file.text))).collect::<Vec<_>>();
    let modules = files().filter_map(|(path, _)| top_level(path)).collect::<BTreeSet<_>>();
    let exported = exported(&modules, folder.root(tree));

    let mut arrows = Arrows::new();
    for (path, file) in files() {
        let Some(from) = top_level(path) else { continue };
        let is_test =
            |module: &String| path == format!("{module}.rs") || path.starts_with(&format!("{module}/"));
        if path.ends_with("/tests.rs") || tested.iter().any(is_test) {
            continue;
        }
        let code = without_tests(&code(&file.text));
        for (at, word) in names_at_root(&code, depth(path), &folder.modules) {
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

/// The module of a folder that a file belongs to; the root of the folder belongs to none.
fn top_level(path: &str) -> Option<&str> {
    let first = path.split('/').next()?;
    match first.strip_suffix(".rs").unwrap_or(first) {
        "lib" | "main" | "mod" | "bin" | "tests" => None,
        module => Some(module),
    }
}

/// How many `super` lead from a file's module to what its folder is below.
fn depth(path: &str) -> usize {
    let below = path.strip_suffix("/mod.rs").unwrap_or(path);
    below.matches('/').count() + 1
}

/// Modules of their own files that are only built for tests, as paths below the folder.
fn test_modules(path: &str, code: &str) -> Vec<String> {
    let parent = match path.rsplit_once('/') {
        Some((parent, "mod.rs")) => format!("{parent}/"),
        None if matches!(path, "lib.rs" | "main.rs" | "mod.rs") => String::new(),
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

/// What the root of a folder offers under a name of its own: `use module::Name` in it makes an arrow to
/// `super::Name` one to the module.
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

/// The names that stand directly below a folder's root in paths of this code: that of these modules.
fn names_at_root<'a>(code: &'a str, depth: usize, modules: &[&str]) -> Vec<(usize, &'a str)> {
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
        if word == "crate" {
            let below = modules.iter().try_fold(&code[rest..], |path, module| {
                path.strip_prefix("::")?.strip_prefix(module).filter(|rest| rest.starts_with("::"))
            });
            let Some(below) = below else { continue };
            rest = code.len() - below.len();
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
    fn a_ring_below_a_module_is_found_too() {
        let found = modules_point_down(&tree([
            ("x/src/a/mod.rs", "mod b;\nmod c;\npub use c::Cat;\nuse b::Bee;\n"),
            ("x/src/a/b.rs", "use super::Cat;\nuse crate::c::Other;\n"),
            ("x/src/a/c.rs", "use super::Bee;\nfn f() { crate::a::b::g() }\n"),
            ("x/src/c.rs", "use crate::a::b;\n#[cfg(test)]\nmod tests { use super::super::a; }\n"),
        ]));
        // What lies below `a` goes round once, and once more round `a` and `c` beside it.
        let expected = [("x/src/a/b.rs", 2), ("x/src/c.rs", 1), ("x/src/a/b.rs", 1), ("x/src/a/c.rs", 1)];
        assert_eq!(places(&found), expected);
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
