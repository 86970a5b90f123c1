//! The table of everything that has a name, over all files of a run.

use std::collections::HashMap;
use std::sync::Arc;

use crate::span::{Span, narrow};

/// Number of a symbol in [`Symbols`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct SymbolId(pub(crate) u32);

impl SymbolId {
    /// What nodes hold until the symbols pass has run.
    pub(crate) const UNSET: Self = Self(u32::MAX);
}

/// One named thing.
#[derive(Clone, Debug)]
pub(crate) struct Symbol {
    /// Fully qualified, without a leading dot.
    pub(crate) name: Arc<str>,
    pub(crate) kind: Kind,
    /// Its name where it was declared; a package's where it was first declared.
    pub(crate) span: Span,
}

/// What a symbol is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Package,
    Message,
    MapEntry,
    Enum,
    /// Lies in the scope its enum lies in.
    EnumValue,
    Field,
    Oneof,
    Extension,
    Service,
    Method,
}

impl Kind {
    /// What people call it, with its article.
    pub(crate) fn noun(self) -> &'static str {
        match self {
            Self::Package => "a package",
            Self::Message => "a message",
            Self::MapEntry => "the entry type of a map",
            Self::Enum => "an enum",
            Self::EnumValue => "an enum value",
            Self::Field => "a field",
            Self::Oneof => "a oneof",
            Self::Extension => "an extension",
            Self::Service => "a service",
            Self::Method => "a method",
        }
    }

    pub(crate) fn is_type(self) -> bool {
        matches!(self, Self::Message | Self::MapEntry | Self::Enum)
    }

    /// Whether other names can lie inside it; only then does the search for `a.b` settle on its `a`.
    pub(crate) fn is_scope(self) -> bool {
        matches!(self, Self::Package | Self::Service) || self.is_type()
    }
}

/// All symbols.
#[derive(Debug, Default)]
pub(crate) struct Symbols {
    list: Vec<Symbol>,
    by_name: HashMap<Arc<str>, SymbolId>,
}

impl Symbols {
    /// Adds a symbol. If the name is taken, the symbol that has it comes back as the error.
    pub(crate) fn add(&mut self, name: &str, kind: Kind, span: Span) -> Result<SymbolId, SymbolId> {
        if let Some(&taken) = self.by_name.get(name) {
            return Err(taken);
        }
        let id = self.add_hidden(name, kind, span);
        self.by_name.insert(self.get(id).name.clone(), id);
        Ok(id)
    }

    /// Gives a node an identity of its own without making its name known: for one whose name is taken.
    pub(crate) fn add_hidden(&mut self, name: &str, kind: Kind, span: Span) -> SymbolId {
        let id = SymbolId(narrow(self.list.len()));
        self.list.push(Symbol { name: name.into(), kind, span });
        id
    }

    pub(crate) fn find(&self, name: &str) -> Option<SymbolId> {
        self.by_name.get(name).copied()
    }

    pub(crate) fn get(&self, id: SymbolId) -> &Symbol {
        &self.list[id.0 as usize]
    }

    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Symbol> {
        self.list.iter()
    }
}
