//! Rules for every text file, documents included.

use super::{Finding, Tree};

/// Longest ARCHITECTURE.md that everybody still reads.
const ARCHITECTURE_LINES_MAX: usize = 300;

/// What names one machine or one mirror, split so that this file does not.
const MACHINES: &[&str] = &[
    concat!("/ho", "me/"),
    concat!("/ro", "ot/"),
    concat!("/wo", "rk/"),
    concat!("/Us", "ers/"),
    concat!("crates", ".io"),
    concat!("pypi", ".org"),
    concat!("pythonhosted", ".org"),
    concat!("proxy.golang", ".org"),
    concat!("registry.npmjs", ".org"),
    concat!("repo.maven", ".apache.org"),
];

/// No file names directories of one machine, or hosts that packages are loaded from.
pub(super) fn names_no_machine(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    // Cargo writes the name of its index into each lock file.
    for file in tree.files.iter().filter(|file| !file.path.ends_with("Cargo.lock")) {
        for (line, text) in file.lines() {
            for name in MACHINES.iter().filter(|name| text.contains(**name)) {
                let what =
                    format!("`{name}` belongs to one machine or one network; leave it to its settings");
                findings.push(Finding::new(&file.path, line, what));
            }
        }
    }
    findings
}

/// ARCHITECTURE.md stays short.
pub(super) fn architecture_is_short(tree: &Tree) -> Vec<Finding> {
    let Some(file) = tree.get("ARCHITECTURE.md") else { return Vec::new() };
    let lines = file.text.lines().count();
    if lines <= ARCHITECTURE_LINES_MAX {
        return Vec::new();
    }
    let what = format!(
        "{lines} lines are more than the {ARCHITECTURE_LINES_MAX} that everybody reads; move some to docs/"
    );
    vec![Finding::new(&file.path, ARCHITECTURE_LINES_MAX + 1, what)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machine_paths_and_package_hosts_are_found() {
        let text = format!("fine\ncd {}me/{}main\nhttps://{}.io\n", "/ho", "x/", "crates");
        let findings = names_no_machine(&Tree::of([("README.md", &text), ("Cargo.lock", &text)]));
        let places = findings.iter().map(|f| (f.path.as_str(), f.line)).collect::<Vec<_>>();
        assert_eq!(places, [("README.md", 2), ("README.md", 3)]);
    }

    #[test]
    fn a_long_map_is_found() {
        assert_eq!(architecture_is_short(&Tree::of([("ARCHITECTURE.md", &"\n".repeat(300))])), []);
        assert_eq!(architecture_is_short(&Tree::of([("ARCHITECTURE.md", &"\n".repeat(301))])).len(), 1);
    }
}
