//! Which features each node has, once the features pass has run.

use crate::edition::Edition;
use crate::features::Features;
use crate::span::FileId;
use crate::symbols::SymbolId;

/// The features of all files, and of all symbols that have some.
#[derive(Debug)]
pub(crate) struct FeatureMap {
    pub(crate) files: Vec<Features>,
    pub(crate) symbols: Vec<Features>,
}

impl FeatureMap {
    pub(crate) fn file(&self, id: FileId) -> Features {
        self.files[id.index()]
    }

    /// Those of a message, enum, field, oneof or service.
    pub(crate) fn symbol(&self, id: SymbolId) -> Features {
        let found = self.symbols.get(id.0 as usize).copied();
        // A node without identity lies in what could not be parsed, which has been reported.
        found.unwrap_or_else(|| Features::of(Edition::Proto2))
    }
}
