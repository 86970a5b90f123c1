//! `cargo xtask setup`: the peers, and what benchmarks need of the system where it can be installed.

use std::process::Command;

use crate::packages::{CPP, H2LOAD, JAVA, VALGRIND};
use crate::peers::{self, Toolchain};
use crate::run::{Log, output_of};
use crate::{Result, paths};

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
