//! What can be called: a path, a kind, and the codecs of its messages.

use std::borrow::Cow;
use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use bytes::Bytes;
use ferrpc_proto::view::Viewable;
use ferrpc_proto::{Frozen, Message};

use crate::codec::{Codec, FrozenProto, Proto, Raw};
use crate::status::Status;

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

/// A method to call: a [`Method`] that generated code has, or one whose path is only known when the program runs.
pub struct MethodRef<Req: 'static, Res: 'static>(Which<Req, Res>);

enum Which<Req: 'static, Res: 'static> {
    Known(&'static Method<Req, Res>),
    Named(Arc<Named<Req, Res>>),
}

struct Named<Req: 'static, Res: 'static> {
    path: Path,
    kind: Kind,
    request: &'static dyn Codec<Req>,
    response: &'static dyn Codec<Res>,
}

impl<Req, Res> MethodRef<Req, Res> {
    /// The method at `path`, `/package.Service/Method`, whose messages these codecs know.
    ///
    /// # Errors
    /// INTERNAL if the path cannot be one: it begins with a slash and is printable ASCII without blanks.
    pub fn named(
        path: &str,
        kind: Kind,
        request: &'static dyn Codec<Req>,
        response: &'static dyn Codec<Res>,
    ) -> Result<Self, Status> {
        if !path.starts_with('/') || !path.bytes().all(|octet| octet.is_ascii_graphic()) {
            return Err(Status::internal(format!(
                "{path:?} is no path of a method: /package.Service/Method"
            )));
        }
        let path = Path::Shared(path.into());
        Ok(Self(Which::Named(Arc::new(Named { path, kind, request, response }))))
    }

    pub(crate) fn path(&self) -> Path {
        match &self.0 {
            Which::Known(method) => Path::Static(method.info.path),
            Which::Named(named) => named.path.clone(),
        }
    }

    pub(crate) fn kind(&self) -> Kind {
        match &self.0 {
            Which::Known(method) => method.info.kind,
            Which::Named(named) => named.kind,
        }
    }

    pub(crate) fn request(&self) -> &'static dyn Codec<Req> {
        match &self.0 {
            Which::Known(method) => method.request,
            Which::Named(named) => named.request,
        }
    }

    pub(crate) fn response(&self) -> &'static dyn Codec<Res> {
        match &self.0 {
            Which::Known(method) => method.response,
            Which::Named(named) => named.response,
        }
    }
}

impl MethodRef<Bytes, Bytes> {
    /// The method at `path`, with messages as octets. A method of any kind may be called as [`Kind::Bidi`].
    ///
    /// # Errors
    /// As of [`named`](Self::named).
    pub fn raw(path: &str, kind: Kind) -> Result<Self, Status> {
        Self::named(path, kind, &Raw, &Raw)
    }
}

impl<Req, Res> Clone for MethodRef<Req, Res> {
    fn clone(&self) -> Self {
        Self(match &self.0 {
            Which::Known(method) => Which::Known(method),
            Which::Named(named) => Which::Named(named.clone()),
        })
    }
}

impl<Req, Res> From<&'static Method<Req, Res>> for MethodRef<Req, Res> {
    fn from(method: &'static Method<Req, Res>) -> Self {
        Self(Which::Known(method))
    }
}

impl<Req, Res> fmt::Debug for MethodRef<Req, Res> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({:?})", &*self.path(), self.kind())
    }
}

/// A method's path. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) enum Path {
    Static(&'static str),
    Shared(Arc<str>),
}

impl Path {
    /// Whether it is the same; of those that generated code has, each is in one place.
    pub(crate) fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Static(one), Self::Static(other)) => std::ptr::eq(*one, *other),
            (one, other) => **one == **other,
        }
    }
}

impl Deref for Path {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Static(path) => path,
            Self::Shared(path) => path,
        }
    }
}

impl From<Path> for Cow<'static, str> {
    fn from(path: Path) -> Self {
        match path {
            Path::Static(path) => Cow::Borrowed(path),
            Path::Shared(path) => Cow::Owned(path.as_ref().to_owned()),
        }
    }
}
