//! Connections: the task that owns a socket and an engine, and the handles by which calls reach it.
//!
//! On a call's path this is the only place with a lock, a spawn or a socket. Knows neither client nor
//! server: each gives the driver its [`Side`](driver::Side).

pub(crate) mod cancellation;
pub(crate) mod driver;
pub(crate) mod exchange;
pub(crate) mod inbox;
pub(crate) mod keepalive;
mod queue;
pub(crate) mod random;
mod sync;

use std::future::Future;

use crate::codec::{Piece, Segments};
use crate::metadata::Metadata;
use crate::status::Status;

/// Spawns background work. The one place that does.
#[expect(clippy::disallowed_methods, reason = "the one permitted use")]
pub(crate) fn spawn<F>(work: F) -> tokio::task::JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    tokio::spawn(work)
}

/// What stands before a server's first message.
#[derive(Debug, Default)]
pub(crate) struct ResponseHead {
    pub(crate) metadata: Metadata,
    /// `grpc-encoding`, where messages may be compressed.
    pub(crate) encoding: Option<&'static str>,
}

/// What a server's handler left to be sent.
#[derive(Debug)]
pub(crate) enum Reply {
    /// A unary answer, whole.
    Message { octets: Segments, around: Option<Box<Around>> },
    /// The end of a call whose messages, if any, were sent before.
    End(Result<Metadata, Status>),
}

impl Reply {
    /// A unary answer.
    #[cfg(feature = "server")]
    pub(crate) fn message(octets: Segments, head: ResponseHead, trailers: Metadata) -> Self {
        let is_alone = head.encoding.is_none() && head.metadata.is_untouched() && trailers.is_untouched();
        Self::Message { octets, around: (!is_alone).then(|| Box::new(Around { head, trailers })) }
    }
}

/// What stands around the message of a unary answer. Boxed: few have any, and each is handed on several times.
#[derive(Debug, Default)]
pub(crate) struct Around {
    pub(crate) head: ResponseHead,
    pub(crate) trailers: Metadata,
}

/// A client's wish for a stream.
#[cfg(feature = "client")]
#[derive(Debug)]
pub(crate) struct Open {
    pub(crate) path: crate::method::Path,
    pub(crate) authority: std::sync::Arc<str>,
    /// The authority is this call's and not the connection's.
    pub(crate) has_own_authority: bool,
    pub(crate) metadata: Metadata,
    /// `grpc-encoding`, where messages may be compressed.
    pub(crate) encoding: Option<&'static str>,
    pub(crate) deadline: Option<tokio::time::Instant>,
    /// The only message, behind its prefix; then nothing follows.
    pub(crate) message: Option<Segments>,
    /// The answer is one message, taken only when the call is over.
    pub(crate) one_answer: bool,
    /// Largest message of the answer.
    pub(crate) message_bytes_max: usize,
    pub(crate) exchange: std::sync::Arc<exchange::Exchange>,
}

/// Hands encoded octets to the engine: few by copy, many without.
pub(crate) fn send_segments(
    conn: &mut ferrpc_http2::Connection,
    key: ferrpc_http2::StreamKey,
    octets: Segments,
    end: ferrpc_http2::End,
) {
    use ferrpc_http2::End;
    if let Some(octets) = octets.as_slice().filter(|octets| octets.len() <= COPY_BYTES_MAX) {
        conn.send_slice(key, octets, end);
        return;
    }
    let is_long = |piece| matches!(piece, Piece::Copied(octets) if octets.len() > COPY_BYTES_MAX);
    if octets.pieces().any(is_long) {
        let mut pieces = octets.into_pieces().peekable();
        while let Some(piece) = pieces.next() {
            let last = if pieces.peek().is_some() { End::No } else { end };
            conn.send(key, piece, last);
        }
        return;
    }
    let mut pieces = octets.pieces().peekable();
    while let Some(piece) = pieces.next() {
        let last = if pieces.peek().is_some() { End::No } else { end };
        match piece {
            Piece::Copied(octets) => conn.send_slice(key, octets, last),
            Piece::Shared(octets) => conn.send(key, octets.clone(), last),
        };
    }
}

/// Copying this much costs less than an allocation of its own, and it is what a buffer of the codec's holds.
pub(crate) const COPY_BYTES_MAX: usize = 4096;
