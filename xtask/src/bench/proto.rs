//! `cargo xtask bench proto`: our Protobuf codec against the rivals', in time, allocations and lines.
//!
//! The measuring is done by two programs of benches/; this builds and runs them and puts the gates last.

use std::path::PathBuf;
use std::process::Command;

use crate::run::{Log, cargo, output_of};
use crate::{Result, paths};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Few short rounds: to see that it runs, not to quote.
    #[arg(long)]
    quick: bool,
    /// Write all times to this file as well.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Only this data set; may be repeated. No gates then.
    #[arg(long, value_name = "NAME")]
    set: Vec<String>,
    /// Only this operation (decode, encode); may be repeated. No gates then.
    #[arg(long, value_name = "NAME")]
    operation: Vec<String>,
}

/// Rivals that are a feature of benches/ each; prost always is there.
const RIVALS: [&str; 1] = ["buffa"];

pub(crate) fn command(options: &Options) -> Result<()> {
    let mut log = Log { live: true, ..Log::default() };
    build(&mut log)?;
    let release = paths::benches_target().join("release");
    let mut time = Command::new(release.join("proto"));
    time.args(options.quick.then_some("--quick"));
    if let Some(json) = &options.json {
        time.arg("--json").arg(std::path::absolute(json).unwrap_or_else(|_| json.clone()));
    }
    time.args(options.set.iter().flat_map(|name| ["--set", name]));
    time.args(options.operation.iter().flat_map(|name| ["--operation", name]));
    if !(options.set.is_empty() && options.operation.is_empty()) {
        print!("{}", output_of(&mut time)?);
        return Ok(());
    }
    let said = output_of(&mut time)? + &output_of(&mut Command::new(release.join("proto-heap")))?;
    let (gates, figures): (Vec<&str>, Vec<&str>) = said.lines().partition(|line| line.starts_with("gate "));
    for line in figures.into_iter().chain(gates) {
        println!("{line}");
    }
    Ok(())
}

/// With all rivals that build: one that does not is named and must not block the others.
fn build(log: &mut Log) -> Result<()> {
    let features = |rivals: &[&str]| ["proto"].iter().chain(rivals).copied().collect::<Vec<_>>().join(",");
    if log.run(&mut in_benches(&features(&RIVALS))).is_ok() {
        return Ok(());
    }
    let mut good = Vec::new();
    for rival in RIVALS {
        match log.run(&mut in_benches(&features(&[rival]))) {
            Ok(()) => good.push(rival),
            Err(error) => println!("{rival} left out: {error}"),
        }
    }
    log.run(&mut in_benches(&features(&good)))
}

fn in_benches(features: &str) -> Command {
    let mut build = cargo(&["build", "--release", "--locked", "--bin", "proto", "--bin", "proto-heap"]);
    build.args(["--features", features]);
    build.current_dir(paths::root().join("benches")).env("CARGO_TARGET_DIR", paths::benches_target());
    build
}
