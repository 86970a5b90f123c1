//! From symbols back to the trees they were declared in.

use crate::ast::{Enum, Field, FieldType, Message};
use crate::ranges::is_message_set;
use crate::symbols::SymbolId;
use crate::world::World;

/// A declaration that others refer to.
#[derive(Clone, Copy)]
pub(crate) enum Node<'a> {
    Message(&'a Message<'a>),
    Enum(&'a Enum<'a>),
    Field(&'a Field<'a>),
}

/// The tree of each symbol that has one.
pub(crate) struct Nodes<'a> {
    list: Vec<Option<Node<'a>>>,
}

impl<'a> Nodes<'a> {
    pub(crate) fn new(world: &'a World<'_>) -> Self {
        let mut nodes = Self { list: vec![None; world.symbols.len()] };
        for file in &world.files {
            file.enums.iter().for_each(|it| nodes.set(it.symbol, Node::Enum(it)));
            file.extensions.iter().for_each(|it| nodes.set(it.symbol, Node::Field(it)));
            file.messages.iter().for_each(|it| nodes.message(it));
        }
        nodes
    }

    fn set(&mut self, id: SymbolId, node: Node<'a>) {
        if let Some(slot) = self.list.get_mut(id.0 as usize) {
            *slot = Some(node);
        }
    }

    fn message(&mut self, message: &'a Message<'a>) {
        self.set(message.symbol, Node::Message(message));
        message.enums.iter().for_each(|it| self.set(it.symbol, Node::Enum(it)));
        let fields = message.fields.iter().chain(&message.extensions);
        fields.for_each(|it| self.set(it.symbol, Node::Field(it)));
        message.messages.iter().for_each(|it| self.message(it));
    }

    fn get(&self, id: SymbolId) -> Option<Node<'a>> {
        self.list.get(id.0 as usize).copied().flatten()
    }

    pub(crate) fn get_message(&self, id: SymbolId) -> Option<&'a Message<'a>> {
        match self.get(id)? {
            Node::Message(it) => Some(it),
            _ => None,
        }
    }

    pub(crate) fn get_enum(&self, id: SymbolId) -> Option<&'a Enum<'a>> {
        match self.get(id)? {
            Node::Enum(it) => Some(it),
            _ => None,
        }
    }

    pub(crate) fn get_field(&self, id: SymbolId) -> Option<&'a Field<'a>> {
        match self.get(id)? {
            Node::Field(it) => Some(it),
            _ => None,
        }
    }

    /// The field of a message that a full name in brackets or parentheses means: one of its extensions, or
    /// of its own fields; in a message set also the extension that a message declares for itself.
    pub(crate) fn named_in(&self, message: &'a Message<'a>, id: SymbolId) -> Option<&'a Field<'a>> {
        let extends =
            |it: &&Field<'_>| it.extendee.as_ref().is_some_and(|it| it.resolved == Some(message.symbol));
        match self.get(id)? {
            Node::Field(field) if field.extendee.is_none() => {
                message.fields.iter().find(|it| it.symbol == id)
            }
            Node::Field(field) => Some(field).filter(extends),
            Node::Message(own) if is_message_set(message) => {
                let is_own =
                    |it: &&Field<'_>| matches!(&it.ty, FieldType::Named(ty) if ty.resolved == Some(id));
                own.extensions.iter().filter(extends).find(is_own)
            }
            _ => None,
        }
    }
}
