//! `cargo xtask conformance mutants`: what nobody wrote, made by a seed, against Google's programs.
//!
//! The program `mutants` makes payloads, decodes and encodes them in all our ways, and holds that against Google's
//! parsers: the one in C that Python's package has, and where those two differ, the one in C++ in protoc. Then it
//! moves tokens of our compiler's test files, and holds verdicts and descriptors against protoc's.

use std::fs;
use std::process::Command;

use super::protoc;
use crate::report::Counts;
use crate::run::{Log, cargo};
use crate::{Result, context, paths};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// How many payloads.
    #[arg(long, default_value_t = 200_000)]
    payloads: usize,
    /// How many files.
    #[arg(long, default_value_t = 2_000)]
    files: usize,
    /// Other mutants for each number.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// What is tried each time: some seconds' worth.
const FEW: Options = Options { payloads: 15_000, files: 250, seed: 1 };

pub(crate) fn command(options: &Options) -> Result<()> {
    run(&mut Log { live: true, ..Log::default() }, options)
}

/// A few of them.
pub(crate) fn few(log: &mut Log) -> Result<Counts> {
    run(log, &FEW).map(|()| Counts::PASSED)
}

fn run(log: &mut Log, options: &Options) -> Result<()> {
    let protoc = protoc::set_up(log)?;
    log.run(&mut cargo(&["build", "-p", "ferrpc-conformance", "--bin", "mutants"]))?;
    let out = paths::conformance().join("mutants");
    fs::create_dir_all(&out).map_err(context(out.display()))?;
    let mutants = |what: &str, cases: usize| {
        let mut mutants = Command::new(paths::target().join("debug/mutants"));
        mutants.args([what, "--seed", &options.seed.to_string(), "--cases", &cases.to_string()]);
        mutants.arg("--protoc").arg(&protoc).arg("--out").arg(&out);
        mutants
    };
    let mut payloads = mutants("payloads", options.payloads);
    payloads.arg("--peer").arg(paths::root().join("conformance/protobuf_peer.py"));
    payloads.arg("--proto").arg(paths::root().join("proto"));
    log.run(payloads.env("PYTHONPATH", protoc::packages_dir()))?;
    let mut files = mutants("files", options.files);
    files.arg("--corpus").arg(paths::root().join("crates/ferrpc-compiler/testdata"));
    log.run(files.arg("--include").arg(protoc::packages_dir().join("include")))
}
