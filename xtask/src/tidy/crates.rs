//! Arrows between crates, and who may never be depended on.

use std::collections::{BTreeMap, BTreeSet};

use super::{Finding, Tree};

/// Whom each crate of ours may depend on. Tests, examples and tools may depend on anybody; nobody
/// depends on them.
const ALLOWED: &[(&str, &[&str])] = &[
    ("ferrpc-proto", &[]),
    ("ferrpc-http2", &[]),
    ("ferrpc-compiler", &["ferrpc-proto"]),
    ("ferrpc-build", &["ferrpc-compiler", "ferrpc-proto"]),
    ("ferrpc", &["ferrpc-http2", "ferrpc-proto"]),
    ("ferrpc-cli", &["ferrpc", "ferrpc-build", "ferrpc-compiler", "ferrpc-proto"]),
];

/// Whose place ferrpc takes: they may be measured against (benches/), never built upon.
const RIVALS: &[&str] = &["h2", "hyper", "prost", "tonic"];

/// Crates depend on each other only as `ALLOWED` says.
pub(super) fn point_one_way(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &tree.files {
        let Some(name) = file.path.strip_prefix("crates/").and_then(|rest| rest.strip_suffix("/Cargo.toml"))
        else {
            continue;
        };
        let Some((_, allowed)) = ALLOWED.iter().find(|(known, _)| *known == name) else {
            let what = "a crate without a place; say in xtask/src/tidy/crates.rs whom it may depend on";
            findings.push(Finding::new(&file.path, 1, what));
            continue;
        };
        for (line, dependency) in dependencies(&file.text) {
            let ours = dependency == "ferrpc" || dependency.starts_with("ferrpc-");
            if ours && !allowed.contains(&dependency) {
                let what =
                    format!("{name} may not depend on {dependency}; crates point one way (ARCHITECTURE.md)");
                findings.push(Finding::new(&file.path, line, what));
            }
        }
    }
    findings
}

/// ferrpc-http2 has neither sockets nor tasks: whatever it depends on, tokio is not among it.
pub(super) fn engine_knows_no_runtime(tree: &Tree) -> Vec<Finding> {
    let Some(lock) = tree.get("Cargo.lock") else { return Vec::new() };
    let packages = locked(&lock.text);
    let mut seen = BTreeSet::new();
    let mut next = vec!["ferrpc-http2"];
    while let Some(name) = next.pop() {
        if seen.insert(name)
            && let Some((_, dependencies)) = packages.get(name)
        {
            next.extend(dependencies);
        }
    }
    let mut findings = Vec::new();
    for runtime in ["tokio", "futures-core", "futures-util", "mio"] {
        if seen.contains(runtime) {
            let what =
                format!("ferrpc-http2 depends on {runtime}; it is a state machine without I/O or tasks");
            findings.push(Finding::new("crates/ferrpc-http2/Cargo.toml", 1, what));
        }
    }
    findings
}

/// The product's lock file has no rival in it, not even for tests.
pub(super) fn rivals_stay_out(tree: &Tree) -> Vec<Finding> {
    let Some(lock) = tree.get("Cargo.lock") else { return Vec::new() };
    let packages = locked(&lock.text);
    RIVALS
        .iter()
        .filter_map(|rival| Some((rival, packages.get(rival)?.0)))
        .map(|(rival, line)| {
            let what = format!("{rival} has come into the product's dependencies; rivals belong in benches/");
            Finding::new("Cargo.lock", line, what)
        })
        .collect()
}

/// Versions below which a dependency has a hole that reaches our users: row 44 of docs/attacks.md.
const FLOORS: &[(&str, [u32; 3], &str)] = &[("bytes", [1, 11, 1], "RUSTSEC-2026-0007")];

/// Our manifest asks for no version that is known to be broken.
pub(super) fn floors_hold(tree: &Tree) -> Vec<Finding> {
    let Some(manifest) = tree.get("Cargo.toml") else { return Vec::new() };
    let mut findings = Vec::new();
    for (name, floor, advisory) in FLOORS {
        for (line, text) in manifest.lines() {
            let Some((_, rest)) = text.split_once('=').filter(|(key, _)| key.trim() == *name) else {
                continue;
            };
            let version: Vec<u32> = rest
                .split('"')
                .nth(1)
                .unwrap_or_default()
                .split('.')
                .map(|part| part.parse().unwrap_or(0))
                .collect();
            if version[..] < floor[..] {
                let [major, minor, patch] = floor;
                let what =
                    format!("{name} below {major}.{minor}.{patch} has {advisory}; ask for that version");
                findings.push(Finding::new("Cargo.toml", line, what));
            }
        }
    }
    findings
}

/// The dependencies that a crate's users would build too, with their lines.
fn dependencies(manifest: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut inside = false;
    for (index, line) in manifest.lines().enumerate() {
        if let Some(section) = line.strip_prefix('[').and_then(|line| line.split(']').next()) {
            // [dependencies], [target.….build-dependencies], or [dependencies.NAME]
            let is_list = |s: &str| {
                let last = s.rsplit('.').next().unwrap_or_default();
                matches!(last, "dependencies" | "build-dependencies")
            };
            inside = is_list(section);
            if let Some((list, name)) = section.rsplit_once('.')
                && is_list(list)
            {
                found.push((index + 1, name));
            }
        } else if inside
            && let Some((name, _)) = line.split_once(['=', '.', ' '])
            && !name.is_empty()
            && !name.starts_with('#')
        {
            found.push((index + 1, name));
        }
    }
    found
}

/// The packages of a lock file: name to line and dependencies.
fn locked(lock: &str) -> BTreeMap<&str, (usize, Vec<&str>)> {
    let mut packages: BTreeMap<&str, (usize, Vec<&str>)> = BTreeMap::new();
    let mut current = "";
    for (index, line) in lock.lines().enumerate() {
        if let Some(name) = line.strip_prefix("name = \"") {
            current = name.trim_end_matches('"');
            packages.entry(current).or_insert_with(|| (index + 1, Vec::new()));
        } else if let Some(dependency) = line.strip_prefix(" \"") {
            // "name", or "name version" where there are several
            let name = dependency.split(['"', ' ']).next().unwrap_or_default();
            packages.entry(current).or_default().1.push(name);
        }
    }
    packages
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = "[package]\nname = \"ferrpc-proto\"\n\n[dependencies]\nbytes.workspace = true\n\
        ferrpc-http2.workspace = true\n\n[dev-dependencies]\nferrpc = { path = \"../ferrpc\" }\n";

    #[test]
    fn an_arrow_up_is_found_and_tests_may_point_anywhere() {
        let tree = Tree::of([("crates/ferrpc-proto/Cargo.toml", MANIFEST)]);
        let what = "ferrpc-proto may not depend on ferrpc-http2; crates point one way (ARCHITECTURE.md)";
        assert_eq!(point_one_way(&tree), [Finding::new("crates/ferrpc-proto/Cargo.toml", 6, what)]);
    }

    #[test]
    fn nobody_depends_on_the_tests() {
        let manifest = "[target.'cfg(unix)'.dependencies]\nferrpc-tests = { path = \"../../tests\" }\n";
        assert_eq!(point_one_way(&Tree::of([("crates/ferrpc/Cargo.toml", manifest)])).len(), 1);
        let manifest = "[build-dependencies.ferrpc-examples]\npath = \"../../examples\"\n";
        assert_eq!(point_one_way(&Tree::of([("crates/ferrpc/Cargo.toml", manifest)])).len(), 1);
    }

    #[test]
    fn a_crate_without_a_place_is_found() {
        assert_eq!(point_one_way(&Tree::of([("crates/ferrpc-new/Cargo.toml", "")])).len(), 1);
    }

    #[test]
    fn a_floor_that_sank_is_found() {
        let found = |version: &str| {
            let manifest = format!("[workspace.dependencies]\nbytes = \"{version}\"  # why\n");
            floors_hold(&Tree::of([("Cargo.toml", &manifest)])).len()
        };
        assert_eq!(["1.11.1", "1.12", "2", "1.11", "1.11.0", "1"].map(found), [0, 0, 0, 1, 1, 1]);
    }

    const LOCK: &str = "[[package]]\nname = \"bytes\"\ndependencies = [\n \"tokio 1.0.0\",\n]\n\n\
        [[package]]\nname = \"ferrpc-http2\"\ndependencies = [\n \"bytes\",\n]\n\n\
        [[package]]\nname = \"tokio\"\n\n[[package]]\nname = \"tonic\"\n";

    #[test]
    fn a_runtime_below_the_engine_is_found_at_any_depth() {
        let findings = engine_knows_no_runtime(&Tree::of([("Cargo.lock", LOCK)]));
        assert_eq!(findings.len(), 1);
        assert!(findings[0].what.starts_with("ferrpc-http2 depends on tokio"));
    }

    #[test]
    fn a_rival_in_the_lock_file_is_found() {
        let findings = rivals_stay_out(&Tree::of([("Cargo.lock", LOCK)]));
        assert_eq!(findings.iter().map(|finding| finding.line).collect::<Vec<_>>(), [17]);
    }
}
