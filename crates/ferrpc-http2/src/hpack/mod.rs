//! Header compression (RFC 7541): blocks of octets to fields and back, with one table per direction.
//!
//! Knows nothing of frames or streams, nor which names and values HTTP allows: `head` checks those.

mod decode;
mod dynamic;
mod encode;
mod huffman;
mod static_table;
#[cfg(test)]
mod tests;
mod texts;

use std::fmt;

pub(crate) use decode::{Decoder, ListLimits, Outcome};
pub(crate) use encode::Encoder;

/// Size of both tables until somebody says otherwise, SETTINGS_HEADER_TABLE_SIZE's initial value
/// (RFC 9113 §6.5.2).
const TABLE_BYTES_DEFAULT: usize = 4096;

/// How a header block breaks RFC 7541. The tables of both sides may differ from there on, so each ends
/// the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HpackError {
    /// Index zero, which no table has (RFC 7541 §6.1).
    IndexZero,
    /// An index behind the last entry of the dynamic table (RFC 7541 §2.3.3).
    IndexOutOfRange {
        /// The index, counted from 1 through both tables.
        index: usize,
    },
    /// An integer of more than five octets (RFC 7541 §5.1).
    IntegerTooLong,
    /// The block ends inside a field.
    Truncated,
    /// A string is longer than what is left of the block.
    StringPastBlock {
        /// The length it claims, in octets.
        string_bytes: usize,
        /// What is left.
        left_bytes: usize,
    },
    /// A Huffman string holds the symbol EOS (RFC 7541 §5.2).
    HuffmanEos,
    /// A Huffman string ends in more than seven bits that are no symbol (RFC 7541 §5.2).
    HuffmanPaddingTooLong,
    /// A Huffman string is padded with something else than ones (RFC 7541 §5.2).
    HuffmanPaddingNotOnes,
    /// A table size update above our SETTINGS_HEADER_TABLE_SIZE (RFC 7541 §6.3).
    SizeUpdateOverLimit {
        /// The size it asks for.
        table_bytes: usize,
        /// The most we allow.
        table_bytes_max: usize,
    },
    /// A table size update behind a field (RFC 7541 §4.2).
    SizeUpdateInsideBlock,
    /// More than two table size updates in one block (RFC 7541 §4.2).
    TooManySizeUpdates,
    /// No table size update in the first block after the peer acknowledged a smaller table
    /// (RFC 9113 §4.3.1).
    MissingSizeUpdate,
    /// The list is more than four times over a limit: not worth the work to keep the tables in step.
    TooMuch,
}

impl fmt::Display for HpackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::IndexZero => "index zero",
            Self::IndexOutOfRange { index } => return write!(f, "index {index} is behind the table's end"),
            Self::IntegerTooLong => "an integer of more than five octets",
            Self::Truncated => "the block ends inside a field",
            Self::StringPastBlock { string_bytes, left_bytes } => {
                return write!(f, "a string of {string_bytes} octets where the block has {left_bytes} left");
            }
            Self::HuffmanEos => "a Huffman string holds EOS",
            Self::HuffmanPaddingTooLong => "a Huffman string has more than seven bits of padding",
            Self::HuffmanPaddingNotOnes => "a Huffman string is not padded with ones",
            Self::SizeUpdateOverLimit { table_bytes, table_bytes_max } => {
                return write!(f, "table size {table_bytes} is over the limit of {table_bytes_max}");
            }
            Self::SizeUpdateInsideBlock => "a table size update behind a field",
            Self::TooManySizeUpdates => "more than two table size updates in a block",
            Self::MissingSizeUpdate => "no table size update after the table was made smaller",
            Self::TooMuch => "the header list is more than four times over its limit",
        })
    }
}

impl std::error::Error for HpackError {}
