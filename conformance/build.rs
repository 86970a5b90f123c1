//! Compiles the schemas of the Protobuf conformance suite.

use ferrpc_build::Config;

const PROTO: &str = "../proto";

const FILES: [&str; 6] = [
    "conformance/conformance.proto",
    "google/protobuf/test_messages_proto3.proto",
    "google/protobuf/test_messages_proto2.proto",
    "google/protobuf/test_messages_proto3_editions.proto",
    "google/protobuf/test_messages_proto2_editions.proto",
    "google/protobuf/test_messages_edition2023.proto",
];

fn main() {
    let files = FILES.map(|file| format!("{PROTO}/{file}"));
    Config::new().include(PROTO).messages_only().compile(&files);
}
