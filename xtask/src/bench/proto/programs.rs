//! The programs of benches/ that measure, with the rivals that build.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use super::Options;
use super::figures::{self, Heap, Hostile, Row};
use crate::conformance::protoc;
use crate::run::{Log, cargo, output_of};
use crate::{Result, context, paths};

/// Rivals that are a feature of benches/ each; prost always is there.
const RIVALS: [&str; 4] = ["buffa", "upb", "rust-protobuf", "quick-protobuf"];

pub(super) struct Programs(());

impl Programs {
    /// With all rivals that build: one that does not is named and must not block the others.
    pub(super) fn build(log: &mut Log, options: &Options) -> Result<Self> {
        let wanted: &[&str] = if options.all() { &["proto", "proto-heap"] } else { &["proto"] };
        // upb's generator is in protoc. Without it only upb is missing.
        let protoc = protoc::set_up(log).unwrap_or_else(|error| {
            println!("no protoc: {error}");
            PathBuf::new()
        });
        let build = |rivals: &[&str]| {
            let mut build = cargo(&["build", "--release", "--locked"]);
            build.args(wanted.iter().flat_map(|program| ["--bin", program]));
            build.args(["--features", &[&["proto"], rivals].concat().join(",")]);
            build.current_dir(paths::root().join("benches")).env("CARGO_TARGET_DIR", paths::benches_target());
            // As its documentation asks for C code that is to be fast.
            build.env("PROTOC", &protoc).env("CFLAGS", "-DNDEBUG");
            build
        };
        if log.run(&mut build(&RIVALS)).is_ok() {
            return Ok(Self(()));
        }
        let mut good = Vec::new();
        for rival in RIVALS {
            match log.run(&mut build(&[rival])) {
                Ok(()) => good.push(rival),
                Err(error) => println!("{rival} left out: {error}"),
            }
        }
        log.run(&mut build(&good)).map(|()| Self(()))
    }

    pub(super) fn command(&self, program: &str) -> Command {
        Command::new(paths::benches_target().join("release").join(program))
    }

    /// Measures times and hands each row on as it comes.
    pub(super) fn times(&self, options: &Options, mut each: impl FnMut(&Row)) -> Result<()> {
        let mut program = self.command("proto");
        program.args(options.quick.then_some("--quick"));
        selected(&mut program, options);
        let mut child = program.stdout(Stdio::piped()).spawn().map_err(context("cannot start `proto`"))?;
        for line in child.stdout.take().into_iter().flat_map(|stdout| BufReader::new(stdout).lines()) {
            let line = line.map_err(context("proto"))?;
            match line.strip_prefix("left_out ") {
                Some(what) => println!("left out: {what}"),
                None => each(&figures::row(&line)?),
            }
        }
        let status = child.wait().map_err(context("proto"))?;
        if status.success() { Ok(()) } else { Err(format!("`proto` ended with {status}")) }
    }

    pub(super) fn heap(&self) -> Result<Vec<Heap>> {
        lines_of(&mut self.command("proto-heap"), "heap ")?.iter().map(|line| figures::heap(line)).collect()
    }

    pub(super) fn lines(&self) -> Result<Vec<(String, u64)>> {
        let printed = lines_of(self.command("proto").arg("--lines"), "lines ")?;
        printed.iter().map(|line| figures::lines(line)).collect()
    }

    /// Time and memory are measured by two programs, since counting memory takes time.
    pub(super) fn hostile(&self) -> Result<Vec<Hostile>> {
        let times = lines_of(self.command("proto").arg("--hostile"), "hostile ")?;
        let heaps = lines_of(self.command("proto-heap").arg("--hostile"), "hostile ")?;
        times.iter().zip(&heaps).map(|(time, heap)| figures::hostile(time, heap)).collect()
    }
}

/// Only what the user asked for.
pub(super) fn selected(program: &mut Command, options: &Options) {
    program.args(options.set.iter().flat_map(|name| ["--set", name]));
    program.args(options.operation.iter().flat_map(|name| ["--operation", name]));
}

fn lines_of(program: &mut Command, start: &str) -> Result<Vec<String>> {
    let printed = output_of(program)?;
    Ok(printed.lines().filter(|line| line.starts_with(start)).map(str::to_owned).collect())
}
