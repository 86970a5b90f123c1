//! Compression of messages: the seam for formats, which of them a side accepts, and what it sends in.
//!
//! gRPC's `compression.md`. Knows nothing of streams and calls.

#[cfg(feature = "gzip")]
mod gzip;
#[cfg(feature = "zstd")]
mod zstd;

use std::fmt;
use std::io::{self, Write};
use std::sync::Arc;

use crate::codec::{Piece, Segments};
use crate::status::{Phase, Status};

#[cfg(feature = "gzip")]
pub use self::gzip::{Deflate, Gzip};
#[cfg(feature = "zstd")]
pub use self::zstd::Zstd;

/// A format that messages can be compressed in. A value given to a server or a channel by [`Compression`].
pub trait Compressor: fmt::Debug + Send + Sync + 'static {
    /// Its name in `grpc-encoding`, such as `gzip`.
    fn name(&self) -> &'static str;

    /// Writes a message, which comes in pieces, compressed to `out`.
    ///
    /// # Errors
    /// If it cannot; the call ends with INTERNAL.
    fn compress(&self, pieces: &mut dyn Iterator<Item = &[u8]>, out: &mut Vec<u8>) -> io::Result<()>;

    /// Writes a message decompressed to `out`, in portions: `out` refuses what is over the limit of messages, and
    /// that error is passed on.
    ///
    /// # Errors
    /// If the octets are not of this format, or something follows them.
    fn decompress(&self, octets: &[u8], out: &mut dyn Write) -> io::Result<()>;
}

/// What a side does about compression. The default accepts gzip, deflate and zstd, as far as the features of those
/// names are there, and sends everything uncompressed.
#[derive(Clone, Debug)]
pub struct Compression(Arc<Formats>);

/// What is in a [`Compression`]: each call holds that several times over, so it is one pointer wide.
#[derive(Clone, Debug)]
struct Formats {
    accepted: Vec<Arc<dyn Compressor>>,
    /// Which of them is sent unless a call says otherwise.
    send: Option<usize>,
    bytes_min: usize,
}

/// Compressors that a side can have.
const ACCEPTED_MAX: usize = 32;
/// Below this a message's header and trailer weigh more than what is saved.
const BYTES_MIN: usize = 1024;
/// The field that says how messages are compressed.
pub(crate) const ENCODING: &[u8] = b"grpc-encoding";
/// The field that says what may be sent back.
pub(crate) const ACCEPT_ENCODING: &[u8] = b"grpc-accept-encoding";
/// gRPC's name for no compression.
const IDENTITY: &str = "identity";

impl Default for Compression {
    fn default() -> Self {
        let accepted: Vec<Arc<dyn Compressor>> = vec![
            #[cfg(feature = "gzip")]
            Arc::new(Gzip::new()),
            #[cfg(feature = "gzip")]
            Arc::new(Deflate::new()),
            #[cfg(feature = "zstd")]
            Arc::new(Zstd::new()),
        ];
        Self(Arc::new(Formats { accepted, ..Formats::none() }))
    }
}

impl Compression {
    /// Nothing compressed is accepted or sent.
    pub fn none() -> Self {
        Self(Arc::new(Formats::none()))
    }

    /// Accepts messages in this format too, and lets calls send in it. Stands for one of the same name. A side has
    /// 32 at the most; further ones are left out.
    pub fn accept(mut self, compressor: impl Compressor) -> Self {
        self.formats().add(Arc::new(compressor));
        self
    }

    /// Sends in this format what is not too short, unless a call says otherwise, and accepts it. A server does so
    /// where the client accepts it.
    pub fn send(mut self, compressor: impl Compressor) -> Self {
        let formats = self.formats();
        formats.add(Arc::new(compressor));
        formats.send = Some(formats.accepted.len() - 1);
        self
    }

    /// Sends shorter messages uncompressed. In octets; default 1 KiB.
    pub fn bytes_min(mut self, octets: usize) -> Self {
        self.formats().bytes_min = octets;
        self
    }

    /// To be changed; they are copied if somebody shares them.
    fn formats(&mut self) -> &mut Formats {
        Arc::make_mut(&mut self.0)
    }

    /// The names of what is accepted, for `grpc-accept-encoding`.
    pub(crate) fn names(&self) -> String {
        self.0.accepted.iter().map(|compressor| compressor.name()).collect::<Vec<_>>().join(",")
    }

    fn find(&self, name: &[u8]) -> Option<&Arc<dyn Compressor>> {
        self.0.accepted.iter().find(|compressor| compressor.name().as_bytes() == name)
    }

    /// Whether messages of a call with this `grpc-encoding` can be read.
    pub(crate) fn accepts(&self, encoding: &[u8]) -> bool {
        encoding == IDENTITY.as_bytes() || self.find(encoding).is_some()
    }

    /// What the peer can read, by its `grpc-accept-encoding`.
    pub(crate) fn peers(&self, accept_encoding: &[u8]) -> Accepted {
        let names = || accept_encoding.split(|&octet| octet == b',').map(<[u8]>::trim_ascii);
        let is_there = |compressor: &Arc<dyn Compressor>| names().any(|n| n == compressor.name().as_bytes());
        let bits = self.0.accepted.iter().enumerate().filter(|(_, compressor)| is_there(compressor));
        Accepted(bits.fold(0, |bits, (i, _)| bits | 1 << i))
    }

    /// Whether calls that say nothing themselves send compressed messages.
    #[cfg(feature = "server")]
    pub(crate) fn sends(&self) -> bool {
        self.0.send.is_some()
    }

    /// The compressor of a call that says nothing itself, if its peer accepts it.
    pub(crate) fn default_encoder(&self, accepted: Accepted) -> Option<Encoder> {
        self.encoder_of(self.0.send?, accepted)
    }

    /// The compressor that a call names: `None` for identity, and where the peer does not accept it.
    ///
    /// # Errors
    /// If there is none of this name.
    pub(crate) fn encoder(&self, name: &str, accepted: Accepted) -> Result<Option<Encoder>, Status> {
        if name == IDENTITY {
            return Ok(None);
        }
        match self.0.accepted.iter().position(|compressor| compressor.name() == name) {
            Some(place) => Ok(self.encoder_of(place, accepted)),
            None => Err(Status::internal(format!(
                "there is no compressor {name:?} here; there are {IDENTITY},{}",
                self.names()
            ))),
        }
    }

    fn encoder_of(&self, place: usize, accepted: Accepted) -> Option<Encoder> {
        let with = self.0.accepted.get(place).filter(|_| accepted.0 & (1 << place) != 0)?;
        Some(Encoder { with: with.clone(), bytes_min: self.0.bytes_min })
    }

    /// A message that came compressed, as its sender had it.
    pub(crate) fn decompress(
        &self,
        encoding: Option<&[u8]>,
        octets: &[u8],
        bytes_max: usize,
    ) -> Result<Vec<u8>, Status> {
        let Some(encoding) = encoding.filter(|encoding| *encoding != IDENTITY.as_bytes()) else {
            let message = "compressed message, although no grpc-encoding was agreed on";
            return Err(Status::internal(message).at(Phase::Decode));
        };
        let Some(compressor) = self.find(encoding) else {
            // Servers look at it earlier. gRPC compression.md, of clients: "an INTERNAL error status will occur".
            let encoding = String::from_utf8_lossy(encoding);
            let message =
                format!("message compressed in {encoding:?}, which was not offered: {}", self.names());
            return Err(Status::internal(message).at(Phase::Decode));
        };
        // Some write nothing for nothing.
        if octets.is_empty() {
            return Ok(Vec::new());
        }
        let mut out = Bounded { octets: Vec::new(), bytes_max, is_over: false };
        let done = compressor.decompress(octets, &mut out);
        if out.is_over {
            return Err(Status::resource_exhausted(format!(
                "message of {} octets in {} is over the receive limit of {bytes_max} when decompressed; raise \
                 message_bytes_max",
                octets.len(),
                compressor.name()
            ))
            .at(Phase::Decode));
        }
        done.map_err(|error| {
            let (len, name) = (octets.len(), compressor.name());
            Status::internal(format!("cannot decompress a message of {len} octets in {name}: {error}"))
                .at(Phase::Decode)
        })?;
        Ok(out.octets)
    }

    /// Why a call whose messages are in a format that is not accepted is refused.
    pub(crate) fn unknown(&self, encoding: &[u8]) -> Status {
        let encoding = String::from_utf8_lossy(encoding);
        Status::unimplemented(format!(
            "grpc-encoding {encoding:?} is not supported; there are {IDENTITY},{}",
            self.names()
        ))
    }
}

impl Formats {
    fn none() -> Self {
        Self { accepted: Vec::new(), send: None, bytes_min: BYTES_MIN }
    }

    /// Puts a compressor behind the others.
    fn add(&mut self, compressor: Arc<dyn Compressor>) {
        let sent = self.send.map(|place| self.accepted[place].name());
        self.accepted.retain(|other| other.name() != compressor.name());
        self.accepted.truncate(ACCEPTED_MAX - 1);
        self.accepted.push(compressor);
        self.send = sent.and_then(|sent| self.accepted.iter().position(|other| other.name() == sent));
    }
}

/// Which of a side's compressors its peer accepts, a bit for each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Accepted(u32);

impl Accepted {
    /// A client does not know its server's, and sends what it is told to.
    #[cfg(feature = "client")]
    pub(crate) const ALL: Self = Self(u32::MAX);
}

/// The compressor of a call, and from which length on it is worth it.
#[derive(Clone, Debug)]
pub(crate) struct Encoder {
    with: Arc<dyn Compressor>,
    bytes_min: usize,
}

impl Encoder {
    pub(crate) fn name(&self) -> &'static str {
        self.with.name()
    }

    /// A message compressed, where that makes it shorter.
    pub(crate) fn compress(&self, message: &Segments) -> Result<Option<Segments>, Status> {
        if message.len() < self.bytes_min {
            return Ok(None);
        }
        let mut out = Segments::new();
        let mut pieces = message.pieces().map(|piece| match piece {
            Piece::Copied(octets) => octets,
            Piece::Shared(octets) => &octets[..],
        });
        self.with.compress(&mut pieces, out.buffer()).map_err(|error| {
            let name = self.name();
            Status::internal(format!("cannot compress the message with {name}: {error}")).at(Phase::Send)
        })?;
        Ok((out.len() < message.len()).then_some(out))
    }
}

/// What is written, up to a limit.
struct Bounded {
    octets: Vec<u8>,
    bytes_max: usize,
    is_over: bool,
}

impl Write for Bounded {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        if octets.len() > self.bytes_max - self.octets.len() {
            self.is_over = true;
            return Err(io::Error::other("the message is over its limit"));
        }
        self.octets.extend_from_slice(octets);
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
