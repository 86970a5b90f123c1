//! buffa's messages and views, from descriptors of our compiler, which are the same as protoc's.

use bench_harness::schema;
use ferrpc_proto::Message as _;
use ferrpc_proto::descriptor::FileDescriptorSet;

fn main() {
    let compiled = ferrpc_compiler::Compiler::new().include(schema::dir()).compile(&schema::FILES);
    let file = compiled.expect("valid schemas").files;
    let set = FileDescriptorSet { file, ..FileDescriptorSet::default() }.encode_to_vec().expect("small");
    let out = schema::fresh("buffa");
    let descriptors = schema::out().join("bench.desc");
    std::fs::write(&descriptors, set).expect("OUT_DIR can be written to");
    let config = buffa_build::Config::new().descriptor_set(&descriptors).files(&schema::FILES);
    config.out_dir(&out).include_file("mod.rs").compile().expect("buffa generates");
    schema::count_lines(&out);
}
