//! gRPC for Rust: servers and clients on an HTTP/2 engine and a Protobuf runtime of their own.
//!
//! Start with the generated code: `ferrpc_build::compile(["proto/user.proto"])` in `build.rs` and
//! [`include_proto!`] in the crate; then [`Server`] or [`Channel`].
#![forbid(unsafe_code)]
#![cfg_attr(
    not(all(feature = "client", feature = "server")),
    allow(dead_code, reason = "the layers below serve both sides")
)]

mod code;
pub mod codec;
pub mod compression;
mod conn;
mod connection_info;
mod context;
mod counters;
mod deadline;
mod envelope;
#[cfg(feature = "envelope")]
pub mod envelope_alone;
mod error;
mod extensions;
mod interceptor;
mod lock;
mod metadata;
mod method;
mod method_config;
mod request;
pub mod rpc;
mod status;
mod streaming;

#[cfg(feature = "client")]
pub mod client;
#[cfg(all(feature = "client", feature = "server"))]
mod in_process;
#[cfg(feature = "server")]
pub mod server;

pub use code::Code;
pub use codec::Codec;
pub use compression::Compression;
pub use conn::keepalive::Keepalive;
pub use connection_info::ConnectionInfo;
pub use context::CallContext;
pub use counters::Counters;
pub use error::Error;
pub use extensions::Extensions;
pub use ferrpc_http2::Limits as Http2Limits;
pub use ferrpc_proto as proto;
pub use interceptor::{AnyMessage, CallSide, CallStart, Follow, Follower, Interceptor};
pub use metadata::{Metadata, MetadataError};
pub use method::{Kind, Method, MethodInfo, MethodRef};
pub use method_config::{MethodConfig, MethodConfigs};
pub use request::{Request, Response};
pub use status::{Origin, Phase, Status};
pub use streaming::{Sender, Streaming};

#[cfg(feature = "client")]
pub use client::Channel;
#[cfg(feature = "server")]
pub use server::{Server, ServerLimits};

/// Includes everything that `ferrpc_build::compile` made in this crate's `build.rs`: one tree, at any
/// module depth.
#[macro_export]
macro_rules! include_proto {
    () => {
        ::core::include!(::core::concat!(::core::env!("OUT_DIR"), "/ferrpc.rs"));
    };
}
