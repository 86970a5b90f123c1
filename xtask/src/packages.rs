//! Packages of Debian's that the machine may lack, and how it gets them.

/// How to get h2load.
pub(crate) const H2LOAD: &str = "apt-get install -y --no-install-recommends nghttp2-client";
/// How to get valgrind, whose callgrind counts instructions.
pub(crate) const VALGRIND: &str = "apt-get install -y --no-install-recommends valgrind";

/// How to get what C++ needs to build a gRPC server with Debian's libraries.
pub(crate) const CPP: &str = "apt-get install -y --no-install-recommends g++ pkg-config libgrpc++-dev \
    libprotobuf-dev protobuf-compiler protobuf-compiler-grpc";
/// How to get Java's compiler and build tool.
pub(crate) const JAVA: &str = "apt-get install -y --no-install-recommends default-jdk-headless maven";

/// What to do where a package of Debian's is missing.
pub(crate) fn cure(install: &str) -> String {
    format!("run `cargo xtask setup --bench`, or as root: {install}")
}
