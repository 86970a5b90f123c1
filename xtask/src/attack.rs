//! `cargo xtask attack`: the attacks of HTTP/2's history over sockets, on our example server or another one.

use std::process::Command;

use crate::run::{Listening, Log, cargo};
use crate::{Result, context, paths};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Another server than ours: one that you started, on this machine.
    #[arg(long, value_name = "ADDR")]
    server: Option<String>,
    /// Its process, to see what memory it takes.
    #[arg(long, requires = "server")]
    pid: Option<u32>,
    /// A gRPC method of it.
    #[arg(long, default_value = "/UserService/GetUser")]
    path: String,
    /// Only rows whose name has this in it.
    #[arg(long)]
    row: Option<String>,
    /// One JSON object per row instead of a table.
    #[arg(long)]
    json: bool,
}

pub(crate) fn command(options: &Options) -> Result<()> {
    let programs = paths::target().join("debug");
    let mut log = Log::default();
    log.run(&mut cargo(&["build", "-p", "ferrpc-conformance", "--bin", "attack"]))?;
    let ours = match &options.server {
        Some(_) => None,
        None => {
            log.run(&mut cargo(&["build", "-p", "ferrpc-examples", "--bin", "user-server"]))?;
            let mut server = Command::new(programs.join("user-server"));
            Some(Listening::start(server.args(["--listen", "127.0.0.1:0", "--threads", "2"]))?)
        }
    };
    let address = options.server.as_ref().or_else(|| ours.as_ref().map(|server| &server.address));
    let mut attack = Command::new(programs.join("attack"));
    attack.args(["--path", &options.path]);
    attack.args(address.iter().flat_map(|address| ["--server", address.as_str()]));
    if let Some(pid) = options.pid.or_else(|| ours.as_ref().map(Listening::id)) {
        attack.args(["--pid", &pid.to_string()]);
    }
    attack.args(options.row.iter().flat_map(|row| ["--row", row]));
    attack.args(options.json.then_some("--json"));
    let ended = attack.status().map_err(context("cannot start attack"))?;
    if ended.success() {
        Ok(())
    } else {
        Err("a bound was not held, or the server could not be reached".into())
    }
}
