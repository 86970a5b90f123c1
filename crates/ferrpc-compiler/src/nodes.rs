//! From symbols back to the trees they were declared in.

use std::borrow::Borrow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::Hash;

use crate::ast::{Enum, EnumValue, Field, FieldType, Message};
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
    fields: Index<Box<str>>,
    values: Index<Box<str>>,
    numbers: Index<i64>,
}

impl<'a> Nodes<'a> {
    pub(crate) fn new(world: &'a World<'_>) -> Self {
        let list = vec![None; world.symbols.len()];
        let (fields, values, numbers) = <_>::default();
        let mut nodes = Self { list, fields, values, numbers };
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

    /// The field of a message that has this name.
    pub(crate) fn field(&self, message: &'a Message<'a>, name: &str) -> Option<&'a Field<'a>> {
        self.fields.get(message.symbol, name, &message.fields, |it| &*it.name.text)
    }

    /// The value of an enum that has this name.
    pub(crate) fn value(&self, this: &'a Enum<'a>, name: &str) -> Option<&'a EnumValue<'a>> {
        self.values.get(this.symbol, name, &this.values, |it| &*it.name.text)
    }

    /// The first value of an enum that has this number.
    pub(crate) fn value_of_number(&self, this: &'a Enum<'a>, number: i64) -> Option<&'a EnumValue<'a>> {
        self.numbers.get(this.symbol, &number, &this.values, |it| &it.number.value)
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

/// Where something is in the list of each node, by name or number: made when something is looked for in a
/// node, since most are never asked.
struct Index<K>(RefCell<HashMap<SymbolId, HashMap<K, usize>>>);

impl<K> Default for Index<K> {
    fn default() -> Self {
        Self(RefCell::default())
    }
}

impl<K: Hash + Eq> Index<K> {
    /// Of several with one key, the first.
    fn get<'a, Q, T>(&self, of: SymbolId, key: &Q, list: &'a [T], key_of: impl Fn(&T) -> &Q) -> Option<&'a T>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned + ?Sized,
        Q::Owned: Into<K>,
    {
        if list.len() <= SHORT {
            return list.iter().find(|it| key_of(it) == key);
        }
        let mut nodes = self.0.borrow_mut();
        let inside = nodes.entry(of).or_insert_with(|| {
            // From the last to the first, which stays.
            let keys = list.iter().map(|it| key_of(it).to_owned().into()).enumerate().rev();
            keys.map(|(at, key)| (key, at)).collect()
        });
        list.get(*inside.get(key)?)
    }
}

/// So many are looked through as fast as an index would find one.
const SHORT: usize = 16;
