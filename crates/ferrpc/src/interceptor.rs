//! Interceptors: what sees every call of a channel or a server, whatever its kind, from its metadata to its status.
//!
//! One trait for both sides. Knows nothing of connections; the paths of calls ask here if there is a chain.

use std::any::Any;
use std::borrow::Cow;
use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use tokio::time::Instant;

use crate::codec::Codec;
use crate::connection_info::ConnectionInfo;
use crate::deadline;
use crate::extensions::Extensions;
use crate::lock::{Mutex, MutexGuard};
use crate::metadata::Metadata;
use crate::method::Kind;
use crate::request::About;
use crate::status::{Phase, Status};

/// Sees every call of a channel ([`Channel::intercept`](crate::Channel::intercept)), of a server
/// ([`Server::intercept`](crate::Server::intercept)) or of one service
/// ([`Intercepted`](crate::server::Intercepted)), of all four kinds.
///
/// ```
/// use ferrpc::{CallStart, Follow, Interceptor, Status};
///
/// struct Token(&'static str);
///
/// impl Interceptor for Token {
///     async fn begin(&self, call: &mut CallStart) -> Result<Follow, Status> {
///         call.metadata_mut().insert("authorization", self.0)?;
///         Ok(None)
///     }
/// }
/// ```
pub trait Interceptor: Send + Sync + 'static {
    /// A call begins. On a client nothing of it is sent yet; on a server its handler has not begun, and of a method
    /// that takes one message that message is there. What comes after is told to the [`Follower`], if one is
    /// returned.
    ///
    /// # Errors
    /// A status that ends the call here.
    ///
    /// # Cancel safety
    /// The future is dropped when the call is given up, and when its deadline passes.
    fn begin(&self, call: &mut CallStart) -> impl Future<Output = Result<Follow, Status>> + Send;
}

/// Who follows a call further, if anybody does.
pub type Follow = Option<Box<dyn Follower>>;

/// Follows one call to its end. It is dropped with the call, so what it holds is held as long: a permit, a span.
///
/// Its functions run where messages are encoded and decoded: they must not block. Requests pass the first
/// interceptor's first, responses and the end the last one's first, on both sides.
pub trait Follower: Send + 'static {
    /// A request passes, decoded.
    ///
    /// # Errors
    /// A status in place of the message: the call of the one who sends it, or waits for it, fails with that.
    fn request(&mut self, message: &mut AnyMessage<'_>) -> Result<(), Status> {
        let _ = message;
        Ok(())
    }

    /// The metadata before the first response passes. Not if the call ends without.
    fn headers(&mut self, metadata: &mut Metadata) {
        let _ = metadata;
    }

    /// A response passes, decoded.
    ///
    /// # Errors
    /// As of [`request`](Self::request).
    fn response(&mut self, message: &mut AnyMessage<'_>) -> Result<(), Status> {
        let _ = message;
        Ok(())
    }

    /// The call is over: its trailers, or why it failed. Once, however it ends; a call that was given up, or whose
    /// time was up, cannot be changed any more.
    ///
    /// # Errors
    /// A status that a call which went well ends with instead.
    fn end(&mut self, ended: Result<&mut Metadata, &mut Status>) -> Result<(), Status> {
        let _ = ended;
        Ok(())
    }
}

/// A call that begins, as interceptors see it.
#[derive(Debug)]
pub struct CallStart {
    pub(crate) side: CallSide,
    pub(crate) path: Cow<'static, str>,
    pub(crate) kind: Kind,
    pub(crate) about: About,
}

/// On which side of a call an interceptor stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a call has two sides")]
pub enum CallSide {
    /// Of a channel.
    Client,
    /// Of a server.
    Server,
}

impl CallStart {
    /// On which side of the call this is.
    pub fn side(&self) -> CallSide {
        self.side
    }

    /// The method: `/package.Service/Method`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The method's service: `package.Service`.
    pub fn service(&self) -> &str {
        self.path.trim_start_matches('/').rsplit_once('/').map_or("", |(service, _)| service)
    }

    /// The method's own name: `Method`.
    pub fn method(&self) -> &str {
        self.path.rsplit_once('/').map_or("", |(_, method)| method)
    }

    /// Which sides stream.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The metadata that the client sends.
    pub fn metadata(&self) -> &Metadata {
        &self.about.metadata
    }

    /// The same, to be changed: before it is sent, or before the handler sees it.
    pub fn metadata_mut(&mut self) -> &mut Metadata {
        &mut self.about.metadata
    }

    /// Values by type that travel inside this process: on a client those of the [`Request`](crate::Request), on a
    /// server those that the handler will find there.
    pub fn extensions(&self) -> &Extensions {
        &self.about.extensions
    }

    /// The same, to be changed.
    pub fn extensions_mut(&mut self) -> &mut Extensions {
        &mut self.about.extensions
    }

    /// When the call has to be over, if ever.
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
}

/// A message of whatever type.
pub struct AnyMessage<'a>(&'a mut dyn Erased);

impl<'a> AnyMessage<'a> {
    /// The message, if it is of this type: the Rust type of the method's request or response.
    pub fn get<T: 'static>(&self) -> Option<&T> {
        self.0.any().downcast_ref()
    }

    /// The same, to be changed.
    pub fn get_mut<T: 'static>(&mut self) -> Option<&mut T> {
        self.0.any_mut().downcast_mut()
    }

    /// The message as its codec encodes it. Made for this, and not kept.
    ///
    /// # Errors
    /// If it cannot be encoded.
    pub fn to_vec(&self) -> Result<Vec<u8>, Status> {
        self.0.octets()
    }
}

impl fmt::Debug for AnyMessage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AnyMessage")
    }
}

/// A message and its codec, without their type.
trait Erased {
    fn any(&self) -> &dyn Any;
    fn any_mut(&mut self) -> &mut dyn Any;
    fn octets(&self) -> Result<Vec<u8>, Status>;
}

struct Typed<'a, T: 'static> {
    message: &'a mut T,
    codec: &'a dyn Codec<T>,
}

impl<T> Erased for Typed<'_, T> {
    fn any(&self) -> &dyn Any {
        self.message
    }

    fn any_mut(&mut self) -> &mut dyn Any {
        self.message
    }

    fn octets(&self) -> Result<Vec<u8>, Status> {
        let pieces = self.codec.encode(self.message)?.into_pieces();
        Ok(pieces.flat_map(|piece| piece.to_vec()).collect())
    }
}

/// An interceptor whose future is boxed, so that many can stand in a list.
trait Boxed: Send + Sync {
    fn begin<'a>(&'a self, call: &'a mut CallStart) -> Beginning<'a>;
}

type Beginning<'a> = Pin<Box<dyn Future<Output = Result<Follow, Status>> + Send + 'a>>;

impl<I: Interceptor> Boxed for I {
    fn begin<'a>(&'a self, call: &'a mut CallStart) -> Beginning<'a> {
        Box::pin(Interceptor::begin(self, call))
    }
}

/// Interceptors in order; the first one is the farthest from the connection of a client, and the nearest to that of a
/// server. Never changed.
#[derive(Clone)]
pub(crate) struct Chain(Arc<[Arc<dyn Boxed>]>);

impl Chain {
    /// This chain, or none, and one more behind it.
    pub(crate) fn and(before: Option<&Self>, interceptor: impl Interceptor) -> Self {
        let last: Arc<dyn Boxed> = Arc::new(interceptor);
        let before = before.map_or_else(Default::default, |chain| chain.0.to_vec());
        Self(before.into_iter().chain([last]).collect())
    }

    /// Lets a call begin; those who follow it join `outer`, who follow it already. `None` if nobody does.
    pub(crate) async fn begin(
        &self,
        start: &mut CallStart,
        outer: Option<Arc<Following>>,
    ) -> Result<Option<Arc<Following>>, Status> {
        let is_first = outer.is_none();
        let new = || Arc::new(Following { deadline: start.about.deadline, state: Mutex::default() });
        let following = outer.unwrap_or_else(new);
        for interceptor in &*self.0 {
            match interceptor.begin(start).await {
                Ok(follower) => following.lock().followers.extend(follower),
                Err(status) if is_first => return Err(following.failed(status)),
                Err(status) => return Err(status),
            }
        }
        let is_followed = !following.lock().followers.is_empty();
        Ok(is_followed.then_some(following))
    }
}

impl fmt::Debug for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Chain({})", self.0.len())
    }
}

/// Those who follow a call. Its two halves may be in different tasks.
pub(crate) struct Following {
    deadline: Option<Instant>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    followers: Vec<Box<dyn Follower>>,
    head_passed: bool,
    ended: bool,
}

impl Following {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }

    pub(crate) fn request<T: 'static>(&self, message: &mut T, codec: &dyn Codec<T>) -> Result<(), Status> {
        let mut message = Typed { message, codec };
        let mut state = self.lock();
        state.followers.iter_mut().try_for_each(|follower| follower.request(&mut AnyMessage(&mut message)))
    }

    pub(crate) fn response<T: 'static>(&self, message: &mut T, codec: &dyn Codec<T>) -> Result<(), Status> {
        let mut message = Typed { message, codec };
        let mut state = self.lock();
        let mut inwards = state.followers.iter_mut().rev();
        inwards.try_for_each(|follower| follower.response(&mut AnyMessage(&mut message)))
    }

    /// Only the first time counts.
    pub(crate) fn headers(&self, metadata: &mut Metadata) {
        let mut state = self.lock();
        if !std::mem::replace(&mut state.head_passed, true) {
            state.followers.iter_mut().rev().for_each(|follower| follower.headers(metadata));
        }
    }

    /// Only the first time counts.
    pub(crate) fn end(&self, mut ended: Result<Metadata, Status>) -> Result<Metadata, Status> {
        let mut state = self.lock();
        if std::mem::replace(&mut state.ended, true) {
            return ended;
        }
        for follower in state.followers.iter_mut().rev() {
            if let Err(status) = follower.end(ended.as_mut()) {
                ended = Err(status);
            }
        }
        ended
    }
}

impl Following {
    /// As [`end`](Self::end), of a call that failed: it stays so, maybe with another status.
    pub(crate) fn failed(&self, status: Status) -> Status {
        match self.end(Err(status)) {
            Err(status) => status,
            Ok(_) => Status::internal("an error stays one"),
        }
    }
}

impl Drop for Following {
    /// The call was given up, or its handler was dropped.
    fn drop(&mut self) {
        let late = self.deadline.is_some_and(|deadline| deadline <= Instant::now());
        let status = match late {
            true => deadline::exceeded(Phase::Recv),
            false => Status::cancelled("the call was given up"),
        };
        let _ = self.end(Err(status));
    }
}

impl fmt::Debug for Following {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Following")
    }
}
