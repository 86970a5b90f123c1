//! Commands from calls to the task that owns a connection.
//!
//! Bounded by the live calls, each of which waits for its send quota before it pushes another message.

use ferrpc_http2::{ErrorCode, StreamKey};

use super::queue::Queue;
use super::{Reply, ResponseHead};

/// Where calls leave their commands.
pub(crate) type Inbox = Queue<Command>;

/// What calls ask of a connection.
#[derive(Debug)]
pub(crate) enum Command {
    /// Client: open a stream.
    #[cfg(feature = "client")]
    Open(super::Open),
    /// Server: the head of a streaming response, before its first message.
    Head { key: StreamKey, head: ResponseHead },
    /// Messages wait in the stream's exchange.
    Send { key: StreamKey },
    /// Client: no more messages.
    End { key: StreamKey },
    /// Received octets were consumed: give their credit back.
    Consumed { key: StreamKey, octets: usize },
    /// Cut the stream short.
    Reset { key: StreamKey, code: ErrorCode },
    /// Server: the handler of a call is done.
    Finish { key: StreamKey, reply: Reply },
    /// Take no new streams, finish those that are open, then close.
    Drain,
    /// Server: end all calls, for there is no more time.
    Cut,
    /// Close now.
    Close,
}
