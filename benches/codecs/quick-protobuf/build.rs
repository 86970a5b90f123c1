//! quick-protobuf's messages, twice: with strings of their own, and with strings borrowed from the input.

use bench_harness::schema;
use pb_rs::ConfigBuilder;
use pb_rs::types::FileDescriptor;

fn main() {
    let protos = schema::dir();
    for (name, owned) in [("owned", true), ("borrowed", false)] {
        let out = schema::fresh(name);
        for file in schema::WITHOUT_GROUPS {
            // One directory a file: all are of one package, and each would write that package's module.
            let out = schema::fresh(&format!("{name}/{}", file.trim_end_matches(".proto")));
            let file = protos.join(file);
            let config =
                ConfigBuilder::new(&[&file], None, Some(&&out), &[&protos]).expect("the file is there");
            let config = config.dont_use_cow(owned).headers(false).build();
            FileDescriptor::run(&config).expect("pb-rs generates");
        }
        schema::count_lines(&out);
    }
}
