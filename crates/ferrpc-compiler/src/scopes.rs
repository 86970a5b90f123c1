//! The search for a name: from the innermost scope outwards, among what a file sees.

use std::collections::HashSet;

use crate::graph::Graph;
use crate::span::FileId;
use crate::symbols::{Kind, SymbolId, Symbols};

/// The names one file can use.
pub(crate) struct Scopes<'a> {
    symbols: &'a Symbols,
    visible: HashSet<FileId>,
    /// Files of which only extensions are seen.
    for_options: HashSet<FileId>,
    /// Packages, and the packages around them, that some visible file lies in.
    packages: HashSet<&'a str>,
}

/// Where a search ended.
pub(crate) enum Found {
    Symbol(SymbolId),
    /// The first part was found and is a scope, which settles the search, and the rest is not in it.
    NotIn(SymbolId),
    Nothing,
}

/// What a search is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Want {
    /// Messages and enums; whatever else has the name is passed by.
    Type,
    Anything,
}

impl<'a> Scopes<'a> {
    pub(crate) fn new(
        file: FileId,
        graph: &Graph,
        packages_of: &'a [Option<String>],
        symbols: &'a Symbols,
    ) -> Self {
        let visible = graph.visible(file);
        let mut packages = HashSet::new();
        let for_options = graph.visible_options(file);
        for &seen in visible.iter().chain(&for_options) {
            let Some(package) = &packages_of[seen.index()] else { continue };
            packages.extend(package.match_indices('.').map(|(at, _)| &package[..at]));
            packages.insert(package.as_str());
        }
        Self { symbols, visible, for_options, packages }
    }

    fn get(&self, name: &str) -> Option<SymbolId> {
        let id = self.symbols.find(name)?;
        let symbol = self.symbols.get(id);
        let seen = match symbol.kind {
            Kind::Package => self.packages.contains(name),
            Kind::Field | Kind::Extension if self.for_options.contains(&symbol.span.file) => true,
            _ => self.visible.contains(&symbol.span.file),
        };
        seen.then_some(id)
    }

    /// Whether the file sees this one.
    pub(crate) fn sees(&self, file: FileId) -> bool {
        self.visible.contains(&file)
    }

    /// Searches a name as it is used in a scope: outwards from it, settled by the first part of the name.
    pub(crate) fn find(&self, scope: &str, name: &str, want: Want) -> Found {
        self.search(scope, name, want, |name| self.get(name))
    }

    /// The same among all files of the run, imported or not.
    pub(crate) fn find_anywhere(&self, scope: &str, name: &str) -> Found {
        self.search(scope, name, Want::Type, |name| self.symbols.find(name))
    }

    fn search(&self, scope: &str, name: &str, want: Want, get: impl Fn(&str) -> Option<SymbolId>) -> Found {
        if let Some(absolute) = name.strip_prefix('.') {
            return get(absolute).map_or(Found::Nothing, Found::Symbol);
        }
        let (first, rest) = match name.split_once('.') {
            Some((first, _)) => (first, &name[first.len()..]),
            None => (name, ""),
        };
        let mut candidate = String::with_capacity(scope.len() + name.len() + 1);
        candidate.push_str(scope);
        let mut scope_end = scope.len();
        loop {
            candidate.truncate(scope_end);
            if scope_end > 0 {
                candidate.push('.');
            }
            candidate.push_str(first);
            if let Some(id) = get(&candidate) {
                let kind = self.symbols.get(id).kind;
                if rest.is_empty() {
                    if want == Want::Anything || kind.is_type() {
                        return Found::Symbol(id);
                    }
                } else if kind.is_scope() {
                    candidate.push_str(rest);
                    return get(&candidate).map_or(Found::NotIn(id), Found::Symbol);
                }
            }
            if scope_end == 0 {
                return Found::Nothing;
            }
            scope_end = candidate[..scope_end].rfind('.').unwrap_or(0);
        }
    }
}
