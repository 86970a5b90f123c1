//! `cargo xtask bench compile`: googleapis-common-protos to a descriptor set, by `ferrpc compile`, protoc
//! and buf, each as a process of its own, in turns.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::conformance::protoc;
use crate::run::{Log, cargo, output_of};
use crate::{Result, context, paths};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// How often each of them runs.
    #[arg(long, default_value_t = 31)]
    rounds: usize,
}

pub(crate) fn command(options: &Options) -> Result<()> {
    let mut log = Log { live: true, ..Log::default() };
    let protoc = protoc::set_up(&mut log)?;
    log.run(&mut cargo(&["build", "--release", "-p", "ferrpc-cli", "--bin", "ferrpc"]))?;
    let dir = paths::target().join("bench/compile");
    let files = corpus(&dir)?;
    let out = dir.join("out.pb");

    let mut ferrpc = Command::new(paths::target().join("release/ferrpc"));
    ferrpc.current_dir(dir.join("protos")).args(["compile", "-I", ".", "--include-imports", "-o"]);
    ferrpc.arg(&out).args(&files);
    let mut theirs = Command::new(protoc);
    theirs
        .current_dir(dir.join("protos"))
        .args(["-I", ".", "--include_imports", "-o"])
        .arg(&out)
        .args(&files);
    theirs.arg("-I").arg(protoc::packages_dir().join("include"));
    let mut buf = Command::new(protoc::packages_dir().join("bin/buf"));
    buf.env("BUF_CACHE_DIR", dir.join("cache")).current_dir(dir.join("protos"));
    buf.args(["build", ".", "--as-file-descriptor-set", "--exclude-source-info", "-o"]).arg(&out);

    let mut programs = [("ferrpc", ferrpc), ("protoc", theirs), ("buf", buf)];
    let mut times: [Vec<Duration>; 3] = Default::default();
    // The first round fills the caches of the disk.
    for round in 0..=options.rounds {
        for ((_, program), times) in programs.iter_mut().zip(&mut times) {
            let start = Instant::now();
            output_of(program)?;
            if round > 0 {
                times.push(start.elapsed());
            }
        }
    }
    let medians = times.map(median);
    let bytes: u64 =
        files.iter().filter_map(|it| fs::metadata(dir.join("protos").join(it)).ok()).map(|it| it.len()).sum();
    println!(
        "{} files, {bytes} bytes, {} rounds in turns; medians of whole processes",
        files.len(),
        options.rounds
    );
    for ((name, _), median) in programs.iter().zip(medians) {
        let ratio = median.as_secs_f64() / medians[0].as_secs_f64();
        println!("{name:<8} {:>8.2} ms   {ratio:.2} times ferrpc's", median.as_secs_f64() * 1e3);
    }
    for ((name, _), median) in programs.iter().zip(medians).skip(1) {
        let ratio = median.as_secs_f64() / medians[0].as_secs_f64();
        let held = if ratio > 1.0 { "held" } else { "NOT HELD" };
        println!("gate compile_faster_than_{name} {held} {ratio:.2}");
    }
    Ok(())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// The files alone in a directory: buf compiles all that one has. Their names below it.
fn corpus(dir: &Path) -> Result<Vec<String>> {
    let packages = protoc::packages_dir();
    let mut files = Vec::new();
    protoc::proto_files(&packages, Path::new("google"), &mut files)?;
    files.sort();
    for file in &files {
        let to: PathBuf = dir.join("protos").join(file);
        crate::write(&to, fs::read(packages.join(file)).map_err(context(file))?)?;
    }
    Ok(files)
}
