//! How often each limit of a server or a channel fired: for whoever watches a program.

use std::sync::Arc;

use ferrpc_http2::Counter;

use crate::code::Code;
use crate::status::Status;

/// How often each limit fired, by the name of its field in `ServerLimits` or `ChannelConfig`.
///
/// Nothing is counted, and nothing costs, while peers keep to the limits. The limit of messages that are sent
/// and those of decoding are told to the call alone, which is on our side.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct Counters {
    /// Calls ended for a message over it.
    pub message_bytes_max: Counter,
    /// Server: connections closed on arrival.
    pub connections_max: Counter,
    /// Server: calls ended since all connections together held more of requests, and this call most of its connection's.
    pub unread_bytes_max: Counter,
    /// Server: calls refused since handlers of cancelled ones were still there, twice as many as
    /// [`streams_max`](ferrpc_http2::Limits::streams_max).
    pub handlers_max: Counter,
    /// Server: calls ended since their one message did not come.
    pub request_timeout: Counter,
    /// Server: calls ended with UNAVAILABLE since a shutdown or their connection's age left no more time.
    pub calls_cut: Counter,
    /// Server: errors of accepting connections, such as too many open files.
    pub accept_errors: Counter,
    /// Client: times that the interval of keepalive was doubled, since a server said "too_many_pings".
    pub keepalive_doubled: Counter,
    /// What is counted in HTTP/2.
    pub http2: Arc<ferrpc_http2::Counters>,
}

impl Counters {
    /// Counts why octets were not taken as messages, where that is a limit.
    pub(crate) fn note(&self, refusal: &Status) {
        if refusal.code() == Code::ResourceExhausted {
            self.message_bytes_max.count();
        }
    }

    /// All names and counts.
    pub fn all(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let own = [
            ("message_bytes_max", self.message_bytes_max.get()),
            ("connections_max", self.connections_max.get()),
            ("unread_bytes_max", self.unread_bytes_max.get()),
            ("handlers_max", self.handlers_max.get()),
            ("request_timeout", self.request_timeout.get()),
            ("calls_cut", self.calls_cut.get()),
            ("accept_errors", self.accept_errors.get()),
            ("keepalive_doubled", self.keepalive_doubled.get()),
        ];
        own.into_iter().chain(self.http2.all())
    }
}
