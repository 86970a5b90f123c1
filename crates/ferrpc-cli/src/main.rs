//! The `ferrpc` command.
#![forbid(unsafe_code)]

mod compile;
mod generate;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Tools for gRPC and Protobuf.
#[derive(Parser)]
#[command(name = "ferrpc", version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Compiles .proto files to a descriptor set.
    Compile(compile::Args),

    /// Generates Rust from .proto files, as a build.rs would.
    Gen(generate::Args),
}

#[expect(clippy::print_stderr)] // The one place that speaks to the user.
fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Compile(args) => compile::run(&args),
        Command::Gen(args) => generate::run(&args).map(|()| String::new()),
    };
    match outcome {
        Ok(warnings) => {
            if !warnings.is_empty() {
                eprintln!("{warnings}");
            }
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}
