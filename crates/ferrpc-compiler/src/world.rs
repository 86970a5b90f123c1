//! What all passes but the first read: the trees, what is visible where, and what is called how.

use crate::ast::File;
use crate::feature_map::FeatureMap;
use crate::graph::Graph;
use crate::load::Loaded;
use crate::symbols::Symbols;

/// One run, from the names pass on.
pub(crate) struct World<'s> {
    pub(crate) loaded: &'s Loaded,
    /// By [`FileId`].
    pub(crate) files: Vec<File<'s>>,
    pub(crate) imports: Graph,
    pub(crate) symbols: Symbols,
    pub(crate) features: FeatureMap,
}
