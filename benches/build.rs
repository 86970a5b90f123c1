//! The messages of the load generator. Nothing to do without its feature: each codec has a crate below `codecs`.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    #[cfg(feature = "rpc")]
    services::generate();
}

#[cfg(feature = "rpc")]
mod services {
    use std::path::PathBuf;

    use ferrpc_proto::Message as _;
    use ferrpc_proto::descriptor::FileDescriptorSet;

    const FILES: [&str; 2] = ["proto/rpc.proto", "../examples/proto/user.proto"];

    pub(super) fn generate() {
        let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
        ferrpc_build::Config::new().out_file(out.join("rpc.rs")).compile(FILES);

        let compiled = ferrpc_compiler::Compiler::new().compile(&FILES).expect("valid");
        let set = FileDescriptorSet { file: compiled.files, ..FileDescriptorSet::default() };
        let set = set.encode_to_vec().expect("below 2 GiB");
        let descriptors = prost::Message::decode(&set[..]).expect("descriptors");
        let tonic = out.join("tonic");
        std::fs::create_dir_all(&tonic).expect("OUT_DIR can be written to");
        // Payloads by reference count, as ours are.
        let config = tonic_prost_build::configure().bytes(".").out_dir(&tonic);
        config.include_file("mod.rs").compile_fds(descriptors).expect("tonic generates");
    }
}
