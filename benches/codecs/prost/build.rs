//! prost's messages, from descriptors of our compiler, which are the same as protoc's.

use std::path::Path;

use bench_harness::schema;
use ferrpc_proto::Message as _;
use ferrpc_proto::descriptor::FileDescriptorSet;

fn main() {
    let out = schema::fresh("prost");
    generate(&schema::FILES, &out);
    schema::count_lines(&out);
    if std::env::var_os("CARGO_FEATURE_HARNESS").is_some() {
        // prost-types has these messages without the fields that came with editions.
        generate(&["google/protobuf/descriptor.proto"], &schema::fresh("descriptor"));
    }
}

fn generate(files: &[&str], out: &Path) {
    let compiled = ferrpc_compiler::Compiler::new().include(schema::dir()).compile(files);
    let file = compiled.expect("valid schemas").files;
    let set = FileDescriptorSet { file, ..FileDescriptorSet::default() }.encode_to_vec().expect("small");
    let descriptors = prost::Message::decode(&set[..]).expect("descriptors");
    let mut config = prost_build::Config::new();
    config.compile_well_known_types().out_dir(out).compile_fds(descriptors).expect("prost generates");
}
