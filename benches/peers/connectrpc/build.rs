//! Messages and service as connectrpc-build generates them, from our compiler's descriptors: no protoc needed.

use std::path::PathBuf;

use ferrpc_proto::Message as _;
use ferrpc_proto::descriptor::FileDescriptorSet;

fn main() {
    let file = "../../proto/rpc.proto";
    println!("cargo:rerun-if-changed={file}");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let compiled = ferrpc_compiler::Compiler::new().compile(&[file]).expect("valid");
    let names: Vec<String> = compiled.files.iter().map(|file| file.name().to_owned()).collect();
    let set = FileDescriptorSet { file: compiled.files, ..FileDescriptorSet::default() };
    let descriptors = out.join("rpc.pb");
    std::fs::write(&descriptors, set.encode_to_vec().expect("below 2 GiB"))
        .expect("OUT_DIR can be written to");
    connectrpc_build::Config::new()
        .descriptor_set(descriptors)
        .files(&names)
        .generate_json(false)
        // The descriptors are written above: asked to watch them, cargo would build anew each time.
        .emit_rerun_directives(false)
        .include_file("_connectrpc.rs")
        .compile()
        .expect("connectrpc generates");
}
