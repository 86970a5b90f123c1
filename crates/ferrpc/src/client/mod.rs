//! The client: channels, and calls as values to be awaited.

mod backoff;
mod call;
mod channel;
mod connection;
mod resolver;
mod target;

pub use call::{Bidi, BidiCall, ClientStreamingCall, ServerStreamingCall, UnaryCall, Upload};
pub use channel::{Channel, ChannelConfig, ConnectivityState};
