//! The client of gRPC's interop tests, a case at a time:
//! `interop-client --server_host localhost --server_port 8080 --test_case large_unary`.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "a command line program")]

use std::process::ExitCode;

use clap::Parser;
use ferrpc_conformance::interop::cases;
use ferrpc_conformance::interop::soak::Soak;

/// Runs one case of gRPC's interop tests against a server. Flags are those of other languages' clients.
#[derive(Parser)]
struct Args {
    /// The server's name or address.
    #[arg(long = "server_host", default_value = "localhost")]
    server_host: String,
    /// Its port.
    #[arg(long = "server_port")]
    server_port: u16,
    /// Which case.
    #[arg(long = "test_case", default_value = "large_unary")]
    test_case: String,
    /// Not there yet: anything but false is refused.
    #[arg(long = "use_tls", num_args = 0..=1, default_value_t = false, default_missing_value = "true")]
    use_tls: bool,
    #[command(flatten)]
    soak: Soak,
}

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    if args.use_tls {
        println!("error: there is no TLS yet; leave --use_tls out");
        return ExitCode::FAILURE;
    }
    let host = args.server_host;
    let host = if host.contains(':') { format!("[{host}]") } else { host };
    match cases::run(&args.test_case, &format!("{host}:{}", args.server_port), &args.soak).await {
        Ok(()) => {
            println!("{}: passed", args.test_case);
            ExitCode::SUCCESS
        }
        Err(what) => {
            println!("{}: FAILED: {what}", args.test_case);
            ExitCode::FAILURE
        }
    }
}
