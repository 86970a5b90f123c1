//! The server of gRPC's interop tests: `interop-server --port 8080`. Prints where it listens; runs until it is ended.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "the one line that says where it listens")]

use clap::Parser;
use ferrpc_conformance::interop::service;

/// Serves grpc.testing.TestService.
#[derive(Parser)]
struct Args {
    /// Where to listen, on all addresses; 0 is any free port.
    #[arg(long)]
    port: u16,
    /// Not there yet: anything but false is refused.
    #[arg(long = "use_tls", num_args = 0..=1, default_value_t = false, default_missing_value = "true")]
    use_tls: bool,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args = Args::parse();
    if args.use_tls {
        return Err("there is no TLS yet; leave --use_tls out".into());
    }
    let server = service::server(format!("ferrpc-{}", std::process::id()));
    let bound = server.bind(format!("[::]:{}", args.port)).await?;
    println!("listening on {}", bound.local_addr());
    bound.run().await?;
    Ok(())
}
