//! What a program pays for a library's messages: machine code, constants, and the time to compile them.
//!
//! benches/codecs has a program for each library that decodes and encodes all messages of benches/proto, built as
//! `cargo build --release` builds without further settings. The same program that only makes and drops them is
//! subtracted from its size. Compile time is the CPU time of all processes that cargo starts after the messages
//! were touched, the dependencies being there; the libraries take turns.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::SystemTime;

use super::figures::Footprint;
use crate::run::{Log, cargo, output_of};
use crate::{Result, context, paths};

const LIBRARIES: [&str; 3] = ["ferrpc", "prost", "buffa"];

/// What the programs can be built to do.
const OPERATIONS: [&str; 4] = ["decode", "encode", "decode,encode", "view"];
const COMPILED: &str = "decode,encode";

pub(super) fn measure(log: &mut Log, rounds: usize) -> Result<Vec<Footprint>> {
    let mut footprints = Vec::new();
    for library in LIBRARIES {
        log.run(&mut build(library, ""))?;
        let empty = sizes(library)?;
        let mut all = Vec::new();
        for operations in OPERATIONS.into_iter().filter(|one| *one != "view" || has_views(library)) {
            log.run(&mut build(library, operations))?;
            let (code, bytes) = sizes(library)?;
            all.push((operations.to_owned(), code.saturating_sub(empty.0), bytes.saturating_sub(empty.1)));
        }
        footprints.push(Footprint {
            library: library.to_owned(),
            fields: 0,
            sizes: all,
            compile_seconds: 0.0,
        });
    }
    let mut samples = vec![Vec::new(); LIBRARIES.len()];
    for _ in 0..rounds {
        for (library, samples) in LIBRARIES.into_iter().zip(&mut samples) {
            samples.push(compile(library)?);
        }
    }
    // The schemas are the same; ours knows how many they are.
    let fields =
        output_of(&mut Command::new(program("ferrpc")))?.trim().parse().map_err(context("fields"))?;
    for (footprint, mut samples) in footprints.iter_mut().zip(samples) {
        footprint.fields = fields;
        samples.sort_by(f64::total_cmp);
        footprint.compile_seconds = samples[samples.len() / 2];
    }
    Ok(footprints)
}

/// CPU seconds to compile the messages and the program again.
fn compile(library: &str) -> Result<f64> {
    let source = paths::root().join("benches/codecs").join(library).join("src/lib.rs");
    let file = fs::File::options().append(true).open(&source).map_err(context(source.display()))?;
    file.set_modified(SystemTime::now()).map_err(context(source.display()))?;
    let before = children_seconds()?;
    output_of(&mut build(library, COMPILED))?;
    Ok(children_seconds()? - before)
}

fn build(library: &str, operations: &str) -> Command {
    let mut build = cargo(&["build", "--release", "--locked", "-p", &format!("bench-{library}")]);
    build.args(["--no-default-features", "--features", operations]);
    build.current_dir(paths::root().join("benches")).env("CARGO_TARGET_DIR", target());
    // Cargo's own defaults instead of those of the workspace.
    build.env("CARGO_PROFILE_RELEASE_LTO", "false").env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16");
    build.env_remove("RUSTFLAGS").env("CARGO_INCREMENTAL", "0");
    build
}

fn program(library: &str) -> PathBuf {
    target().join(format!("release/bench-{library}"))
}

fn target() -> PathBuf {
    paths::target().join("bench/footprint")
}

fn has_views(library: &str) -> bool {
    library != "prost"
}

/// Machine code, and all that is loaded with it: constants, tables, unwinding.
fn sizes(library: &str) -> Result<(u64, u64)> {
    let printed = output_of(Command::new("size").arg("-A").arg(program(library)))?;
    let (mut code, mut all) = (0, 0);
    for line in printed.lines() {
        // .text    2097152    4096
        let [name, size, _] = line.split_whitespace().collect::<Vec<_>>()[..] else { continue };
        let Ok(size) = size.parse::<u64>() else { continue };
        match name {
            ".text" => code = size,
            // Not loaded, or not in the file.
            ".comment" | ".bss" | ".tbss" => continue,
            _ if name.starts_with(".debug") => continue,
            _ => {}
        }
        all += size;
    }
    if code == 0 {
        Err(format!("no machine code in what `size` printed:\n{printed}"))
    } else {
        Ok((code, all))
    }
}

/// CPU time of all processes that were started and waited for, theirs included.
fn children_seconds() -> Result<f64> {
    let stat = fs::read_to_string("/proc/self/stat").map_err(context("/proc/self/stat"))?;
    // The name in brackets may have spaces; cutime and cstime are fields 16 and 17, in ticks of 10 ms.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |index: usize| fields.get(index).and_then(|field| field.parse::<f64>().ok());
    match (ticks(13), ticks(14)) {
        (Some(user), Some(system)) => Ok((user + system) / 100.0),
        _ => Err(format!("/proc/self/stat: {stat:?}")),
    }
}
