//! Compiles the schemas of the Protobuf conformance suite, those of our own tests, those of gRPC's interop tests, and
//! those of connectrpc's conformance suite.

use std::path::PathBuf;

use ferrpc_build::Config;

const PROTO: &str = "../proto";

const PROTOBUF: [&str; 9] = [
    "conformance/conformance.proto",
    "google/protobuf/test_messages_proto3.proto",
    "google/protobuf/test_messages_proto2.proto",
    "google/protobuf/test_messages_proto3_editions.proto",
    "google/protobuf/test_messages_proto2_editions.proto",
    "google/protobuf/test_messages_edition2023.proto",
    "ferrpc/test/everything.proto",
    "ferrpc/test/legacy.proto",
    "ferrpc/test/delimited.proto",
];

const CONNECT: [&str; 4] = ["config.proto", "service.proto", "client_compat.proto", "server_compat.proto"];

fn main() {
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let config = Config::new().include(PROTO);
    let files = PROTOBUF.map(|file| format!("{PROTO}/{file}"));
    config.clone().messages_only().compile(&files);
    // A server of these tests leaves out what clients are to find missing.
    let config = config.default_stubs(true);
    config.clone().out_file(out.join("interop.rs")).compile([format!("{PROTO}/grpc/testing/test.proto")]);
    let files = CONNECT.map(|file| format!("{PROTO}/connectrpc/conformance/v1/{file}"));
    config.out_file(out.join("connect.rs")).compile(&files);
}
