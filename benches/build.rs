//! Each library's messages, from the same schemas. Nothing to do without a feature.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    #[cfg(feature = "proto")]
    messages::generate();
    #[cfg(feature = "rpc")]
    services::generate();
}

#[cfg(feature = "proto")]
mod messages {
    use std::path::{Path, PathBuf};

    use ferrpc_proto::Message as _;
    use ferrpc_proto::descriptor::FileDescriptorSet;

    /// google2.proto waits for groups.
    const FILES: [&str; 3] =
        ["proto/bench.proto", "proto/google1_proto2.proto", "proto/google1_proto3.proto"];

    pub(super) fn generate() {
        let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
        ferrpc_build::Config::new().include("proto").messages_only().compile(FILES);
        let mut lines = vec![("ferrpc", lines(&out.join("ferrpc.rs")))];

        // The others start from descriptors, which do not depend on whose they are.
        let compiled = ferrpc_compiler::Compiler::new().include("proto").compile(&FILES).expect("valid");
        let set = FileDescriptorSet { file: compiled.files, ..FileDescriptorSet::default() };
        let set = set.encode_to_vec().expect("below 2 GiB");

        let prost = out.join("prost");
        std::fs::create_dir_all(&prost).expect("OUT_DIR can be written to");
        let descriptors = prost::Message::decode(&set[..]).expect("descriptors");
        prost_build::Config::new().out_dir(&prost).compile_fds(descriptors).expect("prost generates");
        lines.push(("prost", lines_below(&prost)));

        #[cfg(feature = "buffa")]
        {
            let (file, buffa) = (out.join("bench.desc"), out.join("buffa"));
            std::fs::write(&file, &set).expect("OUT_DIR can be written to");
            std::fs::create_dir_all(&buffa).expect("OUT_DIR can be written to");
            let names = FILES.map(|file| file.trim_start_matches("proto/"));
            let config = buffa_build::Config::new().descriptor_set(&file).files(&names).out_dir(&buffa);
            config.generate_views(false).include_file("mod.rs").compile().expect("buffa generates");
            lines.push(("buffa", lines_below(&buffa)));
        }

        let table =
            format!("/// Generated lines by library.\npub const LINES: &[(&str, usize)] = &{lines:?};\n");
        std::fs::write(out.join("lines.rs"), table).expect("OUT_DIR can be written to");
    }

    fn lines(file: &Path) -> usize {
        std::fs::read_to_string(file).expect("a generated file").lines().count()
    }

    fn lines_below(dir: &Path) -> usize {
        let files = std::fs::read_dir(dir).expect("a directory");
        files.map(|file| lines(&file.expect("an entry").path())).sum()
    }
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
        let config = tonic_prost_build::configure().build_client(false).bytes(".").out_dir(&tonic);
        config.include_file("mod.rs").compile_fds(descriptors).expect("tonic generates");
    }
}
