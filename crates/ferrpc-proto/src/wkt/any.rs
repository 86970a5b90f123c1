//! `Any`: a message of any type, with its name.

use alloc::string::String;

use super::Any;
use crate::error::{DecodeError, EncodeError};
use crate::limits::DecodeLimits;
use crate::message::Message;

impl Any {
    /// A message with its type's name, as `type.googleapis.com/package.Message`.
    ///
    /// # Errors
    /// As [`Message::encode_to_vec`].
    pub fn pack<M: Message>(message: &M) -> Result<Self, EncodeError> {
        let mut type_url = String::from("type.googleapis.com/");
        type_url.push_str(M::FULL_NAME);
        Ok(Self { type_url, value: message.encode_to_vec()?.into(), ..Self::default() })
    }

    /// The full name of the type inside: what stands behind the last `/`. Empty if there is none.
    pub fn type_name(&self) -> &str {
        self.type_url.rsplit_once('/').map_or("", |(_, name)| name)
    }

    /// Whether a message of type `M` is inside. What stands before the last `/` of the name does not matter.
    pub fn is<M: Message>(&self) -> bool {
        self.type_name() == M::FULL_NAME
    }

    /// The message inside, or `None` if it is of another type.
    ///
    /// # Errors
    /// As [`Message::decode`]; nesting counts from the start again, within the usual limits.
    pub fn unpack<M: Message>(&self) -> Result<Option<M>, DecodeError> {
        self.unpack_with(&DecodeLimits::new())
    }

    /// The message inside, or `None` if it is of another type.
    ///
    /// # Errors
    /// As [`Message::decode_with`].
    pub fn unpack_with<M: Message>(&self, limits: &DecodeLimits) -> Result<Option<M>, DecodeError> {
        self.is::<M>().then(|| M::decode_with(&self.value, limits)).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wkt::{Empty, StringValue};

    #[test]
    fn a_message_comes_out_as_what_it_went_in() {
        let inside = StringValue { value: "x".into(), ..Default::default() };
        let any = Any::pack(&inside).unwrap();
        assert_eq!(any.type_url, "type.googleapis.com/google.protobuf.StringValue");
        assert_eq!(any.type_name(), "google.protobuf.StringValue");
        assert_eq!(any.unpack().unwrap(), Some(inside));
        assert_eq!(any.unpack::<Empty>().unwrap(), None);
        let elsewhere = Any { type_url: "example.org/a/google.protobuf.Empty".into(), ..Default::default() };
        assert!(elsewhere.is::<Empty>());
        assert!(!Any { type_url: "google.protobuf.Empty".into(), ..Default::default() }.is::<Empty>());
    }
}
