//! What nobody wrote, made by a seed: payloads and `.proto` files, mostly whole, some damaged. Google's programs
//! and ours must take and refuse the same, and make the same of it.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "a command line program")]

mod files;
mod generator;
mod payloads;
mod random;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Generated from the schemas by build.rs.
mod schemas {
    include!(concat!(env!("OUT_DIR"), "/ferrpc.rs"));
}

/// Mutants against Google's programs.
#[derive(Parser)]
struct Cli {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Payloads, against Google's parser.
    Payloads(payloads::Args),
    /// `.proto` files, against protoc.
    Files(files::Args),
}

/// How often which was the case.
#[derive(Default)]
struct Counts {
    accepted: usize,
    refused: usize,
    /// Refused by us and accepted by them, for a reason that we know.
    on_purpose: usize,
    different: usize,
}

fn main() -> ExitCode {
    let ran = match Cli::parse().what {
        What::Payloads(args) => payloads::run(&args),
        What::Files(args) => files::run(&args),
    };
    match ran {
        Ok(Counts { accepted, refused, on_purpose, different }) => {
            println!(
                "{accepted} accepted, {refused} refused, {on_purpose} refused on purpose, {different} different"
            );
            if different == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            println!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
