//! Our messages, and descriptor.proto's own descriptor as a payload.

use bench_harness::schema;
use ferrpc_proto::Message as _;
use ferrpc_proto::descriptor::{DescriptorProto, FileDescriptorSet};

fn main() {
    let out = schema::out();
    ferrpc_build::Config::new().include(schema::dir()).messages_only().compile(schema::FILES);
    schema::count_lines(&out.join("ferrpc.rs"));

    let file = "google/protobuf/descriptor.proto";
    let compiled = ferrpc_compiler::Compiler::new()
        .include(schema::dir())
        .compile(&[&schema::FILES[..], &[file]].concat());
    let files = compiled.expect("valid schemas").files;
    let ours = files.iter().filter(|found| found.package.as_deref() == Some("bench"));
    println!(
        "cargo:rustc-env=FIELDS={}",
        ours.flat_map(|file| &file.message_type).map(fields).sum::<usize>()
    );
    let own = files.iter().find(|found| found.name.as_deref() == Some(file)).expect("what was asked for");
    let own = own.encode_to_vec().expect("small");
    std::fs::write(out.join("descriptor.pb"), own).expect("OUT_DIR can be written to");
    let set =
        FileDescriptorSet { file: files, ..FileDescriptorSet::default() }.encode_to_vec().expect("small");
    std::fs::write(out.join("schema.pb"), set).expect("OUT_DIR can be written to");
}

/// Of a message and those in it; entries of maps are none of their own.
fn fields(message: &DescriptorProto) -> usize {
    let is_entry = |message: &&DescriptorProto| {
        message.options.as_ref().is_some_and(|options| options.map_entry == Some(true))
    };
    let nested = message.nested_type.iter().filter(|message| !is_entry(message));
    message.field.len() + nested.map(fields).sum::<usize>()
}
