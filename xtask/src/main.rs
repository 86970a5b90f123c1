//! The one front door: `cargo xtask <command>` is everything that CI runs or a contributor needs.
//!
//! Outside tools (Python, Go, h2load) are known here and nowhere else.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "a command line program")]

mod attack;
mod bench;
mod conformance;
mod fuzz;
mod generate;
mod loom;
mod miri;
mod packages;
mod paths;
mod peers;
mod report;
mod run;
mod setup;
mod sim;
mod soak;
mod spec;
mod test;
mod tidy;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Everything that CI runs or a contributor needs.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// What CI runs: format, lints, all tests, documentation, tidy, generated code, foreign peers.
    Test {
        /// Format, lints and unit tests only.
        #[arg(long)]
        quick: bool,
    },
    /// Checks what compilers do not: arrows between crates and modules, leftovers, file heads, marks of RFCs.
    Tidy,
    /// Writes the generated code that is checked in anew.
    Gen {
        /// Only compare; fail if a file would change.
        #[arg(long)]
        check: bool,
    },
    /// Measures: against a rival in the same run, or counts that no neighbour disturbs.
    Bench {
        #[command(subcommand)]
        what: Bench,
    },
    /// The attacks of HTTP/2's history over sockets, on our example server or another HTTP/2 server.
    Attack(attack::Options),
    /// Inputs at random that learn from what they reach, against the compiler and the codec.
    Fuzz(fuzz::Options),
    /// The tests of the unsafe code under Miri, where a nightly toolchain has it.
    Miri,
    /// Suites that others wrote, against our programs.
    Conformance {
        #[command(subcommand)]
        suite: conformance::Suite,
    },
    /// Concurrency: a connection's inbox and the exchange of a call in all orders in which threads can meet.
    Loom,
    /// Two engines with pipes that split, delay, stall and break, by as many seeds as time allows.
    Sim(sim::Options),
    /// Calls under age of connections, resets and restarts: none may be wrong, memory must stay flat.
    Soak(soak::Options),
    /// Each MUST of RFC 9113 and RFC 7541: the line that obeys it, the test that shows it.
    Spec(spec::Options),
    /// Gets what tests and benchmarks need beside Rust, into the target directory where possible.
    Setup {
        /// Also what the peers of `bench rpc` and `conformance interop` need: C++ with libgrpc, Java with Maven.
        #[arg(long)]
        bench: bool,
    },
}

#[derive(Subcommand)]
enum Bench {
    /// CPU time per unary call of the example server and of tonic's equivalent, under h2load.
    User(bench::user::Options),
    /// What calls cost in instructions, beside the figures on record; fails where they rise.
    Instructions(bench::instructions::Options),
    /// .proto files to a descriptor set: time, beside protoc's and buf's.
    Compile(bench::compile::Options),
    /// Protobuf: time, allocations and generated lines, beside the rivals'.
    Proto(bench::proto::Options),
    /// Calls: CPU, round trips, streams, memory, beside other gRPC implementations and the limits of TCP.
    Rpc(bench::rpc::Options),
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Test { quick } => test::test(quick),
        Command::Tidy => tidy::command().and_then(|()| spec::check()),
        Command::Gen { check } => generate::command(check),
        Command::Bench { what: Bench::User(options) } => bench::user::command(&options),
        Command::Bench { what: Bench::Instructions(options) } => bench::instructions::command(&options),
        Command::Bench { what: Bench::Compile(options) } => bench::compile::command(&options),
        Command::Bench { what: Bench::Proto(options) } => bench::proto::command(&options),
        Command::Bench { what: Bench::Rpc(options) } => bench::rpc::command(&options),
        Command::Attack(options) => attack::command(&options),
        Command::Fuzz(options) => fuzz::command(&options),
        Command::Miri => miri::command(),
        Command::Conformance { suite } => conformance::command(&suite),
        Command::Loom => loom::command(),
        Command::Sim(options) => sim::command(&options),
        Command::Soak(options) => soak::command(&options),
        Command::Spec(options) => spec::command(&options),
        Command::Setup { bench } => setup::command(bench),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// What a command ends with when it could not do its work, as a sentence for the reader.
type Result<T, E = String> = std::result::Result<T, E>;

/// Puts what was being done before what the system says about it.
fn context<E: std::fmt::Display>(what: impl std::fmt::Display) -> impl FnOnce(E) -> String {
    move |error| format!("{what}: {error}")
}

/// Writes a file and the directories above it.
fn write(path: &std::path::Path, contents: impl AsRef<[u8]>) -> Result<()> {
    let parent: PathBuf = path.parent().map(Into::into).unwrap_or_default();
    std::fs::create_dir_all(&parent).map_err(context(parent.display()))?;
    std::fs::write(path, contents).map_err(context(path.display()))
}
