//! `cargo xtask setup`: the peers, and what benchmarks need of the system where it can be installed.

use std::process::Command;

use crate::peers::{self, Toolchain};
use crate::run::{Log, output_of};
use crate::{Result, paths};

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

/// `bench`: also what the peers of `cargo xtask bench rpc` and `cargo xtask conformance interop` need of the system.
pub(crate) fn command(bench: bool) -> Result<()> {
    let mut log = Log { live: true, ..Log::default() };

    if let Some(missing) = Toolchain::Python.missing() {
        println!("no peers: {missing}");
    } else {
        peers::set_up_python(&mut log)?;
        match Toolchain::Go.missing() {
            Some(missing) => println!("no Go peer: {missing}"),
            None => peers::set_up_go(&mut log)?,
        }
    }

    let mut tools = vec![("h2load", H2LOAD), ("valgrind", VALGRIND)];
    if bench {
        tools.extend([("grpc_cpp_plugin", CPP), ("mvn", JAVA)]);
    }
    let missing: Vec<_> = tools.into_iter().filter(|(tool, _)| paths::on_path(tool).is_none()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let root = output_of(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    if !root || paths::on_path("apt-get").is_none() {
        for (tool, install) in missing {
            println!("{tool} is missing; on Debian, as root: {install}");
        }
        return Ok(());
    }
    log.run(Command::new("apt-get").args(["update", "-qq"]))?;
    for (_, install) in missing {
        let mut words = install.split(' ');
        log.run(Command::new(words.next().unwrap_or_default()).args(words))?;
    }
    Ok(())
}
