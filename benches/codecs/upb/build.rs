//! The messages of Google's crate. Its generator is in protoc, of exactly its version: `PROTOC` says where.

use std::path::Path;

use bench_harness::schema;

fn main() {
    println!("cargo:rerun-if-env-changed=PROTOC");
    let out = schema::fresh("upb");
    let protoc = std::env::var("PROTOC").expect("PROTOC names protoc 36.2");
    // Beside bin/, as in every package of protoc.
    let include = Path::new(&protoc).ancestors().nth(2).expect("PROTOC is a path").join("include");
    let mut config = protobuf_codegen::CodeGen::new();
    config.protoc_path(&protoc).include(schema::dir()).include(include).output_dir(&out);
    config.inputs(schema::FILES).input("google/protobuf/descriptor.proto");
    config.generate_and_compile().expect("protoc generates");
    schema::count_lines(&out);
}
