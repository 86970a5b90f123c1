//! A server and its channel in one process, without a socket: for tests, mocks and programs that are both.
//!
//! The only module that sees both sides. Calls still go through HTTP/2, so that what works here works
//! over a network.

use crate::client::{Channel, ChannelConfig};
use crate::server::{Handle, Server};

impl Server {
    /// Serves inside this process: calls on the channel reach this server without a socket. The handle
    /// ends it; a channel whose server was ended fails with UNAVAILABLE. Must be called on a tokio runtime.
    ///
    /// A mock is a service like any other, served this way.
    pub fn in_process(self) -> (Channel, Handle) {
        self.in_process_with(ChannelConfig::default())
    }

    /// As [`in_process`](Self::in_process), with a configuration of the channel.
    pub fn in_process_with(self, config: ChannelConfig) -> (Channel, Handle) {
        let (acceptor, handle) = self.accept_by_hand();
        let dial = move || {
            if acceptor.is_over() {
                return None;
            }
            let (ours, theirs) = tokio::io::duplex(PIPE_BYTES);
            acceptor.accept(ours);
            Some(theirs)
        };
        (Channel::local(dial, config), handle)
    }
}

/// Octets under way in each direction of a connection inside the process.
const PIPE_BYTES: usize = 64 << 10;
