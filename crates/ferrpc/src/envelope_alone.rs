//! Messages from chunks without a connection, for fuzzers.
//!
//! Only with the feature `envelope`; its API may change at any time.

use crate::codec::Chunk;
use crate::envelope::{self, Assembled, Envelope};
use crate::status::Status;

/// Puts messages together.
#[derive(Debug)]
pub struct Assembler {
    assembler: envelope::Assembler,
    /// Messages not handed out yet.
    run: Chunk,
}

impl Assembler {
    /// For messages of at most so many octets.
    pub fn new(bytes_max: usize) -> Self {
        Self { assembler: envelope::Assembler::new(bytes_max), run: Chunk::empty() }
    }

    /// Takes octets off the front of `chunk` until a message is whole, or the chunk is used up. With the message it
    /// says whether it is compressed.
    ///
    /// # Errors
    /// What is wrong with a prefix.
    pub fn push(&mut self, chunk: &mut Chunk) -> Result<Option<(Chunk, bool)>, Status> {
        if self.run.is_empty()
            && let Assembled::Run(run, _) = self.assembler.push(chunk)?
        {
            self.run = run;
        }
        let message = envelope::take_front(&mut self.run);
        Ok(message.map(|Envelope { octets, compressed }| (octets, compressed)))
    }

    /// Octets still missing of the message begun, if its prefix is there.
    pub fn missing(&self) -> Option<usize> {
        self.assembler.missing()
    }

    /// Octets of memory that the message begun holds.
    pub fn held_bytes(&self) -> usize {
        self.assembler.held_bytes()
    }
}
