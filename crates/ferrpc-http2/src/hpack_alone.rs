//! Header compression without a connection, for conformance suites and fuzzers.
//!
//! Only with the feature `hpack`; its API may change at any time.

use crate::headers::Headers;
use crate::hpack::{self, HpackError, ListLimits, Outcome};

/// The receiving side: blocks to lists of fields.
#[derive(Debug)]
pub struct Decoder(hpack::Decoder);

impl Decoder {
    /// `table_bytes_max` is what SETTINGS_HEADER_TABLE_SIZE says to the peer, in octets; the table itself
    /// begins with 4,096.
    pub const fn new(table_bytes_max: usize) -> Self {
        Self(hpack::Decoder::new(table_bytes_max))
    }

    /// The peer has acknowledged it: from the next block on it binds.
    pub fn settings_acknowledged(&mut self) {
        self.0.settings_acknowledged();
    }

    /// Decodes a whole block; `None` if the list has more than `list_bytes_max` octets as RFC 9113 §6.5.2
    /// counts them.
    ///
    /// # Errors
    /// How the block breaks RFC 7541. The decoder is then useless.
    pub fn decode(&mut self, block: &[u8], list_bytes_max: usize) -> Result<Option<Headers>, HpackError> {
        let limits = ListLimits { list_bytes_max, fields_max: usize::MAX };
        let mut headers = Headers::new();
        let outcome = self.0.decode(block, &limits, &mut headers)?;
        Ok((outcome == Outcome::Complete).then_some(headers))
    }
}

/// The sending side: lists of fields to blocks.
#[derive(Debug)]
pub struct Encoder(hpack::Encoder);

impl Encoder {
    /// An encoder for a peer that has said nothing yet.
    pub const fn new() -> Self {
        Self(hpack::Encoder::new())
    }

    /// The peer's SETTINGS_HEADER_TABLE_SIZE, in octets; the next block says what becomes of the table.
    pub fn set_peer_table_bytes_max(&mut self, table_bytes_max: usize) {
        self.0.set_peer_table_bytes_max(table_bytes_max);
    }

    /// A block with all fields of the list, compressed as the list says.
    pub fn encode(&mut self, list: &Headers) -> Vec<u8> {
        let mut block = Vec::new();
        self.0.begin(&mut block);
        for (i, (name, value)) in list.iter().enumerate() {
            self.0.field(name, value, list.indexing(i), &mut block);
        }
        block
    }
}

impl Default for Encoder {
    fn default() -> Self {
        Self::new()
    }
}
