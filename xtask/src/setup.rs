//! `cargo xtask setup`: the peers, and h2load where it can be installed.

use std::process::Command;

use crate::peers::{self, Toolchain};
use crate::run::{Log, output_of};
use crate::{Result, paths};

/// How to get h2load.
pub(crate) const H2LOAD: &str = "apt-get install -y --no-install-recommends nghttp2-client";

pub(crate) fn command() -> Result<()> {
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

    if paths::on_path("h2load").is_some() {
        return Ok(());
    }
    let root = output_of(Command::new("id").arg("-u")).is_ok_and(|id| id.trim() == "0");
    if !root || paths::on_path("apt-get").is_none() {
        println!("for `cargo xtask bench`, h2load is missing; on Debian, as root: {H2LOAD}");
        return Ok(());
    }
    log.run(Command::new("apt-get").args(["update", "-qq"]))?;
    let mut words = H2LOAD.split(' ');
    log.run(Command::new(words.next().unwrap_or_default()).args(words))
}
