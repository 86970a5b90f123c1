//! `cargo xtask fuzz`: a target of fuzz/ under libFuzzer and AddressSanitizer, on the stable toolchain.
//!
//! What was found, and the inputs that reach new code, stay below `target/fuzz`.

use std::path::PathBuf;
use std::process::Command;

use crate::run::{Log, cargo_aside};
use crate::{Result, context, paths};

#[derive(clap::Args)]
pub(crate) struct Options {
    /// One of the targets of fuzz/.
    #[arg(value_parser = ["compiler", "codec", "hpack", "frames", "envelope", "pair"])]
    target: String,
    /// How long it runs.
    #[arg(long, default_value_t = 5)]
    minutes: u32,
    /// Runs this input alone: one that was found.
    #[arg(long, value_name = "FILE")]
    input: Option<PathBuf>,
}

/// What cargo-fuzz passes: the sanitizer, and counters at each branch for libFuzzer to follow.
const RUSTFLAGS: &str = "--cfg fuzzing -Zsanitizer=address -Ccodegen-units=1 -Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares";

/// The only host on which this is known to build. Named, so that build scripts go without the sanitizer.
const HOST: &str = "x86_64-unknown-linux-gnu";

/// Most memory of one run, in MiB, and most seconds: over it, the input is a find.
const MEMORY_MIB_MAX: u32 = 2048;
const SECONDS_MAX: u32 = 20;

/// Longest input, in bytes: what is to be found is found in small ones, and sooner.
const INPUT_BYTES_MAX: u32 = 8192;

pub(crate) fn command(options: &Options) -> Result<()> {
    let mut log = Log { live: true, ..Log::default() };
    let dir = paths::target().join("fuzz");
    let mut build =
        cargo_aside("fuzz", &["build", "--release", "--locked", "--features", "libfuzzer", "--target", HOST]);
    // Sanitizers and passes are for the nightly toolchain, which this makes the stable one take.
    log.run(build.env("RUSTC_BOOTSTRAP", "1").env("RUSTFLAGS", RUSTFLAGS))?;
    let program = |name: &str| dir.join(HOST).join("release").join(name);

    let (corpus, finds) = (dir.join("corpus").join(&options.target), dir.join("finds").join(&options.target));
    for dir in [&corpus, &finds] {
        std::fs::create_dir_all(dir).map_err(context(dir.display()))?;
    }
    log.run(Command::new(program("seeds")).arg(&options.target).arg(&corpus))?;
    let mut fuzz = Command::new(program(&options.target));
    match &options.input {
        Some(input) => fuzz.arg(input),
        None => fuzz.arg(&corpus),
    };
    fuzz.arg(format!("-artifact_prefix={}/", finds.display()));
    fuzz.arg(format!("-rss_limit_mb={MEMORY_MIB_MAX}")).arg(format!("-timeout={SECONDS_MAX}"));
    fuzz.arg(format!("-max_len={INPUT_BYTES_MAX}")).arg(format!("-max_total_time={}", options.minutes * 60));
    log.run(fuzz.arg("-print_final_stats=1"))
        .map_err(|error| format!("{error}; what was found is in {}", finds.display()))
}
