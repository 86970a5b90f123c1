//! Messages from chunks without a connection, for fuzzers.
//!
//! Only with the feature `envelope`; its API may change at any time.

use crate::codec::Chunk;
use crate::envelope::{self, Assembled};
use crate::status::Status;

/// Puts messages together.
#[derive(Debug)]
pub struct Assembler(envelope::Assembler);

impl Assembler {
    /// For messages of at most so many octets.
    pub fn new(bytes_max: usize) -> Self {
        Self(envelope::Assembler::new(bytes_max))
    }

    /// Takes octets off the front of `chunk` until a message is whole, or the chunk is used up. With the message it
    /// says whether it is compressed.
    ///
    /// # Errors
    /// What is wrong with a prefix.
    pub fn push(&mut self, chunk: &mut Chunk) -> Result<Option<(Chunk, bool)>, Status> {
        match self.0.push(chunk)? {
            Assembled::Message(message) => Ok(Some((message.octets, message.compressed))),
            Assembled::Partial(_) => Ok(None),
        }
    }

    /// Octets still missing of the message begun, if its prefix is there.
    pub fn missing(&self) -> Option<usize> {
        self.0.missing()
    }

    /// Octets of memory that the message begun holds.
    pub fn held_bytes(&self) -> usize {
        self.0.held_bytes()
    }
}
