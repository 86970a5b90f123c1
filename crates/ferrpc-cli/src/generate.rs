//! `ferrpc gen`: generated code as files of one's own, for those who check them in.

use std::path::{Path, PathBuf};

use ferrpc_build::{Config, Options};
use ferrpc_cli::choices::Choices;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Files to generate code for; what they import comes with them.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    /// Looks for imports here, and in no other directories than those named so.
    #[arg(short = 'I', long = "include", alias = "proto_path", value_name = "DIR")]
    includes: Vec<PathBuf>,

    /// Writes this file, or ferrpc.rs in this directory.
    #[arg(short, long, value_name = "FILE_OR_DIR")]
    out: PathBuf,

    /// Writes nothing; fails if the file is not what would be written.
    #[arg(long)]
    check: bool,

    #[command(flatten)]
    choices: Choices,

    /// For the files of ferrpc-proto itself.
    #[arg(long, hide = true)]
    for_the_runtime_itself: bool,
}

pub(crate) fn run(args: &Args) -> Result<(), String> {
    let config = args.includes.iter().fold(Config::new(), |config, dir| config.include(dir));
    let generated = config.options(options(args)).generate(&args.files).map_err(|error| error.to_string())?;
    let path = match args.out.extension() {
        Some(extension) if extension == "rs" => args.out.clone(),
        _ => args.out.join("ferrpc.rs"),
    };
    if args.check { check(&path, &generated.code) } else { write(&path, &generated.code) }
}

fn options(args: &Args) -> Options {
    let options = args.choices.options();
    if args.for_the_runtime_itself { options.for_the_runtime_itself() } else { options }
}

fn check(path: &Path, code: &str) -> Result<(), String> {
    let old = std::fs::read_to_string(path)
        .map_err(|error| format!("error: cannot read {}: {error}", path.display()))?;
    if old == code {
        return Ok(());
    }
    let same = old.lines().zip(code.lines()).take_while(|(old, new)| old == new).count();
    let line =
        |text: &str| text.lines().nth(same).unwrap_or("(nothing)").chars().take(120).collect::<String>();
    Err(format!(
        "error: {} is not up to date\n  --> line {}\n   is: {}\n  now: {}\nhelp: run the same command without --check",
        path.display(),
        same + 1,
        line(&old),
        line(code),
    ))
}

fn write(path: &Path, code: &str) -> Result<(), String> {
    let failed = |error| format!("error: cannot write {}: {error}", path.display());
    if let Some(dir) = path.parent() {
        std::fs::create_dir_all(dir).map_err(failed)?;
    }
    std::fs::write(path, code).map_err(failed)
}
