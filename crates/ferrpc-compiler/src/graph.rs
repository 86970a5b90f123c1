//! Which file imports which, and what it sees by that.

use std::collections::HashSet;

use crate::span::FileId;

/// Who imports whom.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    /// What each file imports.
    pub(crate) imports: Vec<Vec<FileId>>,
    /// What each file imports for its options only.
    pub(crate) for_options: Vec<Vec<FileId>>,
    /// What each file imports publicly, and so shows to those who import it.
    pub(crate) public: Vec<Vec<FileId>>,
    /// All files of the output, each behind those it imports.
    pub(crate) order: Vec<FileId>,
    /// Whether something that a file sees, or should see, is missing or could not be parsed.
    pub(crate) incomplete: Vec<bool>,
}

impl Graph {
    /// Where a file sees extensions, to use as options, and nothing else.
    pub(crate) fn visible_options(&self, file: FileId) -> HashSet<FileId> {
        let mut seen = HashSet::new();
        for &import in &self.for_options[file.index()] {
            self.reach(import, &mut seen);
        }
        seen
    }

    /// What a file sees: itself, what it imports, and what those import publicly, and so on.
    ///
    /// Made anew for each who asks: kept for all files it would be the square of their number.
    pub(crate) fn visible(&self, file: FileId) -> HashSet<FileId> {
        let mut seen = HashSet::from([file]);
        for &import in &self.imports[file.index()] {
            self.reach(import, &mut seen);
        }
        seen
    }

    /// Adds what one sees by importing a file.
    pub(crate) fn reach(&self, file: FileId, seen: &mut HashSet<FileId>) {
        let mut open = vec![file];
        while let Some(next) = open.pop() {
            if seen.insert(next) {
                open.extend(&self.public[next.index()]);
            }
        }
    }
}
