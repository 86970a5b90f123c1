//! gzip (RFC 1952) and what gRPC calls deflate: zlib (RFC 1950).

use std::io::{self, Write};

use flate2::Compression as Level;
use flate2::read::{MultiGzDecoder, ZlibDecoder};
use flate2::write::{GzEncoder, ZlibEncoder};

use super::Compressor;

/// gzip: the format that everybody has.
#[derive(Clone, Debug)]
pub struct Gzip(Level);

/// zlib, under gRPC's name `deflate`: gzip with a shorter header.
#[derive(Clone, Debug)]
pub struct Deflate(Level);

/// What zlib takes for the best trade, and gRPC's other implementations have as well.
const LEVEL: u32 = 6;
const LEVEL_MAX: u32 = 9;

impl Gzip {
    /// At level 6.
    pub fn new() -> Self {
        Self(Level::new(LEVEL))
    }

    /// From 0, stored, over 1, fastest, to 9, smallest; more is 9.
    pub fn level(self, level: u32) -> Self {
        Self(Level::new(level.min(LEVEL_MAX)))
    }
}

impl Deflate {
    /// At level 6.
    pub fn new() -> Self {
        Self(Level::new(LEVEL))
    }

    /// From 0, stored, over 1, fastest, to 9, smallest; more is 9.
    pub fn level(self, level: u32) -> Self {
        Self(Level::new(level.min(LEVEL_MAX)))
    }
}

impl Default for Gzip {
    fn default() -> Self {
        Self::new()
    }
}

impl Default for Deflate {
    fn default() -> Self {
        Self::new()
    }
}

impl Compressor for Gzip {
    fn name(&self) -> &'static str {
        "gzip"
    }

    fn compress(&self, pieces: &mut dyn Iterator<Item = &[u8]>, out: &mut Vec<u8>) -> io::Result<()> {
        let mut encoder = GzEncoder::new(out, self.0);
        for piece in pieces {
            encoder.write_all(piece)?;
        }
        encoder.finish().map(drop)
    }

    fn decompress(&self, octets: &[u8], out: &mut dyn Write) -> io::Result<()> {
        // A file may be several, one behind the other (RFC 1952 §2.2).
        io::copy(&mut MultiGzDecoder::new(octets), out).map(drop)
    }
}

impl Compressor for Deflate {
    fn name(&self) -> &'static str {
        "deflate"
    }

    fn compress(&self, pieces: &mut dyn Iterator<Item = &[u8]>, out: &mut Vec<u8>) -> io::Result<()> {
        let mut encoder = ZlibEncoder::new(out, self.0);
        for piece in pieces {
            encoder.write_all(piece)?;
        }
        encoder.finish().map(drop)
    }

    fn decompress(&self, octets: &[u8], out: &mut dyn Write) -> io::Result<()> {
        let mut decoder = ZlibDecoder::new(octets);
        io::copy(&mut decoder, out)?;
        match usize::try_from(decoder.total_in()) {
            Ok(taken) if taken == octets.len() => Ok(()),
            taken => {
                let behind = octets.len() - taken.unwrap_or(0);
                Err(io::Error::new(io::ErrorKind::InvalidData, format!("{behind} octets follow the end")))
            }
        }
    }
}
