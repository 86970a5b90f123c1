//! The field table: one static description per message, and the only way from it to the fields.
//!
//! Generated code lists a message's fields; the constructors here check each against the Rust type
//! of the field and note where it lies. [`MessageRef`] and [`MessageMut`] read and write fields by
//! that description. All engines stand on these two and need no unsafe code of their own.
//!
//! # What makes it sound
//! 1. A [`Table`] is made by `__message!` alone, which takes the offset of a field and a function
//!    that borrows the same field from the same tokens: the type a constructor infers from the
//!    function is the type that lies at the offset.
//! 2. [`Value`] and Rust type belong together by [`Stored`] and [`Payload`], which only this module
//!    implements; containers are entered through functions made for exactly that container type.
//! 3. A `MessageRef` or `MessageMut` pairs a pointer with the table of the type it was made from,
//!    and borrows the message for as long as it lives.

#![expect(unsafe_code)]

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::hash::Hash;

use bytes::Bytes;

use crate::decoding::Known;
use crate::enumeration::{Enum, name_of};
use crate::input::Groups;
use crate::map::Map;
use crate::rev::Encode;
use crate::sub::{InSub, Slot, Sub};
use crate::unknown::UnknownFields;
use crate::wire;

mod holder;
mod place;
mod read;
mod write;

pub use holder::{Holder, HolderTable};
pub(crate) use place::Place;
use place::{
    MapFns, OneofFns, OptionalFns, get_oneof, get_option, get_sub, list_fns, map_entry, map_insert, map_len,
    put_oneof, put_option, put_sub,
};
pub(crate) use read::{Content, ListRef, MapRef, MessageRef, ValueRef};
pub(crate) use write::{ListMut, MessageMut, ValueMut};

/// What a field's values are on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
#[doc(hidden)]
#[expect(clippy::exhaustive_enums)] // The types of the language; the engines match on all of them.
pub enum Value {
    Int32,
    Int64,
    Uint32,
    Uint64,
    Sint32,
    Sint64,
    Fixed32,
    Fixed64,
    Sfixed32,
    Sfixed64,
    Float,
    Double,
    Bool,
    Enum,
    String,
    Bytes,
    Message,
    /// A message between two tags instead of behind its length.
    Group,
}

impl Value {
    pub(crate) const fn wire_type(self) -> u32 {
        match self {
            Self::Int32 | Self::Int64 | Self::Uint32 | Self::Uint64 => wire::VARINT,
            Self::Sint32 | Self::Sint64 | Self::Bool | Self::Enum => wire::VARINT,
            Self::Fixed32 | Self::Sfixed32 | Self::Float => wire::FIXED32,
            Self::Fixed64 | Self::Sfixed64 | Self::Double => wire::FIXED64,
            Self::String | Self::Bytes | Self::Message => wire::LEN,
            Self::Group => wire::START_GROUP,
        }
    }

    pub(crate) const fn is_message(self) -> bool {
        matches!(self, Self::Message | Self::Group)
    }

    pub(crate) const fn is_packable(self) -> bool {
        !matches!(self.wire_type(), wire::LEN | wire::START_GROUP)
    }
}

/// The kinds of values as types, by the names the language gives them.
#[doc(hidden)]
#[expect(non_camel_case_types, missing_debug_implementations)] // Written in lower case by `__message!`.
pub mod kind {
    use super::Value;

    pub trait Kind: 'static {
        const VALUE: Value;
    }

    macro_rules! kinds {
        ($($name:ident = $value:ident),*) => { $(
            #[expect(clippy::exhaustive_enums)] // No values: names for the type system.
            pub enum $name {}
            impl Kind for $name { const VALUE: Value = Value::$value; }
        )* };
    }

    kinds! {
        int32 = Int32, int64 = Int64, uint32 = Uint32, uint64 = Uint64, sint32 = Sint32, sint64 = Sint64,
        fixed32 = Fixed32, fixed64 = Fixed64, sfixed32 = Sfixed32, sfixed64 = Sfixed64,
        float = Float, double = Double, bool = Bool, string = String, bytes = Bytes,
        open = Enum, message = Message, boxed = Message, group = Group, boxed_group = Group
    }
}

use kind::Kind;

/// A message type and its table. Implemented by `__message!` alone.
///
/// # Safety
/// `table` returns a table made for exactly `Self`.
#[doc(hidden)]
pub unsafe trait Layout: InSub + Encode + for<'i> Known<'i> + Send + Sync {
    /// Whether this or a message inside can lack a required field.
    const CHECKED: bool;

    /// The fields as they were listed.
    const PARTS: &'static [Part];

    fn table() -> &'static Table;

    /// Whether nothing is missing in it; `false` also if only the table can tell.
    #[inline]
    fn seems_whole(&self) -> bool {
        !Self::CHECKED
    }
}

/// A value of kind `K` lies in memory as `Self`.
///
/// # Safety
/// The type is the one [`ValueRef::read`] and [`ValueMut::at`] take for `K` and `AUX`.
#[doc(hidden)]
pub unsafe trait Stored<K: Kind>: Default + Sized + 'static {
    const AUX: Aux;
}

/// What more the engines must know of a value.
#[derive(Clone, Copy, Debug)]
#[doc(hidden)]
#[expect(clippy::exhaustive_enums)] // Private to the runtime in all but name.
pub enum Aux {
    None,
    Enum(&'static EnumType),
    Message(fn() -> &'static Table),
}

/// An enum as the engines see it.
#[derive(Debug)]
#[doc(hidden)]
pub struct EnumType {
    values: &'static [(i32, &'static str)],
    closed: bool,
}

impl EnumType {
    pub(crate) fn name(&self, number: i32) -> Option<&'static str> {
        name_of(self.values, number)
    }

    /// Whether a number may be stored.
    pub(crate) fn takes(&self, number: i32) -> bool {
        !self.closed || self.name(number).is_some()
    }
}

macro_rules! stored {
    ($($type:ty: $($kind:ident)*;)*) => { $($(
        // SAFETY: the same pairs as in `ValueRef::read` and `ValueMut::at`.
        unsafe impl Stored<kind::$kind> for $type { const AUX: Aux = Aux::None; }
    )*)* };
}

stored! {
    i32: int32 sint32 sfixed32;
    i64: int64 sint64 sfixed64;
    u32: uint32 fixed32;
    u64: uint64 fixed64;
    f32: float;
    f64: double;
    bool: bool;
    String: string;
    Bytes: bytes;
}

// SAFETY: an `Enum` is transparent over i32, as which it is read and written.
unsafe impl<E: Enum> Stored<kind::open> for E {
    const AUX: Aux = Aux::Enum(&EnumType { values: E::VALUES, closed: E::CLOSED });
}

// SAFETY: a message is read and written by its own table.
unsafe impl<T: Layout> Stored<kind::message> for T {
    const AUX: Aux = Aux::Message(T::table);
}

// SAFETY: in memory a group is a message.
unsafe impl<T: Layout> Stored<kind::group> for T {
    const AUX: Aux = Aux::Message(T::table);
}

/// What a oneof's variant carries for a value of kind `K`.
///
/// # Safety
/// The pointers lead to a value that is [`Stored`] as `K::VALUE` with `AUX`.
#[doc(hidden)]
pub unsafe trait Payload<K: Kind>: Default {
    const AUX: Aux;
    const BOXED_BYTES: usize = 0;
    fn pointer(&self) -> *const u8;
    fn pointer_mut(&mut self) -> *mut u8;
}

macro_rules! payload {
    ([$($generics:tt)*] $type:ty: $kind:ident) => {
        // SAFETY: the value itself, which is `Stored` as this kind.
        unsafe impl<$($generics)*> Payload<kind::$kind> for $type {
            const AUX: Aux = <$type as Stored<kind::$kind>>::AUX;
            fn pointer(&self) -> *const u8 { core::ptr::from_ref(self).cast() }
            fn pointer_mut(&mut self) -> *mut u8 { core::ptr::from_mut(self).cast() }
        }
    };
    ($($type:ty: $($kind:ident)*;)*) => { $($(payload! { [] $type: $kind })*)* };
}

payload! {
    i32: int32 sint32 sfixed32;
    i64: int64 sint64 sfixed64;
    u32: uint32 fixed32;
    u64: uint64 fixed64;
    f32: float;
    f64: double;
    bool: bool;
    String: string;
    Bytes: bytes;
}
payload! { [E: Enum] E: open }
payload! { [T: Layout] T: message }
payload! { [T: Layout] T: group }

macro_rules! boxed_payload {
    ($($kind:ident)*) => { $(
        // SAFETY: the message in the box.
        unsafe impl<T: Layout> Payload<kind::$kind> for Box<T> {
            const AUX: Aux = Aux::Message(T::table);
            const BOXED_BYTES: usize = size_of::<T>();

            fn pointer(&self) -> *const u8 {
                core::ptr::from_ref(&**self).cast()
            }

            fn pointer_mut(&mut self) -> *mut u8 {
                core::ptr::from_mut(&mut **self).cast()
            }
        }
    )* };
}

boxed_payload! { boxed boxed_group }

/// A oneof's enum. Implemented by `__oneof!` alone.
///
/// # Safety
/// For each field of `FIELDS`, `put` with its number returns a pointer to a payload of its value
/// and aux; `get` returns such a pointer with the number of its field.
#[doc(hidden)]
pub unsafe trait Oneof: Encode + Sized + 'static {
    const FIELDS: &'static [Field];
    fn get(&self) -> (u32, *const u8);
    fn put(oneof: &mut Option<Self>, number: u32) -> *mut u8;
}

/// One field of a message.
#[derive(Clone, Copy, Debug)]
#[doc(hidden)]
pub struct Field {
    number: u32,
    offset: u32,
    pub(crate) value: Value,
    pub(crate) place: Place,
    pub(crate) aux: Aux,
    pub(crate) name: &'static str,
}

impl Field {
    pub(crate) fn number(&self) -> u32 {
        self.number
    }

    /// The tag its records begin with when this side writes them.
    pub(crate) fn tag(&self) -> u32 {
        let wire_type = match self.place {
            Place::List { packed: true, .. } | Place::Map(_) => wire::LEN,
            _ => self.value.wire_type(),
        };
        self.number << 3 | wire_type
    }

    pub(crate) fn enum_type(&self) -> Option<&'static EnumType> {
        if let Aux::Enum(enum_type) = self.aux { Some(enum_type) } else { None }
    }

    const fn new<K: Kind>(number: u32, offset: usize, place: Place, aux: Aux, name: &'static str) -> Self {
        assert!(number > 0 && number < 1 << 29, "a field number out of range");
        assert!(offset < u32::MAX as usize, "a message of more than 4 GiB");
        #[expect(clippy::cast_possible_truncation)] // Checked on the line above.
        let offset = offset as u32;
        Self { number, offset, value: K::VALUE, place, aux, name }
    }
}

/// A field, or a oneof's fields, as `__message!` lists them.
#[derive(Clone, Copy, Debug)]
#[doc(hidden)]
pub struct Part {
    offset: usize,
    fields: Fields,
}

#[derive(Clone, Copy, Debug)]
enum Fields {
    One(Field),
    Oneof(&'static [Field]),
}

// The constructors `__message!` names. Each is unsafe for the same reason: `offset` must be that of the
// field `_field` borrows, in the message type `M`.
#[doc(hidden)]
impl Part {
    pub const unsafe fn implicit<M, K: Kind, T: Stored<K>>(
        number: u32,
        name: &'static str,
        offset: usize,
        _field: fn(&M) -> &T,
    ) -> Self {
        Self::field(Field::new::<K>(number, offset, Place::Implicit, T::AUX, name))
    }

    pub const unsafe fn optional<M, K: Kind, T: Stored<K>>(
        number: u32,
        name: &'static str,
        offset: usize,
        _field: fn(&M) -> &Option<T>,
    ) -> Self {
        let fns = const { &OptionalFns { get: get_option::<T>, put: put_option::<T>, boxed_bytes: 0 } };
        Self::field(Field::new::<K>(number, offset, Place::Optional(fns), T::AUX, name))
    }

    pub const unsafe fn sub<M, K: Kind, T: Layout + Stored<K>>(
        number: u32,
        name: &'static str,
        offset: usize,
        _field: fn(&M) -> &Sub<T>,
    ) -> Self {
        let fns = const {
            &OptionalFns { get: get_sub::<T>, put: put_sub::<T>, boxed_bytes: T::Slot::BOXED_BYTES }
        };
        Self::field(Field::new::<K>(number, offset, Place::Optional(fns), T::AUX, name))
    }

    pub const unsafe fn repeated<M, K: Kind, T: Stored<K>>(
        number: u32,
        name: &'static str,
        offset: usize,
        _field: fn(&M) -> &Vec<T>,
    ) -> Self {
        let place = Place::List { fns: list_fns::<T>(), packed: false };
        Self::field(Field::new::<K>(number, offset, place, T::AUX, name))
    }

    pub const unsafe fn packed<M, K: Kind, T: Stored<K>>(
        number: u32,
        name: &'static str,
        offset: usize,
        _field: fn(&M) -> &Vec<T>,
    ) -> Self {
        assert!(K::VALUE.is_packable(), "only numbers can be packed");
        let place = Place::List { fns: list_fns::<T>(), packed: true };
        Self::field(Field::new::<K>(number, offset, place, T::AUX, name))
    }

    pub const unsafe fn map<M, A: Kind, B: Kind, K: Stored<A> + Hash + Eq, V: Stored<B>>(
        number: u32,
        name: &'static str,
        offset: usize,
        _field: fn(&M) -> &Map<K, V>,
    ) -> Self {
        assert!(!matches!(
            A::VALUE,
            Value::Enum | Value::Message | Value::Group | Value::Float | Value::Double | Value::Bytes
        ));
        assert!(!matches!(B::VALUE, Value::Group), "values of maps are never groups");
        let fns = const {
            &MapFns {
                key: A::VALUE,
                len: map_len::<K, V>,
                entry: map_entry::<K, V>,
                insert: map_insert::<K, V>,
            }
        };
        Self::field(Field::new::<B>(number, offset, Place::Map(fns), V::AUX, name))
    }

    pub const unsafe fn oneof<M, O: Oneof>(offset: usize, _field: fn(&M) -> &Option<O>) -> Self {
        Self { offset, fields: Fields::Oneof(O::FIELDS) }
    }

    /// A variant of `O`, for [`Oneof::FIELDS`].
    pub const unsafe fn variant<O: Oneof, K: Kind, P: Payload<K>>(
        number: u32,
        name: &'static str,
        _variant: fn(P) -> O,
    ) -> Field {
        let fns =
            const { &OneofFns { get: get_oneof::<O>, put: put_oneof::<O>, boxed_bytes: P::BOXED_BYTES } };
        Field::new::<K>(number, 0, Place::Oneof(fns), P::AUX, name)
    }

    const fn field(field: Field) -> Self {
        Self { offset: field.offset as usize, fields: Fields::One(field) }
    }

    /// How many fields some parts have.
    pub const fn count(parts: &[Self]) -> usize {
        let (mut count, mut at) = (0, 0);
        while at < parts.len() {
            count += match parts[at].fields {
                Fields::One(_) => 1,
                Fields::Oneof(fields) => fields.len(),
            };
            at += 1;
        }
        count
    }

    /// Whether the parts come by ascending number, oneofs in one piece.
    pub const fn in_order(parts: &[Self]) -> bool {
        let (mut highest, mut at) = (0, 0);
        while at < parts.len() {
            let (mut low, mut high) = (u32::MAX, highest);
            match parts[at].fields {
                Fields::One(field) => (low, high) = (field.number, field.number),
                Fields::Oneof(fields) => {
                    let mut variant = 0;
                    while variant < fields.len() {
                        let number = fields[variant].number;
                        low = if number < low { number } else { low };
                        high = if number > high { number } else { high };
                        variant += 1;
                    }
                }
            }
            if low <= highest {
                return false;
            }
            (highest, at) = (high, at + 1);
        }
        true
    }

    /// The group of the part at `index`: sixteen parts each, after what is left over.
    const fn group_at(parts: &[Self], index: usize) -> u16 {
        let left = parts.len() % GROUP_FIELDS;
        let group = if index < left { 0 } else { 1 + (index - left) / GROUP_FIELDS };
        assert!(group < u16::MAX as usize, "a message of too many fields");
        #[expect(clippy::cast_possible_truncation)] // Checked on the line above.
        let group = group as u16;
        group
    }

    /// The group of the part at an offset.
    pub const fn group(parts: &[Self], offset: usize) -> u16 {
        let mut at = 0;
        while parts[at].offset != offset {
            at += 1;
        }
        Self::group_at(parts, at)
    }

    /// Below which numbers a field's group is looked up by its number alone: all of them, if they are
    /// not scattered widely.
    pub const fn low(parts: &[Self]) -> usize {
        let (mut highest, mut at) = (0, 0);
        while at < parts.len() {
            let number = match parts[at].fields {
                Fields::One(field) => field.number,
                Fields::Oneof(fields) => fields[fields.len() - 1].number,
            };
            highest = if number > highest { number } else { highest };
            at += 1;
        }
        let (all, enough) = (highest as usize + 1, Self::count(parts) * GROUP_FIELDS);
        if all < enough { all } else { enough }
    }

    /// The groups of all fields.
    pub const fn groups<const N: usize, const L: usize>(parts: &[Self]) -> Groups<N, L> {
        let mut groups = [(0, 0); N];
        let (mut count, mut at) = (0, 0);
        while at < parts.len() {
            let group = Self::group_at(parts, at);
            match parts[at].fields {
                Fields::One(field) => {
                    insert_group(&mut groups, count, (field.number, group));
                    count += 1;
                }
                Fields::Oneof(fields) => {
                    let mut variant = 0;
                    while variant < fields.len() {
                        insert_group(&mut groups, count, (fields[variant].number, group));
                        (count, variant) = (count + 1, variant + 1);
                    }
                }
            }
            at += 1;
        }
        Groups::new(groups)
    }

    /// The fields of some parts, by ascending number.
    pub const fn collect<const N: usize>(parts: &[Self]) -> [Field; N] {
        let nothing = Field::new::<kind::int32>(1, 0, Place::Implicit, Aux::None, "");
        let mut fields = [nothing; N];
        let (mut count, mut at) = (0, 0);
        while at < parts.len() {
            match parts[at].fields {
                Fields::One(field) => {
                    insert_sorted(&mut fields, count, field);
                    count += 1;
                }
                Fields::Oneof(variants) => {
                    let mut variant = 0;
                    while variant < variants.len() {
                        let mut field = variants[variant];
                        field.offset =
                            Field::new::<kind::int32>(1, parts[at].offset, Place::Implicit, Aux::None, "")
                                .offset;
                        insert_sorted(&mut fields, count, field);
                        count += 1;
                        variant += 1;
                    }
                }
            }
            at += 1;
        }
        assert!(count == N, "as many fields as were counted");
        fields
    }
}

/// As many as `__in_groups!` puts together.
const GROUP_FIELDS: usize = 16;

const fn insert_group(groups: &mut [(u32, u16)], mut at: usize, group: (u32, u16)) {
    while at > 0 && groups[at - 1].0 > group.0 {
        groups[at] = groups[at - 1];
        at -= 1;
    }
    groups[at] = group;
}

const fn insert_sorted(fields: &mut [Field], mut at: usize, field: Field) {
    while at > 0 && fields[at - 1].number > field.number {
        fields[at] = fields[at - 1];
        at -= 1;
    }
    assert!(at == 0 || fields[at - 1].number != field.number, "a field number twice");
    fields[at] = field;
}

/// One message: its fields and where they lie.
#[derive(Debug)]
#[doc(hidden)]
pub struct Table {
    name: &'static str,
    fields: &'static [Field],
    unknown_offset: usize,
    pub(crate) checks: Checks,
    /// For each one-byte tag the index of its field, if the field's values come with that wire type.
    lut: [u8; 128],
}

/// No field in [`Table::lut`].
const NONE: u8 = u8::MAX;

impl Table {
    /// # Safety
    /// `fields` come from [`Part`]s of `M`; `unknown_offset` is that of the field `_unknown` borrows.
    pub const unsafe fn new<M>(
        name: &'static str,
        fields: &'static [Field],
        unknown_offset: usize,
        _unknown: fn(&M) -> &UnknownFields,
        checks: Checks,
    ) -> Self {
        checks.assert_among(fields);
        let mut lut = [NONE; 128];
        let mut at = 0;
        while at < fields.len() && fields[at].number < 16 {
            let field = &fields[at];
            #[expect(clippy::cast_possible_truncation)] // At most fifteen fields come by here.
            let index = at as u8;
            let wire_type = match field.place {
                Place::Map(_) => wire::LEN,
                Place::List { .. } if field.value.is_packable() => {
                    lut[(field.number << 3 | wire::LEN) as usize] = index;
                    field.value.wire_type()
                }
                _ => field.value.wire_type(),
            };
            lut[(field.number << 3 | wire_type) as usize] = index;
            at += 1;
        }
        Self { name, fields, unknown_offset, checks, lut }
    }

    /// The full name of the message.
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) fn fields(&self) -> &'static [Field] {
        self.fields
    }

    /// The index of the field that takes records with this tag.
    #[inline]
    pub(crate) fn find(&self, tag: u32) -> Option<usize> {
        match self.lut.get(tag as usize) {
            Some(&NONE) => None,
            Some(index) => Some(usize::from(*index)),
            None => self.search(tag),
        }
    }

    /// The index of the field with this number.
    pub(crate) fn index_of(&self, number: u32) -> Option<usize> {
        self.fields.binary_search_by_key(&number, |field| field.number).ok()
    }

    /// Whether a path of names leads to a field, through singular messages.
    pub(crate) fn has_path(&self, path: &str) -> bool {
        let (mut table, mut rest) = (self, path);
        loop {
            let (name, inside) = rest.split_once('.').map_or((rest, None), |(name, rest)| (name, Some(rest)));
            let Some(field) = table.fields.iter().find(|field| field.name == name) else { return false };
            match (inside, field.place, field.aux) {
                (None, ..) => return true,
                (Some(inside), Place::Optional(_) | Place::Oneof(_), Aux::Message(of)) => {
                    (table, rest) = (of(), inside);
                }
                _ => return false,
            }
        }
    }

    fn search(&self, tag: u32) -> Option<usize> {
        let (number, wire_type) = (tag >> 3, tag & 7);
        let index = self.index_of(number)?;
        let field = &self.fields[index];
        let fits = match field.place {
            Place::Map(_) => wire_type == wire::LEN,
            Place::List { .. } if field.value.is_packable() && wire_type == wire::LEN => true,
            _ => wire_type == field.value.wire_type(),
        };
        fits.then_some(index)
    }
}

/// What must be looked at to know whether a message has all its required fields: numbers of fields.
#[derive(Clone, Copy, Debug)]
#[doc(hidden)]
pub struct Checks {
    /// Those that must be set.
    pub(crate) required: &'static [u32],
    /// Those whose messages can lack something in turn.
    pub(crate) within: &'static [u32],
}

#[doc(hidden)]
impl Checks {
    pub const NONE: Self = Self { required: &[], within: &[] };

    #[must_use]
    pub const fn with(self, required: &'static [u32], within: &'static [u32]) -> Self {
        let _ = self;
        Self { required, within }
    }

    pub const fn any(self) -> bool {
        !self.required.is_empty() || !self.within.is_empty()
    }

    const fn assert_among(self, fields: &[Field]) {
        let lists = [self.required, self.within];
        let mut list = 0;
        while list < lists.len() {
            let mut at = 0;
            while at < lists[list].len() {
                let mut field = 0;
                while field < fields.len() && fields[field].number != lists[list][at] {
                    field += 1;
                }
                assert!(field < fields.len(), "required or checked within, and no field");
                at += 1;
            }
            list += 1;
        }
    }
}
