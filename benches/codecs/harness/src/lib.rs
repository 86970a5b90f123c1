//! What a library is asked to do with the payloads of a data set.
#![forbid(unsafe_code)]

pub mod schema;

use std::hint::black_box;
use std::rc::Rc;

/// The encoded messages of a data set.
pub type Payloads = Rc<[Vec<u8>]>;

/// One operation on each payload or message of a set.
pub type Run = Box<dyn FnMut()>;

/// One library's code for one message type. `None`: the library has no such operation.
pub struct Codec {
    /// Whose code it is.
    pub library: &'static str,
    /// Octets of the message itself, wherever it lies.
    pub message_bytes: usize,
    /// Decodes each payload to a message that owns its parts, and drops it.
    pub decode: Option<Run>,
    /// Decodes each payload to what borrows from it, and drops that.
    pub view: Option<Run>,
    /// Encodes each message to a fresh `Vec`.
    pub encode: Option<Run>,
    /// Encodes each message behind five octets of prefix, into memory that is kept for the next.
    pub pooled: Option<Run>,
    /// Decodes and encodes again: that nothing is lost on the way is tested.
    pub echo: fn(&[u8]) -> Vec<u8>,
}

/// A field of [`Codec`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// [`Codec::decode`]
    Decode,
    /// [`Codec::view`]
    View,
    /// [`Codec::encode`]
    Encode,
    /// [`Codec::pooled`]
    Pooled,
}

impl Operation {
    /// In the order of the tables.
    pub const ALL: [Self; 4] = [Self::Decode, Self::View, Self::Encode, Self::Pooled];

    /// As arguments and tables name it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Decode => "decode",
            Self::View => "view",
            Self::Encode => "encode",
            Self::Pooled => "pooled",
        }
    }
}

impl Codec {
    /// What carries `operation` out.
    pub fn run(&mut self, operation: Operation) -> Option<&mut Run> {
        match operation {
            Operation::Decode => self.decode.as_mut(),
            Operation::View => self.view.as_mut(),
            Operation::Encode => self.encode.as_mut(),
            Operation::Pooled => self.pooled.as_mut(),
        }
    }
}

/// Does `one` with each item; the compiler knows neither the item nor that nobody wants the result.
pub fn over<T: 'static, R>(items: &Rc<[T]>, mut one: impl FnMut(&T) -> R + 'static) -> Option<Run> {
    let items = Rc::clone(items);
    Some(Box::new(move || {
        for item in items.iter() {
            black_box(one(black_box(item)));
        }
    }))
}

/// Room for gRPC's prefix: a compression flag and a length, which is known only when the message is encoded.
pub const PREFIX: [u8; 5] = [0; 5];

/// A message's octets behind their prefix, in a buffer that is used again and again. `encode` appends.
pub fn framed(buffer: &mut Vec<u8>, encode: impl FnOnce(&mut Vec<u8>)) -> usize {
    buffer.clear();
    buffer.extend_from_slice(&PREFIX);
    encode(buffer);
    let len = u32::try_from(buffer.len() - PREFIX.len()).expect("below 4 GiB");
    buffer[1..PREFIX.len()].copy_from_slice(&len.to_be_bytes());
    black_box(&buffer[..]).len()
}
