//! What a server knows of a connection.

use std::net::SocketAddr;

use crate::extensions::Extensions;

/// A connection as its server knows it; all its calls share this. What listens makes it; who hands connections over by
/// hand ([`Acceptor::accept_with`](crate::server::Acceptor::accept_with)) may put values of its own in, such as who is at
/// the other end.
#[derive(Debug, Default)]
pub struct ConnectionInfo {
    peer_addr: Option<SocketAddr>,
    local_addr: Option<SocketAddr>,
    extensions: Extensions,
}

impl ConnectionInfo {
    /// Nothing is known.
    pub fn new() -> Self {
        Self::default()
    }

    /// Says where the client is.
    #[must_use]
    pub fn with_peer_addr(mut self, address: SocketAddr) -> Self {
        self.peer_addr = Some(address);
        self
    }

    /// Says where the client came in.
    #[must_use]
    pub fn with_local_addr(mut self, address: SocketAddr) -> Self {
        self.local_addr = Some(address);
        self
    }

    /// Adds a value, instead of one of the same type.
    #[must_use]
    pub fn with<T: Send + Sync + 'static>(mut self, value: T) -> Self {
        self.extensions.insert(value);
        self
    }

    /// The client's address, if it has one.
    pub fn peer_addr(&self) -> Option<SocketAddr> {
        self.peer_addr
    }

    /// This side's address of the connection, if it has one: of a socket on all addresses the one that the client
    /// came by.
    pub fn local_addr(&self) -> Option<SocketAddr> {
        self.local_addr
    }

    /// The value of this type, if one was put in.
    pub fn get<T: Send + Sync + 'static>(&self) -> Option<&T> {
        self.extensions.get()
    }

    /// Of a socket.
    #[cfg(feature = "server")]
    pub(crate) fn of(socket: &tokio::net::TcpStream, peer_addr: SocketAddr) -> Self {
        Self { peer_addr: Some(peer_addr), local_addr: socket.local_addr().ok(), ..Self::default() }
    }
}
