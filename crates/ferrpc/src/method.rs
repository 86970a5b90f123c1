//! What can be called: a path, a kind, and the codecs of its messages.

use std::fmt;

use ferrpc_proto::view::Viewable;
use ferrpc_proto::{Frozen, Message};

use crate::codec::{Codec, FrozenProto, Proto};

/// Which sides of a method stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "gRPC has these four")]
pub enum Kind {
    /// One request, one response.
    Unary,
    /// One request, a stream of responses.
    ServerStreaming,
    /// A stream of requests, one response.
    ClientStreaming,
    /// Streams both ways, independent of each other.
    Bidi,
}

impl Kind {
    /// True if the client sends a stream of messages.
    pub const fn client_streams(self) -> bool {
        matches!(self, Self::ClientStreaming | Self::Bidi)
    }

    /// True if the server sends a stream of messages.
    pub const fn server_streams(self) -> bool {
        matches!(self, Self::ServerStreaming | Self::Bidi)
    }
}

/// The facts about a method that do not depend on its message types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MethodInfo {
    /// `/package.Service/Method`, as it stands in `:path`.
    pub path: &'static str,
    /// `package.Service`.
    pub service: &'static str,
    /// `Method`.
    pub name: &'static str,
    /// Which sides stream.
    pub kind: Kind,
}

/// A method with the types and codecs of its messages. Generated code has one constant for each.
pub struct Method<Req: 'static, Res: 'static> {
    info: MethodInfo,
    pub(crate) request: &'static dyn Codec<Req>,
    pub(crate) response: &'static dyn Codec<Res>,
}

impl<Req: Message, Res: Message> Method<Req, Res> {
    /// A method whose messages are Protobuf.
    pub const fn proto(path: &'static str, service: &'static str, name: &'static str, kind: Kind) -> Self {
        Self { info: MethodInfo { path, service, name, kind }, request: &Proto, response: &Proto }
    }
}

impl<Req: Viewable, Res> Method<Req, Res> {
    /// The same method for a server whose requests stay where they were received. They are Protobuf, whatever
    /// the codec was.
    pub const fn frozen_requests(&self) -> Method<Frozen<Req>, Res> {
        Method { info: self.info, request: &FrozenProto, response: self.response }
    }
}

impl<Req, Res: Viewable> Method<Req, Res> {
    /// The same method for a client whose responses stay where they were received. They are Protobuf, whatever
    /// the codec was.
    pub const fn frozen_responses(&self) -> Method<Req, Frozen<Res>> {
        Method { info: self.info, request: self.request, response: &FrozenProto }
    }
}

impl<Req, Res> Method<Req, Res> {
    /// A method with codecs of your own; `path` is `/package.Service/Method`.
    pub const fn with_codecs(
        path: &'static str,
        service: &'static str,
        name: &'static str,
        kind: Kind,
        request: &'static dyn Codec<Req>,
        response: &'static dyn Codec<Res>,
    ) -> Self {
        Self { info: MethodInfo { path, service, name, kind }, request, response }
    }

    /// The facts that do not depend on the types.
    pub const fn info(&self) -> MethodInfo {
        self.info
    }
}

impl<Req, Res> fmt::Debug for Method<Req, Res> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({:?})", self.info.path, self.info.kind)
    }
}
