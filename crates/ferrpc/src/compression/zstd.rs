//! Zstandard (RFC 8878).

use std::io::{self, Write};

use zstd::stream::read::Decoder;
use zstd::stream::write::Encoder;

use super::Compressor;

/// Zstandard: smaller and several times faster than gzip, where the peer has it.
#[derive(Clone, Debug)]
pub struct Zstd(i32);

/// Memory of a decoder beside its output: 8 MiB, what RFC 8878 §3.1.1.1.2 asks of every decoder to take. A frame that
/// wants more is an error (CVE-2026-48044 is what happens without).
const WINDOW_LOG_MAX: u32 = 23;

impl Zstd {
    /// At level 3, the format's own default.
    pub fn new() -> Self {
        Self(zstd::DEFAULT_COMPRESSION_LEVEL)
    }

    /// From 1, fastest, to 22, smallest, and below 1 faster still; what is outside is the nearest.
    pub fn level(self, level: i32) -> Self {
        let levels = zstd::compression_level_range();
        Self(level.clamp(*levels.start(), *levels.end()))
    }
}

impl Default for Zstd {
    fn default() -> Self {
        Self::new()
    }
}

impl Compressor for Zstd {
    fn name(&self) -> &'static str {
        "zstd"
    }

    fn compress(&self, pieces: &mut dyn Iterator<Item = &[u8]>, out: &mut Vec<u8>) -> io::Result<()> {
        let mut encoder = Encoder::new(out, self.0)?;
        for piece in pieces {
            encoder.write_all(piece)?;
        }
        encoder.finish().map(drop)
    }

    fn decompress(&self, octets: &[u8], out: &mut dyn Write) -> io::Result<()> {
        let mut decoder = Decoder::with_buffer(octets)?;
        decoder.window_log_max(WINDOW_LOG_MAX)?;
        io::copy(&mut decoder, out).map(drop)
    }
}
