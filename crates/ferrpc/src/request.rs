//! Messages with what travels beside them: [`Request`] and [`Response`].

use std::borrow::Cow;
use std::fmt;
use std::net::SocketAddr;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use tokio::time::Instant;

use crate::connection_info::ConnectionInfo;
use crate::extensions::Extensions;
use crate::metadata::Metadata;

/// A request: its message (or its stream of messages), metadata, and what the server knows of the call.
#[derive(Debug, Default)]
pub struct Request<T> {
    message: T,
    about: About,
    was_compressed: bool,
}

/// What there is of a call beside its messages.
#[derive(Debug, Default)]
pub(crate) struct About {
    pub(crate) metadata: Metadata,
    pub(crate) extensions: Extensions,
    pub(crate) deadline: Option<Instant>,
    /// On a server.
    pub(crate) connection: Option<Arc<ConnectionInfo>>,
}

impl<T> Request<T> {
    /// A request without metadata. Plain messages convert by `into()`.
    pub fn new(message: T) -> Self {
        Self { message, about: About::default(), was_compressed: false }
    }

    #[cfg(feature = "server")]
    pub(crate) fn received(message: T, about: About, was_compressed: bool) -> Self {
        Self { message, about, was_compressed }
    }

    /// The message.
    pub fn get_ref(&self) -> &T {
        &self.message
    }

    /// The message, to be changed.
    pub fn get_mut(&mut self) -> &mut T {
        &mut self.message
    }

    /// The message alone.
    pub fn into_inner(self) -> T {
        self.message
    }

    /// The metadata the client sends.
    pub fn metadata(&self) -> &Metadata {
        &self.about.metadata
    }

    /// The same, to be changed.
    pub fn metadata_mut(&mut self) -> &mut Metadata {
        &mut self.about.metadata
    }

    /// Values by type that travel inside this process.
    pub fn extensions(&self) -> &Extensions {
        &self.about.extensions
    }

    /// The same, to be changed.
    pub fn extensions_mut(&mut self) -> &mut Extensions {
        &mut self.about.extensions
    }

    /// On a server: when the client stops waiting, if it said so. The library enforces it.
    pub fn deadline(&self) -> Option<std::time::Instant> {
        self.about.deadline.map(Into::into)
    }

    /// On a server: the client's address, if it has one.
    pub fn peer_addr(&self) -> Option<SocketAddr> {
        self.connection()?.peer_addr()
    }

    /// On a server: the connection that the call came by.
    pub fn connection(&self) -> Option<&ConnectionInfo> {
        self.about.connection.as_deref()
    }

    /// On a server: whether the message came compressed. A stream's messages are each told by
    /// [`Streaming::was_compressed`](crate::Streaming::was_compressed).
    pub fn was_compressed(&self) -> bool {
        self.was_compressed
    }

    /// The same request around another message.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Request<U> {
        Request { message: f(self.message), about: self.about, was_compressed: self.was_compressed }
    }

    #[cfg(feature = "client")]
    pub(crate) fn into_parts(self) -> (Metadata, T, Extensions) {
        (self.about.metadata, self.message, self.about.extensions)
    }
}

impl<T> From<T> for Request<T> {
    fn from(message: T) -> Self {
        Self::new(message)
    }
}

/// A response: its message, metadata and trailers. Reads as its message.
#[derive(Debug, Default)]
pub struct Response<T> {
    message: T,
    beside: Beside,
}

/// What travels beside the message of a response.
#[derive(Debug, Default)]
pub(crate) struct Beside {
    pub(crate) metadata: Metadata,
    pub(crate) trailers: Metadata,
    /// One word, since a response is moved several times.
    rare: Option<Box<Rare>>,
}

/// What few responses have.
#[derive(Debug, Default)]
struct Rare {
    extensions: Extensions,
    /// The compressor that a handler chose.
    compression: Option<Cow<'static, str>>,
    was_compressed: bool,
}

impl Beside {
    /// Nothing was ever put in, as with most responses.
    #[cfg(feature = "server")]
    pub(crate) fn is_untouched(&self) -> bool {
        self.metadata.is_untouched() && self.trailers.is_untouched() && self.rare.is_none()
    }

    /// The compressor that a handler chose.
    #[cfg(feature = "server")]
    pub(crate) fn compression(&self) -> Option<&str> {
        self.rare.as_ref()?.compression.as_deref()
    }
}

impl<T> Response<T> {
    /// A response without metadata. Plain messages convert by `into()`.
    pub fn new(message: T) -> Self {
        Self { message, beside: Beside::default() }
    }

    #[cfg(feature = "client")]
    pub(crate) fn received(message: T, metadata: Metadata, trailers: Metadata, was_compressed: bool) -> Self {
        let rare = was_compressed.then(|| Box::new(Rare { was_compressed, ..Rare::default() }));
        Self { message, beside: Beside { metadata, trailers, rare } }
    }

    /// The message.
    pub fn get_ref(&self) -> &T {
        &self.message
    }

    /// The message, to be changed.
    pub fn get_mut(&mut self) -> &mut T {
        &mut self.message
    }

    /// The message alone.
    pub fn into_inner(self) -> T {
        self.message
    }

    /// The metadata that stands before the message.
    pub fn metadata(&self) -> &Metadata {
        &self.beside.metadata
    }

    /// The same, to be changed.
    pub fn metadata_mut(&mut self) -> &mut Metadata {
        &mut self.beside.metadata
    }

    /// The metadata that stands behind the message.
    pub fn trailers(&self) -> &Metadata {
        &self.beside.trailers
    }

    /// The same, to be changed.
    pub fn trailers_mut(&mut self) -> &mut Metadata {
        &mut self.beside.trailers
    }

    /// Values by type that travel inside this process.
    pub fn extensions(&self) -> &Extensions {
        static NONE: Extensions = Extensions::new();
        self.beside.rare.as_ref().map_or(&NONE, |rare| &rare.extensions)
    }

    /// The same, to be changed.
    pub fn extensions_mut(&mut self) -> &mut Extensions {
        &mut self.beside.rare.get_or_insert_default().extensions
    }

    /// The same response around another message.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Response<U> {
        Response { message: f(self.message), beside: self.beside }
    }

    /// On a client: whether the message came compressed.
    pub fn was_compressed(&self) -> bool {
        self.beside.rare.as_ref().is_some_and(|rare| rare.was_compressed)
    }

    /// Server: compresses the message with the compressor of this name, `identity` for none, whatever the server does
    /// otherwise. It is sent uncompressed if it is short, gets no shorter, or the client does not accept the
    /// format; a name that the server does not have ends the call with INTERNAL.
    pub fn set_compression(&mut self, name: impl Into<Cow<'static, str>>) {
        self.beside.rare.get_or_insert_default().compression = Some(name.into());
    }

    /// What is to be sent of it.
    #[cfg(feature = "server")]
    pub(crate) fn parts_mut(&mut self) -> (&mut T, &mut Beside) {
        (&mut self.message, &mut self.beside)
    }
}

impl<T> From<T> for Response<T> {
    fn from(message: T) -> Self {
        Self::new(message)
    }
}

impl<T> Deref for Response<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.message
    }
}

impl<T> DerefMut for Response<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.message
    }
}

impl<T: fmt::Display> fmt::Display for Response<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.message.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_response_reads_as_its_message() {
        let response = Response::new(String::from("hello"));
        assert_eq!(response.len(), 5);
        assert_eq!(response.to_string(), "hello");
    }
}
