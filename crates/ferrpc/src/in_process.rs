//! A server and its channel in one process, without a socket: for tests, mocks and programs that are both.
//!
//! The only module that sees both sides. Calls still go through HTTP/2, so that what works here works
//! over a network.

use crate::client::Channel;
use crate::server::{Handle, Local, Server};

impl Server {
    /// Serves inside this process: calls on the channel reach this server without a socket. The handle
    /// ends it; a channel whose server was ended fails with UNAVAILABLE. Must be called on a tokio runtime.
    ///
    /// A mock is a service like any other, served this way.
    pub fn in_process(self) -> (Channel, Handle) {
        let (local, handle) = Local::start(self);
        (Channel::local(move || local.connect()), handle)
    }
}
