//! Generates TestService and UserService; TestService once more, with messages that stay where they came.

use std::path::PathBuf;

fn main() {
    let test = "proto/ferrpc/test/v1/test.proto";
    ferrpc_build::compile([test, "../examples/proto/user.proto"]);
    let out = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo sets OUT_DIR")).join("frozen.rs");
    ferrpc_build::Config::new().frozen("ferrpc.test.v1").out_file(out).compile([test]);
}
