//! rust-protobuf's messages, by its own parser.

use bench_harness::schema;

fn main() {
    let (protos, out) = (schema::dir(), schema::fresh("rust_protobuf"));
    let mut config = protobuf_codegen::Codegen::new();
    config.pure().include(&protos).inputs(schema::WITHOUT_GROUPS.map(|name| protos.join(name)));
    config.out_dir(&out).run().expect("rust-protobuf generates");
    schema::count_lines(&out);
}
