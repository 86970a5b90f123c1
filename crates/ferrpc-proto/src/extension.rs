//! Extensions: fields that other files add to a message, read and written where unknown fields are kept.

use alloc::vec::{IntoIter, Vec};
use core::fmt;
use core::marker::PhantomData;

use crate::encoding;
use crate::engine::{check, decode};
use crate::error::{DecodeError, EncodeError};
use crate::limits::DecodeLimits;
use crate::message::Message;
use crate::table::{Field, Holder, HolderTable, MessageMut, MessageRef};
use crate::wire;

/// An extension of the message `M` that holds an `F`: `Option<T>`, or `Vec<T>` if it is repeated.
///
/// Generated as a static with the extension's name in capitals, in the module of what it is declared in.
/// A message keeps its extensions as unknown fields, as they came; here they are read and written.
/// Each reading decodes anew, within [`DecodeLimits`], and takes time linear in the unknown fields.
///
/// ```
/// use ferrpc_proto::{Extension, descriptor::FieldOptions};
///
/// # ferrpc_proto::__extension! {
/// #     pub UNIT: FieldOptions, Option<String>; (50000 "acme.unit" optional string = "metre")
/// # }
/// // extend google.protobuf.FieldOptions { optional string unit = 50000 [default = "metre"]; }
/// let unit: &Extension<FieldOptions, Option<String>> = &UNIT;
/// let mut options = FieldOptions::default();
/// assert_eq!(unit.get(&options)?, None);
/// assert_eq!(unit.get_or_default(&options)?, "metre");
/// unit.set(&mut options, "mile".to_owned())?;
/// assert_eq!(unit.get(&options)?.as_deref(), Some("mile"));
/// unit.clear(&mut options);
/// assert!(!unit.has(&options));
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
pub struct Extension<M, F> {
    table: HolderTable<F>,
    name: &'static str,
    form: Form,
    default: fn() -> F,
    extends: PhantomData<fn(&M)>,
}

/// How an extension lies in its message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[doc(hidden)]
#[expect(clippy::exhaustive_enums)] // `__extension!` names them.
pub enum Form {
    /// As a field.
    Field,
    /// As an item of a message set.
    Item,
}

impl<M: Message, F: Default> Extension<M, F> {
    #[doc(hidden)]
    pub const fn new(table: HolderTable<F>, name: &'static str, form: Form, default: fn() -> F) -> Self {
        Self { table, name, form, default, extends: PhantomData }
    }

    /// The full name in the `.proto` file, as `package.extension`.
    pub fn full_name(&self) -> &'static str {
        self.name
    }

    /// The field number.
    pub fn number(&self) -> u32 {
        self.field().number()
    }

    /// What is there, within the default limits. Messages that come more than once are merged.
    ///
    /// # Errors
    /// Bytes that are no such value, since nobody has looked at them before, and messages that lack a
    /// required field. Offsets count from the start of the unknown fields.
    pub fn get(&self, message: &M) -> Result<F, DecodeError> {
        self.get_with(message, &DecodeLimits::new())
    }

    /// What is there, within limits, which count anew for each reading.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn get_with(&self, message: &M, limits: &DecodeLimits) -> Result<F, DecodeError> {
        let records = MessageRef::of(message).unknown().as_bytes();
        let mut holder = Holder::default();
        decode::extension(self.table.write(&mut holder), records, self.form == Form::Item, limits)?;
        check::check(self.table.read(&holder), limits.depth_max)
            .map_err(|missing| DecodeError::uninitialized(missing, records.len()))?;
        Ok(holder.field)
    }

    /// Whether it is there; whether it is well-formed only [`get`](Self::get) can tell.
    pub fn has(&self, message: &M) -> bool {
        let mut records = MessageRef::of(message).unknown().as_bytes();
        while let Some((tag, record)) = wire::record(&mut records) {
            if self.is_in(tag, record) {
                return true;
            }
        }
        false
    }

    /// Sets it to `value`, in place of what was there.
    ///
    /// # Errors
    /// As [`Message::encode_to_vec`]; `message` is then as it was.
    pub fn set(&self, message: &mut M, value: impl Into<F>) -> Result<(), EncodeError> {
        let records = self.encoded(value.into())?;
        self.clear(message);
        MessageMut::of(message).unknown().append_raw(&records);
        Ok(())
    }

    /// Removes it.
    pub fn clear(&self, message: &mut M) {
        MessageMut::of(message).unknown().retain(|tag, record| !self.is_in(tag, record));
    }

    /// The records that hold `value`.
    fn encoded(&self, value: F) -> Result<Vec<u8>, EncodeError> {
        let holder = Holder { field: value, ..Holder::default() };
        let holder = self.table.read(&holder);
        let records = encoding::to_vec(&holder, false)?;
        let mut message = &*records;
        if self.form == Form::Field || wire::tag(&mut message).is_err() {
            return Ok(records);
        }
        let mut item = alloc::vec![wire::ITEM, wire::ITEM_NUMBER];
        wire::push_varint(&mut item, u64::from(self.number()));
        item.push(wire::ITEM_MESSAGE);
        item.extend_from_slice(message);
        item.push(wire::ITEM_END);
        Ok(item)
    }

    /// Whether this record holds it.
    fn is_in(&self, tag: u32, record: &[u8]) -> bool {
        let mut value = record;
        if wire::tag(&mut value).is_err() {
            return false;
        }
        if self.form == Form::Item && tag == u32::from(wire::ITEM) {
            return wire::item(&mut value).is_ok_and(|(number, _)| number == self.number());
        }
        // A number that a closed enum does not know is an unknown field.
        let takes = |number| self.field().enum_type().is_none_or(|it| it.takes(decode::wire_int32(number)));
        self.table.table().find(tag).is_some()
            && (tag & 7 != wire::VARINT || wire::varint(&mut value).is_ok_and(takes))
    }

    fn field(&self) -> &'static Field {
        &self.table.table().fields()[0]
    }
}

impl<M: Message, T: Default> Extension<M, Option<T>> {
    /// What is there, or else the default that the `.proto` file says, or else that of the type.
    ///
    /// # Errors
    /// As [`get`](Self::get).
    pub fn get_or_default(&self, message: &M) -> Result<T, DecodeError> {
        Ok(self.get(message)?.or_else(self.default).unwrap_or_default())
    }
}

impl<M: Message, T> Extension<M, Vec<T>> {
    /// The values one after the other.
    ///
    /// # Errors
    /// As [`get`](Self::get): all are read before the first is handed out.
    pub fn iter(&self, message: &M) -> Result<IntoIter<T>, DecodeError> {
        Ok(self.get(message)?.into_iter())
    }

    /// Adds a value behind those that are there.
    ///
    /// # Errors
    /// As [`set`](Self::set).
    pub fn push(&self, message: &mut M, value: T) -> Result<(), EncodeError> {
        let record = self.encoded(alloc::vec![value])?;
        MessageMut::of(message).unknown().append_raw(&record);
        Ok(())
    }
}

impl<M: Message, F> fmt::Debug for Extension<M, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Extension({} of {})", self.name, M::FULL_NAME)
    }
}
