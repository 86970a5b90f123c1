//! Messages and service as volo-build generates them.

fn main() {
    println!("cargo:rerun-if-changed=../../proto/rpc.proto");
    volo_build::Builder::protobuf()
        .add_service("../../proto/rpc.proto")
        .include_dirs(vec!["../../proto".into()])
        .write()
        .expect("volo generates");
}
