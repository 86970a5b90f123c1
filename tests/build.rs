//! Generates TestService and UserService.

fn main() {
    ferrpc_build::compile(["proto/ferrpc/test/v1/test.proto", "../examples/proto/user.proto"])
}
