//! Compiles the schemas of the Protobuf conformance suite.
//!
//! What the generator does not take yet is left out, and the testee says so in each answer.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use ferrpc_build::Config;

const PROTO: &str = "../proto";

/// The suite's own messages.
const SUITE: &str = "conformance/conformance.proto";

/// Message types under test: their file, full name and Rust path.
const TYPES: [(&str, &str, &str); 5] = [
    (
        "google/protobuf/test_messages_proto3.proto",
        "protobuf_test_messages.proto3.TestAllTypesProto3",
        "protobuf_test_messages::proto3::TestAllTypesProto3",
    ),
    (
        "google/protobuf/test_messages_proto2.proto",
        "protobuf_test_messages.proto2.TestAllTypesProto2",
        "protobuf_test_messages::proto2::TestAllTypesProto2",
    ),
    (
        "google/protobuf/test_messages_proto3_editions.proto",
        "protobuf_test_messages.editions.proto3.TestAllTypesProto3",
        "protobuf_test_messages::editions::proto3::TestAllTypesProto3",
    ),
    (
        "google/protobuf/test_messages_proto2_editions.proto",
        "protobuf_test_messages.editions.proto2.TestAllTypesProto2",
        "protobuf_test_messages::editions::proto2::TestAllTypesProto2",
    ),
    (
        "google/protobuf/test_messages_edition2023.proto",
        "protobuf_test_messages.editions.TestAllTypesEdition2023",
        "protobuf_test_messages::editions::TestAllTypesEdition2023",
    ),
];

fn main() {
    let config = Config::new().include(PROTO).messages_only();
    let mut files = vec![path(SUITE)];
    let (mut tested, mut missing) = (String::new(), String::new());
    for (file, name, rust) in TYPES {
        println!("cargo:rerun-if-changed={}", path(file).display());
        match config.generate(&[path(file)]) {
            Ok(_) => {
                files.push(path(file));
                let _ = writeln!(tested, "\"{name}\" => schemas::{rust},");
            }
            Err(error) => {
                let why = error.to_string();
                let _ = write!(missing, "({name:?}, {:?}),", why.lines().next().unwrap_or_default());
            }
        }
    }
    config.compile(&files);
    let code = format!("tested! {{\n{tested}}}\nconst MISSING: &[(&str, &str)] = &[{missing}];\n");
    let out = std::env::var_os("OUT_DIR").map(PathBuf::from).unwrap_or_default();
    std::fs::write(out.join("types.rs"), code).expect("OUT_DIR can be written to");
}

fn path(file: &str) -> PathBuf {
    Path::new(PROTO).join(file)
}
