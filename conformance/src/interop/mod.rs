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

use proto::grpc::testing::Payload;

/// Metadata that the server sends back before its answer.
pub const ECHO_INITIAL: &str = "x-grpc-test-echo-initial";
/// Metadata that the server sends back behind its answer.
pub const ECHO_TRAILING: &str = "x-grpc-test-echo-trailing-bin";

/// The format of the cases with compression.
const GZIP: &str = "gzip";

/// So many zeros.
fn zeros(bytes: usize) -> Payload {
    Payload { body: vec![0; bytes].into(), ..Default::default() }
}
