//! The `ferrpc` command.
#![forbid(unsafe_code)]

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
    /// Generates Rust from .proto files, as a build.rs would.
    Gen(generate::Args),
}

#[expect(clippy::print_stderr)] // The one place that speaks to the user.
fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Gen(args) => generate::run(&args),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}
