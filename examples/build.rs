//! Compiles the examples' schemas.

fn main() {
    ferrpc_build::compile(["proto/user.proto", "proto/chat.proto"]);
}
