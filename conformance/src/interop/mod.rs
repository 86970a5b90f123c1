//! gRPC's interop tests (grpc's `doc/interop-test-descriptions.md`): a server with all that they ask for, a client with
//! each case.

pub mod cases;
pub mod negative;
pub mod service;
pub mod soak;

/// What gRPC's `test.proto` describes.
pub mod proto {
    include!(concat!(env!("OUT_DIR"), "/interop.rs"));
}

use std::time::Duration;

use ferrpc::client::ChannelConfig;
use ferrpc::{Channel, Status};
use proto::grpc::testing::Payload;

/// What is wrong, as a sentence.
pub type Outcome<T = ()> = Result<T, String>;

/// Metadata that the server sends back before its answer.
pub const ECHO_INITIAL: &str = "x-grpc-test-echo-initial";
/// Metadata that the server sends back behind its answer.
pub const ECHO_TRAILING: &str = "x-grpc-test-echo-trailing-bin";

/// The format of the cases with compression.
const GZIP: &str = "gzip";

/// What any call may take, unless its case says otherwise.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A channel whose calls do not wait for ever.
fn channel(target: &str) -> Outcome<Channel> {
    let mut config = ChannelConfig::default();
    config.default_timeout = Some(TIMEOUT);
    Channel::with_config(target, config).map_err(|error| error.to_string())
}

/// Says of which call a failure is.
fn failed(what: &'static str) -> impl Fn(Status) -> String {
    move |status| format!("{what} failed: {status}")
}

/// So many zeros.
fn zeros(bytes: usize) -> Payload {
    Payload { body: vec![0; bytes].into(), ..Default::default() }
}
